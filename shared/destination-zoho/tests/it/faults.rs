//! Failures on the way: nothing is lost, nothing is written twice.

use crate::support;

use destination::{Call, Class, Destination};
use mapping::plan::Missing;
use serde_json::json;
use std::{sync::atomic::AtomicBool, time::Duration};
use support::{
    Org, WithoutDeadline, records, retry,
    shop::{Order, line, order, sample, text},
    wires::Late,
};

async fn assert_one_of_each(org: &Org) {
    for module in ["Accounts", "Contacts", "Deals"] {
        assert_eq!(org.records(module).await.len(), 1, "{module}");
    }
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn every_transient_fault_comes_back_and_then_lands_once() {
    let faults = [
        (
            json!({"action": "too_many_requests"}),
            Class::RateLimit,
            false,
        ),
        (json!({"action": "status:429"}), Class::RateLimit, false),
        (json!({"action": "status:500"}), Class::Unavailable, false),
        (json!({"action": "status:502"}), Class::Unavailable, false),
        (json!({"action": "status:503"}), Class::Unavailable, false),
        (json!({"action": "reset_before"}), Class::Unavailable, false),
        (json!({"action": "garbage"}), Class::Unavailable, false),
        (
            json!({"record_error": {"code": "RECORD_LOCKED"}}),
            Class::Conflict,
            false,
        ),
        (
            json!({"record_error": {"code": "NOT_APPROVED"}}),
            Class::Conflict,
            false,
        ),
        (
            json!({"record_error": {"code": "INTERNAL_ERROR"}}),
            Class::Unavailable,
            false,
        ),
        (
            json!({"record_error": {"code": "DEPENDENT_SERVICE_ERROR"}}),
            Class::Unavailable,
            false,
        ),
        (json!({"action": "error_after"}), Class::Unavailable, true),
        (
            json!({"action": "error_after", "options": {"status": 503}}),
            Class::Unavailable,
            true,
        ),
        (json!({"action": "reset_after"}), Class::Unavailable, true),
        (
            json!({"action": "truncate_after"}),
            Class::Unavailable,
            true,
        ),
        (json!({"action": "garbage_after"}), Class::Unavailable, true),
    ];
    let org = Org::start().await;
    for (mut rule, class, done) in faults {
        for module in ["Accounts", "Contacts", "Deals"] {
            org.post("reset", json!({})).await;
            let worker = org.with_secret(&[]);
            let matches = if rule.get("action").is_some() {
                json!({"path_re": format!("{module}/upsert")})
            } else {
                json!({ "object": module })
            };
            rule["match"] = matches;
            rule["times"] = json!(1);
            org.faults(json!([rule])).await;
            let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
            assert_eq!(failure.class, class, "{rule}: {failure:?}");
            assert_eq!(org.records(module).await.len(), usize::from(done), "{rule}");
            records(&worker.deliver_all(&[sample().plan()]).await[0]);
            assert_one_of_each(&org).await;
        }
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_lost_answer_doubles_no_lines() {
    let org = Org::start().await;
    let order = Order {
        sales_order: true,
        ..sample()
    };
    org.faults(
        json!([{"match": {"path_re": "Sales_Orders/upsert"}, "action": "reset_after", "times": 1}]),
    )
    .await;
    retry(org.deliver_one(&order.plan()).await);
    records(&org.deliver_one(&order.plan()).await);
    let orders = org.records("Sales_Orders").await;
    assert_eq!(
        (
            orders.len(),
            orders[0]["Ordered_Items"].as_array().unwrap().len()
        ),
        (1, 2)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_late_upsert_doubles_no_lines() {
    let org = Org::start().await;
    let worker = org.over(Late {
        http: reqwest::Client::new(),
        is_done: AtomicBool::new(false),
    });
    let order = Order {
        sales_order: true,
        ..sample()
    };
    let outcomes = worker
        .deliver_all(&[order.plan(), order_with_a_line(7).plan()])
        .await;
    outcomes.iter().for_each(|outcome| _ = records(outcome));
    let lines = |order: &serde_json::Value| order["Ordered_Items"].as_array().unwrap().len();
    let orders = org.records("Sales_Orders").await;
    assert_eq!(orders.iter().map(lines).collect::<Vec<_>>(), [2, 1]);
    org.assert_no_violations().await;
}

fn order_with_a_line(number: u32) -> Order {
    Order {
        sales_order: true,
        lines: vec![line("10", 1, "5.00")],
        ..order(number)
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_record_that_waits_does_not_hold_the_others() {
    let org = Org::start().await;
    let plans: Vec<_> = (1..=10).map(|number| order(number).plan()).collect();
    let fault = json!({"match": {"object": "Contacts", "where": {"Email": "jo.7@example.com"}}, "record_error": {"code": "INTERNAL_ERROR"}, "times": 1});
    org.faults(json!([fault])).await;
    let mut outcomes = org.zoho.deliver_all(&plans).await;
    let failure = retry(outcomes.remove(6));
    assert_eq!(failure.place.as_deref(), Some("contact"));
    outcomes.iter().for_each(|outcome| _ = records(outcome));
    assert_eq!(org.records("Deals").await.len(), 9);
    records(&org.deliver_one(&plans[6]).await);
    assert_eq!(org.records("Deals").await.len(), 10);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_expired_token_is_renewed_once_and_shared() {
    let org = Org::start().await;
    records(&org.deliver_one(&order(1).plan()).await);
    org.post("sweep", json!({"expire_tokens": true})).await;
    let other = org.another_worker();
    let (first, second) = ([order(2).plan()], [order(3).plan()]);
    let (a, b) = tokio::join!(org.zoho.deliver_all(&first), other.deliver_all(&second));
    records(&a[0]);
    records(&b[0]);
    assert_eq!(org.logins().await, 2);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn refused_credentials_keep_the_order_waiting_and_say_what_to_do() {
    let org = Org::start().await;
    for (key, code) in [
        ("refresh_token", "invalid_code"),
        ("client_id", "invalid_client"),
        ("client_secret", "invalid_client_secret"),
    ] {
        let worker = org.with_secret(&[(key, "obviously-wrong")]);
        let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some(code))
        );
        assert!(
            !format!("{failure:?}").contains("obviously-wrong") && failure.message.contains(key),
            "{failure}"
        );
    }
    org.faults(json!([{"match": {"kind": "token"}, "action": "access_denied", "times": 1}]))
        .await;
    let worker = org.with_secret(&[]);
    let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
    assert_eq!(
        (failure.class, failure.retry_after()),
        (Class::RateLimit, Some(Duration::from_secs(600)))
    );
    let before = org.logins().await;
    retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
    assert_eq!(org.logins().await, before, "it is left alone");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn missing_scopes_wait_for_somebody_and_composite_is_not_needed() {
    let org = Org::start().await;
    let token = "1000.few.scopes";
    let scopes = "ZohoCRM.modules.ALL,ZohoCRM.coql.READ";
    org.config(json!({"credentials": {"refresh_tokens": {token: scopes}}}))
        .await;
    let worker = org.with_secret(&[("refresh_token", token)]);
    let order = Order {
        sales_order: true,
        ..sample()
    };
    for _ in 0..2 {
        records(&worker.deliver_all(&[order.plan()]).await[0]);
    }
    assert_eq!(
        org.zoho.home_currency(&Call::without_deadline()).await,
        Ok(Some("USD".to_owned()))
    );
    assert_eq!(
        worker.home_currency(&Call::without_deadline()).await,
        Ok(None),
        "without the scope it is not told, and no order waits for it"
    );
    let violations = org.get("violations").await;
    assert_eq!(
        violations.as_array().unwrap().len(),
        2,
        "composite requests are tried once, the organisation is asked once: {violations:#}"
    );

    org.config(json!({"credentials": {"refresh_tokens": {"1000.no.scopes": "ZohoCRM.modules.contacts.READ"}}}))
        .await;
    let worker = org.with_secret(&[("refresh_token", "1000.no.scopes")]);
    let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Authentication, Some("OAUTH_SCOPE_MISMATCH"))
    );
    assert!(failure.message.contains("scopes"), "{failure}");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn spent_credits_are_left_to_come_back() {
    let org = Org::start().await;
    org.config(json!({"limits": {"credits": 2}})).await;
    let failure = retry(org.deliver_one(&sample().plan()).await);
    assert_eq!(
        (failure.class, failure.retry_after()),
        (Class::RateLimit, Some(Duration::from_secs(900)))
    );
    let calls = org.calls().await;
    assert_eq!(calls, 3, "no further module is tried");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn nothing_more_is_sent_once_zoho_has_had_enough() {
    let org = Org::start().await;
    let refusals = [
        (json!({"action": "too_many_requests"}), Class::RateLimit),
        (
            json!({"action": "status:403", "options": {"body": {"code": "NO_PERMISSION", "details": {}, "message": "no", "status": "error"}}}),
            Class::Authentication,
        ),
    ];
    for (mut rule, class) in refusals {
        // More contacts than one request takes, and more products than one request makes.
        for (path, sales_order) in [("Contacts/upsert", false), ("Products$", true)] {
            org.post("reset", json!({})).await;
            let worker = org.with_secret(&[]);
            rule["match"] = json!({ "path_re": path });
            org.faults(json!([rule])).await;
            let orders = (1000..1101_u32).map(|number| Order {
                sales_order,
                missing: Missing::Create,
                lines: vec![line(&format!("NEW-{number}"), 1, "5.00")],
                ..order(number)
            });
            let plans: Vec<_> = orders.map(|order| order.plan()).collect();
            for outcome in worker.deliver_all(&plans).await {
                assert_eq!(retry(outcome).class, class, "{rule}");
            }
            let calls = org.get("calls").await;
            let writes = calls["by_kind"]
                .as_object()
                .unwrap()
                .iter()
                .filter(|(kind, _)| !["token", "coql", "composite"].contains(&kind.as_str()));
            assert_eq!(
                writes
                    .map(|(_, number)| number.as_u64().unwrap())
                    .sum::<u64>(),
                1,
                "{rule}: {calls:#}"
            );
        }
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn all_refused_with_202_is_judged_record_by_record() {
    let org = Org::start().await;
    org.faults(json!([{"match": {"path_re": "Contacts/upsert"}, "action": "legacy_202"}]))
        .await;
    let bad = |number| {
        let mut plan = order(number).plan();
        plan.records[0].fields.insert("Phone".to_owned(), text("?"));
        plan
    };
    for outcome in org.zoho.deliver_all(&[bad(1), bad(2)]).await {
        assert_eq!(
            support::rejected(outcome).place.as_deref(),
            Some("contact.Phone")
        );
    }
}
