//! Breaks a rule on purpose, to show that the judge sees it.

use crate::{
    doubles::object,
    judge::Judge,
    scenario::{Incident, OF_ADDRESSES, Scenario},
    staff::{REMARK, id},
};
use ports::DeadLetter;
use sandbox::{Double, Keeps};
use serde_json::{Map, Value, json};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// An order is out of sight that nobody hid.
    HidesAnOrder,
    /// Records that were locked for a while stay locked.
    NeverUnlocks,
    /// Storage that was full stays full.
    NeverFreesStorage,
    /// Dead letters get lost.
    LosesDeadLetters,
    /// A line is of another product than it was sold as.
    SwapsProducts,
    /// Every address gets the city of another.
    MixesAddresses,
    /// What staff wrote where no mapping writes is gone.
    ForgetsNotes,
    /// The places are gone that staff gave to NetSuite's lines.
    ForgetsPlaces,
    /// What staff added to a field of the mapping is there though the order was written since.
    KeepsRemarks,
    /// A store is compared from where the last comparison ended.
    ComparesWithoutOverlap,
    /// A window counts as compared before it is.
    NotesWindowsFirst,
    /// What is behind counts as what agrees.
    ForgetsChanges,
    /// What was read counts from when it goes into the queue.
    CountsReadingLate,
    /// The first call about an order goes out without a claim in the ledger; what came of it is
    /// stored on condition that nobody has stored anything.
    ClaimsNoNewOrder,
}

impl Sabotage {
    /// Before anything happens.
    pub(crate) fn begin(self, scenario: &Scenario, doubles: &[std::sync::Arc<Double>]) {
        if self != Self::HidesAnOrder {
            return;
        }
        for (target, double) in scenario.destinations.iter().zip(doubles) {
            let visible = scenario
                .orders
                .iter()
                .map(|life| life.id)
                .filter(|order| !target.cases.hidden.contains(order));
            for barrier in visible
                .take(3)
                .flat_map(|order| target.barriers(order, Keeps::OutOfSight))
            {
                double.put_up(barrier);
            }
        }
    }

    /// Whether something does not happen.
    pub(crate) fn prevents(self, incident: &Incident) -> bool {
        match self {
            Self::NeverUnlocks => matches!(
                incident,
                Incident::Lock {
                    is_locked: false,
                    ..
                }
            ),
            Self::NeverFreesStorage => matches!(incident, Incident::Storage { is_full: false, .. }),
            _ => false,
        }
    }

    /// Before destinations and dead letters are compared.
    pub(crate) fn end(self, judge: &Judge, double: &Double, dead: &mut Vec<DeadLetter>) {
        match self {
            Self::HidesAnOrder
            | Self::NeverUnlocks
            | Self::NeverFreesStorage
            | Self::ComparesWithoutOverlap
            | Self::NotesWindowsFirst
            | Self::ForgetsChanges
            | Self::CountsReadingLate
            | Self::ClaimsNoNewOrder => {}
            Self::LosesDeadLetters => dead.clear(),
            Self::SwapsProducts => each_line(
                double,
                |line| json!({"line": line["line"], "item": {"id": "1501"}, "price": {"id": "-1"}}),
            ),
            Self::ForgetsPlaces => each_line(
                double,
                |line| json!({"line": line["line"], "location": null}),
            ),
            Self::MixesAddresses => {
                for (kind, field) in [("Contact", "MailingCity"), ("Contacts", "Mailing_City")] {
                    each(double, kind, |_| object(json!({field: OF_ADDRESSES[1][1]})));
                }
                each(double, "salesOrder", |_| {
                    object(json!({"shippingAddress": {"zip": OF_ADDRESSES[1][2]}}))
                });
            }
            Self::ForgetsNotes => {
                for (kind, field) in [
                    ("Opportunity", "NextStep"),
                    ("Deals", "Next_Step"),
                    ("salesOrder", "otherRefNum"),
                ] {
                    each(double, kind, |_| object(json!({field: "gone"})));
                }
            }
            Self::KeepsRemarks => {
                for (kind, field) in [
                    ("Opportunity", "Name"),
                    ("Deals", "Description"),
                    ("salesOrder", "memo"),
                ] {
                    each(double, kind, |record| {
                        let before = record
                            .get(field)
                            .and_then(Value::as_str)
                            .unwrap_or_default();
                        object(json!({field: format!("{before}{REMARK}")}))
                    });
                }
            }
        }
        judge.note(None, || format!("sabotage: {self:?}"));
    }
}

/// Some refuse it, since they are locked.
fn each(double: &Double, kind: &str, change: impl Fn(&Map<String, Value>) -> Map<String, Value>) {
    for record in double.records(kind) {
        let _ = double.edit(kind, id(&record), &change(&record));
    }
}

fn each_line(double: &Double, change: impl Fn(&Value) -> Value) {
    each(double, "salesOrder", |record| {
        let lines = record
            .get("item")
            .and_then(|item| item.get("items"))
            .and_then(Value::as_array);
        let lines: Vec<Value> = lines.into_iter().flatten().map(&change).collect();
        object(json!({"item": {"items": lines}}))
    });
}
