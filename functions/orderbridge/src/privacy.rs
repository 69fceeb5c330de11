//! Requests about personal data: those that the shops passed on, and what remains to be done in the
//! destinations.

use crate::{
    cli::PrivacyCommand,
    records,
    report::{Failed, json, line},
};
use operator::privacy::what_is_left;
use ports::{Clock, SubjectRequest, SystemClock};

/// Runs `orderbridge privacy`.
pub(crate) async fn run(command: PrivacyCommand) -> Result<(), Failed> {
    match command {
        PrivacyCommand::List {
            place,
            json: as_json,
        } => {
            let requests = records::at(&place).await?.privacy.requests().await?;
            if as_json {
                return json(&requests);
            }
            requests.iter().for_each(show);
            line(&format!(
                "{} request(s) about personal data",
                requests.len()
            ));
            Ok(())
        }
        PrivacyCommand::Done { place, id } => {
            if !records::at(&place)
                .await?
                .privacy
                .done(&id, SystemClock.now())
                .await?
            {
                return Err(Failed::new(format!(
                    "no request {id}; see orderbridge privacy list"
                )));
            }
            line(&format!("request {id} is done"));
            Ok(())
        }
    }
}

fn show(request: &SubjectRequest) {
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
        request.received,
        request
            .done
            .map_or_else(|| "open".to_owned(), |at| format!("done {at}"))
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
            "  {}: orderbridge privacy done {}",
            what_is_left(request),
            request.id
        ));
    }
}
