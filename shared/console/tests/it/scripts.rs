//! What shops and destinations send is only text, wherever it is shown.

use crate::{records::Records, support::Browser};
use async_trait::async_trait;
use axum::http::StatusCode;
use ports::{
    Checkpoints as _, CircuitStore as _, LedgerEntry, OpenCircuit, PrivacyLog as _, RecordRef,
    SubjectRequest, conformance::entry,
};
use setup::{Item, Made, Remedy, Setup, Side, State};
use std::sync::Arc;

pub(crate) const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Panics where a page holds anything of the script as HTML.
pub(crate) fn is_only_text(path: &str, page: &str) {
    assert!(page.contains("&#60;script&#62;"), "{path} shows it: {page}");
    for tag in ["<script", "<img src=x", "\"'>"] {
        assert!(!page.contains(tag), "{path} {tag}");
    }
}

/// A side that says scripts.
struct Scripted;

#[async_trait]
impl Setup for Scripted {
    async fn plan(&self) -> Vec<Item> {
        let remedies = [
            Remedy::Api(SCRIPT.to_owned()),
            Remedy::ByHand(vec![SCRIPT.to_owned()]),
        ];
        let item = |remedy| Item::open(SCRIPT, State::Missing, SCRIPT, remedy);
        remedies.map(item).to_vec()
    }

    async fn make(&self, _: &Item) -> Made {
        Made::Done
    }
}

#[tokio::test]
async fn a_script_in_names_skus_reasons_and_answers_is_shown_as_it_was_written() {
    let records = Records::new().await;
    let reason = format!("no PricebookEntry where ProductCode = {SCRIPT}");
    let id = records
        .bury(SCRIPT, &reason, |letter| {
            letter.class = SCRIPT.to_owned();
            letter.mapping = Some(SCRIPT.to_owned());
            letter.request = Some(SCRIPT.to_owned());
            letter.response = Some(SCRIPT.to_owned());
        })
        .await;
    let mut noted = LedgerEntry {
        number: Some(SCRIPT.to_owned()),
        last_error: Some(SCRIPT.to_owned()),
        warnings: vec![SCRIPT.to_owned()],
        store: Some(SCRIPT.to_owned()),
        currency: Some(SCRIPT.to_owned()),
        mapping: Some(SCRIPT.to_owned()),
        ..entry(SCRIPT, SCRIPT, 1_767_255_391)
    };
    if let Some(held) = &mut noted.delivered {
        held.records = vec![RecordRef {
            name: SCRIPT.to_owned(),
            object: SCRIPT.to_owned(),
            id: SCRIPT.to_owned(),
        }];
    }
    records.note(noted).await;
    let open = OpenCircuit {
        until: crate::records::now(),
        since: crate::records::now(),
        why: SCRIPT.to_owned(),
    };
    records.store.open("sales", open).await.unwrap();
    let place = format!("{{\"last\": {SCRIPT:?}}}");
    let compared = "reconcile acme";
    records
        .store
        .set_checkpoint(compared, place, 0)
        .await
        .unwrap();
    let request = SubjectRequest {
        id: SCRIPT.to_owned(),
        kind: SCRIPT.to_owned(),
        store: SCRIPT.to_owned(),
        customer: Some(SCRIPT.to_owned()),
        orders: vec![SCRIPT.to_owned()],
        received: crate::records::now(),
        done: None,
        held_back: Some(SCRIPT.to_owned()),
        waiting_removed: 0,
        dead_removed: 0,
        ledger_redacted: 0,
        records: Vec::new(),
    };
    records.store.record(request).await.unwrap();

    let side = Side {
        name: SCRIPT.to_owned(),
        setup: Arc::new(Scripted),
    };
    let browser = Browser::open(records.desk_with_sides(vec![side]), false).await;
    let group = records.letters().await[0].reason_key().id;
    let query = |name: &str, value: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair(name, value).finish()
    };
    let script = query("id", SCRIPT);
    for path in [
        "/".to_owned(),
        "/orders".to_owned(),
        format!(
            "/orders?{}",
            query("find", "<script>alert(1)</script>\"'>zzz")
        ),
        format!("/order?{script}"),
        format!("/order/resend?{script}"),
        "/dead".to_owned(),
        format!("/dead/group?{}", query("id", &group)),
        format!("/dead/replay?{}", query("group", &group)),
        format!("/dead/drop?id={id}"),
        format!("/letter?id={id}"),
        format!("/letter/edit?id={id}"),
        "/reconcile".to_owned(),
        "/setup".to_owned(),
        "/setup/apply".to_owned(),
        "/privacy".to_owned(),
        format!("/privacy/done?{script}"),
    ] {
        let (status, page) = browser.page(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        is_only_text(&path, &page);
    }
    let nowhere = format!("/order?{}", query("id", "<script>alert(1)</script>\"'>zzz"));
    let (status, page) = browser.page(&nowhere).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    is_only_text(&nowhere, &page);
    let fields = [("id", id.as_str()), ("body", SCRIPT)];
    let (_, page) = browser.submit("/letter/edit", &fields).await;
    is_only_text("/letter/edit", &page);
}

#[tokio::test]
async fn an_address_puts_no_words_into_the_consoles_mouth() {
    let browser = Browser::open(Records::with_a_letter().await.desk(), false).await;
    for said in ["1", "All%20orders%20are%20lost", "%3Cscript%3E", "-1"] {
        let (_, page) = browser.page(&format!("/?said={said}")).await;
        assert!(!page.contains("role=\"status\""), "{said}");
    }
}
