//! Reading back: what a destination holds of orders, field by field.

use crate::{Differing, Entry, Ports, Problem, RouteReport, Shop, ShopRoute};
use deliver::Expected;
use destination::{Call, Change, Failure, Held, Reading, RecordReading};
use jiff::Timestamp;
use mapping::Plan;
use ports::{Happened, LedgerEntry, LedgerKey};
use serde::Serialize;
use source::reader::{ShopOrder, Summary};

/// The number of plans that are read back together: it makes the best of each system's call.
pub(crate) const AT_ONCE: usize = 200;

/// An order that a destination should hold.
pub(crate) struct ToRead {
    pub(crate) order: ShopOrder,
    /// The time at which the shop was asked for it.
    pub(crate) read_at: Timestamp,
    pub(crate) plan: Plan,
    pub(crate) entry: LedgerEntry,
}

/// The result for one order on one route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Name of the route.
    pub route: String,
    /// Name of the destination.
    pub destination: String,
    /// The shop's id of the order.
    pub order: String,
    /// The number that the shop's customer sees.
    pub number: String,
    /// `same`, `differs`, `gone`, `never delivered`, `nothing to deliver` or `unread`; of a
    /// difference see [`Difference::counts`](crate::Difference::counts).
    pub result: &'static str,
    /// The reason, where it is none of the first three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The fields that are not as planned.
    pub differs: Vec<Differing>,
    /// The records that are gone.
    pub gone: Vec<Gone>,
}

/// A record that is gone from the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// Its `name` in the mapping.
    pub record: String,
    /// The destination's word for the kind of record.
    pub object: String,
    /// The user who deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of the deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The id of the record into which it was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// Reads back orders of the shop on all of its routes. Returns one result per order and route.
///
/// # Errors
/// Fails where the ledger cannot be read. A destination that cannot be read is in the results.
pub async fn verify(
    shop: &Shop,
    ports: &Ports,
    orders: &[ShopOrder],
) -> Result<Vec<Verified>, Problem> {
    let mut results = Vec::new();
    for route in &shop.routes {
        for chunk in orders.chunks(AT_ONCE) {
            results.extend(verify_on(route, ports, chunk).await?);
        }
    }
    Ok(results)
}

async fn verify_on(
    route: &ShopRoute,
    ports: &Ports,
    orders: &[ShopOrder],
) -> Result<Vec<Verified>, Problem> {
    let now = ports.clock.now();
    let mut results = Vec::new();
    for looked in look(route, ports, orders).await? {
        results.push(match looked {
            Looked::Nothing(one) | Looked::Broken(one) | Looked::Undelivered(one) => one,
            Looked::Read(to_read, reading) => {
                let reading = reading.map(|reading| without_shared(&to_read.plan, reading));
                let result = route.of_reading(&to_read.order.summary, reading);
                if result.result == "gone" {
                    note_gone(ports, &to_read, now).await;
                }
                result
            }
        });
    }
    Ok(results)
}

/// An order that was looked up, and read where the destination should hold it.
pub(crate) enum Looked {
    /// There is rightly nothing to deliver.
    Nothing(Verified),
    /// The mapping makes nothing of it.
    Broken(Verified),
    /// It was never delivered.
    Undelivered(Verified),
    /// The destination's answer.
    Read(Box<ToRead>, Result<Reading, Failure>),
}

/// Looks orders up on a route, and reads those that were delivered.
pub(crate) async fn look(
    route: &ShopRoute,
    ports: &Ports,
    orders: &[ShopOrder],
) -> Result<Vec<Looked>, Problem> {
    let now = ports.clock.now();
    let entries = ports.entries(route, orders).await?;
    let (mut results, mut plans) = (Vec::new(), Vec::new());
    for (order, entry) in orders.iter().zip(entries) {
        let told = |result, reason| verified(route, &order.summary, result, reason);
        match (route.expected(order, entry.as_ref(), now), entry) {
            (Expected::Plan(expected), Some(entry)) if entry.delivered.is_some() => {
                plans.push(ToRead {
                    order: order.clone(),
                    read_at: now,
                    plan: expected.plan,
                    entry,
                });
            }
            (Expected::Nothing(reason), _) => {
                results.push(Looked::Nothing(told("nothing to deliver", Some(reason))));
            }
            (Expected::Broken(failure), _) => {
                let reason = Some(failure.to_string());
                results.push(Looked::Broken(told("never delivered", reason)));
            }
            (Expected::Plan(_), entry) => {
                let reason = entry.map(|entry| match entry.last_error {
                    Some(error) => format!("{}: {error}", entry.state.as_str()),
                    None => entry.state.as_str().to_owned(),
                });
                results.push(Looked::Undelivered(told("never delivered", reason)));
            }
        }
    }
    let readings = read(route, &plans).await;
    let read = plans.into_iter().zip(readings);
    results.extend(read.map(|(to_read, reading)| Looked::Read(Box::new(to_read), reading)));
    Ok(results)
}

