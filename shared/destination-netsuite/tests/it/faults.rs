//! Failures on the way: nothing is lost, nothing is written twice.

use crate::support;

use destination::{Call, Class, Destination, Outcome};
use destination_netsuite::Grant;
use jiff::SignedDuration;
use ports::{Clock, SystemClock, memory::ManualClock};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use support::{
    Account, WithoutDeadline, machine_secret, new_ec_key, new_rsa_key, one,
    planned::{order_of, plan},
    records, rejected, retry,
    shop::{line, order, sample},
    signing_secret,
};

async fn assert_one_of_each(account: &Account) {
    assert_eq!(account.records("customer").await.len(), 1);
    assert_eq!(account.records("salesOrder").await.len(), 1);
    assert_eq!(account.lines(0).await.len(), 3);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn every_transient_fault_comes_back_and_then_lands_once() {
    let faults = [
        ("concurrency", Class::RateLimit, false),
        ("status:429", Class::RateLimit, false),
        ("record_changed", Class::Conflict, false),
        ("status:500", Class::Unavailable, false),
        ("status:502", Class::Unavailable, false),
        ("status:503", Class::Unavailable, false),
        ("reset_before", Class::Unavailable, false),
        ("error_after", Class::Unavailable, true),
        ("reset_after", Class::Unavailable, true),
    ];
    for path in ["record/v1/customer", "record/v1/salesOrder"] {
        for (action, class, done) in faults {
            let account = Account::start().await;
            account
                .faults(json!([{"match": {"path_re": path, "kind": "create"}, "action": action, "times": 1}]))
                .await;
            let failure = retry(account.deliver_one(&sample().plan()).await);
            assert_eq!(failure.class, class, "{path} {action}: {failure:?}");
            let object = path.trim_start_matches("record/v1/");
            assert_eq!(
                account.records(object).await.len(),
                usize::from(done),
                "{path} {action}"
            );
            records(&account.deliver_one(&sample().plan()).await);
            assert_one_of_each(&account).await;
        }
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_lost_location_and_a_page_of_html_do_no_harm() {
    let account = Account::start().await;
    account
        .faults(json!([{"match": {"kind": "create"}, "action": "no_location", "times": 2}]))
        .await;
    let ids = records(&account.deliver_one(&sample().plan()).await);
    assert_eq!(
        [&ids["customer"], &ids["sales_order"]],
        ["eid:WOO_CUST_56", "eid:WOO_ORDER_1234"],
        "the external id names a record too"
    );
    account
        .faults(json!([{"match": {"kind": "suiteql"}, "action": "garbage", "times": 1}]))
        .await;
    assert_eq!(
        retry(account.deliver_one(&sample().plan()).await).class,
        Class::Unavailable
    );
    records(&account.deliver_one(&sample().plan()).await);
    assert_one_of_each(&account).await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_page_with_a_good_status_is_no_written_record() {
    for kind in ["create", "update"] {
        let account = Account::start().await;
        if kind == "update" {
            records(&account.deliver_one(&sample().plan()).await);
        }
        account
            .faults(json!([{"match": {"kind": kind}, "action": "garbage", "times": 1}]))
            .await;
        let mut newer = sample();
        newer.memo = "Changed".to_owned();
        let newer = newer.plan();
        assert_eq!(
            retry(account.deliver_one(&newer).await).class,
            Class::Unavailable,
            "{kind}"
        );
        records(&account.deliver_one(&newer).await);
        assert_one_of_each(&account).await;
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_fault_in_the_middle_of_a_batch_concerns_its_order_only() {
    let account = Account::start().await;
    let plans: Vec<_> = (0..10)
        .map(|n| order(n, &n.to_string(), sample().lines).plan())
        .collect();
    account
        .faults(json!([{"match": {"body_re": "WOO_ORDER_3\""}, "action": "error_after", "times": 1}, {"match": {"body_re": "WOO_ORDER_5\""}, "action": "concurrency", "times": 1}]))
        .await;
    let outcomes = account.netsuite.deliver_all(&plans).await;
    let waiting: Vec<usize> = (0..10)
        .filter(|n| !matches!(outcomes[*n], Outcome::Delivered { .. }))
        .collect();
    assert_eq!(waiting, [3, 5]);
    assert!(
        account.get("calls").await["max_in_flight"]
            .as_u64()
            .unwrap()
            <= 3
    );
    for outcome in account.netsuite.deliver_all(&plans).await {
        records(&outcome);
    }
    assert_eq!(
        (
            account.records("customer").await.len(),
            account.records("salesOrder").await.len()
        ),
        (10, 10)
    );
    for number in 0..10 {
        assert_eq!(account.lines(number).await.len(), 3);
    }
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_record_that_a_workflow_locks_is_rejected_in_plain_words() {
    let account = Account::start().await;
    records(&account.deliver_one(&sample().plan()).await);
    account
        .post(
            "config",
            json!({"locked_records": ["salesOrder/eid:WOO_ORDER_1234"]}),
        )
        .await;
    let failure = rejected(account.deliver_one(&sample().plan()).await);
    assert!(
        failure.message.contains("order 1234") && failure.message.contains("unlock it"),
        "{failure}"
    );
    account
        .faults(json!([{"match": {"method": "PATCH"}, "record_error": {"code": "USER_ERROR", "detail": "This transaction has been billed and cannot be edited."}}]))
        .await;
    let failure = rejected(account.deliver_one(&sample().plan()).await);
    assert!(
        failure.message.contains("compare it with the shop by hand"),
        "{failure}"
    );
    assert!(
        !failure.summary().contains("billed"),
        "{}",
        failure.summary()
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn both_kinds_of_key_log_in_and_the_token_is_kept() {
    let account = Account::start().await;
    for (number, (private, public)) in [new_rsa_key(), new_ec_key()].iter().enumerate() {
        let certificates = json!({"simcertificate0000000000000000000000000000": public});
        account
            .post(
                "config",
                json!({"oauth2": {"certificates": certificates, "expires_in_as_string": number == 1}}),
            )
            .await;
        // Asking for a token while one is good counts as bad manners, so the token of the other key
        // ends first.
        account.post("sweep", json!({"expire_tokens": true})).await;
        let worker = account.with_secret(Grant::ClientCredentials, &machine_secret(private));
        records(&one(&worker, &sample().plan()).await);
        records(&one(&worker, &sample().plan()).await);
        assert_eq!(account.logins().await, u64::try_from(number).unwrap() + 1);
    }
    assert_one_of_each(&account).await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_expired_token_is_renewed_once_and_the_call_repeated() {
    let account = Account::start().await;
    let (private, _) = new_ec_key();
    let worker = account.with_secret(Grant::ClientCredentials, &machine_secret(&private));
    records(&one(&worker, &order(1, "1", sample().lines).plan()).await);
    account
        .faults(json!([{"match": {"path_re": "salesOrder"}, "action": "expire_token", "times": 1}]))
        .await;
    records(&one(&worker, &order(2, "1", sample().lines).plan()).await);
    assert_eq!(account.logins().await, 2);
    assert_eq!(account.records("salesOrder").await.len(), 2);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_refused_login_is_not_tried_again_until_the_secret_changes() {
    let account = Account::start().await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let mut secret = signing_secret();
    secret[4].1 = "obviously-wrong";
    let worker = account.with_secret_and_clock(Grant::Token, &secret, clock.clone());
    let plans: Vec<_> = (0..10)
        .map(|n| order(n, &n.to_string(), sample().lines).plan())
        .collect();
    for outcome in worker.deliver_all(&plans).await {
        let failure = retry(outcome);
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("INVALID_LOGIN"))
        );
        assert!(
            failure.retry_after().is_some() && !format!("{failure:?}").contains("obviously-wrong")
        );
    }
    assert_eq!(account.calls().await, 1);
    retry(one(&worker, &sample().plan()).await);
    assert_eq!(account.calls().await, 1, "nothing was sent");
    clock.advance(Duration::from_secs(61));
    retry(one(&worker, &sample().plan()).await);
    assert_eq!(account.calls().await, 2, "after the pause it is tried");
    assert!(
        !account
            .violations()
            .await
            .contains(&"user_locked".to_owned())
    );
}

/// Four workers and a circuit that probes every 30 seconds, over and over, with a secret that is
/// wrong.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn probes_with_a_wrong_secret_do_not_lock_the_user() {
    let account = Account::start().await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let mut secret = signing_secret();
    secret[4].1 = "obviously-wrong";
    let worker = account.with_secret_and_clock(Grant::Token, &secret, clock.clone());
    let plans: Vec<_> = (0..4)
        .map(|n| {
            plan(&order_of(
                n,
                Some(&n.to_string()),
                &format!("jane.{n}@example.com"),
            ))
        })
        .collect();
    let mut sent = Vec::new();
    for _ in 0..80 {
        let before = account.calls().await;
        let outcomes = tokio::join!(
            one(&worker, &plans[0]),
            one(&worker, &plans[1]),
            one(&worker, &plans[2]),
            one(&worker, &plans[3])
        );
        for outcome in [outcomes.0, outcomes.1, outcomes.2, outcomes.3] {
            assert_eq!(retry(outcome).class, Class::Authentication);
        }
        sent.push(account.calls().await - before);
        clock.advance(Duration::from_secs(30));
    }
    // The third login is refused twice, because the clock of this test has run away from the
    // simulator's by then.
    let tries: Vec<_> = sent
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, calls)| *calls > 0)
        .collect();
    assert_eq!(tries, [(0, 1), (2, 1), (22, 2)], "within forty minutes");
    assert!(
        !account
            .violations()
            .await
            .contains(&"user_locked".to_owned())
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_login_that_is_lost_while_calls_are_under_way_counts_for_each_of_them() {
    let account = Account::start().await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let worker = account.with_clock(clock.clone());
    records(
        &one(
            &worker,
            &plan(&order_of(1, Some("1"), "jane.1@example.com")),
        )
        .await,
    );
    account
        .faults(json!([{"match": {"kind": "create"}, "action": "invalid_login", "delay_ms": 100}]))
        .await;
    let before = account.calls().await;
    let plans: Vec<_> = (2..8)
        .map(|n| {
            plan(&order_of(
                n,
                Some(&n.to_string()),
                &format!("jane.{n}@example.com"),
            ))
        })
        .collect();
    for outcome in worker.deliver_all(&plans).await {
        assert_eq!(retry(outcome).class, Class::Authentication);
    }
    let refused = account.calls().await - before;
    assert!(
        (2..=3).contains(&refused),
        "a query, and what was under way together: {refused}"
    );
    account.faults(json!([])).await;
    clock.advance(Duration::from_secs(9 * 60 + 30));
    let failure = retry(one(&worker, &plans[0]).await);
    assert!(
        failure
            .retry_after()
            .is_some_and(|wait| wait <= Duration::from_secs(60)),
        "{failure:?}"
    );
    assert_eq!(
        account.calls().await,
        before + refused,
        "two were refused, and nothing was sent for ten minutes"
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_clock_that_netsuite_takes_is_not_blamed_for_a_refused_login() {
    let account = Account::start().await;
    let mut secret = signing_secret();
    secret[4].1 = "obviously-wrong";
    let clock = Arc::new(ManualClock::new(
        SystemClock.now() - SignedDuration::from_secs(200),
    ));
    let worker = account.with_secret_and_clock(Grant::Token, &secret, clock);
    retry(one(&worker, &plan(&order_of(1, Some("1"), "jane@example.com"))).await);
    assert_eq!(account.calls().await, 1);
}

/// The account's tokens are refused together: one login is tried, not one per call.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn of_several_calls_whose_token_ended_one_logs_in() {
    let account = Account::start().await;
    let (private, public) = new_ec_key();
    let certificate = |key: &str| json!({"oauth2": {"certificates": {"simcertificate0000000000000000000000000000": key}}});
    account.post("config", certificate(&public)).await;
    let worker = account.with_secret(Grant::ClientCredentials, &machine_secret(&private));
    records(
        &one(
            &worker,
            &plan(&order_of(1, Some("1"), "jane.1@example.com")),
        )
        .await,
    );
    account.post("config", certificate(&new_ec_key().1)).await;
    account.post("sweep", json!({"expire_tokens": true})).await;
    let before = account.logins().await;
    let plans: Vec<_> = (2..6)
        .map(|n| {
            plan(&order_of(
                n,
                Some(&n.to_string()),
                &format!("jane.{n}@example.com"),
            ))
        })
        .collect();
    let outcomes = tokio::join!(
        one(&worker, &plans[0]),
        one(&worker, &plans[1]),
        one(&worker, &plans[2]),
        one(&worker, &plans[3])
    );
    for outcome in [outcomes.0, outcomes.1, outcomes.2, outcomes.3] {
        assert_eq!(retry(outcome).class, Class::Authentication);
    }
    assert_eq!(account.logins().await, before + 1);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn what_the_role_may_not_do_makes_orders_wait() {
    let account = Account::start().await;
    let order = plan(&order_of(1, Some("1"), "jane@example.com"));
    let faults = [
        json!([{"match": {"kind": "suiteql"}, "action": "status:403"}]),
        json!([{"match": {"kind": "suiteql"}, "action": "status:404"}]),
        json!([{"match": {"kind": "create"}, "action": "status:403"}]),
    ];
    for fault in faults {
        account.faults(fault.clone()).await;
        let failure = retry(account.deliver_one(&order).await);
        assert_eq!(failure.class, Class::Authentication, "{fault}: {failure}");
        assert_eq!(failure.retry_after(), None, "the login is good: {fault}");
    }
    account.faults(json!([])).await;
    records(&account.deliver_one(&order).await);
    account.assert_no_violations().await;
}

/// Saves that take long: a write that was not begun in time waits, and nothing is written late.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn no_call_begins_after_the_time_of_the_batch_is_over() {
    let account = Account::start().await;
    account
        .faults(json!([{"match": {"kind": "create"}, "action": "delay:150"}]))
        .await;
    let plans: Vec<_> = (0..10)
        .map(|n| {
            plan(&order_of(
                n,
                Some(&n.to_string()),
                &format!("jane.{n}@example.com"),
            ))
        })
        .collect();
    let until = SystemClock.now() + SignedDuration::from_millis(700);
    let outcomes = account
        .netsuite
        .deliver(&Call::until(until), &plans.iter().collect::<Vec<_>>())
        .await;
    assert!(SystemClock.now().duration_since(until) < SignedDuration::from_millis(600));
    let written = (
        account.records("customer").await.len(),
        account.records("salesOrder").await.len(),
    );
    let waiting = outcomes
        .into_iter()
        .filter(|outcome| !matches!(outcome, Outcome::Delivered { .. }));
    let waiting: Vec<_> = waiting.map(retry).collect();
    assert!(
        !waiting.is_empty() && waiting.iter().all(|failure| failure.is_out_of_time()),
        "{waiting:#?}"
    );
    assert_eq!(written.1, 10 - waiting.len());
    account.faults(json!([])).await;
    account
        .netsuite
        .deliver_all(&plans)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    assert_eq!(
        (
            account.records("customer").await.len(),
            account.records("salesOrder").await.len()
        ),
        (10, 10)
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_login_that_dies_in_the_middle_of_a_batch_stops_the_rest_of_it() {
    let account = Account::start().await;
    account
        .faults(json!([{"match": {"kind": "create"}, "action": "invalid_login"}]))
        .await;
    let plans: Vec<_> = (0..10)
        .map(|n| order(n, &n.to_string(), sample().lines).plan())
        .collect();
    for outcome in account.netsuite.deliver_all(&plans).await {
        assert_eq!(retry(outcome).class, Class::Authentication);
    }
    // Two queries, and the three writes that were on their way together.
    assert!(account.calls().await <= 5, "{}", account.calls().await);
    let findings = account.netsuite.check_all(&sample().plan()).await;
    assert!(
        findings.len() == 1 && findings[0].text.contains("Login Audit Trail"),
        "{findings:?}"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn refused_assertions_say_what_to_do() {
    let account = Account::start().await;
    let (private, _) = new_ec_key();
    let (_, other) = new_ec_key();
    account
        .post(
            "config",
            json!({"oauth2": {"certificates": {"simcertificate0000000000000000000000000000": other}}}),
        )
        .await;
    let worker = account.with_secret(Grant::ClientCredentials, &machine_secret(&private));
    let failure = retry(one(&worker, &sample().plan()).await);
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Authentication, Some("invalid_client"))
    );
    assert!(failure.message.contains("certificate_id"), "{failure}");
    assert_eq!(account.logins().await, 1);

    let worker = account.with_secret(Grant::ClientCredentials, &machine_secret("no key at all"));
    let failure = retry(one(&worker, &sample().plan()).await);
    assert!(
        failure.message.contains("private_key") && !failure.message.contains("no key at all"),
        "{failure}"
    );
    let worker = account.with_secret(Grant::Token, &[("account_id", "1234567_SB1")]);
    assert!(
        retry(one(&worker, &sample().plan()).await)
            .message
            .contains("has no consumer_key")
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_clock_that_is_wrong_is_put_right_by_the_answer() {
    let account = Account::start().await;
    let late = SystemClock.now() - SignedDuration::from_mins(20);
    let worker = account.with_clock(Arc::new(ManualClock::new(late)));
    records(&one(&worker, &sample().plan()).await);
    let refused = account.violations().await;
    assert!(
        !refused.is_empty() && refused.len() <= 2,
        "only the first calls were refused: {refused:?}"
    );
    assert_eq!(account.records("salesOrder").await.len(), 1);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_record_out_of_reach_is_its_own_dead_letter() {
    let account = Account::start().await;
    let plans: Vec<_> = (1..=4)
        .map(|n| {
            order(
                n,
                &n.to_string(),
                vec![line("Product A", 1, "50.00", "50.00")],
            )
            .plan()
        })
        .collect();
    account
        .netsuite
        .deliver_all(&plans)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let customers = account.records("customer").await;
    let second = customers
        .iter()
        .find(|customer| customer["email"] == "jo.2@example.com")
        .unwrap();
    account
        .post(
            "config",
            json!({"forbidden_records": [{"record": "customer", "id": second["id"], "deny": "edit", "restriction": "subsidiary"}]}),
        )
        .await;
    let moved = |n: u32| {
        let mut order = order(
            n,
            &n.to_string(),
            vec![line("Product A", 2, "50.00", "100.00")],
        );
        order.name.1 = format!("Moved {n}");
        order.plan()
    };
    let mut outcomes = account
        .netsuite
        .deliver_all(&(1..=4).map(moved).collect::<Vec<_>>())
        .await;
    let failure = rejected(outcomes.remove(1));
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Validation, Some("INSUFFICIENT_PERMISSION"))
    );
    assert!(
        failure.message.contains("give it access to this one"),
        "{failure}"
    );
    outcomes.iter().for_each(|outcome| _ = records(outcome));

    // So is an order that a script of the account refuses in its own words.
    let script = json!([{"record": "salesOrder", "where": {"memo": "WooCommerce Order #7"}, "text": "The user does not have permission to release it.", "code": "USER_ERROR", "status": 400}]);
    account
        .post(
            "config",
            json!({"forbidden_records": [], "scripts": script}),
        )
        .await;
    let plans: Vec<_> = (6..=8)
        .map(|n| {
            order(
                n,
                &n.to_string(),
                vec![line("Product A", 1, "50.00", "50.00")],
            )
            .plan()
        })
        .collect();
    let mut outcomes = account.netsuite.deliver_all(&plans).await;
    assert_eq!(rejected(outcomes.remove(1)).class, Class::Validation);
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}
