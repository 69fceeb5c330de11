//! Requests about personal data: what goes from here, what is written down for the operator.

use crate::{
    Engine, Health, Result,
    decision::{Decision, Item},
    verdict::later,
};
use destination::{Class, Failure};
use ports::{HeldRecord, LedgerKey, Message, PortError, Redaction, Subject, SubjectRequest, Verdict, group_id};
use source::{PrivacyKind, PrivacyRequest};
use std::{collections::BTreeSet, time::Duration};

/// When a request comes back that could not be fulfilled now.
const PAUSE: Duration = Duration::from_secs(1);
/// So many digits of the event's identity name a request.
const ID_DIGITS: usize = 16;

impl Engine {
    /// Fulfils a request about personal data. Every step may be repeated: each destination's queue brings the request, and a crash brings it again.
    pub(crate) async fn fulfil(&self, item: Item, request: &PrivacyRequest) -> Decision {
        let message = &item.received.message;
        let redaction = self.redaction(message, request);
        match self.fulfil_all(message, request, redaction).await {
            Ok(id) => {
                let kind = request.kind.as_str();
                Decision::new(item, None, None, Verdict::Done, Result::Privacy { id, kind }, Health::Untouched)
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a request about personal data waits for the store"
                );
                later(item, &Failure::transient(Class::Unavailable, "redact", error.to_string()), PAUSE)
            }
        }
    }

    /// First the operator's note, so that no crash loses the request; then the queue, whose receipts go stale; then the ledger, where whoever has one of these orders in
    /// hand can no longer write.
    async fn fulfil_all(
        &self,
        message: &Message,
        request: &PrivacyRequest,
        mut redaction: Redaction,
    ) -> std::result::Result<String, PortError> {
        let first = SubjectRequest {
            records: self.held(&redaction).await?,
            ..noted(message, request)
        };
        self.ports.privacy.record(first.clone()).await?;
        if request.kind == PrivacyKind::Access {
            return Ok(first.id);
        }
        let removed = self.ports.queue.redact(&redaction).await?;
        if let Subject::Customer { orders, .. } = &mut redaction.subject {
            orders.extend(removed.orders);
        }
        let ledger_redacted = self.ports.ledger.redact(&redaction).await?;
        let found = SubjectRequest {
            waiting_removed: removed.waiting,
            dead_removed: removed.dead,
            ledger_redacted,
            records: self.held(&redaction).await?,
            ..noted(message, request)
        };
        tracing::info!(
            store = found.store,
            request = found.id,
            kind = found.kind,
            waiting = found.waiting_removed,
            dead = found.dead_removed,
            ledger = found.ledger_redacted,
            "personal data was removed"
        );
        self.ports.privacy.record(found).await?;
        Ok(first.id)
    }

    fn redaction(&self, message: &Message, request: &PrivacyRequest) -> Redaction {
        let of_store = || self.routes.iter().filter(|(_, route)| route.store == message.store);
        let routes: BTreeSet<String> = of_store().map(|(name, _)| name.clone()).collect();
        let destinations: BTreeSet<&str> = of_store().map(|(_, route)| route.destination_name.as_str()).collect();
        let subject = match request.kind {
            PrivacyKind::RedactStore => Subject::Everyone,
            PrivacyKind::Access | PrivacyKind::RedactCustomer | PrivacyKind::RedactOrder => Subject::Customer {
                orders: request.orders.iter().cloned().collect(),
                groups: groups(&destinations, &message.store, request),
            },
        };
        Redaction {
            store: message.store.clone(),
            routes,
            subject,
            before: message.accepted,
        }
    }

    /// The records in the destinations that hold the orders concerned.
    async fn held(&self, redaction: &Redaction) -> std::result::Result<Vec<HeldRecord>, PortError> {
        let entries = self.ports.ledger.load(&redaction.keys()).await?;
        let mut held = Vec::new();
        for entry in entries.into_iter().flatten() {
            let LedgerKey { route, order } = entry.key;
            let destination = self.routes.get(&route).map_or(&route, |route| &route.destination_name);
            let records = entry.delivered.map(|delivered| delivered.records).unwrap_or_default();
            held.extend(records.into_iter().map(|record| HeldRecord {
                destination: destination.clone(),
                order: order.clone(),
                record,
            }));
        }
        Ok(held)
    }
}

/// The customer's message groups: an order is in that of the e-mail, else in that of the shop's customer id.
fn groups(destinations: &BTreeSet<&str>, store: &str, request: &PrivacyRequest) -> BTreeSet<String> {
    let names = [&request.email, &request.customer_id];
    let of_name = |name: &String| {
        destinations
            .iter()
            .map(|destination| group_id(destination, store, name))
            .collect::<Vec<_>>()
    };
    names.into_iter().flatten().flat_map(of_name).collect()
}

/// The request as the operator sees it, before anything was found.
fn noted(message: &Message, request: &PrivacyRequest) -> SubjectRequest {
    SubjectRequest {
        id: message.event.chars().take(ID_DIGITS).collect(),
        kind: request.kind.as_str().to_owned(),
        store: message.store.clone(),
        customer: request.customer_id.clone(),
        orders: request.orders.clone(),
        received: message.accepted,
        done: None,
        waiting_removed: 0,
        dead_removed: 0,
        ledger_redacted: 0,
        records: Vec::new(),
    }
}
