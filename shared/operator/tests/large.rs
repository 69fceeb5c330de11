//! A year's folder of a busy shop: every question is answered while a person waits. In debug builds,
//! SQLite included, answers take several times as long as in those that people run: the bound is
//! generous, and the figures are printed.
#![expect(
    clippy::print_stdout,
    reason = "test code: a case fails by panicking, and tells its figures"
)]

use jiff::SignedDuration;
use operator::{
    Records,
    dead::{self, Choice, DeadFilter},
    orders::{self, OrderFilter, Standing},
    status, story,
};
use platform_sqlite::SqliteStore;
use ports::{
    SystemClock,
    conformance::large::{begin, fill},
};
use std::{
    fmt::Display,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const WAITING: usize = 50_000;
/// The longest answer, in builds in which SQLite is not optimised.
const BOUND: Duration = Duration::from_secs(1);

const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"acme-sales\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";

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
    fill(&store, WAITING).await.expect("a year");
    let records = Records::in_one(store.clone(), "nobody delivers");
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
        timed(
            what,
            orders::page(&records, Some(&config), &filter, None, 50),
        )
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
