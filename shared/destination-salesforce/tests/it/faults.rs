//! Failures on the way: nothing is lost, nothing is written twice.

use crate::support;

use destination::{Class, Outcome};
use destination_salesforce::Grant;
use mapping::plan::When;
use serde_json::json;
use std::time::Duration;
use support::{
    Org, REFRESH_TOKEN, WithoutDeadline, new_private_key, records, retry,
    shop::{line, order, sample},
};

async fn assert_one_of_each(org: &Org) {
    for object in [
        "Account",
        "Contact",
        "Opportunity",
        "OpportunityContactRole",
    ] {
        assert_eq!(org.records(object).await.len(), 1, "{object}");
    }
    assert_eq!(org.records("OpportunityLineItem").await.len(), 2);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn every_transient_fault_comes_back_and_then_lands_once() {
    let faults = [
        ("lock_row", Class::Conflict, false),
        ("lock_row_500", Class::Conflict, false),
        ("server_unavailable", Class::Unavailable, false),
        ("server_unavailable_object", Class::Unavailable, false),
        ("server_unavailable_html", Class::Unavailable, false),
        ("unknown_exception", Class::Unavailable, false),
        ("status:420", Class::Unavailable, false),
        ("status:502", Class::Unavailable, false),
        ("status:429", Class::RateLimit, false),
        ("request_limit", Class::RateLimit, false),
        ("halt_graphs", Class::Conflict, false),
        ("reset_before", Class::Unavailable, false),
        ("garbage", Class::Unavailable, false),
        ("reset_after", Class::Unavailable, true),
        ("truncate_after", Class::Unavailable, true),
        ("garbage_after", Class::Unavailable, true),
    ];
    for (action, class, done) in faults {
        let Some(org) = Org::start().await else {
            return;
        };
        org.faults(
            json!([{"match": {"path_re": "composite/graph"}, "action": action, "times": 1}]),
        )
        .await;
        let failure = retry(org.deliver_one(&sample().plan()).await);
        assert_eq!(failure.class, class, "{action}: {failure:?}");
        assert_eq!(
            org.records("Opportunity").await.len(),
            usize::from(done),
            "{action}"
        );
        records(&org.deliver_one(&sample().plan()).await);
        assert_one_of_each(&org).await;
    }
}

#[tokio::test]
async fn limits_say_how_long_to_stay_away() {
    let Some(org) = Org::start().await else {
        return;
    };
    for (action, wait) in [
        ("request_limit", 15 * 60),
        ("request_limit_concurrent", 10),
        ("request_limit_long", 10),
    ] {
        org.faults(json!([{"match": {"path_re": "composite$"}, "action": action, "times": 1}]))
            .await;
        assert_eq!(
            retry(org.deliver_one(&sample().plan()).await).retry_after(),
            Some(Duration::from_secs(wait)),
            "{action}"
        );
    }
}

#[tokio::test]
async fn every_grant_logs_in() {
    let Some(org) = Org::start().await else {
        return;
    };
    let key = &new_private_key();
    for auth in [
        Grant::Password,
        Grant::RefreshToken,
        Grant::JwtBearer,
        Grant::ClientCredentials,
    ] {
        let worker = org.with_grant(auth, &[("private_key", key)]);
        org.post(
            "config",
            json!({"jwt_public_key": key, "token_min_age_s": 0}),
        )
        .await;
        records(&worker.deliver_all(&[sample().plan()]).await[0]);
        assert_eq!(worker.calls().total(), 3, "{auth:?}");
    }
    assert_one_of_each(&org).await;
}

#[tokio::test]
async fn refused_credentials_keep_the_order_waiting_and_say_what_to_do() {
    let Some(org) = Org::start().await else {
        return;
    };
    let worker = org.with_grant(Grant::Password, &[("password", "obviously-wrong")]);
    let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Authentication, Some("invalid_grant"))
    );
    assert!(!format!("{failure:?}").contains("obviously-wrong"));
    let worker = org.with_grant(Grant::JwtBearer, &[("private_key", "no key at all")]);
    let failure = retry(worker.deliver_all(&[sample().plan()]).await.pop().unwrap());
    assert!(
        failure.message.contains("private_key") && !failure.message.contains("no key at all"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_call_repeated() {
    let Some(org) = Org::start().await else {
        return;
    };
    records(
        &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    org.faults(
        json!([{"match": {"path_re": "composite/graph"}, "action": "expire_token", "times": 1}]),
    )
    .await;
    records(
        &org.deliver_one(&order(2, "2", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    assert_eq!((org.calls().await, org.logins().await), (5, 2));
    org.assert_no_violations().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_share_one_login() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.faults(json!([{"match": {"kind": "token"}, "action": "delay:300"}]))
        .await;
    let workers: Vec<_> = (0..6).map(|_| org.another_worker()).collect();
    let plans: Vec<_> = (0..6)
        .map(|n| vec![order(n, &n.to_string(), vec![line("101", 1, "49.99")]).plan()])
        .collect();
    let (a, b, c, d, e, f) = tokio::join!(
        workers[0].deliver_all(&plans[0]),
        workers[1].deliver_all(&plans[1]),
        workers[2].deliver_all(&plans[2]),
        workers[3].deliver_all(&plans[3]),
        workers[4].deliver_all(&plans[4]),
        workers[5].deliver_all(&plans[5])
    );
    for outcomes in [a, b, c, d, e, f] {
        records(&outcomes[0]);
    }
    assert_eq!(org.logins().await, 1);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_session_that_is_not_for_the_api_is_not_renewed_for_ever() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.faults(json!([{"match": {"path_re": "composite"}, "action": "session_not_rest"}]))
        .await;
    let Outcome::Retry(failure) = org.deliver_one(&sample().plan()).await else {
        panic!("it is not the order's fault, so it must wait")
    };
    assert_eq!(failure.class, Class::Authentication);
    assert_eq!((org.calls().await, org.logins().await), (1, 1));
}

#[tokio::test]
async fn a_mapping_that_asks_for_an_unknown_field_does_not_hurt_its_neighbours() {
    let Some(org) = Org::start().await else {
        return;
    };
    let good = order(1, "1", vec![line("101", 1, "49.99")]).plan();
    let mut bad = order(2, "2", vec![line("101", 1, "49.99")]).plan();
    bad.records[2].key.as_mut().unwrap().field = "No_Such_Field__c".to_owned();
    let mut worse = order(3, "3", vec![line("101", 1, "49.99")]).plan();
    worse.records[2].object = "Opportunity WHERE Id != null".to_owned();
    let outcomes = org.salesforce.deliver_all(&[good, bad, worse]).await;
    records(&outcomes[0]);
    for (outcome, word) in [
        (&outcomes[1], "No_Such_Field__c"),
        (&outcomes[2], "is no name"),
    ] {
        let Outcome::Rejected(failure) = outcome else {
            panic!("must be rejected: {outcome:?}")
        };
        assert!(
            failure.class == Class::Mapping && failure.message.contains(word),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn a_value_that_another_record_holds_is_told_at_once_and_not_tried_for_days() {
    let Some(org) = Org::start().await else {
        return;
    };
    let field = json!({"type": "Text", "length": 40, "unique": true, "caseSensitive": false});
    org.post(
        "config",
        json!({"custom_fields": {"Account": {"VAT__c": field}}}),
    )
    .await;
    org.by_hand(
        "Account",
        json!({"Name": "Somebody else", "VAT__c": "DE123"}),
    )
    .await;
    let mut plans: Vec<_> = (1..=3)
        .map(|n| order(n, &n.to_string(), vec![line("101", 1, "49.99")]).plan())
        .collect();
    plans[1].records[0].fields.insert(
        "VAT__c".to_owned(),
        support::shop::text("de123", When::Always),
    );
    let before = org.calls().await;
    let outcomes = org.salesforce.deliver_all(&plans).await;
    let Outcome::Rejected(failure) = &outcomes[1] else {
        panic!("{:?}", outcomes[1])
    };
    assert_eq!(
        (failure.class, failure.place.as_deref()),
        (Class::Validation, Some("account.VAT__c"))
    );
    assert!(
        failure
            .message
            .contains("VAT__c duplicates value on record with id")
            && failure.message.contains("leave the field out"),
        "{failure}"
    );
    records(&outcomes[0]);
    records(&outcomes[2]);
    assert_eq!(
        org.calls().await - before,
        2,
        "looking again would not help"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_record_that_the_user_may_not_see_is_a_dead_letter_that_says_so() {
    let Some(org) = Org::start().await else {
        return;
    };
    records(
        &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    let hidden = json!([{"object": "Account", "where": {"WooCommerce_Customer_ID__c": "1"}}, {"object": "Contact", "where": {"WooCommerce_Customer_ID__c": "1"}}]);
    org.post("config", json!({"hidden_records": hidden})).await;
    let plans = [
        order(2, "1", vec![line("101", 1, "49.99")]).plan(),
        order(3, "3", vec![line("101", 1, "49.99")]).plan(),
    ];
    let outcomes = org.another_worker().deliver_all(&plans).await;
    let Outcome::Rejected(failure) = &outcomes[0] else {
        panic!("{:?}", outcomes[0])
    };
    assert!(
        failure.class == Class::Validation
            && failure.message.contains("hidden from the integration user"),
        "{failure}"
    );
    records(&outcomes[1]);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_for_every_process() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.post(
        "config",
        json!({"refresh_token_rotation": true, "token_min_age_s": 0}),
    )
    .await;
    let tokens = support::new_tokens();
    for number in 1..=4 {
        // A process of its own each time: the store alone holds what the last one learned.
        let worker = org.with_refresh_token(REFRESH_TOKEN, &tokens);
        records(
            &worker
                .deliver_all(&[
                    order(number, &number.to_string(), vec![line("101", 1, "49.99")]).plan(),
                ])
                .await[0],
        );
        org.faults(
            json!([{"match": {"path_re": "composite$"}, "action": "expire_token", "times": 1}]),
        )
        .await;
    }
    // So does the operator's check, which logs in whatever there is.
    let findings = org
        .with_refresh_token(REFRESH_TOKEN, &tokens)
        .check_all(&sample().plan())
        .await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    records(
        &org.with_refresh_token(REFRESH_TOKEN, &tokens)
            .deliver_all(&[sample().plan()])
            .await[0],
    );
    assert!(org.logins().await >= 5);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_refresh_token_that_somebody_stored_anew_counts_more_than_a_rotated_one() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.post(
        "config",
        json!({"refresh_token_rotation": true, "token_min_age_s": 0}),
    )
    .await;
    let tokens = support::new_tokens();
    records(
        &org.with_refresh_token(REFRESH_TOKEN, &tokens)
            .deliver_all(&[sample().plan()])
            .await[0],
    );
    // Another program uses the old one, which invalidates all that came of it.
    let stranger = org.with_refresh_token(REFRESH_TOKEN, &support::new_tokens());
    retry(
        stranger
            .deliver_all(&[sample().plan()])
            .await
            .pop()
            .unwrap(),
    );
    let failure = retry(
        org.with_refresh_token(REFRESH_TOKEN, &tokens)
            .deliver_all(&[sample().plan()])
            .await
            .pop()
            .unwrap(),
    );
    assert!(
        failure.class == Class::Authentication && failure.message.contains("authorise again"),
        "{failure}"
    );
    let renewed = org.post("authorise", json!({})).await;
    let worker = org.with_refresh_token(renewed["refresh_token"].as_str().unwrap(), &tokens);
    records(&worker.deliver_all(&[sample().plan()]).await[0]);
}

#[tokio::test]
async fn a_renamed_my_domain_is_found_by_one_login() {
    for stage in ["redirect", "page", "gone"] {
        let Some(org) = Org::start().await else {
            return;
        };
        records(
            &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
                .await,
        );
        org.post("my_domain", json!({"stage": stage})).await;
        let second = [order(2, "2", vec![line("101", 1, "49.99")]).plan()];
        let mut outcome = org.salesforce.deliver_all(&second).await.remove(0);
        if stage == "gone" {
            // One lost call is nothing unusual.
            assert_eq!(
                (retry(outcome).class, org.logins().await),
                (Class::Unavailable, 1)
            );
            outcome = org.salesforce.deliver_all(&second).await.remove(0);
        }
        records(&outcome);
        records(
            &org.another_worker()
                .deliver_all(&[order(3, "3", vec![line("101", 1, "49.99")]).plan()])
                .await[0],
        );
        assert_eq!(org.logins().await, 2, "{stage}");
    }
}

#[tokio::test]
async fn an_org_that_does_not_answer_is_asked_for_a_token_once_and_its_orders_wait() {
    let Some(org) = Org::start().await else {
        return;
    };
    records(
        &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    org.faults(json!([{"match": {"path_re": "composite"}, "action": "reset_before"}]))
        .await;
    for number in 2..=6 {
        let failure = retry(
            org.deliver_one(&order(number, "2", vec![line("101", 1, "49.99")]).plan())
                .await,
        );
        assert_eq!(failure.class, Class::Unavailable, "{failure:?}");
    }
    assert_eq!(org.logins().await, 2);
}

#[tokio::test]
async fn what_concerns_the_whole_org_holds_its_orders_and_kills_none() {
    let Some(org) = Org::start().await else {
        return;
    };
    records(
        &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    let plans: Vec<_> = (2..=7)
        .map(|n| order(n, &n.to_string(), vec![line("101", 1, "49.99")]).plan())
        .collect();
    for (condition, code) in [
        (
            json!({"password_expired": true}),
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        ),
        (
            json!({"password_expired": false, "storage_full": true}),
            "STORAGE_LIMIT_EXCEEDED",
        ),
        (
            json!({"storage_full": false, "api_versions": [31, 64]}),
            "NOT_FOUND",
        ),
    ] {
        org.post("config", condition).await;
        for outcome in org.salesforce.deliver_all(&plans).await {
            let failure = retry(outcome);
            assert_eq!(
                (failure.class, failure.code.as_deref()),
                (Class::Authentication, Some(code))
            );
            assert!(failure.message.contains("Orders wait"), "{failure}");
        }
    }
    org.post("config", json!({"api_versions": [31, 68]})).await;
    org.salesforce
        .deliver_all(&plans)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
}
