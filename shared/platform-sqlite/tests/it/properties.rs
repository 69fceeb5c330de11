//! Laws of the message envelope: whatever a shop sent comes out of the file as it went in, in the
//! order in which it arrived.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use bytes::Bytes;
use jiff::Timestamp;
use platform_sqlite::SqliteStore;
use ports::{Disposition, Enqueue, Kind, Message, Origin, Queue, memory::ManualClock};
use proptest::{collection::vec, option, prelude::*};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Generates any time of a shop's clock, to the microsecond, which is what the file keeps.
fn time() -> impl Strategy<Value = Timestamp> {
    let range = Timestamp::MIN.as_microsecond()..=Timestamp::MAX.as_microsecond();
    range.prop_map(|micros| Timestamp::from_microsecond(micros).unwrap())
}

/// Generates any text, with quotes, control characters and what looks like SQL.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,40}",
        Just("'; DROP TABLE queue; --".to_owned()),
        Just("\0".to_owned())
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let names = (text(), text(), text(), text(), option::of(text()));
    let times = (option::of(time()), time());
    // Few groups, so that several messages share one.
    let rest = (0_u8..4, any::<u32>(), vec(any::<u8>(), 0..300));
    (names, times, rest).prop_map(
        |((route, store, topic, event, order), (modified, accepted), (group, replays, body))| {
            Message {
                route,
                destination: "sales".to_owned(),
                store,
                kind: if replays % 4 == 0 {
                    Kind::Request
                } else {
                    Kind::Order
                },
                origin: if group == 0 {
                    Origin::Read
                } else {
                    Origin::Posted
                },
                topic,
                event,
                order,
                modified,
                accepted,
                group: format!("group-{group}"),
                dedupe: None,
                replays,
                body: Bytes::from(body),
            }
        },
    )
}

/// Receives and settles until the queue is empty.
async fn drain(store: &SqliteStore) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let lease = Duration::from_secs(60);
        let mut batch = store.receive("sales", 10, lease).await.unwrap();
        batch.extend(store.receive_requests("sales", 10, lease).await.unwrap());
        if batch.is_empty() {
            return all;
        }
        let done = batch
            .iter()
            .map(|received| received.clone().settled(Disposition::Done));
        store.settle(done.collect()).await.unwrap();
        all.extend(batch.into_iter().map(|received| received.message));
    }
}

fn by_group(messages: &[Message]) -> BTreeMap<&str, Vec<&Message>> {
    let mut groups = BTreeMap::<&str, Vec<&Message>>::new();
    for message in messages {
        groups.entry(&message.group).or_default().push(message);
    }
    groups
}

proptest! {
    // Each case makes a file, and syncs it.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..ProptestConfig::default() })]

    #[test]
    fn messages_survive_the_file_as_they_are_and_keep_the_order_of_their_group(messages in vec(message(), 1..25)) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let received = runtime.block_on(async {
            let open = || SqliteStore::open(folder.path(), Arc::new(ManualClock::default())).unwrap();
            open().enqueue(messages.clone()).await.unwrap();
            // Another process, after a crash.
            drain(&open()).await
        });
        prop_assert_eq!(by_group(&received), by_group(&messages));
    }
}
