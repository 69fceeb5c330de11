//! The progress of each plan of a round, and the choice of what is written next.

use crate::rules;
use destination::{Class, Failure, Outcome, rounds::Tried};
use mapping::{
    Plan,
    plan::{Find, Record, Value},
};
use ports::RecordRef;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A record of a round: the plan's position, and the record's position within it.
pub(crate) type Place = (usize, usize);

/// The results of a first round about the records of a plan, by their positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hints {
    /// The records that Zoho named as those that have our key.
    pub(crate) ids: BTreeMap<usize, String>,
    /// The records whose id in the ledger leads nowhere any more.
    pub(crate) gone: BTreeSet<usize>,
}

/// The result for one record.
#[derive(Clone, Debug)]
enum Settled {
    Written(String),
    LeftOut,
}

/// A plan in progress.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) hints: Hints,
    /// The position of the first record of each name.
    positions: HashMap<&'a str, usize>,
    settled: BTreeMap<usize, Settled>,
    warnings: Vec<String>,
    end: Option<Tried<Hints>>,
}

/// The records of one module that can be written now.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) module: String,
    pub(crate) members: Vec<Place>,
}

impl<'a> Progress<'a> {
    /// Creates the progress of a plan of which nothing is written. A plan that cannot be written at
    /// all has failed already.
    pub(crate) fn new(plan: &'a Plan, hints: Hints) -> Self {
        let mut progress = Self {
            plan,
            hints,
            positions: positions(plan),
            settled: BTreeMap::new(),
            warnings: Vec::new(),
            end: None,
        };
        if let Err(failure) = check(plan) {
            progress.fail(failure);
        }
        progress
    }

    /// Returns whether anything is still to be done.
    pub(crate) fn is_live(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.end.get_or_insert(failure.into());
    }

    /// Ends this round with a failure after which another round is worth it.
    pub(crate) fn try_again(&mut self, failure: Failure, hints: Hints, alone: bool) {
        self.end.get_or_insert(Tried::Again {
            failure,
            hints,
            alone,
        });
    }

    pub(crate) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Notes the id of a record that is written.
    pub(crate) fn written(&mut self, record: usize, id: String) {
        self.settled.insert(record, Settled::Written(id));
    }

    /// Notes that the record is not written, so that nothing refers to it.
    pub(crate) fn leave_out(&mut self, record: usize) {
        self.settled.insert(record, Settled::LeftOut);
    }

    /// Returns the id of the record of that name; `None` where it is left out.
    pub(crate) fn id_of(&self, name: &str) -> Option<&str> {
        match self.settled.get(&self.position(name)?)? {
            Settled::Written(id) => Some(id),
            Settled::LeftOut => None,
        }
    }

    /// Returns the failure with which the plan has ended before its time.
    pub(crate) fn failed(self) -> Option<Failure> {
        match self.end? {
            Tried::Done(Outcome::Retry(failure) | Outcome::Rejected(failure))
            | Tried::Again { failure, .. } => Some(failure),
            Tried::Done(Outcome::Delivered { .. }) => None,
        }
    }

