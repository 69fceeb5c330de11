//! Everything that must be known about a batch before it can be written: which records exist, where
//! that decides what is written; what the look-ups find; which lines sales orders have. Where
//! nothing has to be known, nothing is asked.

use crate::{
    Parts,
    coql::Query,
    existing::{self, Existing, Presence},
    lookups::{self, LookupResults},
    make,
    progress::{Place, Progress},
    question::Question,
    rules,
    table::Table,
};
use destination::{Class, Failure};
use indexmap::IndexSet;
use mapping::plan::{Lookup, Record, When};
use std::collections::{BTreeMap, HashSet};

/// The columns that tell who made and changed a record, and when.
const CHANGED: [&str; 3] = ["Modified_Time", "Modified_By", "Created_By"];

/// The organisation's records as they were when a round read them.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) found: LookupResults,
    presences: BTreeMap<Place, Presence>,
    /// The presence of all other records.
    otherwise: Presence,
}

/// The queries of a batch, by module, and the rows that answer them.
type Queries = BTreeMap<String, Query>;
type Tables = BTreeMap<String, Table>;

impl Snapshot {
    /// Creates the snapshot of a preview, which asks nobody and shows how everything is made.
    pub(crate) fn nothing(found: LookupResults) -> Self {
        Self {
            found,
            presences: BTreeMap::new(),
            otherwise: Presence::New,
        }
    }

    pub(crate) fn presence(&self, place: Place) -> &Presence {
        self.presences.get(&place).unwrap_or(&self.otherwise)
    }
}

/// Reads the data that the plans need, and makes what their look-ups may make. Plans that cannot go
/// on have failed afterwards.
pub(crate) async fn read(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
) -> Result<Snapshot, Failure> {
    read_for(parts, plans, Purpose::Write).await
}

/// The purpose for which the data is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To write the plans afterwards.
    Write,
    /// To compare them with what is there: nothing is made, and who changed it last is asked for.
    Compare,
}

/// Reads the data that the plans need for a purpose.
pub(crate) async fn read_for(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
    purpose: Purpose,
) -> Result<Snapshot, Failure> {
    let now = parts.client.connection.clock.now();
    let mut found = parts.cache.known(lookups_of(plans), now);
    let mut queries = Queries::new();
    for progress in plans.iter().filter(|progress| progress.is_live()) {
        ask_for_records(progress, &mut queries)?;
        if purpose == Purpose::Compare {
            ask_who(progress, &mut queries)?;
        }
    }
    let unknown: Vec<Lookup> = unknown_lookups(plans, &found);
    for lookup in &unknown {
        lookups::ask(lookup, about(&mut queries, &lookup.object)?)?;
    }
    let tables = answers(parts, queries).await?;
    for lookup in &unknown {
        if let Some(table) = tables.get(&lookup.object) {
            lookups::learn(&mut found, lookup, table);
        }
    }
    parts.cache.remember(&found, now);
    if purpose == Purpose::Write {
        make::missing(parts, plans, &mut found).await;
    }
    settle_lookups(plans, &found);
    let mut known = Snapshot {
        found,
        presences: presences(plans, &tables),
        otherwise: Presence::Unknown,
    };
    read_lines(parts, plans, &mut known).await?;
    Ok(known)
}

/// Returns the questions that a plan alone would ask, for a preview.
pub(crate) fn questions(progress: &Progress<'_>) -> Result<Vec<Question>, Failure> {
    let mut queries = Queries::new();
    ask_for_records(progress, &mut queries)?;
    for lookup in progress
        .plan
        .lookups()
        .filter(|lookup| lookups::is_askable(lookup))
    {
        lookups::ask(lookup, about(&mut queries, &lookup.object)?)?;
    }
    Ok(in_parts(queries)
        .into_iter()
        .map(|(_, question)| question)
        .collect())
}

fn ask_for_records(progress: &Progress<'_>, queries: &mut Queries) -> Result<(), Failure> {
    for (position, record) in progress.plan.records.iter().enumerate() {
        let known = existing::known_id(progress, position, record);
        let person = existing::known_person(progress, position, record);
        if !existing::needs_search(progress.plan, record, known) && person.is_none() {
            continue;
        }
        let query = about(queries, &record.object)?;
        let blank = record
            .fields
            .iter()
            .filter(|(_, field)| field.on == When::Blank);
        let mut parts = blank.flat_map(|(name, _)| record.parts(name));
        parts.try_for_each(|name| query.select(name))?;
        if progress.plan.in_doubt {
            let lines = existing::lines_field(record);
            let mut shown = record
                .fields
                .keys()
                .filter(|name| Some(name.as_str()) != lines);
            shown.try_for_each(|name| query.select(name))?;
        }
        if let Some(id) = known.or(person) {
            query.or_where("id", &text(id))?;
        }
        if person.is_some() {
            rules::NAMES
                .iter()
                .try_for_each(|name| query.select(name))?;
        }
        for (field, value) in existing::ways(record) {
            query.select(field)?;
            query.or_where(field, &text(value))?;
        }
    }
    Ok(())
}

/// Asks of each module of the plan who changed its records last, and when.
fn ask_who(progress: &Progress<'_>, queries: &mut Queries) -> Result<(), Failure> {
    for record in &progress.plan.records {
        let query = about(queries, &record.object)?;
        CHANGED.iter().try_for_each(|name| query.select(name))?;
    }
    Ok(())
}

