use super::protocol::Holding;
use crate::row::Row;
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Time for which a row is remembered. One that is out of date costs a call and no more.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Number of customers above which the memory starts over.
const MOST: usize = 2_000;

/// The customers' rows as the companion has returned them, so that the next order of a returning
/// customer can be expected to meet the same ones.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<String, Memory>>);

struct Memory {
    rows: Vec<Row>,
    /// The columns that were asked for.
    columns: Vec<String>,
    until: Timestamp,
}

impl Seen {
    /// Returns the rows that a question for these columns is expected to answer about this customer:
    /// none where nobody has seen them.
    pub(crate) fn rows(
        &self,
        table: &str,
        of: &Holding,
        columns: &[String],
        now: Timestamp,
    ) -> Vec<Row> {
        let memories = self.lock();
        let memory = memories
            .get(&name(table, of))
            .filter(|memory| memory.until > now)
            .filter(|memory| columns.iter().all(|column| memory.columns.contains(column)));
        let project = |memory: &Memory| memory.rows.iter().map(|row| row.only(columns)).collect();
        memory.map(project).unwrap_or_default()
    }

    /// Remembers the rows that a question for these columns answered about this customer.
    pub(crate) fn remember(
        &self,
        table: &str,
        of: &Holding,
        columns: &[String],
        rows: Vec<Row>,
        now: Timestamp,
    ) {
        let mut memories = self.lock();
        if rows.is_empty() {
            memories.remove(&name(table, of));
            return;
        }
        if memories.len() >= MOST {
            memories.clear();
        }
        let memory = Memory {
            rows,
            columns: columns.to_vec(),
            until: now.checked_add(GOOD_FOR).unwrap_or(now),
        };
        memories.insert(name(table, of), memory);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Seen").field(&self.lock().len()).finish()
    }
}

fn name(table: &str, of: &Holding) -> String {
    format!("{table} {of:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rows_are_remembered_for_an_hour_and_for_no_more_columns_than_were_asked() {
        let (seen, now) = (Seen::default(), Timestamp::UNIX_EPOCH);
        let of = Holding::from([("email".to_owned(), vec!["a@example.com".to_owned()])]);
        let row = Row::new(json!({"id": 5, "email": "a@example.com"})).unwrap();
        let asked = columns(&["id", "email", "phone"]);
        seen.remember("customer", &of, &asked, vec![row.clone()], now);
        let rows = |wanted: &[&str], now| seen.rows("customer", &of, &columns(wanted), now);
        assert_eq!(rows(&["id", "email", "phone"], now), [row]);
        let id = Row::new(json!({"id": 5})).unwrap();
        assert_eq!(
            rows(&["id", "phone"], now),
            [id],
            "an empty column is known"
        );
        assert_eq!(rows(&["id", "companyname"], now), []);
        assert_eq!(rows(&["id"], now + SignedDuration::from_hours(1)), []);
        assert_eq!(seen.rows("contact", &of, &columns(&["id"]), now), []);
        seen.remember("customer", &of, &asked, Vec::new(), now);
        assert_eq!(rows(&["id"], now), []);
        assert!(!format!("{seen:?}").contains("example.com"));
    }
}
