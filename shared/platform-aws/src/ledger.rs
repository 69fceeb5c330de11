use crate::{
    AwsError,
    document::{Document, Item, contended},
    error::failed,
    key::Key,
    table::{LEDGER_RETENTION, Table, expires},
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures::{StreamExt, TryStreamExt, stream};
use ports::{
    Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Revision, State, Stored,
    Subject,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The most keys that one `BatchGetItem` takes.
const KEYS: usize = 100;
/// The number of entries that are written at the same time.
const AT_ONCE: usize = 10;
/// The number of times that entries which a throttled table left out are asked for, and the pause
/// before the first repetition; it doubles.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(50);

#[async_trait]
impl Ledger for Table {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        let distinct: Vec<&LedgerKey> = keys.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut found = BTreeMap::new();
        for chunk in distinct.chunks(KEYS) {
            let wanted = chunk.iter().map(|key| Key::ledger(key).item()).collect();
            found.extend(
                self.get_all(wanted)
                    .await?
                    .into_iter()
                    .map(|entry| (entry.key.clone(), entry)),
            );
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        let put = |entry: LedgerEntry| async move {
            let took = self.put_next("ledger: store", &entry.written()).await?;
            Ok(if took { Stored::Yes } else { Stored::Conflict })
        };
        stream::iter(entries)
            .map(put)
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.scan_ledger("ledger: list", filter).await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        let operation = "ledger: redact";
        let keys = match redaction.subject {
            Subject::Customer { .. } => redaction.keys(),
            Subject::Everyone => self.keys_with_texts(operation, redaction).await?,
        };
        let redacted: Vec<bool> = stream::iter(keys)
            .map(|key| async move { self.redact_entry(operation, &key).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(
            u64::try_from(redacted.into_iter().filter(|had_texts| *had_texts).count())
                .unwrap_or(u64::MAX),
        )
    }
}

impl Table {
    /// Reads the entries of up to a hundred different keys, in any order.
    async fn get_all(&self, keys: Vec<Item>) -> Result<Vec<LedgerEntry>, PortError> {
        let operation = "ledger: load";
        let mut wanted = keys;
        let mut found = Vec::new();
        for attempt in 0..TRIES {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build();
            let request = request.map_err(|error| PortError::new(operation, error))?;
            let call = self
                .client()
                .batch_get_item()
                .request_items(self.name(), request);
            let answer = call.send().await.map_err(failed(operation))?;
            let items = answer.responses.unwrap_or_default().into_values().flatten();
            for item in items {
                found.push(entry_of(operation, &item)?);
            }
            let left = answer.unprocessed_keys.unwrap_or_default().into_values();
            wanted = left.flat_map(|left| left.keys).collect();
            if wanted.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE.saturating_mul(2_u32.saturating_pow(attempt))).await;
        }
        let code = "ProvisionedThroughputExceededException".to_owned();
        Err(PortError::new(
            operation,
            AwsError::Refused { code, detail: None },
        ))
    }

    /// Writes an entry whose revision is already the next one. Returns false where somebody else
    /// wrote meanwhile.
    async fn put_next(
        &self,
        operation: &'static str,
        entry: &LedgerEntry,
    ) -> Result<bool, PortError> {
        let written = entry.revision.map_or(0, Revision::number);
        let expected = written.saturating_sub(1);
        self.write(
            operation,
            &Key::ledger(&entry.key),
            entry,
            expected,
            beside(entry),
        )
        .await
    }

    /// Redacts one entry, and returns whether it had texts.
    async fn redact_entry(
        &self,
        operation: &'static str,
        key: &LedgerKey,
    ) -> Result<bool, PortError> {
        for _ in 0..TRIES {
            let found = self
                .read::<LedgerEntry>(operation, &Key::ledger(key))
                .await?;
            let Some(entry) = found.map(|document| document.value) else {
                return Ok(false);
            };
            let had_texts = entry.holds_texts();
            let Some(redacted) = entry.redacted() else {
                return Ok(false);
            };
            if self.put_next(operation, &redacted).await? {
                return Ok(had_texts);
            }
        }
        Err(contended(operation, &Key::ledger(key)))
    }
}

/// Reads the entry of an item.
pub(crate) fn entry_of(operation: &'static str, item: &Item) -> Result<LedgerEntry, PortError> {
    Ok(Document::<LedgerEntry>::of(operation, item)?.value)
}

/// Returns the attributes beside the entry's data: what a person sees in the table, what lists
/// filter by, and when the item may expire. It never expires while it has a dead letter, whose
/// replay must still find what was delivered.
fn beside(entry: &LedgerEntry) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut item = Item::from([
        ("route".to_owned(), text(&entry.key.route)),
        ("state".to_owned(), text(entry.state.as_str())),
        ("updated".to_owned(), text(&entry.updated.to_string())),
    ]);
    if entry.state != State::Rejected {
        item.insert(
            "expires".to_owned(),
            expires(entry.updated, LEDGER_RETENTION),
        );
    }
    item
}

#[cfg(test)]
mod tests {
    use super::beside;
    use crate::{key::Key, packed};
    use jiff::Timestamp;
    use ports::{Happened, RecordRef, conformance::entry};

    /// DynamoDB bills a write by the kibibyte, and writes are most of what an order costs.
    #[test]
    fn the_entry_of_an_order_of_ten_lines_is_one_write_unit() {
        let mut entry = entry("acme-salesforce", "4711", 1_767_255_600);
        let line = |number: u64| RecordRef {
            name: "lines".to_owned(),
            object: "OpportunityLineItem".to_owned(),
            id: format!(
                "00kPb00000{:08X}",
                number.wrapping_mul(2_654_435_761) % 0xffff_ffff
            ),
        };
        if let Some(delivered) = &mut entry.delivered {
            delivered.records.extend((0..10).map(line));
        }
        for second in 0..20 {
            let at = Timestamp::from_second(1_767_255_600 + 3_607 * second).unwrap();
            entry.happened(Happened::Accepted, at);
            entry.happened(Happened::Delivered, at);
        }
        let names = [
            "pk", "sk", "data", "revision", "writer", "route", "state", "updated", "expires",
        ]
        .concat()
        .len();
        let key = Key::ledger(&entry.key);
        let values = key.pk.len()
            + key.sk.len()
            + packed::pack(&entry).unwrap().len()
            + 32
            + "retrying".len()
            + 30
            + 24;
        assert_eq!(beside(&entry).len(), 4);
        assert!(names + values < 1024, "{} bytes", names + values);
    }
}
