//! Dead letters in the table: each takes as many items as its size needs, which are written and
//! deleted together.

use crate::{
    AwsError,
    document::Item,
    error::failed,
    key::{DEAD, Key, letter_prefix},
    letter::Letter,
    table::{Table, expires},
};
use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem},
};
use ports::{Ledger, Message, PortError, Redaction, Subject};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The size of one part: DynamoDB takes items of up to 400 KB, names included (Amazon DynamoDB,
/// "Service quotas"), and transactions of up to 4 MB.
const PART: usize = 380 * 1024;

/// The number of pages that are counted. Each is a mebibyte of letters.
const COUNTED_PAGES: usize = 5;

impl Table {
    /// Keeps a dead letter. Keeping it again changes nothing.
    pub(crate) async fn put_letter(&self, letter: &Letter) -> Result<(), PortError> {
        let operation = "dead letters: bury";
        let bytes = letter
            .pack()
            .map_err(|error| PortError::new(operation, error))?;
        let mut items: Vec<Item> = parts(letter, &bytes, self.letters_kept());
        if let (1, Some(item)) = (items.len(), items.pop()) {
            let put = self
                .client()
                .put_item()
                .table_name(self.name())
                .set_item(Some(item));
            return put.send().await.map(drop).map_err(failed(operation));
        }
        let puts = parts(letter, &bytes, self.letters_kept())
            .into_iter()
            .map(|item| {
                let put = Put::builder()
                    .table_name(self.name())
                    .set_item(Some(item))
                    .build()?;
                Ok(TransactWriteItem::builder().put(put).build())
            });
        self.all_or_none(operation, puts.collect()).await
    }

    /// Returns all dead letters, the newest first.
    pub(crate) async fn letters(&self) -> Result<Vec<Letter>, PortError> {
        let mut all = self.letters_below("dead letters: list", "").await?;
        all.sort_by_key(|letter| Reverse(letter.dead.cursor()));
        Ok(all)
    }

    /// Returns one dead letter.
    pub(crate) async fn letter(&self, id: &str) -> Result<Option<Letter>, PortError> {
        Ok(self
            .letters_below("dead letters: get", &letter_prefix(id))
            .await?
            .pop())
    }

    /// Deletes a dead letter. Returns true for one caller only.
    pub(crate) async fn forget(&self, id: &str) -> Result<bool, PortError> {
        let operation = "dead letters: forget";
        let parts = self
            .partition(operation, DEAD, &letter_prefix(id))
            .await?
            .len();
        if parts == 0 {
            return Ok(false);
        }
        let first = Key::letter(id, 0);
        if parts == 1 {
            let delete = self
                .client()
                .delete_item()
                .table_name(self.name())
                .set_key(Some(first.item()));
            let answer = delete
                .return_values(ReturnValue::AllOld)
                .send()
                .await
                .map_err(failed(operation))?;
            return Ok(answer.attributes.is_some_and(|old| !old.is_empty()));
        }
        let deletions = (0..parts).map(|part| {
            let delete = Delete::builder()
                .table_name(self.name())
                .set_key(Some(Key::letter(id, part).item()));
            Ok(TransactWriteItem::builder().delete(delete.build()?).build())
        });
        self.all_or_none(operation, deletions.collect())
            .await
            .map(|()| true)
    }

    /// Returns those of the ids that have a dead letter.
    pub(crate) async fn known(&self, ids: &[String]) -> Result<BTreeSet<String>, PortError> {
        let operation = "dead letters: known";
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let keys: Vec<Item> = distinct
            .into_iter()
            .map(|id| Key::letter(id, 0).item())
            .collect();
        if keys.is_empty() {
            return Ok(BTreeSet::new());
        }
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true);
        let request = request.projection_expression("id").build();
        let request = request.map_err(|error| PortError::new(operation, error))?;
        let call = self
            .client()
            .batch_get_item()
            .request_items(self.name(), request);
        let answer = call.send().await.map_err(failed(operation))?;
        // Letters that a throttled table leaves out are not known to be gone.
        let left = answer.unprocessed_keys.unwrap_or_default().into_values();
        if left.map(|left| left.keys.len()).sum::<usize>() > 0 {
            let code = "ProvisionedThroughputExceededException".to_owned();
            return Err(PortError::new(
                operation,
                AwsError::Refused { code, detail: None },
            ));
        }
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        Ok(items.filter_map(|item| text(&item, "id")).collect())
    }

    /// Removes the texts from the ledger entry of a message that is deleted.
    pub(crate) async fn forget_texts(&self, message: &Message) -> Result<(), PortError> {
        let Some(order) = &message.order else {
            return Ok(());
        };
        let redaction = Redaction {
            store: message.store.clone(),
            routes: BTreeSet::from([message.route.clone()]),
            subject: Subject::Customer {
                orders: BTreeSet::from([order.clone()]),
                groups: BTreeSet::new(),
            },
            before: self.now(),
        };
        self.redact(&redaction).await.map(drop)
    }
}

