//! A year's folder of a busy shop: every page opens while a person waits. In debug builds, SQLite
//! included, pages take several times as long as in those that people run: the bound is generous,
//! and the figures are printed.
#![expect(clippy::expect_used, reason = "test code: a case fails by panicking")]

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use config::Config;
use console::{Access, Desk, Setup, router};
use jiff::tz::TimeZone;
use platform_sqlite::SqliteStore;
use ports::{SystemClock, conformance::large::fill};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tower::ServiceExt as _;

/// The longest page, in builds in which SQLite is not optimised.
const BOUND: Duration = Duration::from_secs(1);
const HOST: &str = "127.0.0.1:8081";
const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"acme-sales\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";

fn desk(folder: &Path, store: &SqliteStore) -> Desk {
    let file = folder.join("orderbridge.toml");
    std::fs::write(&file, CONFIG).expect("a file");
    let setup = Arc::new(Setup {
        config: Config::load(&file).expect("a configuration"),
        routes: BTreeMap::new(),
        shops: Vec::new(),
        sides: Vec::new(),
    });
    Desk {
        records: operator::Records::in_one(store.clone(), "nobody delivers"),
        setup: Arc::new(move || Arc::clone(&setup)),
        place: "a large folder".to_owned(),
        address: None,
        clock: Arc::new(SystemClock),
        zone: TimeZone::UTC,
    }
}

#[tokio::test]
async fn every_list_opens_at_once_at_100_000_orders_and_10_000_letters() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    fill(&store, 0).await.expect("a year");
    let access = Access::new(HOST.parse().expect("an address"), false).expect("random bytes");
    let link = access.link();
    let router = router(desk(folder.path(), &store), access);
    let ask = async |path: &str, cookie: &str| {
        let request = Request::get(path)
            .header(header::HOST, HOST)
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .expect("a request");
        router.clone().oneshot(request).await.expect("an answer")
    };
    let opened = ask(link.trim_start_matches("http://127.0.0.1:8081"), "").await;
    let cookie = opened.headers().get(header::SET_COOKIE).expect("a cookie");
    let cookie = cookie.to_str().expect("a text").to_owned();
    let mut pages: Vec<String> = [
        "/",
        "/orders",
        "/orders?state=retrying",
        "/orders?store=acme&since=30+days",
        "/orders?find=76543",
        "/order?id=76543",
        "/orders?find=nothing-like-this",
        "/dead",
        "/letter?id=5000",
        "/reconcile",
        "/setup",
        "/privacy",
    ]
    .map(str::to_owned)
    .to_vec();
    while let Some(path) = pages.pop() {
        let begun = Instant::now();
        let answer = ask(&path, &cookie).await;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 8 << 20).await.expect("a page");
        let took = begun.elapsed();
        println!("{:>5} ms  {path}", took.as_millis());
        assert!(
            status == StatusCode::OK || status == StatusCode::SEE_OTHER,
            "{path} {status}"
        );
        // What asks before an act looks at every letter of it.
        let bound = if path.starts_with("/dead/replay") {
            BOUND * 20
        } else {
            BOUND
        };
        assert!(took < bound, "{path} took {took:?}");
        // The lists go on, and their groups open as fast.
        let page = String::from_utf8_lossy(&body);
        for mark in [
            "<a href=\"/orders?after=",
            "<a href=\"/dead/group?id=",
            "href=\"/dead/replay?group=",
        ] {
            if path.contains("after=") {
                break;
            }
            let Some((_, link)) = page.split_once(mark) else {
                continue;
            };
            let end = link.split('"').next().unwrap_or_default();
            let next = format!(
                "{}{end}",
                mark.trim_start_matches("<a ").trim_start_matches("href=\"")
            )
            .replace("&#38;", "&");
            if !pages.contains(&next) && next != path {
                pages.push(next);
            }
        }
    }
}
