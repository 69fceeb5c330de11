//! Every sample event of the project and, where they are present beside it, every payload of real
//! shops, through the three mappings of its shop.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use source::Normalized;
use std::collections::BTreeSet;
use support::{
    mapping,
    orders::{bodies, files, source_of},
};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/");
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads/");

/// The reasons for which an order may be refused: parts of the texts, each of which says plainly
/// what to do.
const REASONS: [&str; 4] = [
    "give it one in the shop",
    "the order has no lines",
    "the order has no date",
    "the order is a test",
];

/// Returns the outcomes of the three mappings for every order of a folder, as a table; asserts that
/// an order is refused only for a plain reason.
fn outcomes(folder: &str) -> Vec<String> {
    let mut table = Vec::new();
    for path in files(folder) {
        let Some((shop, source, topic)) = source_of(&path) else {
            continue;
        };
        for body in bodies(&path) {
            let Ok(Normalized::Order(order)) = source.normalize(topic, &body) else {
                continue;
            };
            for system in ["salesforce", "zoho", "netsuite"] {
                let name = format!("{shop}-{system}");
                let outcome = match mapping(&name, "").plan(&order) {
                    Ok(plan) => format!(
                        "{} records, {} warnings",
                        plan.records.len(),
                        plan.warnings.len()
                    ),
                    Err(error) => {
                        assert!(
                            REASONS
                                .iter()
                                .any(|reason| error.to_string().to_lowercase().contains(reason)),
                            "{}: {error}",
                            path.display()
                        );
                        format!("refused: {error}")
                    }
                };
                table.push(format!(
                    "{} {} -> {system}: {outcome}",
                    path.file_name().unwrap().display(),
                    order.id
                ));
            }
        }
    }
    table
}

#[test]
fn every_sample_event_is_planned_for_every_destination() {
    let table = outcomes(EVENTS);
    println!("{}", table.join("\n"));
    assert!(table.len() >= 24, "{} outcomes", table.len());
}

#[test]
fn every_payload_of_real_shops_is_planned_or_refused_for_a_plain_reason() {
    let table = outcomes(PAYLOADS);
    if table.is_empty() {
        println!("skipped: no payloads of real shops beside the project");
        return;
    }
    println!("{}", table.join("\n"));
    let shops: BTreeSet<&str> = table
        .iter()
        .filter_map(|line| line.split(['_', '-']).next())
        .collect();
    assert!(shops.len() >= 3, "{shops:?}");
}