fn presences(plans: &mut [Progress<'_>], tables: &Tables) -> BTreeMap<Place, Presence> {
    let nothing = Table::default();
    let mut presences = BTreeMap::new();
    for (place, progress) in plans
        .iter_mut()
        .enumerate()
        .filter(|(_, progress)| progress.is_live())
    {
        for (position, record) in progress.plan.records.iter().enumerate() {
            let known = existing::known_id(progress, position, record).map(str::to_owned);
            let person = existing::known_person(progress, position, record);
            let table = tables.get(&record.object).unwrap_or(&nothing);
            let presence = match &known {
                _ if person.is_some()
                    || existing::needs_search(progress.plan, record, known.as_deref()) =>
                {
                    existing::find(record, known.as_deref(), person, table)
                }
                Some(id) => Presence::There(Existing::of_id(id)),
                None => Presence::Unknown,
            };
            if let (Presence::There(existing), twins @ 2..) =
                (&presence, existing::twins(record, table))
            {
                progress.warn(several(record, &existing.id, twins));
            }
            presences.insert((place, position), presence);
        }
    }
    presences
}

/// Reads the lines of the records that exist, each record by itself, because COQL does not show
/// them.
async fn read_lines(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
    known: &mut Snapshot,
) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for (place, presence) in &known.presences {
        let record = plans
            .get(place.0)
            .and_then(|progress| progress.plan.records.get(place.1));
        if let (Presence::There(existing), Some(record)) = (presence, record)
            && let Some(field) = existing::lines_field(record)
        {
            let (module, id, field) =
                (record.object.clone(), existing.id.clone(), field.to_owned());
            wanted.push((*place, Question::Record { module, id, field }));
        }
    }
    let questions: Vec<Question> = wanted
        .iter()
        .map(|(_, question)| question.clone())
        .collect();
    let answers = parts.client.ask(&questions).await?;
    for ((place, question), rows) in wanted.into_iter().zip(answers) {
        let Question::Record { field, .. } = question else {
            continue;
        };
        let (Some(Presence::There(existing)), Some(progress)) =
            (known.presences.get_mut(&place), plans.get_mut(place.0))
        else {
            continue;
        };
        match rows.first() {
            Some(row) => existing.lines = crate::lines::of(row, &field),
            None => {
                let mut hints = progress.hints.clone();
                hints.ids.remove(&place.1);
                hints.gone.insert(place.1);
                progress.try_again(gone(), hints, false);
            }
        }
    }
    Ok(())
}

/// Fails the plans whose look-ups found nothing or too much, if they may not go on without; warns
/// of the choices in the others.
fn settle_lookups(plans: &mut [Progress<'_>], found: &LookupResults) {
    for progress in plans.iter_mut().filter(|progress| progress.is_live()) {
        let mut lookups = progress
            .plan
            .records
            .iter()
            .flat_map(|record| lookups::of(record).map(move |lookup| (record, lookup)));
        if let Some(failure) =
            lookups.find_map(|(record, lookup)| lookups::obstacle(record, lookup, found))
        {
            progress.fail(failure);
            continue;
        }
        let choices: IndexSet<String> = progress
            .plan
            .lookups()
            .filter_map(|lookup| found.choice(lookup, "Zoho"))
            .collect();
        choices.into_iter().for_each(|choice| progress.warn(choice));
    }
}

async fn answers(parts: &Parts<'_>, queries: Queries) -> Result<Tables, Failure> {
    let questions = in_parts(queries);
    let asked: Vec<Question> = questions
        .iter()
        .map(|(_, question)| question.clone())
        .collect();
    let answers = parts.client.ask(&asked).await?;
    let mut tables = Tables::new();
    for ((module, _), answer) in questions.into_iter().zip(answers) {
        tables.entry(module).or_default().extend(answer);
    }
    Ok(tables)
}

fn in_parts(queries: Queries) -> Vec<(String, Question)> {
    let parts = |(module, query): (String, Query)| {
        query
            .parts()
            .into_iter()
            .map(move |part| (module.clone(), Question::Query(part)))
    };
    queries.into_iter().flat_map(parts).collect()
}

fn about<'q>(queries: &'q mut Queries, module: &str) -> Result<&'q mut Query, Failure> {
    let query = match queries.remove(module) {
        Some(query) => query,
        None => Query::new(module)?,
    };
    Ok(queries.entry(module.to_owned()).or_insert(query))
}

fn lookups_of<'a>(plans: &'a [Progress<'_>]) -> impl Iterator<Item = &'a Lookup> {
    plans
        .iter()
        .filter(|progress| progress.is_live())
        .flat_map(|progress| progress.plan.lookups())
}

fn unknown_lookups(plans: &[Progress<'_>], found: &LookupResults) -> Vec<Lookup> {
    let mut asked = HashSet::new();
    let unknown = lookups_of(plans)
        .filter(|lookup| found.get(lookup).is_none() && lookups::is_askable(lookup));
    unknown
        .filter(|lookup| asked.insert(lookups::key(lookup)))
        .cloned()
        .collect()
}

fn text(value: &str) -> mapping::plan::Scalar {
    mapping::plan::Scalar::Text(value.to_owned())
}

fn several(record: &Record, id: &str, count: usize) -> String {
    let (module, name) = (&record.object, &record.name);
    format!(
        "{count} records of {module} in Zoho have the same key as {name}; the oldest, {id}, was taken"
    )
}

fn gone() -> Failure {
    Failure::transient(
        Class::Conflict,
        "read",
        "the record was deleted in Zoho a moment ago; it is made again",
    )
}
