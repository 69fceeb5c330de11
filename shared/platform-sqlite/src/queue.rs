//! The queue, with the semantics of SQS FIFO. It hands out one message of a message group at a
//! time: its head, the earliest. So a group is locked or backing off exactly while its head is
//! hidden. The choice of the heads that are handed out next is in `receive`.

use crate::{
    SqliteStore, StoreError,
    body::Body,
    message::{self, Kept},
    receive::{self, Taken},
    redact,
    settle::settle,
    time::{later, micros},
    waiting,
};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{
    Enqueue, GroupState, Kind, Message, Origin, PortError, Queue, READ, Received, Redaction,
    Removed, Settlement, Waiting, WaitingFilter,
};
use rusqlite::Connection;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// The time within which messages with the same dedupe value are one, as in SQS FIFO queues.
const DEDUPE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// Longest time between two looks of a waiting worker for what other processes wrote, such as a
/// replay from the command line.
const LOOK: Duration = Duration::from_secs(1);

#[async_trait]
impl Enqueue for SqliteStore {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        if messages.is_empty() {
            return Ok(());
        }
        if !self.has_room().await? {
            return Err(PortError::new("queue: enqueue", StoreError::NoRoom));
        }
        let now = self.now();
        let bodies = Body::pack_all(&messages);
        let kept = messages.iter().zip(bodies);
        let kept: Vec<Kept> = kept
            .map(|(message, body)| Kept::of(message, body))
            .collect();
        let messages = Arc::new(messages);
        let accepted = Arc::clone(&messages);
        let enqueue = move |connection: &Connection| {
            let accept = |(message, kept): (&Message, &Kept)| {
                if is_new(connection, message, now)? {
                    message::append(connection, message, kept)
                } else {
                    Ok(())
                }
            };
            accepted.iter().zip(&kept).try_for_each(accept)
        };
        self.write("queue: enqueue", enqueue).await?;
        for message in messages.iter() {
            match message.kind {
                Kind::Order if message.origin == Origin::Read => {
                    self.wake().each([
                        message.destination.as_str(),
                        read_for(&message.destination).as_str(),
                    ]);
                }
                Kind::Order => self.wake().each([
                    message.destination.as_str(),
                    posted_for(&message.destination).as_str(),
                ]),
                Kind::Request => self
                    .wake()
                    .each([requests_of(&message.destination).as_str()]),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Queue for SqliteStore {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive_by(receive::orders, destination, max, visibility)
            .await
    }

    async fn receive_posted(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive_by(receive::posted, destination, max, visibility)
            .await
    }

    async fn receive_read(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive_by(receive::read, destination, max, visibility)
            .await
    }

    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let (turn, now) = (self.turns().next(destination), self.now());
        let choice = move |connection: &Connection, destination: &str| {
            let found = receive::probe(connection, destination, turn, now)?;
            Ok(found.into_iter().collect())
        };
        self.hand_out(
            "queue: receive a probe",
            destination,
            visibility,
            now,
            choice,
        )
        .await
    }

    async fn receive_requests(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let now = self.now();
        let choice = move |connection: &Connection, destination: &str| {
            receive::requests(connection, destination, max, now)
        };
        self.hand_out(
            "queue: receive requests",
            destination,
            visibility,
            now,
            choice,
        )
        .await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        if settlements.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let settle = move |connection: &Connection| {
            settlements
                .iter()
                .filter_map(|one| settle(connection, one, now).transpose())
                .collect()
        };
        let freed: Vec<String> = self.write("queue: settle", settle).await?;
        self.wake().each(freed.iter().map(String::as_str));
        Ok(())
    }

    async fn wait(&self, destination: &str, limit: Duration) {
        let wake = self.wake().of(destination);
        self.wait_until_visible(destination, NEXT_VISIBLE, &wake, limit)
            .await;
    }

    async fn wait_for_posted(&self, destination: &str, limit: Duration) {
        let wake = self.wake().of(&posted_for(destination));
        self.wait_until_visible(destination, &NEXT_POSTED_VISIBLE, &wake, limit)
            .await;
    }

    async fn wait_for_read(&self, destination: &str, limit: Duration) {
        let wake = self.wake().of(&read_for(destination));
        self.wait_until_visible(destination, &NEXT_READ_VISIBLE, &wake, limit)
            .await;
    }

    async fn wait_for_requests(&self, destination: &str, limit: Duration) {
        let deadline = Instant::now() + limit;
        let wake = self.wake().of(&requests_of(destination));
        while !matches!(self.has_request(destination).await, Ok(true)) {
            let look_again = deadline.min(Instant::now() + LOOK);
            if timeout_at(look_again, wake.notified()).await.is_ok() || Instant::now() >= deadline {
                return;
            }
        }
    }

    async fn group_state(
        &self,
        destination: &str,
        group: &str,
    ) -> Result<Option<GroupState>, PortError> {
        let (destination, group, now) =
            (destination.to_owned(), group.to_owned(), micros(self.now()));
        let sql = "SELECT max(receipt IS NOT NULL AND visible_at > ?3) FROM queue WHERE destination = ?1 AND group_id = ?2";
        let in_hand: Option<bool> = self
            .read("queue: group state", move |connection| {
                connection
                    .prepare_cached(sql)?
                    .query_row((destination, group, now), |row| row.get(0))
            })
            .await?;
        Ok(Some(match in_hand {
            None => GroupState::Empty,
            Some(false) => GroupState::Waiting,
            Some(true) => GroupState::InHand,
        }))
    }

    async fn waiting(&self, filter: &WaitingFilter) -> Result<Option<Vec<Waiting>>, PortError> {
        let filter = filter.clone();
        self.read("queue: waiting", move |connection| {
            waiting::list(connection, &filter).map(Some)
        })
        .await
    }

    async fn waiting_messages(
        &self,
        filter: &WaitingFilter,
    ) -> Result<Option<Vec<Message>>, PortError> {
        let filter = filter.clone();
        self.read("queue: waiting messages", move |connection| {
            waiting::messages(connection, &filter).map(Some)
        })
        .await
    }

    async fn before(&self, destination: &str, place: u64) -> Result<Option<u64>, PortError> {
        let destination = destination.to_owned();
        self.read("queue: before", move |connection| {
            waiting::before(connection, &destination, place).map(Some)
        })
        .await
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        let destination = destination.to_owned();
        self.read("queue: depth", move |connection| {
            connection
                .prepare_cached("SELECT count(*) FROM queue WHERE destination = ?1")?
                .query_row((destination,), |row| row.get(0))
        })
        .await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        let redaction = redaction.clone();
        let work = move |connection: &Connection| redact::messages(connection, &redaction);
        let (removed, freed) = self.write_and_empty_log("queue: redact", work).await?;
        self.wake().each(freed.iter().map(String::as_str));
        Ok(removed)
    }
}

/// When the next message of a destination can be received; in the past if one can be now.
const NEXT_VISIBLE: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM queue WHERE destination = ?1 AND head = 1 AND visible_at = 0 AND is_request = 0) THEN 0 \
    ELSE (SELECT min(visible_at) FROM queue WHERE destination = ?1 AND visible_at > 0 AND is_request = 0) END";
