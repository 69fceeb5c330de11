//! Requests about personal data: what is removed here, and what is noted for the operator.

use crate::{
    Engine, Health, Result,
    decide::later,
    decision::{Decision, Item},
    record,
};
use destination::{Class, Failure};
use ports::{
    Disposition, HeldRecord, LedgerEntry, LedgerKey, Message, PortError, Redaction, Stored,
    Subject, SubjectRequest, event_id, group_id,
};
use source::{PrivacyKind, PrivacyRequest, ShopNames};
use std::{collections::BTreeSet, time::Duration};

/// The pause before a request comes back that could not be fulfilled now.
const PAUSE: Duration = Duration::from_secs(1);
/// The number of digits of the event's identity that name a request.
const ID_DIGITS: usize = 16;

/// The reasons for which a whole shop is not forgotten: an app signs with one secret for all of its
/// shops.
const UNNAMED: &str = "the store's secret has no store_domain, so that this may be another shop of the same app; add store_domain to the secret and send the request again, \
     or remove what is kept of the shop by hand (orderbridge dead drop)";
const NAMELESS: &str = "the request does not say which shop it is about; remove what is kept of the shop by hand (orderbridge dead drop) if it is this store's";
const OF_ANOTHER: &str = "the request is about another shop than store_domain in the store's secret; correct store_domain and send the request again if it is this store's";
/// The note that `orders show` gives for an order whose customer the shop made unrecognisable.
const ANONYMIZED: &str = "the shop has removed the customer from this order: what was kept of it here was removed too, and nothing more is delivered; \
     what destinations hold of it, if anything, is in orderbridge privacy list";

impl Engine {
    /// Fulfils a request about personal data. Every step may be repeated: each destination's queue
    /// brings the request, and after a crash it comes again.
    pub(crate) async fn fulfil(&self, item: Item, request: &PrivacyRequest) -> Decision {
        let message = &item.received.message;
        let redaction = self.redaction(message, request);
        match self.fulfil_all(message, request, redaction).await {
            Ok(id) => {
                let (kind, order) = (request.kind.as_str(), item.order());
                Decision::new(
                    item,
                    order,
                    None,
                    Disposition::Done,
                    Result::Privacy { id, kind },
                    Health::Untouched,
                )
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a request about personal data waits for the store"
                );
                later(
                    item,
                    &Failure::transient(Class::Unavailable, "redact", error.to_string()),
                    PAUSE,
                )
            }
        }
    }

    /// Fulfils a request and returns its id: first the operator's note, so that no crash loses the
    /// request; then the queue, whose receipts become invalid; then the ledger, where a worker that
    /// has one of these orders in hand can no longer write.
    async fn fulfil_all(
        &self,
        message: &Message,
        request: &PrivacyRequest,
        mut redaction: Redaction,
    ) -> std::result::Result<String, PortError> {
        let held_back = self.doubt(message, request).await?.map(str::to_owned);
        let first = SubjectRequest {
            records: self.held(&redaction).await?,
            held_back,
            ..noted(message, request)
        };
        self.write_down(first.clone()).await?;
        if let Some(reason) = &first.held_back {
            tracing::warn!(
                store = first.store,
                request = first.id,
                kind = first.kind,
                reason,
                "a request about personal data was not carried out"
            );
            return Ok(first.id);
        }
        if request.kind == PrivacyKind::Access {
            return Ok(first.id);
        }
        let removed = self.ports.queue.redact(&redaction).await?;
        if let Subject::Customer { orders, .. } = &mut redaction.subject {
            orders.extend(removed.orders);
        }
        let ledger_redacted = match request.kind {
            PrivacyKind::RedactOrder => self.anonymize_entries(message, &redaction).await?,
            _ => self.ports.ledger.redact(&redaction).await?,
        };
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
        self.write_down(found).await?;
        Ok(first.id)
    }

    /// Returns why the request is not carried out, if it is not: it may be another shop's. A
    /// request that names another shop was refused when it was accepted. Where nothing told the
    /// shop then, one customer is forgotten as the shop asks, but never everybody.
    async fn doubt(
        &self,
        message: &Message,
        request: &PrivacyRequest,
    ) -> std::result::Result<Option<&'static str>, PortError> {
        let is_everybody = request.kind == PrivacyKind::RedactStore;
        if request.shop.is_none() && !is_everybody {
            return Ok(None);
        }
        let route = self.route(message);
        let owner = route.as_ref().and_then(|route| route.owner.as_ref());
        let ours = match owner {
            Some(owner) => owner.shop().await?,
            None => ShopNames::default(),
        };
        Ok(match &request.shop {
            Some(shop) if ours.exclude(shop) => Some(OF_ANOTHER),
            _ if is_everybody && !ours.are_known() => Some(UNNAMED),
            None => Some(NAMELESS),
            Some(_) => None,
        })
    }

    /// Notes the request for the operator. Shops make orders unrecognisable by the thousand: where
    /// nobody here knew the order, there is nothing to tell.
    async fn write_down(&self, request: SubjectRequest) -> std::result::Result<(), PortError> {
        let removed = request.waiting_removed + request.dead_removed + request.ledger_redacted;
        if request.kind == PrivacyKind::RedactOrder.as_str()
            && removed == 0
            && request.records.is_empty()
        {
            return Ok(());
        }
        self.ports.privacy.record(request).await
    }

    /// Writes the ledger's entries of an order whose customer is gone: without any text but the
    /// reason, so that a repetition finds nothing left to do. A new order gets its entry on the
    /// route that brought the request. Returns how many entries had texts.
    async fn anonymize_entries(
        &self,
        message: &Message,
        redaction: &Redaction,
    ) -> std::result::Result<u64, PortError> {
        let keys = redaction.keys();
        let found = self.ports.ledger.load(&keys).await?;
        let (mut changed, mut had_texts) = (Vec::new(), 0);
        for (key, entry) in keys.into_iter().zip(found) {
            let now = self.clock.now();
            let entry = match entry {
                Some(entry) => entry,
                None if key.route == message.route => record::first(key, now),
                None => continue,
            };
            let anonymous = anonymized(entry.clone());
            if anonymous != entry {
                had_texts += u64::from(entry.revision.is_some() && entry.holds_texts());
                changed.push(LedgerEntry {
                    updated: now,
                    ..anonymous
                });
            }
        }
        let stored = self.ports.ledger.store(changed).await?;
        if stored.iter().all(|stored| *stored == Stored::Yes) {
            Ok(had_texts)
        } else {
            Err(PortError::new(
                "ledger: anonymize",
                "another worker wrote an entry of the order meanwhile",
            ))
        }
    }

    fn redaction(&self, message: &Message, request: &PrivacyRequest) -> Redaction {
        let of_store = || {
            self.routes
                .iter()
                .filter(|(_, route)| route.store == message.store)
        };
        let routes: BTreeSet<String> = of_store().map(|(name, _)| name.clone()).collect();
        let destinations: BTreeSet<&str> = of_store()
            .map(|(_, route)| route.destination_name.as_str())
            .collect();
        let subject = match request.kind {
            PrivacyKind::RedactStore => Subject::Everyone,
            PrivacyKind::Access | PrivacyKind::RedactCustomer | PrivacyKind::RedactOrder => {
                Subject::Customer {
                    orders: request.orders.iter().cloned().collect(),
                    groups: groups(&destinations, &message.store, request),
                }
            }
        };
        Redaction {
            store: message.store.clone(),
            routes,
            subject,
            // The time of a clock that was ahead would also take what the customer orders
            // afterwards.
            before: message.accepted.min(self.clock.now()),
        }
    }

    /// Reads the records in the destinations that hold the orders concerned.
    async fn held(&self, redaction: &Redaction) -> std::result::Result<Vec<HeldRecord>, PortError> {
        let entries = self.ports.ledger.load(&redaction.keys()).await?;
        let mut held = Vec::new();
        for entry in entries.into_iter().flatten() {
            let LedgerKey { route, order } = entry.key;
            let destination = self
                .routes
                .get(&route)
                .map_or(&route, |route| &route.destination_name);
            let records = entry
                .delivered
                .map(|delivered| delivered.records)
                .unwrap_or_default();
            held.extend(records.into_iter().map(|record| HeldRecord {
                destination: destination.clone(),
                order: order.clone(),
                record,
            }));
        }
        Ok(held)
    }
}