fn verified(
    route: &ShopRoute,
    order: &Summary,
    result: &'static str,
    reason: Option<String>,
) -> Verified {
    Verified {
        route: route.name.clone(),
        destination: route.delivery.destination_name.clone(),
        order: order.order.clone(),
        number: order.number.clone(),
        result,
        reason,
        differs: Vec::new(),
        gone: Vec::new(),
    }
}

impl ShopRoute {
    /// Returns the result for an order that was read back.
    pub(crate) fn of_reading(
        &self,
        order: &Summary,
        reading: Result<Reading, Failure>,
    ) -> Verified {
        let reading = match reading {
            Ok(reading) => reading,
            Err(failure) => return verified(self, order, "unread", Some(failure.to_string())),
        };
        let gone = gone(&reading);
        let differs = differing(order, &reading);
        let result = match (gone.is_empty(), differs.is_empty()) {
            (false, _) => "gone",
            (true, false) => "differs",
            (true, true) => "same",
        };
        Verified {
            differs,
            gone,
            ..verified(self, order, result, None)
        }
    }
}

/// Reads plans back, as many at a time as is good for the destination.
pub(crate) async fn read(route: &ShopRoute, plans: &[ToRead]) -> Vec<Result<Reading, Failure>> {
    let mut readings = Vec::new();
    for chunk in plans.chunks(AT_ONCE) {
        let lent: Vec<&Plan> = chunk.iter().map(|to_read| &to_read.plan).collect();
        let call = Call::without_deadline();
        readings.extend(route.delivery.destination.read(&call, &lent).await);
    }
    readings
}

/// Leaves out what other orders may have written: a customer's record is as the customer's last
/// order has it, so that it says something about this order only where somebody else changed it.
fn without_shared(plan: &Plan, mut reading: Reading) -> Reading {
    let is_shared = |read: &RecordReading| plan.is_shared(&read.name, read.index);
    for record in reading.records.iter_mut().filter(|read| is_shared(read)) {
        if let Held::Found {
            differences,
            changed,
            ..
        } = &mut record.held
            && changed.is_ours != Some(false)
        {
            differences.clear();
        }
    }
    reading
}

/// Adds a reading to the report of its route. Returns whether a record is gone.
pub(crate) fn note(
    report: &mut RouteReport,
    to_read: &ToRead,
    reading: Result<Reading, Failure>,
) -> bool {
    let order = &to_read.order.summary;
    let reading = match reading {
        Ok(reading) => without_shared(&to_read.plan, reading),
        Err(failure) => {
            report
                .unread
                .push(format!("order {}: {failure}", order.order));
            return false;
        }
    };
    let gone = gone(&reading);
    if let Some(first) = gone.first() {
        let entry = Entry {
            by: first.by.clone(),
            at: first.at,
            ..Entry::from(order)
        };
        report.gone.get_or_insert_default().push(entry);
    }
    let differs = differing(order, &reading);
    report.differs.get_or_insert_default().extend(differs);
    !gone.is_empty()
}

/// Notes in the order's history that a record of it is gone. Whether the note is kept does not
/// matter: the next reading finds the same.
pub(crate) async fn note_gone(ports: &Ports, to_read: &ToRead, now: Timestamp) {
    let key: &LedgerKey = &to_read.entry.key;
    let Ok(found) = ports.ledger.load(std::slice::from_ref(key)).await else {
        return;
    };
    for mut entry in found.into_iter().flatten() {
        entry.happened(Happened::FoundGone, now);
        if let Err(error) = ports.ledger.store(vec![entry]).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "not noted");
        }
    }
}

/// Returns the records that are gone, children of a set aside: those are differences.
fn gone(reading: &Reading) -> Vec<Gone> {
    let gone = |record: &RecordReading| match &record.held {
        Held::Gone {
            deleted,
            merged_into,
            ..
        } => Some(Gone {
            record: record.name.clone(),
            object: record.object.clone(),
            by: deleted.by.clone(),
            at: deleted.at,
            merged_into: merged_into.clone(),
        }),
        _ => None,
    };
    reading.records.iter().filter_map(gone).collect()
}

/// Returns the fields that are not as planned; a line that is missing or too many is one of them.
fn differing(order: &Summary, reading: &Reading) -> Vec<Differing> {
    let mut all = Vec::new();
    for record in &reading.records {
        let name = if record.index > 0 {
            format!("{}[{}]", record.name, record.index)
        } else {
            record.name.clone()
        };
        let differing = |field: String, expected: &str, found: &str, changed: &Change| Differing {
            order: order.order.clone(),
            number: order.number.clone(),
            field,
            expected: expected.to_owned(),
            found: found.to_owned(),
            by: changed.by.clone(),
            at: changed.at,
        };
        match &record.held {
            Held::Found {
                differences,
                changed,
                ..
            } => all.extend(differences.iter().map(|difference| {
                differing(
                    format!("{name}.{}", difference.field),
                    &difference.expected,
                    &difference.found,
                    difference.changed.as_ref().unwrap_or(changed),
                )
            })),
            Held::Absent => {
                all.push(differing(name, "a record", "", &Change::default()));
            }
            Held::Unplanned { changed, .. } => {
                all.push(differing(name, "", "a record", changed));
            }
            Held::Gone { .. } => {}
        }
    }
    all
}