/// The same of what was posted.
static NEXT_POSTED_VISIBLE: LazyLock<String> = LazyLock::new(|| next_of("NOT LIKE"));
/// The same of what was read from a store.
static NEXT_READ_VISIBLE: LazyLock<String> = LazyLock::new(|| next_of("LIKE"));

fn next_of(like: &str) -> String {
    format!(
        "SELECT CASE \
        WHEN EXISTS (SELECT 1 FROM queue WHERE destination = ?1 AND head = 1 AND visible_at = 0 AND is_request = 0 AND store {like} '%{READ}') THEN 0 \
        ELSE (SELECT min(visible_at) FROM queue WHERE destination = ?1 AND visible_at > 0 AND is_request = 0 AND store {like} '%{READ}') END"
    )
}

/// Returns the name by which those are woken who wait for what is posted.
fn posted_for(destination: &str) -> String {
    format!("{destination}\nposted")
}

/// Returns the name by which those are woken who wait for what is read from a store.
fn read_for(destination: &str) -> String {
    format!("{destination}\nread")
}

/// Returns the name by which those are woken who wait for requests.
fn requests_of(destination: &str) -> String {
    format!("{destination}\n")
}

impl SqliteStore {
    /// Receives the messages that a choice among the orders names.
    async fn receive_by(
        &self,
        choose: fn(&Connection, &str, usize, u64, Timestamp) -> rusqlite::Result<Vec<i64>>,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let (turn, now) = (self.turns().next(destination), self.now());
        let choice = move |connection: &Connection, destination: &str| {
            choose(connection, destination, max, turn, now)
        };
        self.hand_out("queue: receive", destination, visibility, now, choice)
            .await
    }

