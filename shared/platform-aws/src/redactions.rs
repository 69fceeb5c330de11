//! The latest redactions. SQS hands a message out before it can be looked at or deleted, so a
//! message that has to go is deleted when it turns up.

use crate::{
    document::{Document, Item},
    key::{Key, REDACTIONS},
    table::{Table, expires},
};
use jiff::Timestamp;
use ports::{PortError, Redaction, Subject};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The time that a redaction is kept. A message waits in SQS for at most 14 days (Amazon SQS,
/// "Message quotas"), and once more in the dead-letter queue, whose clock starts anew for FIFO
/// queues.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The largest age of redactions in memory, in a worker that takes messages all the time.
const FRESH: Duration = Duration::from_secs(10);

/// The redactions in the table, and when they were read.
pub(crate) struct Remembered {
    read: Timestamp,
    redactions: Arc<Vec<Redaction>>,
}

/// The stored form of a [`Redaction`]: ids of the shop and hashes, no personal data.
#[derive(Serialize, Deserialize)]
struct Kept {
    store: String,
    routes: BTreeSet<String>,
    /// `None` for everyone.
    customer: Option<Customer>,
    before: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Customer {
    orders: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Table {
    /// Returns the latest redactions. With `now` they are read from the table, otherwise those that
    /// were read a few seconds ago will do.
    pub(crate) async fn redactions(&self, now: bool) -> Result<Arc<Vec<Redaction>>, PortError> {
        let operation = "queue: look for redactions";
        let mut remembered = self.remembered().lock().await;
        let age = |read: Timestamp| self.now().duration_since(read).unsigned_abs();
        if let Some(Remembered { read, redactions }) = remembered.as_ref()
            && !now
            && age(*read) < FRESH
        {
            return Ok(Arc::clone(redactions));
        }
        let read = self.now();
        let items = self.partition(operation, REDACTIONS, "").await?;
        let redaction = |item: &Item| {
            Document::<Kept>::of(operation, item).map(|document| document.value.redaction())
        };
        let redactions: Arc<Vec<Redaction>> =
            Arc::new(items.iter().map(redaction).collect::<Result<_, _>>()?);
        *remembered = Some(Remembered {
            read,
            redactions: Arc::clone(&redactions),
        });
        Ok(redactions)
    }

    /// Records a redaction, so that messages that it concerns are deleted wherever they turn up.
    pub(crate) async fn remember(&self, redaction: &Redaction) -> Result<(), PortError> {
        let operation = "queue: redact";
        let kept = Kept::of(redaction);
        let content =
            serde_json::to_vec(&kept).map_err(|error| PortError::new(operation, error))?;
        let beside = Item::from([("expires".to_owned(), expires(self.now(), KEPT))]);
        // A redaction that exists already says the same.
        self.write(operation, &Key::redaction(&content), &kept, 0, beside)
            .await?;
        *self.remembered().lock().await = None;
        Ok(())
    }
}

impl Kept {
    fn of(redaction: &Redaction) -> Self {
        let customer = match redaction.subject.clone() {
            Subject::Everyone => None,
            Subject::Customer { orders, groups } => Some(Customer { orders, groups }),
        };
        Self {
            store: redaction.store.clone(),
            routes: redaction.routes.clone(),
            customer,
            before: redaction.before,
        }
    }

    fn redaction(self) -> Redaction {
        let subject = match self.customer {
            None => Subject::Everyone,
            Some(Customer { orders, groups }) => Subject::Customer { orders, groups },
        };
        Redaction {
            store: self.store,
            routes: self.routes,
            subject,
            before: self.before,
        }
    }
}