    /// Returns the result for the plan.
    pub(crate) fn finish(self) -> Tried<Hints> {
        if let Some(end) = self.end {
            return end;
        }
        let mut records = Vec::new();
        for (position, record) in self.plan.records.iter().enumerate() {
            if let Some(Settled::Written(id)) = self.settled.get(&position) {
                records.push(RecordRef {
                    name: record.name.clone(),
                    object: record.object.clone(),
                    id: id.clone(),
                });
            }
        }
        Tried::Done(Outcome::Delivered {
            records,
            warnings: self.warnings,
        })
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    fn is_ready(&self, record: &Record) -> bool {
        let is_settled = |name: &str| {
            self.position(name)
                .is_none_or(|position| self.settled.contains_key(&position))
        };
        record
            .fields
            .values()
            .flat_map(|field| references(&field.value))
            .all(|name| name == record.name || is_settled(name))
    }

    fn pending(&self) -> impl Iterator<Item = (usize, &'a Record)> {
        let is_open = |position: &usize| self.is_live() && !self.settled.contains_key(position);
        self.plan
            .records
            .iter()
            .enumerate()
            .filter(move |(position, _)| is_open(position))
    }
}

/// Returns whether no other call would fare better for now.
pub(crate) fn is_shut(failure: &Failure) -> bool {
    failure.is_transient() && matches!(failure.class, Class::Authentication | Class::RateLimit)
}

/// Returns the next records to write: those of a module whose open records are ready in all plans,
/// so that it is written once; else the ready ones of any module. Plans whose records wait for each
/// other in a circle fail.
pub(crate) fn next_step(plans: &mut [Progress<'_>]) -> Option<Step> {
    let mut modules: Vec<(String, Vec<Place>, bool)> = Vec::new();
    for (place, progress) in plans.iter().enumerate() {
        for (position, record) in progress.pending() {
            let is_ready = progress.is_ready(record);
            if !modules.iter().any(|(module, ..)| *module == record.object) {
                modules.push((record.object.clone(), Vec::new(), true));
            }
            let Some(entry) = modules
                .iter_mut()
                .find(|(module, ..)| *module == record.object)
            else {
                continue;
            };
            entry.2 &= is_ready;
            entry.1.extend(is_ready.then_some((place, position)));
        }
    }
    let is_any_open = !modules.is_empty();
    let complete = modules.iter().position(|(_, _, complete)| *complete);
    let best = complete.or_else(|| {
        modules
            .iter()
            .position(|(_, members, _)| !members.is_empty())
    });
    if let Some(best) = best {
        let (module, members, _) = modules.swap_remove(best);
        return Some(Step { module, members });
    }
    if is_any_open {
        let text = "the records of the mapping refer to each other in a circle, so that none can be made first; drop one of the refs";
        for progress in plans
            .iter_mut()
            .filter(|progress| progress.pending().next().is_some())
        {
            progress.fail(Failure::permanent(Class::Mapping, "map", text));
        }
    }
    None
}

fn positions(plan: &Plan) -> HashMap<&str, usize> {
    let mut positions = HashMap::new();
    for (position, record) in plan.records.iter().enumerate() {
        positions.entry(record.name.as_str()).or_insert(position);
    }
    positions
}

/// Returns the names of the records that a value refers to.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Ref(name) => vec![name],
        Value::Object(fields) => fields.values().flat_map(references).collect(),
        Value::List(items) => items.iter().flat_map(references).collect(),
        Value::Literal(_) | Value::Lookup(_) => Vec::new(),
    }
}

/// Checks that the plan can be written to Zoho.
fn check(plan: &Plan) -> Result<(), Failure> {
    let refuse = |name: &str, text: &str| {
        Err(Failure {
            place: Some(name.to_owned()),
            ..Failure::permanent(Class::Mapping, "map", format!("record {name} {text}"))
        })
    };
    for record in &plan.records {
        rules::name(&record.object)?;
        record
            .fields
            .keys()
            .try_for_each(|field| rules::name(field).map(|_| ()))?;
        if let Some(unknown) = record
            .options
            .keys()
            .find(|name| !rules::OPTIONS.contains(&name.as_str()))
        {
            let text = format!(
                "has the option `{unknown}`, which Zoho does not take; it takes {}",
                rules::OPTIONS.join(", ")
            );
            return refuse(&record.name, &text);
        }
        if record.replaces.is_some() {
            return refuse(
                &record.name,
                "replaces children, which Zoho does not have; write the lines as a list in the field of the order's own record, such as Ordered_Items",
            );
        }
        if record
            .find
            .iter()
            .any(|find| matches!(find, Find::Through { .. }))
        {
            return refuse(
                &record.name,
                "is to be found through another record, which this adapter does not do; find it by a field",
            );
        }
        if record.key.is_none() && record.find.is_empty() {
            return refuse(
                &record.name,
                "has neither a key nor another way to be found again, so that writing it twice would make two; give it a key, or leave it out",
            );
        }
    }
    match plan.emptied.first() {
        Some(set) => refuse(
            &set.replaces,
            "has children that are replaced, which Zoho does not have",
        ),
        None => Ok(()),
    }
}
