use crate::{
    read::Rows,
    row::{Row, comparable},
    suiteql::{self, Question},
};
use destination::Failure;
pub(crate) use destination::lookups::{
    LookupCache, LookupKey, LookupResults, conditions, is_askable, key,
};
use mapping::plan::{Lookup, Scalar};
use std::{
    collections::{BTreeMap, HashMap},
    mem::{Discriminant, discriminant},
};

/// The number of look-ups in one query; a list of conditions may not grow without end.
const PER_QUESTION: usize = 200;

/// The ids of the records that share what a look-up asks for, so that it leads to none of them.
pub(crate) type Shared = BTreeMap<LookupKey, Vec<String>>;

/// Adds the ids that the rows answer, and returns the look-ups that several rows answer. Those lead
/// to no record: a person has to say which one is meant. Each row is looked at once per kind of
/// look-up, however many look-ups there are: an order may have 10,000 lines.
pub(crate) fn learn(found: &mut LookupResults, lookups: &[&Lookup], rows: &Rows) -> Shared {
    let mut shared = Shared::new();
    let mut indexes: HashMap<(String, Shape<'_>), Index> = HashMap::new();
    for lookup in lookups {
        let table = lookup.object.to_ascii_lowercase();
        let rows = rows.get(&table).map(Vec::as_slice).unwrap_or_default();
        let index = indexes
            .entry((table, shape(lookup)))
            .or_insert_with(|| index(lookup, rows));
        let conditions = lookup.conditions.iter();
        let wanted: Vec<String> = conditions
            .map(|(column, value)| in_case(column, comparable(value)))
            .collect();
        match index.get(&wanted).map(Vec::as_slice) {
            Some([id]) => found.add(lookup, id.clone()),
            Some(several) => _ = shared.insert(key(lookup), several.to_vec()),
            None => {}
        }
    }
    shared
}

/// The shape that look-ups of one kind share: their columns, and the kind of value that is wanted
/// in each.
type Shape<'a> = Vec<(&'a str, Discriminant<Scalar>)>;
/// Ids by the values of a shape's columns.
type Index = HashMap<Vec<String>, Vec<String>>;

fn shape(lookup: &Lookup) -> Shape<'_> {
    let conditions = lookup.conditions.iter();
    conditions
        .map(|(column, wanted)| (column.as_str(), discriminant(wanted)))
        .collect()
}

/// Indexes the ids of the rows by their values in the columns of this look-up's shape.
fn index(lookup: &Lookup, rows: &[Row]) -> Index {
    let mut index = Index::new();
    for row in rows {
        let held = lookup.conditions.iter().map(|(column, wanted)| {
            let held = row.comparable(suiteql::column_of(column), wanted)?;
            Some(in_case(column, held))
        });
        if let Some(held) = held.collect::<Option<Vec<String>>>() {
            let ids = index.entry(held).or_default();
            let id = row.id();
            // Two queries of a batch may return the same row.
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    index
}

/// Returns a text as a condition compares it: one on `lower(itemid)` ignores case.
fn in_case(column: &str, text: String) -> String {
    if suiteql::is_any_case(column) {
        text.to_lowercase()
    } else {
        text
    }
}

/// Returns the questions of the look-ups, each with its table in lower case.
pub(crate) fn questions(lookups: &[&Lookup]) -> Result<Vec<(String, Question)>, Failure> {
    let mut by_table: BTreeMap<String, BTreeMap<LookupKey, &Lookup>> = BTreeMap::new();
    for lookup in lookups.iter().filter(|lookup| is_askable(lookup)) {
        by_table
            .entry(lookup.object.to_ascii_lowercase())
            .or_default()
            .insert(key(lookup), lookup);
    }
    let mut questions = Vec::new();
    for (table, lookups) in by_table {
        let lookups: Vec<&Lookup> = lookups.into_values().collect();
        for chunk in lookups.chunks(PER_QUESTION) {
            let mut question = Question::new(&table)?;
            for lookup in chunk {
                let columns = lookup.conditions.keys();
                columns
                    .map(|column| suiteql::column_of(column))
                    .try_for_each(|column| question.select(column))?;
                question.or_all(&lookup.conditions)?;
            }
            questions.push((table.clone(), question));
        }
    }
    Ok(questions)
}
