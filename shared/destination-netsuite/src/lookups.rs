use crate::{
    read::Rows,
    row::{Row, comparable},
    suiteql::Question,
};
use destination::Failure;
pub(crate) use destination::lookups::{Found, LookupCache, LookupKey, conditions, is_askable, key};
use mapping::plan::{Lookup, Scalar};
use std::{
    collections::{BTreeMap, HashMap},
    mem::{Discriminant, discriminant},
};

/// So many look-ups in one question; a list of conditions may not grow without end.
const PER_QUESTION: usize = 200;

/// Takes what the rows answer; of several matches the oldest. Each row is looked at once per kind of look-up, however many there are: an order may have 10,000 lines.
pub(crate) fn learn(found: &mut Found, lookups: &[&Lookup], rows: &Rows) {
    let mut indexes: HashMap<(String, Shape<'_>), Index> = HashMap::new();
    for lookup in lookups {
        let table = lookup.object.to_ascii_lowercase();
        let rows = rows.get(&table).map(Vec::as_slice).unwrap_or_default();
        let index = indexes.entry((table, shape(lookup))).or_insert_with(|| index(lookup, rows));
        let wanted: Vec<String> = lookup.conditions.values().map(comparable).collect();
        if let Some(id) = index.get(&wanted) {
            found.add(lookup, id.clone());
        }
    }
}

/// What look-ups of one kind have in common: their columns, and what kind of value is wanted in each.
type Shape<'a> = Vec<(&'a str, Discriminant<Scalar>)>;
/// Ids by the values of a shape's columns.
type Index = HashMap<Vec<String>, String>;

fn shape(lookup: &Lookup) -> Shape<'_> {
    let conditions = lookup.conditions.iter();
    conditions.map(|(column, wanted)| (column.as_str(), discriminant(wanted))).collect()
}

/// The ids of the rows, by what they hold where this look-up and others of its shape look.
fn index(lookup: &Lookup, rows: &[Row]) -> Index {
    let mut index = Index::new();
    for row in rows {
        let held = lookup.conditions.iter().map(|(column, wanted)| row.comparable(column, wanted));
        if let Some(held) = held.collect::<Option<Vec<String>>>() {
            index.entry(held).or_insert_with(|| row.id());
        }
    }
    index
}

/// The questions that the look-ups ask, each with its table in lower case.
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
                lookup.conditions.keys().try_for_each(|column| question.select(column))?;
                question.or_all(&lookup.conditions)?;
            }
            questions.push((table.clone(), question));
        }
    }
    Ok(questions)
}
