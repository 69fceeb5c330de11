//! The output of the demo.

use super::{
    sandboxes::Sandboxes,
    setup::{self, Files},
    steps::{Expect, Step},
};
use crate::report::{Failed, print, table, wrapped};
use deliver::{Event, Result as Outcome};
use order::Money;
use sandbox::Double;
use serde_json::{Map, Value};

/// The blanks before the rest of a row that is longer than the terminal is wide.
const INDENT: usize = 4;

/// The numbers of outcomes as expected and of deliveries, and the outcomes that were not as
/// expected.
#[derive(Default)]
pub(crate) struct Tally {
    as_expected: usize,
    delivered: usize,
    surprises: Vec<String>,
}

impl Tally {
    pub(crate) fn count(&mut self, step: &Step, event: &Event) {
        let expect = step.expected(&event.destination);
        let good = matches!(
            (expect, &event.result),
            (Expect::Delivered, Outcome::Delivered { .. })
                | (Expect::Unchanged, Outcome::Unchanged)
                | (Expect::Stale, Outcome::Stale)
                | (Expect::Skipped, Outcome::Skipped { .. })
                | (Expect::Privacy, Outcome::Privacy { .. })
                | (Expect::Rejected, Outcome::Rejected { .. })
        );
        self.delivered += usize::from(matches!(event.result, Outcome::Delivered { .. }));
        if good {
            self.as_expected += 1;
        } else {
            self.surprises.push(format!(
                "{}, {} to {}: expected {expect:?}, got {}: {}",
                step.platform.as_str(),
                step.title,
                event.destination,
                event.result.word(),
                detail(&event.result)
            ));
        }
    }

    pub(crate) fn line(&self, calls: u64) -> String {
        format!(
            "{} of {} outcomes are as they should be; {} orders were written with {calls} API calls",
            self.as_expected,
            self.as_expected + self.surprises.len(),
            self.delivered
        )
    }

    pub(crate) fn verdict(&self) -> Result<(), Failed> {
        if self.surprises.is_empty() {
            Ok(())
        } else {
            Err(Failed::all(&self.surprises))
        }
    }
}

pub(crate) fn head() {
    print(&format!(
        "{:<45} {:<17} {:<15} {:<10} {}",
        "THE SHOP SENT", "ORDER", "ROUTE", "OUTCOME", "WHAT WAS WRITTEN, OR WHY NOT"
    ));
}

/// Prints one settled message.
pub(crate) fn row(title: &str, event: &Event) {
    let order = event.order.as_deref().unwrap_or("-");
    let text = format!(
        "{title:<45} {order:<17} {:<15} {:<10} {}",
        event.route,
        event.result.word(),
        detail(&event.result)
    );
    wrapped(&text, INDENT);
}

fn detail(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { records, warnings } => {
            let mut text = counted(records.iter().map(|record| record.object.as_str()));
            for warning in warnings {
                text.push_str("; note: ");
                text.push_str(warning);
            }
            text
        }
        Outcome::Unchanged => "exactly this is there already".to_owned(),
        Outcome::Stale => "a newer state was delivered before".to_owned(),
        Outcome::Privacy { .. } => {
            "fulfilled here; orderbridge privacy list says what is left to do".to_owned()
        }
        Outcome::Skipped { reason } | Outcome::Rejected { reason, .. } => reason.clone(),
        Outcome::Retry { summary, after, .. } => format!("{summary}; again in {after:?}"),
    }
}

/// Returns the objects with their numbers, such as `Account, Contact, 2 OpportunityLineItem`.
fn counted<'a>(objects: impl Iterator<Item = &'a str>) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for object in objects {
        match counts.iter_mut().find(|(name, _)| *name == object) {
            Some((_, count)) => *count += 1,
            None => counts.push((object, 1)),
        }
    }
    let word = |(name, count): &(&str, usize)| {
        if *count == 1 {
            (*name).to_owned()
        } else {
            format!("{count} {name}")
        }
    };
    counts.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Prints the records that the sandboxes hold now.
pub(crate) fn records(sandboxes: &Sandboxes) {
    for (name, double) in sandboxes.by_name() {
        let (kind, fields) = columns(double);
        print(&format!("\nin {name}, a sandbox {}, now:", double.system()));
        let rows = double
            .records(kind)
            .iter()
            .map(|record| cells(record, fields))
            .collect();
        table(fields, rows);
        let counts = double.kinds().iter().filter_map(|kind| {
            let count = double.records(kind).len();
            (count > 0).then(|| format!("{count} {kind}"))
        });
        print(&counts.collect::<Vec<_>>().join(", "));
    }
}

/// Returns the kind of record that an order becomes, and the fields of it that are shown.
const fn columns(double: &Double) -> (&'static str, &'static [&'static str]) {
    match double {
        Double::Salesforce(_) => ("Opportunity", &["Name", "StageName", "Amount", "CloseDate"]),
        Double::Zoho(_) => ("Deals", &["Deal_Name", "Stage", "Amount", "Closing_Date"]),
        Double::NetSuite(_) => ("salesOrder", &["externalId", "memo", "total", "tranDate"]),
    }
}

fn cells(record: &Map<String, Value>, fields: &[&str]) -> Vec<String> {
    let cell = |field: &&str| match record.get(*field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => {
            let amount: Result<Money, _> = number.to_string().parse();
            amount.map_or_else(|_| number.to_string(), |amount| format!("{amount:.2}"))
        }
        _ => String::new(),
    };
    fields.iter().map(cell).collect()
}

/// Prints what to try while the demo stays up.
pub(crate) fn next_steps(files: &Files, url: &str) {
    let (config, data, store) = (
        files.config.display(),
        files.data.display(),
        setup::store(config::Platform::WooCommerce),
    );
    print(&format!(
        "\nstill up. Try, from another terminal:
  cargo run -- send --config {config} --store {store} --url {url} events/woocommerce/01-new-customer.json
  cargo run -- orders list --data {data}
  cargo run -- dead list --data {data}
  cargo run -- privacy list --data {data}
  curl -i {url}/webhooks/{store} -d 'unsigned'        (401)
Ctrl-C stops it.\n"
    ));
}
