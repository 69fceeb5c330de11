//! What each act asks, does and says.

use crate::{
    records::Records,
    support::{Browser, text},
};
use axum::http::{StatusCode, header};
use ports::PrivacyLog as _;

/// Submits a form, and returns the page to which it leads.
pub(crate) async fn act(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let response = browser.send(browser.post(path, fields)).await;
    let location = response.headers().get(header::LOCATION).cloned();
    let (status, page) = text(response).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{path} {page}");
    let (status, page) = browser.page(location.unwrap().to_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    page
}

#[tokio::test]
async fn a_group_is_replayed_after_a_question_and_what_died_since_is_not() {
    let records = Records::new().await;
    for order in ["1", "2", "3"] {
        records
            .bury(order, "no Product2 where Code = TEA-2", |_| {})
            .await;
    }
    let browser = Browser::open(records.desk(), false).await;
    let (_, page) = browser.page("/dead").await;
    assert!(page.contains("3 letters"), "{page}");
    let group = records.letters().await[0].reason_key().id;
    let (_, page) = browser.page(&format!("/dead/replay?group={group}")).await;
    assert!(page.contains("Replay 3 letters?"), "{page}");
    assert_eq!(records.letters().await.len(), 3, "asking does nothing");
    let (_, asked) = page.split_once("name=\"asked\" value=\"").unwrap();
    let (asked, _) = asked.split_once('"').unwrap();
    records
        .bury("4", "no Product2 where Code = TEA-2", |_| {})
        .await;
    let page = act(
        &browser,
        "/dead/replay",
        &[("group", &group), ("asked", asked)],
    )
    .await;
    assert!(page.contains("3 letters put back into the queue"), "{page}");
    assert_eq!(
        (records.letters().await.len(), records.waiting().await),
        (1, 3)
    );
}

#[tokio::test]
async fn a_letter_is_dropped_after_a_question() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    let id = records.letters().await[0].id.clone();
    let (_, page) = browser.page(&format!("/dead/drop?id={id}")).await;
    assert!(page.contains("Drop 1 letter for good?"), "{page}");
    assert_eq!(records.letters().await.len(), 1, "asking does nothing");
    let page = act(&browser, "/dead/drop", &[("id", &id)]).await;
    assert!(page.contains("1 letter dropped."), "{page}");
    assert_eq!(
        (records.letters().await.len(), records.waiting().await),
        (0, 0)
    );
    let (status, page) = browser.submit("/dead/drop", &[("id", &id)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{page}");
}

#[tokio::test]
async fn an_edited_copy_is_replayed_and_what_the_shop_sent_is_kept() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    let id = records.letters().await[0].id.clone();
    let (status, page) = browser
        .submit("/letter/edit", &[("id", &id), ("body", "{]")])
        .await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("this is not JSON") && page.contains("{]"),
        "{page}"
    );
    assert_eq!(records.waiting().await, 0);
    let body = "{\r\n  \"id\": 1042\r\n}";
    let page = act(&browser, "/letter/edit", &[("id", &id), ("body", body)]).await;
    assert!(
        page.contains("the edited copy was put into the queue"),
        "{page}"
    );
    assert_eq!(
        (records.letters().await.len(), records.waiting().await),
        (1, 1)
    );
}

#[tokio::test]
async fn a_resend_without_a_shop_takes_the_dead_letter_and_says_where_nothing_is() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    let (_, page) = browser.page("/order/resend?id=1042").await;
    assert!(page.contains("Send order 1042 again?"), "{page}");
    let page = act(&browser, "/order/resend", &[("id", "1042")]).await;
    assert!(
        page.contains("from the dead letter, 1 message(s) put into the queue"),
        "{page}"
    );
    assert_eq!(records.waiting().await, 1);
    let (status, page) = browser.submit("/order/resend", &[("id", "1042")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.contains("Neither a shop that can be asked nor a dead letter has it"),
        "{page}"
    );
}

#[tokio::test]
async fn a_request_about_personal_data_is_marked_as_done() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    let (_, page) = browser.page("/privacy/done?id=1").await;
    assert!(
        page.contains("Is the request of store acme dealt with?"),
        "{page}"
    );
    let page = act(&browser, "/privacy/done", &[("id", "1")]).await;
    assert!(page.contains("The request is marked as done."), "{page}");
    assert!(records.store.requests().await.unwrap()[0].done.is_some());
}

#[tokio::test]
async fn an_order_is_found_by_number_id_and_record_and_any_other_text_filters() {
    let records = Records::with_a_letter().await;
    let browser = Browser::open(records.desk(), false).await;
    for called in ["1042", "%231042", "006-opportunity"] {
        let (status, _) = browser.page(&format!("/orders?find={called}")).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{called}");
        let (status, page) = browser.page(&format!("/order?id={called}")).await;
        assert_eq!(status, StatusCode::OK, "{called}");
        assert!(page.contains("006-opportunity"), "{called}");
    }
    let (_, page) = browser.page("/orders?find=unable_to_lock").await;
    assert!(page.contains("/order?id=1042"), "{page}");
    let (_, page) = browser.page("/orders?find=nothing-like-it").await;
    assert!(page.contains("No order is called this"), "{page}");
    for unknown in ["state=lost", "since=ever", "after=nowhere"] {
        let (status, _) = browser.page(&format!("/orders?{unknown}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{unknown}");
    }
}
