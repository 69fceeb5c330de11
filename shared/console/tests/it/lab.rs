//! The mapping lab: compares, tries another mapping without writing anything, and applies the
//! present one to exactly the orders that were looked at.

use crate::{
    acts::act,
    attacks::ACTS,
    ends::{body, setup},
    records::Records,
    scripts::{SCRIPT, is_only_text},
    support::Browser,
};
use axum::http::StatusCode;
use ports::{Queue as _, WaitingFilter, conformance::entry};

const LAST: &str = "/lab?route=acme-sales&of=last&n=10";
const PROSPECTING: &str = "extends = \"woocommerce-salesforce\"\n[[record]]\nname = \"opportunity\"\n[record.fields]\nStageName = \"Prospecting\"\n";

/// Returns a folder whose ledger has these orders as delivered.
async fn delivered(orders: &[&str]) -> Records {
    let records = Records::new().await;
    for order in orders {
        let entry = entry("acme-sales", order, 1_767_255_391);
        records.note(entry).await;
    }
    records
}

async fn waiting(records: &Records) -> Vec<String> {
    let all = WaitingFilter::default();
    let waiting = records.store.waiting(&all).await.unwrap().unwrap();
    waiting.into_iter().filter_map(|one| one.order).collect()
}

fn link(page: &str) -> String {
    let (_, link) = page.split_once("href=\"/lab/apply?look=").unwrap();
    link.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn what_was_looked_at_is_applied_after_a_question_and_nothing_else() {
    let records = delivered(&["1", "2"]).await;
    let desk = records.desk_with(|config| setup(config, &["1", "2"]));
    let browser = Browser::open(desk, false).await;
    let (_, page) = browser.page("/lab").await;
    assert!(!page.contains("Nothing was written"), "nothing is compared");
    let (status, page) = browser.page(LAST).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("opportunity.StageName"), "{page}");
    assert!(page.contains("Apply to these 2…"), "{page}");
    let look = link(&page);
    let (_, page) = browser.page(&format!("/lab/apply?look={look}")).await;
    assert!(
        page.contains("Apply the mapping to these 2 orders?"),
        "{page}"
    );
    assert!(page.contains("orders 1, 2"), "{page}");
    assert_eq!(records.waiting().await, 0, "asking does nothing");
    let page = act(&browser, "/lab/apply", &[("look", &look)]).await;
    assert!(
        page.contains(
            "2 message(s) put into the queue; nobody delivers them under woocommerce-salesforce@"
        ),
        "{page}"
    );
    assert_eq!(waiting(&records).await, ["1", "2"]);
    for unknown in ["99", "", "-1", "1%00"] {
        let path = format!("/lab/apply?look={unknown}");
        let (status, _) = browser.page(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn another_mapping_is_tried_on_the_same_orders_and_cannot_be_applied() {
    let records = delivered(&["1", "2"]).await;
    let desk = records.desk_with(|config| setup(config, &["1", "2"]));
    let browser = Browser::open(desk, false).await;
    let (_, page) = browser.page(LAST).await;
    assert!(
        page.contains("extends = &#34;woocommerce-salesforce&#34;"),
        "{page}"
    );
    let wanted = [("route", "acme-sales"), ("of", "last"), ("n", "10")];
    let with = |mapping| [&wanted[..], &[("mapping", mapping)]].concat();
    let (status, page) = browser.submit("/lab", &with(PROSPECTING)).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(
        page.contains("What the tried mapping would change"),
        "{page}"
    );
    assert!(
        page.contains("2 <span class=\"tag good\">unchanged"),
        "{page}"
    );
    assert!(!page.contains("/lab/apply"), "{page}");
    let (_, page) = browser.submit("/lab", &with(SCRIPT)).await;
    assert!(page.contains("Nothing was compared"), "{page}");
    is_only_text("/lab", &page);
    assert_eq!(records.waiting().await, 0);
}

#[tokio::test]
async fn a_tried_mapping_reads_no_file() {
    let records = Records::new().await;
    let desk = records.desk_with(|config| setup(config, &["1"]));
    let browser = Browser::open(desk, false).await;
    let wanted = [("route", "acme-sales"), ("of", "last"), ("n", "10")];
    for file in [
        "orderbridge.toml",
        "../secrets.toml",
        "/etc/passwd",
        "/proc/self/environ",
    ] {
        let mapping = format!("extends = \"{file}\"\n");
        let fields = [&wanted[..], &[("mapping", mapping.as_str())]].concat();
        let (_, page) = browser.submit("/lab", &fields).await;
        assert!(
            page.contains("it is not looked for in files here"),
            "{page}"
        );
        for read in ["webhook", "root:", "PATH=", "acme-sales\""] {
            let told = page.split("role=\"alert\"").nth(1).unwrap();
            let told = told.split("</div>").next().unwrap();
            assert!(!told.contains(read), "{file} {told}");
        }
    }
}

#[tokio::test]
async fn letters_and_waiting_orders_are_compared_without_a_shop() {
    let records = delivered(&["1"]).await;
    let body = body("1").into();
    let id = records.bury_body("1", body, "no price", |_| {}).await;

    let desk = records.desk_with(|config| {
        let mut setup = setup(config, &[]);
        setup.shops.clear();
        setup
    });
    let browser = Browser::open(desk, false).await;
    let (status, page) = browser.page(LAST).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("cannot be asked for its orders"), "{page}");
    let (_, page) = browser.page("/lab?of=letters").await;
    assert!(page.contains("Apply to these 1…"), "{page}");
    let look = link(&page);
    let page = act(&browser, "/lab/apply", &[("look", &look)]).await;
    assert!(page.contains("1 message(s) put into the queue"), "{page}");
    assert_eq!(
        (records.letters().await.len(), records.waiting().await),
        (0, 1)
    );
    let (_, page) = browser.page("/lab?of=waiting").await;
    assert!(page.contains("on their way already"), "{page}");
    let page = act(&browser, "/lab/apply", &[("look", &look)]).await;
    assert!(
        page.contains("0 message(s)") && page.contains("Not there any more: orders 1"),
        "letter {id}: {page}"
    );
}

#[tokio::test]
async fn a_letter_of_another_mapping_says_so() {
    let records = Records::with_a_letter().await;
    let desk = records.desk_with(|config| setup(config, &[]));
    let now = (desk.setup)().routes["acme-sales"].mapping_version();
    let current = records
        .bury("7", "no price", |letter| letter.mapping = Some(now.clone()))
        .await;
    let browser = Browser::open(desk, false).await;
    let other = records.letters().await[1].id.clone();
    let note = "It died under another mapping than the route has now";
    let (_, page) = browser.page(&format!("/letter?id={other}")).await;
    assert!(page.contains(note) && page.contains(&now), "{page}");
    let (_, page) = browser.page(&format!("/letter?id={current}")).await;
    assert!(!page.contains(note), "{page}");
    let group = records.letters().await[1].reason_key().id;
    let (_, page) = browser.page(&format!("/dead/group?id={group}")).await;
    assert!(page.contains("not the present mapping"), "{page}");
}

#[tokio::test]
async fn odd_questions_are_refused() {
    let desk = Records::new()
        .await
        .desk_with(|config| setup(config, &["1"]));
    let browser = Browser::open(desk, false).await;
    for (query, expected) in [
        ("of=last&n=0", StatusCode::UNPROCESSABLE_ENTITY),
        ("of=last&n=1001", StatusCode::UNPROCESSABLE_ENTITY),
        ("of=last&n=-1", StatusCode::UNPROCESSABLE_ENTITY),
        ("of=last&n=ten", StatusCode::UNPROCESSABLE_ENTITY),
        ("of=last&route=nowhere", StatusCode::NOT_FOUND),
    ] {
        let (status, _) = browser.page(&format!("/lab?{query}")).await;
        assert_eq!(status, expected, "{query}");
    }
}

#[tokio::test]
async fn read_only_compares_and_neither_tries_nor_applies() {
    let records = delivered(&["1"]).await;
    let desk = records.desk_with(|config| setup(config, &["1"]));
    let browser = Browser::open(desk, true).await;
    let (status, page) = browser.page(LAST).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("opportunity.StageName"), "{page}");
    assert!(!page.contains("method=\"post\""), "{page}");
    for act in ACTS {
        assert!(!page.contains(&format!("href=\"{act}")), "{act}");
    }
    let fields = [("of", "last"), ("mapping", PROSPECTING)];
    let (status, _) = browser.submit("/lab", &fields).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(records.waiting().await, 0);
}