/// Returns the customer's message groups: an order is in that of the e-mail, else in that of the
/// shop's customer id.
fn groups(
    destinations: &BTreeSet<&str>,
    store: &str,
    request: &PrivacyRequest,
) -> BTreeSet<String> {
    let names = [&request.email, &request.customer_id];
    let of_name = |name: &String| {
        destinations
            .iter()
            .map(|destination| group_id(destination, store, name))
            .collect::<Vec<_>>()
    };
    names.into_iter().flatten().flat_map(of_name).collect()
}

/// Returns the entry without any text but the reason, and without anybody who could write texts
/// back.
fn anonymized(entry: LedgerEntry) -> LedgerEntry {
    LedgerEntry {
        revision: entry.revision,
        warnings: vec![ANONYMIZED.to_owned()],
        ..entry.clone().redacted().unwrap_or(entry)
    }
}

/// Returns the id of a request in the operator's list. It comes from the request's body; for an
/// order that was made unrecognisable it comes from the order, because the shop tells of that again
/// with every change.
fn identity(message: &Message, request: &PrivacyRequest) -> String {
    let name = match request.kind {
        PrivacyKind::RedactOrder => event_id(
            &message.store,
            format!("{} {}", request.kind.as_str(), request.orders.join(" ")).as_bytes(),
        ),
        _ => message.event.clone(),
    };
    name.chars().take(ID_DIGITS).collect()
}

/// Returns the request as the operator sees it before anything was found.
fn noted(message: &Message, request: &PrivacyRequest) -> SubjectRequest {
    SubjectRequest {
        id: identity(message, request),
        kind: request.kind.as_str().to_owned(),
        store: message.store.clone(),
        customer: request.customer_id.clone(),
        orders: request.orders.clone(),
        received: message.accepted,
        done: None,
        held_back: None,
        waiting_removed: 0,
        dead_removed: 0,
        ledger_redacted: 0,
        records: Vec::new(),
    }
}
