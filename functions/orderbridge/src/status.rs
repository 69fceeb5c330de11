//! The whole on one screen.

use crate::{
    cli::StatusArgs,
    clock::Times,
    place::{Hints, Opened},
    report::{Failed, json, line, table},
};
use operator::status::{DestinationStatus, Need, Status, StoreStatus, status};

/// Runs `orderbridge status`. Fails where something needs a person.
pub(crate) async fn run(args: &StatusArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let config = match &opened.config {
        Some(config) => config,
        None => &args.at.config.load()?,
    };
    let status = status(&opened.records, config, opened.times.instant()).await?;
    if args.json {
        json(&status)?;
    } else {
        show(&status, &opened);
    }
    if status.needs_a_person.is_empty() {
        Ok(())
    } else {
        Err(Failed::told())
    }
}

fn show(status: &Status, opened: &Opened) {
    let times = &opened.times;
    table(
        &["STORE", "LAST WEBHOOK", "IN 24 H", "WEBHOOK", "COMPARED"],
        status.stores.iter().map(|one| store(one, times)).collect(),
    );
    line("");
    table(
        &[
            "DESTINATION",
            "STANDS",
            "WAITING",
            "OLDEST",
            "DEAD",
            "CALLS",
        ],
        status
            .destinations
            .iter()
            .map(|one| destination(one, times))
            .collect(),
    );
    for one in &status.stores {
        if let Some(compared) = &one.compared {
            line(&format!(
                "store {}, compared by itself: {compared}",
                one.store
            ));
        }
    }
    line("");
    if status.needs_a_person.is_empty() {
        line("nothing needs a person");
        return;
    }
    line("what needs a person:");
    for need in &status.needs_a_person {
        tell(need, &opened.hints);
    }
}

fn tell(need: &Need, hints: &Hints) {
    line(&format!("  {} {}: {}", need.about, need.name, need.text));
    if !need.command.is_empty() {
        let words: Vec<&str> = need.command.iter().map(String::as_str).collect();
        line(&format!("    {}", hints.command(&words)));
    }
}

fn store(one: &StoreStatus, times: &Times) -> Vec<String> {
    let webhooks = one.webhooks_24h.as_ref().map_or_else(
        || "not counted".to_owned(),
        |counts| {
            format!(
                "{} taken, {} refused",
                counts.accepted,
                counts.all_refused()
            )
        },
    );
    let alive = match (&one.webhook_wrong, one.webhook_alive) {
        (Some(_), _) => "off",
        (None, Some(true)) => "on",
        _ => "not known",
    };
    vec![
        one.store.clone(),
        one.last_webhook
            .map_or_else(|| "not known".to_owned(), |at| times.ago(at)),
        webhooks,
        alive.to_owned(),
        one.compared_until.map_or_else(
            || "never".to_owned(),
            |at| format!("until {}", times.at(at)),
        ),
    ]
}

fn destination(one: &DestinationStatus, times: &Times) -> Vec<String> {
    let stands = one.circuit.as_ref().map_or_else(
        || "well".to_owned(),
        |circuit| {
            format!(
                "left alone until {}: {}",
                times.at(circuit.until),
                circuit.reason
            )
        },
    );
    let oldest = match (one.waiting, one.oldest) {
        (_, Some(at)) => times.ago(at),
        (0, None) => String::new(),
        (_, None) => "not known".to_owned(),
    };
    let groups = one.dead_by_group.len();
    let dead = match one.dead {
        0 => "0".to_owned(),
        dead if groups == 1 => dead.to_string(),
        dead => format!("{dead} in {groups} groups"),
    };
    let calls = one.budget.as_ref().map_or_else(
        || "not told".to_owned(),
        |budget| format!("{} of {}", budget.used, budget.limit),
    );
    vec![
        one.destination.clone(),
        stands,
        one.waiting.to_string(),
        oldest,
        dead,
        calls,
    ]
}
