//! Requests about personal data: those that the shops passed on, and what remains to be done in the
//! destinations.

use crate::{
    cli::PrivacyCommand,
    place::Opened,
    report::{Failed, json, line},
};
use operator::privacy::what_is_left;
use ports::{Clock, SubjectRequest, SystemClock};

/// Runs `orderbridge privacy`.
pub(crate) async fn run(command: PrivacyCommand) -> Result<(), Failed> {
    match command {
        PrivacyCommand::List { at, json: as_json } => {
            let opened = at.open().await?;
            let requests = opened.records.privacy.requests().await?;
            if as_json {
                return json(&requests);
            }
            requests.iter().for_each(|request| show(request, &opened));
            line(&format!(
                "{} request(s) about personal data",
                requests.len()
            ));
            Ok(())
        }
        PrivacyCommand::Done { at, id } => {
            let opened = at.open().await?;
            if !opened.records.privacy.done(&id, SystemClock.now()).await? {
                return Err(Failed::new(format!(
                    "no request {id}; see {}",
                    opened.hints.command(&["privacy", "list"])
                )));
            }
            line(&format!("request {id} is done"));
            Ok(())
        }
    }
}

fn show(request: &SubjectRequest, opened: &Opened) {
    let customer = request
        .customer
        .as_ref()
        .map(|id| format!(", customer {id}"))
        .unwrap_or_default();
    line(&format!(
        "{} {}: store {}{customer}; received {}, {}",
        request.id,
        request.kind,
        request.store,
        opened.times.ago(request.received),
        request.done.map_or_else(
            || "open".to_owned(),
            |at| format!("done {}", opened.times.ago(at))
        )
    ));
    if !request.orders.is_empty() {
        line(&format!("  orders: {}", request.orders.join(", ")));
    }
    if let Some(reason) = &request.held_back {
        line(&format!("  nothing was removed: {reason}"));
    } else if request.kind != "access" {
        line(&format!(
            "  removed here: {} waiting message(s), {} dead letter(s), the texts of {} ledger entries",
            request.waiting_removed, request.dead_removed, request.ledger_redacted
        ));
    }
    for held in &request.records {
        let (record, order) = (&held.record, &held.order);
        line(&format!(
            "  in {}: {} {} ({} of order {order})",
            held.destination, record.object, record.id, record.name
        ));
    }
    if request.done.is_none() {
        line(&format!(
            "  {}: {}",
            what_is_left(request),
            opened.hints.command(&["privacy", "done", &request.id])
        ));
    }
}
