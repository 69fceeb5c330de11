//! A year's folder of a busy shop: every question is answered while a person waits. In debug builds,
//! SQLite included, answers take several times as long as in those that people run: the bound is
//! generous, and the figures are printed.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "test code: a case fails by panicking, and tells its figures"
)]

use jiff::{SignedDuration, Timestamp};
use operator::{
    Records,
    dead::{self, Choice, DeadFilter},
    orders::{self, OrderFilter, Standing},
    status, story,
};
use platform_sqlite::SqliteStore;
use ports::{
    DeadLetter, Disposition, Enqueue, Ledger, LedgerEntry, Message, Queue, RecordRef, State,
    SystemClock,
    conformance::{entry, message},
};
use std::{
    fmt::Display,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const ENTRIES: usize = 100_000;
const LETTERS: usize = 10_000;
const WAITING: usize = 50_000;
/// The longest answer, in builds in which SQLite is not optimised.
const BOUND: Duration = Duration::from_secs(1);

const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"acme-sales\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";

fn records(store: &SqliteStore) -> Records {
    let store = Arc::new(store.clone());
    Records {
        ledger: store.clone(),
        queue: store.clone(),
        checkpoints: store.clone(),
        letters: store.clone(),
        privacy: store.clone(),
        circuits: store.clone(),
        tokens: store,
        deliverer: "nobody delivers",
    }
}

fn begin() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("an instant")
}

fn delivered(number: usize) -> LedgerEntry {
    let seconds = i64::try_from(number).expect("few") * 300;
    let mut one = LedgerEntry {
        state: if number.is_multiple_of(50) {
            State::Retrying
        } else {
            State::Delivered
        },
        number: Some(format!("#{number}")),
        last_error: number
            .is_multiple_of(50)
            .then(|| "unavailable in write".to_owned()),
        ..entry("acme-sales", &number.to_string(), 0)
    };
    one.updated = begin() + SignedDuration::from_secs(seconds);
    if let Some(held) = &mut one.delivered {
        let line = |line: usize| RecordRef {
            name: "lines".to_owned(),
            object: "OpportunityLineItem".to_owned(),
            id: format!("00kPb{number:010}{line:03}"),
        };
        held.records.extend((0..5).map(line));
    }
    one
}

fn order(prefix: &str, number: usize) -> Message {
    Message {
        order: Some(format!("{prefix}{number}")),
        ..message(
            "sales",
            &format!("{prefix}{number}"),
            &format!("{prefix}{number}"),
        )
    }
}

async fn fill(store: &SqliteStore) {
    for chunk in (0..ENTRIES).collect::<Vec<_>>().chunks(5_000) {
        let entries = chunk.iter().map(|number| delivered(*number)).collect();
        store.store(entries).await.expect("store");
    }
    let dead: Vec<Message> = (0..LETTERS).map(|number| order("d", number)).collect();
    for chunk in dead.chunks(500) {
        store.enqueue(chunk.to_vec()).await.expect("enqueue");
        let hour = Duration::from_secs(3600);
        let received = store.receive("sales", 500, hour).await.expect("receive");
        assert_eq!(received.len(), 500);
        let settlements = received.into_iter().enumerate().map(|(number, one)| {
            let letter = DeadLetter {
                id: String::new(),
                message: one.message.clone(),
                mapping: None,
                class: "mapping".to_owned(),
                reason: format!("no PricebookEntry where ProductCode = SKU-{}", number % 40),
                request: None,
                response: None,
                attempts: 1,
                died: begin(),
                earlier: 0,
            };
            one.settled(Disposition::Dead(Box::new(letter)))
        });
        store.settle(settlements.collect()).await.expect("settle");
    }
    let waiting: Vec<Message> = (0..WAITING).map(|number| order("w", number)).collect();
    for chunk in waiting.chunks(5_000) {
        store.enqueue(chunk.to_vec()).await.expect("enqueue");
    }
}

async fn timed<T>(what: impl Display, question: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let answer = question.await;
    let took = started.elapsed();
    println!(
        "{:>9?}  {what}",
        Duration::from_micros(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
    );
    assert!(took < BOUND, "{what} took {took:?}");
    answer
}

#[tokio::test]
async fn a_hundred_thousand_orders_and_ten_thousand_letters_are_looked_at_while_a_person_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    fill(&store).await;
    let records = records(&store);
    let config = config::Config::parse(Path::new("orderbridge.toml"), CONFIG).expect("a config");
    let any = OrderFilter::default();
    let last = timed(
        "orders, first page",
        orders::page(&records, None, &any, None, 50),
    )
    .await;
    let next = last.expect("a page").next.expect("more");
    timed(
        "orders, next page",
        orders::page(&records, None, &any, Some(&next), 50),
    )
    .await
    .expect("a page");
    let filters = [
        (
            "orders, rare state",
            OrderFilter {
                standing: Some(Standing::Retrying),
                ..any.clone()
            },
        ),
        (
            "orders, no such state",
            OrderFilter {
                standing: Some(Standing::Rejected),
                ..any.clone()
            },
        ),
        (
            "orders, waiting",
            OrderFilter {
                standing: Some(Standing::Waiting),
                ..any.clone()
            },
        ),
        (
            "orders, other store",
            OrderFilter {
                store: Some("other".to_owned()),
                ..any.clone()
            },
        ),
        (
            "orders, other route",
            OrderFilter {
                route: Some("other".to_owned()),
                ..any.clone()
            },
        ),
        (
            "orders, text nowhere",
            OrderFilter {
                text: Some("nowhere".to_owned()),
                ..any.clone()
            },
        ),
        (
            "orders, old day",
            OrderFilter {
                until: Some(begin() + SignedDuration::from_hours(24)),
                ..any.clone()
            },
        ),
    ];
    for (what, filter) in filters {
        timed(what, orders::page(&records, None, &filter, None, 50))
            .await
            .expect("a page");
    }
    for called in ["77", "#77", "00kPb0000000077003", "w49999", "d7", "nothing"] {
        let found = timed(
            format!("story of {called}"),
            story::story(&records, Some(&config), called),
        );
        let found = found.await.expect("a story");
        assert_eq!(found.len(), usize::from(called != "nothing"), "{called}");
        if called == "w49999" {
            assert_eq!(
                found.first().and_then(|one| one.waiting.first()?.before),
                Some(49_999)
            );
        }
    }
    let all = DeadFilter::default();
    let groups = timed("dead, groups", dead::groups(&records, &all)).await;
    let groups = groups.expect("groups");
    assert_eq!(
        (groups.len(), groups.first().map(ports::LetterGroup::count)),
        (40, Some(260))
    );
    timed("dead, first page", dead::page(&records, &all, None, 50))
        .await
        .expect("a page");
    let group = DeadFilter {
        group: groups.first().map(|group| group.key.id.clone()),
        ..all
    };
    timed(
        "dead, page of a group",
        dead::page(&records, &group, None, 50),
    )
    .await
    .expect("a page");
    let choice = Choice::Matching(group);
    let selected = timed("dead, a group is selected", dead::select(&records, &choice));
    assert_eq!(selected.await.expect("a selection").ids.len(), 260);
    let status = timed("status", status::status(&records, &config, begin())).await;
    let status = status.expect("a status");
    assert_eq!(
        status
            .destinations
            .first()
            .map(|one| (one.waiting, one.dead)),
        Some((50_000, 10_000))
    );
}
