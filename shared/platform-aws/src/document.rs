//! Values in the table that are read, changed and written on condition that nobody else changed
//! them in the meantime.

use crate::{AwsError, error::failed, identity, key::Key, packed, table::Table};
use aws_sdk_dynamodb::{
    operation::put_item::PutItemError,
    primitives::Blob,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use ports::PortError;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// An item in DynamoDB's form.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The number of tries of a change while others change the same item. One of them succeeds each
/// time.
const TRIES: usize = 20;

/// A value and its revision, the number of times that it was written.
pub(crate) struct Document<T> {
    pub(crate) value: T,
    pub(crate) revision: u64,
}

impl<T: DeserializeOwned> Document<T> {
    pub(crate) fn of(operation: &'static str, item: &Item) -> Result<Self, PortError> {
        let unreadable = |what: &str| AwsError::Unreadable {
            what: format!("{what} of item {}", name(item)),
            source: None,
        };
        let revision = item
            .get("revision")
            .and_then(|value| value.as_n().ok()?.parse().ok());
        let revision =
            revision.ok_or_else(|| PortError::new(operation, unreadable("the revision")))?;
        let data = item.get("data").and_then(|value| value.as_b().ok());
        let data = data.ok_or_else(|| PortError::new(operation, unreadable("the data")))?;
        let value = packed::unpack(&format!("item {}", name(item)), data.as_ref())
            .map_err(|error| PortError::new(operation, error))?;
        Ok(Self { value, revision })
    }
}

impl Table {
    /// Reads the value of a key, in one call.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        key: &Key,
    ) -> Result<Option<Document<T>>, PortError> {
        let get = self
            .client()
            .get_item()
            .table_name(self.name())
            .set_key(Some(key.item()));
        let answer = get
            .consistent_read(true)
            .send()
            .await
            .map_err(failed(operation))?;
        answer
            .item
            .map(|item| Document::of(operation, &item))
            .transpose()
    }

    /// Writes a value on condition that it was written `expected` times so far (0: that it does not
    /// exist), and returns whether that held. `beside` holds the attributes by which the item is
    /// found.
    pub(crate) async fn write<T: Serialize + Sync>(
        &self,
        operation: &'static str,
        key: &Key,
        value: &T,
        expected: u64,
        beside: Item,
    ) -> Result<bool, PortError> {
        let writer = identity::fresh(operation)?;
        let data = packed::pack(value).map_err(|error| PortError::new(operation, error))?;
        let put = self.client().put_item().table_name(self.name());
        let put = put
            .set_item(Some(key.item().into_iter().chain(beside).collect()))
            .item(
                "revision",
                AttributeValue::N(expected.saturating_add(1).to_string()),
            )
            .item("writer", AttributeValue::S(writer.clone()))
            .item("data", AttributeValue::B(Blob::new(data)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = if expected == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("revision = :expected")
                .expression_attribute_values(":expected", AttributeValue::N(expected.to_string()))
        };
        let Err(error) = put.send().await else {
            return Ok(true);
        };
        match error.as_service_error() {
            // The SDK repeats a call whose answer was lost: then the write in the way is our own.
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                let present = refusal
                    .item()
                    .and_then(|item| item.get("writer")?.as_s().ok());
                Ok(present == Some(&writer))
            }
            _ => Err(failed(operation)(error)),
        }
    }

    /// Changes a value, in two calls, or in one where `change` has nothing to write. `change` gets
    /// the present value and returns the new one, or `None` to leave it.
    pub(crate) async fn update<T, R>(
        &self,
        operation: &'static str,
        key: &Key,
        mut change: impl FnMut(Option<T>) -> (Option<T>, R) + Send,
    ) -> Result<R, PortError>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        R: Send,
    {
        for _ in 0..TRIES {
            let (present, revision) = match self.read(operation, key).await? {
                Some(Document { value, revision }) => (Some(value), revision),
                None => (None, 0),
            };
            let (wanted, answer) = change(present);
            let Some(wanted) = wanted else {
                return Ok(answer);
            };
            if self
                .write(operation, key, &wanted, revision, Item::new())
                .await?
            {
                return Ok(answer);
            }
        }
        Err(contended(operation, key))
    }
}

/// Returns the error of giving up because others kept changing the item.
pub(crate) fn contended(operation: &'static str, key: &Key) -> PortError {
    let what = format!("item {}/{}", key.pk, key.sk);
    PortError::new(operation, AwsError::Contended { what })
}

fn name(item: &Item) -> String {
    let part = |name: &str| {
        item.get(name)
            .and_then(|value| value.as_s().ok())
            .map_or("?", String::as_str)
    };
    format!("{}/{}", part("pk"), part("sk"))
}
