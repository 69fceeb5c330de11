//! What a mapping would change, and the mapping applied to it.

use crate::support::World;
use destination::{Change, Difference, Held, RecordReading};
use ports::{Origin, memory::MemoryQueue};
use reconcile::{Feed, Gathered, Ports, TakenFrom, Verified, Which, apply, diff, gather};
use std::{sync::Arc, time::Duration};

/// Returns the reading of a record with a difference, or without.
fn found(name: &str, id: &str, is_different: bool) -> RecordReading {
    let difference = Difference::new("City", "Oslo".to_owned(), "Rome".to_owned());
    RecordReading {
        name: name.to_owned(),
        index: 0,
        object: name.to_owned(),
        held: Held::Found {
            id: id.to_owned(),
            differences: is_different.then_some(difference).into_iter().collect(),
            changed: Change::default(),
        },
    }
}

async fn gathered(world: &World, which: Which<'_>) -> Gathered {
    let route = &world.store.routes[0];
    gather(route, &world.ports, which).await.unwrap().unwrap()
}

async fn results(world: &World) -> Vec<(String, &'static str, usize)> {
    let gathered = gathered(world, Which::Last(&world.store, 10)).await;
    let route = &world.store.routes[0];
    let difference = diff(route, &world.ports, &gathered).await.unwrap();
    let result = |one: &Verified| (one.order.clone(), one.result, one.differs.len());
    difference.orders.iter().map(result).collect()
}

#[tokio::test(start_paused = true)]
async fn a_shared_record_is_compared_at_the_order_that_was_delivered_last() {
    let world = World::new().await;
    for (order, minutes_ago) in [(1, 50), (2, 40), (3, 30)] {
        world.post(order, minutes_ago).await;
        world.clock.advance(Duration::from_secs(1));
        let held = vec![
            found("contact", "003", true),
            found("opportunity", "006", true),
        ];
        world
            .crm
            .holds
            .lock()
            .unwrap()
            .insert(order.to_string(), held);
    }
    let told = |all: &[(&str, usize)]| -> Vec<(String, &'static str, usize)> {
        let one = |(order, count): &(&str, usize)| ((*order).to_owned(), "changes", *count);
        all.iter().map(one).collect()
    };
    assert_eq!(results(&world).await, told(&[("1", 1), ("2", 1), ("3", 2)]));
    // The older order was written once more: the contact is as that one has it.
    world.post(1, 20).await;
    assert_eq!(results(&world).await, told(&[("2", 1), ("3", 1), ("1", 2)]));
}

#[tokio::test(start_paused = true)]
async fn the_last_orders_are_looked_for_further_and_further_back() {
    let world = World::new().await;
    let day = 24 * 60;
    for (order, days_ago) in [(1, 300), (2, 100), (3, 2), (4, 0), (5, 0)] {
        world.changed(order, days_ago * day + 10 + order.cast_signed());
    }
    for (most, expected) in [
        (1, &["4"][..]),
        (3, &["3", "5", "4"]),
        (9, &["1", "2", "3", "5", "4"]),
    ] {
        world.shop.windows.lock().unwrap().clear();
        let gathered = gathered(&world, Which::Last(&world.store, most)).await;
        let names = gathered.orders.iter().map(|one| one.summary.order.as_str());
        assert_eq!(names.collect::<Vec<_>>(), expected);
        let windows = world.shop.windows.lock().unwrap().clone();
        assert!(
            windows
                .windows(2)
                .all(|two| two[1].until() == two[0].from()),
            "nothing is read twice: {windows:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn exactly_the_orders_that_were_looked_at_are_put_on_their_way() {
    let world = World::new().await;
    for order in 1..=4 {
        world.changed(order, 10);
    }
    let feed = Feed {
        ports: &world.ports,
        patience: Duration::from_secs(1),
    };
    let orders = ["1", "3", "9"].map(str::to_owned);
    let from = TakenFrom::Shop(&world.store);
    let route = &world.store.routes[0];
    let applied = apply(route, &feed, from, &orders, Origin::Forced).await;
    let applied = applied.unwrap();
    assert_eq!((applied.queued, applied.missing), (2, vec!["9".to_owned()]));
    let delivered = world.deliver().await;
    assert_eq!(delivered, [("1".to_owned(), true), ("3".to_owned(), true)]);
}

#[tokio::test(start_paused = true)]
async fn waiting_orders_are_compared_where_the_queue_tells_them() {
    let world = World::new().await;
    let route = &world.store.routes[0];
    let untold = gather(route, &world.ports, Which::Waiting(None)).await;
    assert!(untold.unwrap().is_none(), "a queue like SQS does not tell");
    let ports = Ports {
        queue: Arc::new(MemoryQueue::new(world.clock.clone())),
        ..world.ports.clone()
    };
    for minutes_ago in [30, 20] {
        world.changed(7, minutes_ago);
        let read = gathered(&world, Which::Last(&world.store, 9)).await;
        let feed = Feed {
            ports: &ports,
            patience: Duration::from_secs(1),
        };
        let put = feed.put(&world.store, route, &read.orders, Origin::Read, world.now());
        put.await.unwrap();
    }
    let waiting = gather(route, &ports, Which::Waiting(None)).await;
    let waiting = waiting.unwrap().unwrap();
    assert_eq!(waiting.orders.len(), 1, "an order once");
    let modified = waiting.orders[0].summary.modified.unwrap();
    assert!(
        world.now().duration_since(modified).as_mins() < 30,
        "in its newest state"
    );
}
