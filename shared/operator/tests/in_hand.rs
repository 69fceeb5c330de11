//! Orders that a worker has in hand, in the list of orders.

use operator::{
    Records,
    orders::{self, OrderFilter, OrderLine, Standing},
};
use platform_sqlite::SqliteStore;
use ports::{
    Enqueue as _, Ledger as _, Message, PortError, Queue as _, SystemClock,
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
