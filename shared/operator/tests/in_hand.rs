//! Orders that a worker has in hand, in the list of orders.

use jiff::Timestamp;
use operator::{
    Records,
    orders::{self, OrderFilter, OrderLine, Standing},
};
use platform_sqlite::SqliteStore;
use ports::{
    Disposition, Enqueue as _, Ledger as _, Message, PortError, Queue as _, Received, SystemClock,
    conformance::{entry, message},
};
use std::{sync::Arc, time::Duration};

const ORDERS: [&str; 3] = ["1041", "1042", "1043"];

/// Reads the whole list, a page of one line after the other.
async fn list(
    store: &SqliteStore,
    filter: &OrderFilter,
) -> Result<Vec<(String, Standing)>, PortError> {
    let (records, mut lines, mut after) = (
        Records::in_one(store.clone(), "nobody delivers"),
        Vec::new(),
        None,
    );
    loop {
        let page = orders::page(&records, None, filter, after.as_ref(), 1).await?;
        let line = |line: OrderLine| (line.order.unwrap_or_default(), line.standing);
        lines.extend(page.items.into_iter().map(line));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(lines)
}

fn all(standings: [Standing; 3]) -> Vec<(String, Standing)> {
    let orders = ORDERS.map(str::to_owned);
    orders.into_iter().zip(standings).collect()
}

/// Returns the times of each line: of the next try, and until which the order is in hand.
async fn times(store: &SqliteStore) -> Vec<[Option<Timestamp>; 2]> {
    let records = Records::in_one(store.clone(), "nobody delivers");
    let page = orders::page(&records, None, &OrderFilter::default(), None, 9).await;
    let lines = page.map(|page| page.items).unwrap_or_default();
    let times = |line: &OrderLine| [line.next_try, line.in_hand_until];
    lines.iter().map(times).collect()
}

#[tokio::test]
async fn an_order_in_hand_has_no_next_try_and_one_given_back_is_in_nobodys_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    let order = Message {
        order: Some("1041".to_owned()),
        ..message("sales", "1041", "1041")
    };
    store.enqueue(vec![order]).await.expect("enqueued");
    assert_eq!(times(&store).await, [[None, None]]);
    let lease = Duration::from_secs(300);
    let received = store.receive("sales", 10, lease).await.expect("received");
    assert!(
        matches!(times(&store).await[..], [[None, Some(_)]]),
        "untried"
    );
    let known = entry("acme-sales", "1041", 1_767_255_391);
    store.store(vec![known]).await.expect("stored");
    assert!(
        matches!(times(&store).await[..], [[None, Some(_)]]),
        "known"
    );
    let back = |one: Received| one.settled(Disposition::Retry(lease));
    let settled = store.settle(received.into_iter().map(back).collect());
    settled.await.expect("settled");
    assert!(matches!(times(&store).await[..], [[Some(_), None]]));
}

#[tokio::test]
async fn an_order_that_a_worker_received_is_listed_before_the_ledger_knows_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    let sent = ORDERS.map(|order| Message {
        order: Some(order.to_owned()),
        ..message("sales", order, order)
    });
    let any = OrderFilter::default();
    store.enqueue(sent.into()).await.expect("enqueued");
    assert_eq!(
        list(&store, &any).await.expect("a list"),
        all([Standing::Waiting; 3])
    );
    let lease = Duration::from_secs(300);
    let received = store.receive("sales", 10, lease).await;
    assert_eq!(received.expect("received").len(), 3);
    assert_eq!(
        list(&store, &any).await.expect("a list"),
        all([Standing::Waiting; 3])
    );
    let known = entry("acme-sales", "1042", 1_767_255_391);
    let (waiting, state) = (Standing::Waiting, Standing::from(known.state));
    store.store(vec![known]).await.expect("stored");
    assert_eq!(
        list(&store, &any).await.expect("a list"),
        all([waiting, state, waiting])
    );
    let untried = OrderFilter {
        standing: Some(waiting),
        ..any
    };
    let expected = [("1041".to_owned(), waiting), ("1043".to_owned(), waiting)];
    assert_eq!(list(&store, &untried).await.expect("a list"), expected);
}
