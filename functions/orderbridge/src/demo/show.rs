//! What the demo prints.

use super::{
    setup::Files,
    steps::{Expect, Step},
};
use crate::report::{Failed, print, table};
use deliver::{Event, Result as Outcome};
use order::Money;
use sandbox::salesforce::Salesforce;

/// How many sample orders came out as they should.
#[derive(Default)]
pub(crate) struct Tally {
    as_expected: usize,
    delivered: usize,
    surprises: Vec<String>,
}

impl Tally {
    pub(crate) fn count(&mut self, step: &Step, event: &Event) {
        let good = matches!(
            (step.expect, &event.result),
            (Expect::Delivered, Outcome::Delivered { .. })
                | (Expect::Unchanged, Outcome::Unchanged)
                | (Expect::Stale, Outcome::Stale)
                | (Expect::Rejected, Outcome::Rejected { .. })
        );
        self.delivered += usize::from(matches!(event.result, Outcome::Delivered { .. }));
        if good {
            self.as_expected += 1;
        } else {
            self.surprises
                .push(format!("{}: expected {:?}, got {}", step.title, step.expect, event.result.word()));
        }
    }

    pub(crate) fn line(&self, calls: u64) -> String {
        format!(
            "{} of {} sample webhooks came out as they should; {} orders were written with {calls} API calls",
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
        "{:<45} {:<7} {:<10} {}",
        "THE SHOP SENT", "ORDER", "OUTCOME", "WHAT WAS WRITTEN, OR WHY NOT"
    ));
}

pub(crate) fn row(step: &Step, event: &Event) {
    self::event(step.title, event);
}

/// One settled message.
pub(crate) fn event(title: &str, event: &Event) {
    let order = event.order.as_deref().unwrap_or("-");
    print(&format!(
        "{title:<45} {order:<7} {:<10} {}",
        event.result.word(),
        detail(&event.result)
    ));
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
        Outcome::Skipped { reason } | Outcome::Rejected { reason, .. } => reason.clone(),
        Outcome::Retry { summary, after, .. } => format!("{summary}; again in {after:?}"),
    }
}

/// `Account, Contact, 2 OpportunityLineItem`.
fn counted<'a>(objects: impl Iterator<Item = &'a str>) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for object in objects {
        match counts.iter_mut().find(|(name, _)| *name == object) {
            Some((_, count)) => *count += 1,
            None => counts.push((object, 1)),
        }
    }
    counts
        .iter()
        .map(|(name, count)| {
            if *count == 1 {
                (*name).to_owned()
            } else {
                format!("{count} {name}")
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// What the sandbox CRM holds now.
pub(crate) fn records(sandbox: &Salesforce) {
    print("\nin the sandbox CRM now:");
    let opportunities = sandbox.records("Opportunity");
    let text = |record: &serde_json::Map<String, serde_json::Value>, field: &str| match record.get(field) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => number
            .to_string()
            .parse()
            .map_or_else(|_| number.to_string(), |amount: Money| format!("{amount:.2}")),
        _ => String::new(),
    };
    let rows = opportunities.iter().map(|record| {
        ["Name", "StageName", "Amount", "CloseDate"]
            .iter()
            .map(|field| text(record, field))
            .collect()
    });
    table(&["OPPORTUNITY", "STAGE", "AMOUNT", "CLOSE DATE"], rows.collect());
    let count = |object| sandbox.records(object).len();
    print(&format!(
        "{} accounts, {} contacts, {} opportunities, {} line items",
        count("Account"),
        count("Contact"),
        opportunities.len(),
        count("OpportunityLineItem")
    ));
}

/// What to try while the demo stays up.
pub(crate) fn next_steps(files: &Files, url: &str) {
    let (config, data) = (files.config.display(), files.data.display());
    print(&format!(
        "\nstill up. Try, from another terminal:
  cargo run -- send --config {config} --store acme --url {url} events/woocommerce/01-new-customer.json
  cargo run -- orders list --data {data}
  cargo run -- dead list --data {data}
  curl -i {url}/webhooks/acme -d 'unsigned'        (401)
Ctrl-C stops it.\n"
    ));
}
