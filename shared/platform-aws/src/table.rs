use crate::{document::Item, error::failed, redactions::Remembered};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::Timestamp;
use ports::{Clock, PortError};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Time that a ledger entry is kept after its last change: longer than any shop repeats or edits an
/// order.
pub const LEDGER_RETENTION: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Time that a dead letter is kept unless another one is set: it holds a shop's order, personal
/// data included.
pub const LETTER_RETENTION: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Ledger, tokens, circuits, requests about personal data and dead letters in one DynamoDB table.
/// Its partition key is the text `pk`, its sort key the text `sk`, and `expires` is the attribute
/// that DynamoDB's time to live goes by. Cheap to clone.
#[derive(Clone)]
pub struct Table(Arc<Inner>);

struct Inner {
    letters_kept: Duration,
    client: Client,
    name: String,
    clock: Arc<dyn Clock>,
    redactions: Mutex<Option<Remembered>>,
}

impl Table {
    /// Creates the client of the table of this name. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            letters_kept: LETTER_RETENTION,
            client: Client::new(config),
            name: name.into(),
            clock,
            redactions: Mutex::default(),
        }))
    }

    /// Sets how long dead letters are kept that are added from now on.
    #[must_use]
    pub fn keeping_letters(self, letters_kept: Duration) -> Self {
        Self(Arc::new(Inner {
            letters_kept,
            client: self.0.client.clone(),
            name: self.0.name.clone(),
            clock: Arc::clone(&self.0.clock),
            redactions: Mutex::default(),
        }))
    }

    pub(crate) fn letters_kept(&self) -> Duration {
        self.0.letters_kept
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn remembered(&self) -> &Mutex<Option<Remembered>> {
        &self.0.redactions
    }

    /// Returns every item of a partition whose sort key begins with `prefix`, in the order of the
    /// sort keys.
    pub(crate) async fn partition(
        &self,
        operation: &'static str,
        pk: &str,
        prefix: &str,
    ) -> Result<Vec<Item>, PortError> {
        let query = self
            .client()
            .query()
            .table_name(self.name())
            .consistent_read(true);
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let query = if prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
        };
        let mut pages = query.into_paginator().items().send();
        let mut all = Vec::new();
        while let Some(item) = pages.next().await {
            all.push(item.map_err(failed(operation))?);
        }
        Ok(all)
    }
}

/// Returns when an item may expire, in seconds as DynamoDB's time to live wants it.
pub(crate) fn expires(from: Timestamp, after: Duration) -> AttributeValue {
    let at = from.saturating_add(after).unwrap_or(Timestamp::MAX);
    AttributeValue::N(at.as_second().to_string())
}