type Writes = Result<Vec<TransactWriteItem>, aws_sdk_dynamodb::error::BuildError>;

impl Table {
    async fn all_or_none(&self, operation: &'static str, writes: Writes) -> Result<(), PortError> {
        let writes = writes.map_err(|error| PortError::new(operation, error))?;
        let call = self
            .client()
            .transact_write_items()
            .set_transact_items(Some(writes));
        call.send().await.map(drop).map_err(failed(operation))
    }

    /// Counts the dead letters of each destination, over a few pages only: more than some hundreds
    /// are many, whatever their exact number. Letters without a destination count under an empty
    /// name.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn dead_by_destination(&self) -> Result<BTreeMap<String, u64>, PortError> {
        let query = self
            .client()
            .query()
            .table_name(self.name())
            .key_condition_expression("pk = :pk");
        let query = query
            .expression_attribute_values(":pk", AttributeValue::S(DEAD.to_owned()))
            .projection_expression("sk, destination");
        let mut pages = query.into_paginator().send();
        let mut counts = BTreeMap::new();
        for _ in 0..COUNTED_PAGES {
            let Some(page) = pages.next().await else {
                break;
            };
            let page = page.map_err(failed("dead letters: count"))?;
            let first_parts = page
                .items()
                .iter()
                .filter(|item| text(item, "sk").is_some_and(|sk| sk.ends_with("#000")));
            for item in first_parts {
                *counts
                    .entry(text(item, "destination").unwrap_or_default())
                    .or_default() += 1;
            }
        }
        Ok(counts)
    }

    async fn letters_below(
        &self,
        operation: &'static str,
        prefix: &str,
    ) -> Result<Vec<Letter>, PortError> {
        let mut by_id: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for item in self.partition(operation, DEAD, prefix).await? {
            let data = item.get("data").and_then(|data| data.as_b().ok());
            if let (Some(id), Some(data)) = (text(&item, "id"), data) {
                by_id
                    .entry(id)
                    .or_default()
                    .extend_from_slice(data.as_ref());
            }
        }
        let letters = by_id.into_values().map(|bytes| Letter::unpack(&bytes));
        letters
            .collect::<Result<_, _>>()
            .map_err(|error| PortError::new(operation, error))
    }
}

/// Returns the items of a letter. Their sort keys keep them in order.
fn parts(letter: &Letter, bytes: &[u8], kept: Duration) -> Vec<Item> {
    let item = |(number, part): (usize, &[u8])| {
        let mut item = Key::letter(&letter.dead.id, number).item();
        item.insert("id".to_owned(), AttributeValue::S(letter.dead.id.clone()));
        item.insert(
            "destination".to_owned(),
            AttributeValue::S(letter.dead.message.destination.clone()),
        );
        item.insert("expires".to_owned(), expires(letter.buried, kept));
        item.insert("data".to_owned(), AttributeValue::B(Blob::new(part)));
        item
    };
    bytes.chunks(PART).enumerate().map(item).collect()
}

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}