    /// Receives the chosen messages, in one transaction.
    async fn hand_out(
        &self,
        operation: &'static str,
        destination: &str,
        visibility: Duration,
        now: Timestamp,
        choice: impl Fn(&Connection, &str) -> rusqlite::Result<Vec<i64>> + Send + 'static,
    ) -> Result<Vec<Received>, PortError> {
        let (destination, until, heals) = (
            destination.to_owned(),
            later(now, visibility),
            self.turns().clock_went_back(now),
        );
        let hand_out = move |connection: &Connection| {
            if heals && receive::heal(connection, now)? > 0 {
                tracing::warn!(
                    "the machine's clock was ahead; what was put off meanwhile waits no longer than it was to"
                );
            }
            let chosen = choice(connection, &destination)?;
            receive::take(connection, &chosen, now, until)
        };
        let taken = self.write(operation, hand_out).await?;
        Ok(taken.into_iter().map(Taken::unpack).collect())
    }

    /// Returns whether a request about personal data can be received now.
    async fn has_request(&self, destination: &str) -> Result<bool, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        self.read("queue: wait", move |connection| {
            Ok(!receive::requests(connection, &destination, 1, now)?.is_empty())
        })
        .await
    }

    /// Waits until the statement tells of a message that can be received, or for a wake-up, at most
    /// for `limit`.
    async fn wait_until_visible(
        &self,
        destination: &str,
        statement: &'static str,
        wake: &Notify,
        limit: Duration,
    ) {
        let deadline = Instant::now() + limit;
        loop {
            let next = match self.next_visible(destination, statement).await {
                Ok(Some(at)) if at <= self.now() => return,
                Ok(Some(at)) => at.duration_since(self.now()).unsigned_abs().min(LOOK),
                // A store that cannot be read now is read again later: the caller's receive reports
                // the error.
                Ok(None) | Err(_) => LOOK,
            };
            let look_again = deadline.min(Instant::now() + next);
            if timeout_at(look_again, wake.notified()).await.is_ok() || Instant::now() >= deadline {
                return;
            }
        }
    }

    async fn next_visible(
        &self,
        destination: &str,
        statement: &'static str,
    ) -> Result<Option<Timestamp>, PortError> {
        let destination = destination.to_owned();
        self.read("queue: wait", move |connection| {
            let at: Option<i64> = connection
                .prepare_cached(statement)?
                .query_row((destination,), |row| row.get(0))?;
            at.map(crate::time::to_instant).transpose()
        })
        .await
    }
}

/// Returns whether no message with this dedupe value was accepted within the window; begins the
/// window if so.
fn is_new(connection: &Connection, message: &Message, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(dedupe) = &message.dedupe else {
        return Ok(true);
    };
    let sql = "INSERT INTO dedupe (destination, value, expires) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires <= ?4";
    let changed = connection.prepare_cached(sql)?.execute((
        &message.destination,
        dedupe,
        later(now, DEDUPE_WINDOW),
        micros(now),
    ))?;
    Ok(changed == 1)
}
