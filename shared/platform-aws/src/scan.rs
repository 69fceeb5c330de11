//! Lists of ledger entries. The pipeline never lists: an operator's question once an hour is not
//! worth an index that every order pays for.

use crate::{
    document::Item,
    error::failed,
    key::{LEDGER, order_partition},
    ledger::entry_of,
    table::Table,
};
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use ports::{LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, State};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The number of parts of a table that are read at once.
const SEGMENTS: i32 = 4;

impl Table {
    /// Returns the entries that a filter lets through, the last changed first. With an order this
    /// is one query, otherwise the whole table is read.
    pub(crate) async fn scan_ledger(
        &self,
        operation: &'static str,
        filter: &LedgerFilter,
    ) -> Result<Vec<LedgerEntry>, PortError> {
        if filter.limit == Some(0) {
            return Ok(Vec::new());
        }
        let mut all = Newest::of(filter);
        if let Some(order) = &filter.order {
            for item in self
                .partition(operation, &order_partition(order), LEDGER)
                .await?
            {
                all.take(entry_of(operation, &item)?);
            }
        } else {
            let found = Mutex::new(&mut all);
            let segments = (0..SEGMENTS).map(|segment| {
                self.segment(operation, filter, segment, |entry| {
                    locked(&found).take(entry)
                })
            });
            try_join_all(segments).await?;
        }
        Ok(all.sorted())
    }

    /// Returns the keys of the entries that a redaction of everyone concerns and that hold
    /// something to redact. The entries themselves may be more than fits into memory.
    pub(crate) async fn keys_with_texts(
        &self,
        operation: &'static str,
        redaction: &Redaction,
    ) -> Result<Vec<LedgerKey>, PortError> {
        let mut all = Vec::new();
        let found = Mutex::new(&mut all);
        let take = |entry: LedgerEntry| {
            let key = entry.key.clone();
            if redaction.concerns_entry(&key) && entry.redacted().is_some() {
                locked(&found).push(key);
            }
        };
        let filter = LedgerFilter::default();
        try_join_all((0..SEGMENTS).map(|segment| self.segment(operation, &filter, segment, take)))
            .await?;
        Ok(all)
    }

    /// Reads a part of the table.
    async fn segment(
        &self,
        operation: &'static str,
        filter: &LedgerFilter,
        segment: i32,
        take: impl Fn(LedgerEntry),
    ) -> Result<(), PortError> {
        let scan = self
            .client()
            .scan()
            .table_name(self.name())
            .consistent_read(true);
        let scan = scan.segment(segment).total_segments(SEGMENTS);
        let mut conditions = vec!["begins_with(sk, :ledger)".to_owned()];
        let mut values = Item::from([(":ledger".to_owned(), AttributeValue::S(LEDGER.to_owned()))]);
        let mut names = HashMap::new();
        // `state` is a reserved word, hence the placeholders for names.
        for (name, wanted) in [
            ("route", filter.route.as_deref()),
            ("state", filter.state.map(State::as_str)),
        ] {
            let Some(wanted) = wanted else { continue };
            conditions.push(format!("#{name} = :{name}"));
            names.insert(format!("#{name}"), name.to_owned());
            values.insert(format!(":{name}"), AttributeValue::S(wanted.to_owned()));
        }
        let scan = scan
            .filter_expression(conditions.join(" AND "))
            .set_expression_attribute_names((!names.is_empty()).then_some(names))
            .set_expression_attribute_values(Some(values));
        let mut pages = scan.into_paginator().items().send();
        while let Some(item) = pages.next().await {
            take(entry_of(operation, &item.map_err(failed(operation))?)?);
        }
        Ok(())
    }
}

/// Locks what several parts of a table add to. Nothing panics while it is held.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last changed of many entries, collected without holding all of them.
struct Newest<'a> {
    filter: &'a LedgerFilter,
    entries: Vec<LedgerEntry>,
}

impl<'a> Newest<'a> {
    fn of(filter: &'a LedgerFilter) -> Self {
        Self {
            filter,
            entries: Vec::new(),
        }
    }

    fn take(&mut self, entry: LedgerEntry) {
        if !self.filter.passes(&entry) {
            return;
        }
        self.entries.push(entry);
        if let Some(limit) = self.filter.limit
            && self.entries.len() >= limit.saturating_mul(2).saturating_add(1000)
        {
            self.sort();
        }
    }

    fn sorted(mut self) -> Vec<LedgerEntry> {
        self.sort();
        self.entries
    }

    fn sort(&mut self) {
        self.entries
            .sort_by(|one, other| (other.updated, &one.key).cmp(&(one.updated, &other.key)));
        self.entries
            .truncate(self.filter.limit.unwrap_or(usize::MAX));
    }
}
