//! Messages of a destination that is no longer configured.

use platform_sqlite::SqliteStore;
use ports::{Enqueue, Message, Queue, SystemClock, conformance::message};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

#[tokio::test]
async fn messages_go_where_their_routes_lead_and_what_has_no_route_can_be_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let of_route = |route: &str, event: &str| Message {
        route: route.to_owned(),
        ..message("old", "group of old", event)
    };
    let messages = vec![
        of_route("kept", "1"),
        of_route("kept", "2"),
        of_route("gone", "3"),
        message("sales", "group of sales", "4"),
    ];
    store.enqueue(messages).await.unwrap();
    let configured = || ["sales".to_owned()].into();
    let stranded = store.stranded(configured()).await.unwrap();
    assert_eq!(stranded, BTreeMap::from([("old".to_owned(), 3)]));

    let routes = BTreeMap::from([("kept".to_owned(), "sales".to_owned())]);
    let moved = store.move_messages("old", routes).await.unwrap();
    assert_eq!(moved, BTreeMap::from([("sales".to_owned(), 2)]));
    let mut events = Vec::new();
    for _ in 0..3 {
        let batch = store.receive("sales", 10, Duration::from_secs(60)).await;
        for received in batch.unwrap() {
            assert_eq!(received.message.destination, "sales");
            events.push(received.message.event.clone());
            let done = received.settled(ports::Disposition::Done);
            store.settle(vec![done]).await.unwrap();
        }
    }
    events.sort();
    assert_eq!(
        events,
        ["1", "2", "4"],
        "in their order, one of a group at a time"
    );

    assert_eq!(store.drop_messages("old").await.unwrap(), 1);
    assert_eq!(store.stranded(configured()).await.unwrap(), BTreeMap::new());
}
