//! Cases from real organisations, over the sandbox, so that they also run where the strict
//! simulator is not beside the project.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::{Class, Outcome};
use destination_salesforce::{Grant, Salesforce};
use mapping::{
    Plan,
    plan::{Missing, Several, When},
};
use sandbox::{
    Barrier, Keeps,
    salesforce::{CustomField, OldDomain, Options, Product, Salesforce as Sandbox, credentials},
};
use std::sync::Arc;
use support::{
    WithoutDeadline, connect, new_tokens, records, rejected, retry,
    shop::{Order, line, order},
};

use crate::support;

async fn org() -> (Sandbox, Salesforce) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let worker = worker(&sandbox);
    (sandbox, worker)
}

fn worker(sandbox: &Sandbox) -> Salesforce {
    let secret = [
        ("client_id", credentials::CLIENT_ID),
        ("client_secret", credentials::CLIENT_SECRET),
    ];
    connect(
        sandbox.url(),
        Grant::ClientCredentials,
        &secret,
        new_tokens(),
    )
}

fn plan(number: u32) -> Plan {
    order(number, &number.to_string(), vec![line("101", 1, "49.99")]).plan()
}

fn delivered(outcomes: &[Outcome]) {
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}

fn barrier(order: &str, keeps: Keeps) -> Barrier {
    Barrier {
        kind: "Opportunity".to_owned(),
        field: "WooCommerce_Order_ID__c".to_owned(),
        text: order.to_owned(),
        keeps,
    }
}

#[tokio::test]
async fn a_full_org_holds_new_orders_and_takes_changes() {
    let (sandbox, salesforce) = org().await;
    delivered(&salesforce.deliver_all(&[plan(1)]).await);
    sandbox.fill_storage(true);
    let plans: Vec<Plan> = (2..=5).map(plan).collect();
    for outcome in salesforce.deliver_all(&plans).await {
        let failure = retry(outcome);
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("STORAGE_LIMIT_EXCEEDED"))
        );
    }
    let changed = order(1, "1", vec![line("101", 3, "49.99")]).plan();
    delivered(&salesforce.deliver_all(&[changed]).await);
    sandbox.fill_storage(false);
    delivered(&salesforce.deliver_all(&plans).await);
    assert_eq!(sandbox.records("Opportunity").len(), 5);
}

#[tokio::test]
async fn a_renamed_my_domain_is_found() {
    for old in [OldDomain::Redirects, OldDomain::Page, OldDomain::Gone] {
        let (sandbox, salesforce) = org().await;
        delivered(&salesforce.deliver_all(&[plan(1)]).await);
        sandbox.rename(&sandbox.url().replace("127.0.0.1", "localhost"), old);
        let mut outcome = salesforce.deliver_all(&[plan(2)]).await.remove(0);
        if old == OldDomain::Gone {
            // One lost call is nothing unusual.
            assert_eq!(retry(outcome).class, Class::Unavailable);
            outcome = salesforce.deliver_all(&[plan(2)]).await.remove(0);
        }
        records(&outcome);
        assert_eq!(sandbox.records("Opportunity").len(), 2, "{old:?}");
    }
}

#[tokio::test]
async fn a_record_out_of_sight_is_the_dead_letter_of_its_order() {
    let (sandbox, salesforce) = org().await;
    sandbox.put_up(barrier("2", Keeps::OutOfSight));
    let mut outcomes = salesforce.deliver_all(&[plan(1), plan(2), plan(3)]).await;
    let failure = rejected(outcomes.remove(1));
    assert!(
        failure.class == Class::Validation
            && failure.message.contains("hidden from the integration user"),
        "{failure}"
    );
    delivered(&outcomes);
}

#[tokio::test]
async fn a_value_of_another_unique_field_is_the_dead_letter_of_its_order() {
    let options = Options {
        custom_fields: vec![CustomField::external_id("Account", "VAT__c")],
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let somebody = serde_json::json!({"Name": "Somebody else", "VAT__c": "DE123"});
    sandbox
        .create("Account", somebody.as_object().unwrap().clone())
        .unwrap();
    let mut plans = [plan(1), plan(2), plan(3)];
    plans[1].records[0].fields.insert(
        "VAT__c".to_owned(),
        support::shop::text("DE123", When::Always),
    );
    let mut outcomes = worker(&sandbox).deliver_all(&plans).await;
    let failure = rejected(outcomes.remove(1));
    assert_eq!(
        (failure.class, failure.place.as_deref()),
        (Class::Validation, Some("account.VAT__c"))
    );
    delivered(&outcomes);
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_for_every_process() {
    let options = Options {
        rotates_refresh_tokens: true,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let secret = [
        ("client_id", credentials::CLIENT_ID),
        ("client_secret", credentials::CLIENT_SECRET),
        ("refresh_token", credentials::REFRESH_TOKEN),
    ];
    let tokens = new_tokens();
    let process = |tokens| connect(sandbox.url(), Grant::RefreshToken, &secret, tokens);
    for number in 1..=3 {
        // The store alone holds what the last one learned.
        delivered(
            &process(Arc::clone(&tokens))
                .deliver_all(&[plan(number)])
                .await,
        );
        sandbox.expire_tokens();
    }
    // Another program uses the first one again, which invalidates all that came of it.
    retry(
        process(new_tokens())
            .deliver_all(&[plan(4)])
            .await
            .remove(0),
    );
    let failure = retry(process(tokens).deliver_all(&[plan(5)]).await.remove(0));
    assert_eq!(failure.class, Class::Authentication, "{failure}");
}

#[tokio::test]
async fn a_record_that_waits_for_approval_waits_with_a_word_why() {
    let (sandbox, salesforce) = org().await;
    delivered(&salesforce.deliver_all(&[plan(1), plan(2)]).await);
    sandbox.put_up(barrier("2", Keeps::Locked));
    let changed =
        |number: u32| order(number, &number.to_string(), vec![line("101", 3, "49.99")]).plan();
    let mut outcomes = salesforce.deliver_all(&[changed(1), changed(2)]).await;
    let failure = retry(outcomes.remove(1));
    assert!(
        failure.code.as_deref() == Some("ENTITY_IS_LOCKED") && failure.message.contains("approval"),
        "{failure}"
    );
    delivered(&outcomes);
    sandbox.take_down(&barrier("2", Keeps::Locked));
    delivered(&salesforce.deliver_all(&[changed(2)]).await);
}

#[tokio::test]
async fn check_names_the_codes_that_products_share() {
    let mut options = Options::default();
    let mug = Product::new(
        "MUG-1",
        "Mug, discontinued 2019",
        rust_decimal::Decimal::new(900, 2),
    );
    options.products.extend([mug.clone(), mug]);
    let sandbox = Sandbox::start(options).await.unwrap();
    let says = |several| {
        let order = Order {
            several,
            ..order(1, "1", vec![line("101", 1, "49.99")])
        };
        let (salesforce, plan) = (worker(&sandbox), order.plan());
        async move {
            let findings = salesforce.check_all(&plan).await;
            findings
                .iter()
                .any(|finding| !finding.ok && finding.text.contains("share the code MUG-1"))
        }
    };
    assert!(says(Several::Reject).await);
    assert!(!says(Several::Oldest).await, "the mapping chooses");
}

#[tokio::test]
async fn codes_and_numbers_of_eighteen_letters_are_no_ids() {
    let (sandbox, salesforce) = org().await;
    let with = |id: &str, customer: &str, sku: &str| Order {
        id: id.to_owned(),
        ..order(0, customer, vec![line(sku, 1, "10.00")])
    };
    let known = Order {
        missing: Missing::Create,
        ..with("1", "1", "SSCC18340123456789")
    };
    delivered(&salesforce.deliver_all(&[known.plan()]).await);
    let plans = [
        with("2", "2", "SSCC18340123456XYZ").plan(),
        with("202611280000001234", "4", "SSCC18340123456789").plan(),
        with("202611280000001235", "5", "SSCC18340123456789").plan(),
    ];
    let mut outcomes = worker(&sandbox).deliver_all(&plans).await;
    assert!(
        matches!(outcomes.remove(0), Outcome::Rejected(_)),
        "{outcomes:?}"
    );
    delivered(&outcomes);
    assert_eq!(sandbox.records("Opportunity").len(), 3);
}

/// An org's refusal of one record concerns only its order: the codes are those of "StatusCode"
/// (SOAP API Developer Guide), which has no texts; the limits of Apex are those of "Execution
/// Governors and Limits" (Apex Developer Guide), in the words that a flow or a trigger passes on.
#[tokio::test]
async fn what_an_org_says_of_one_record_stays_with_its_order() {
    let validation = (Class::Validation, false);
    let cases = [
        ("INACTIVE_OWNER_OR_USER", "", validation, "active owner"),
        ("CANNOT_REPARENT_RECORD", "", validation, "on = \"create\""),
        ("TRANSFER_REQUIRES_READ", "", validation, "may not read"),
        ("INVALID_STATUS", "", validation, "status"),
        ("DELETE_FAILED", "", validation, "by hand"),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "Too many SOQL queries: 101",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Too many DML statements: 151",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Too many query rows: 50001",
            (Class::Unavailable, true),
            "automations",
        ),
    ];
    for (code, text, expected, advice) in cases {
        let (sandbox, salesforce) = org().await;
        let refusal = barrier("2", Keeps::Refused { code, text });
        sandbox.put_up(refusal.clone());
        let mut outcomes = salesforce.deliver_all(&[plan(1), plan(2), plan(3)]).await;
        let outcome = outcomes.remove(1);
        let failure = if expected.1 {
            retry(outcome)
        } else {
            rejected(outcome)
        };
        assert_eq!(
            (failure.class, failure.is_transient()),
            expected,
            "{code}: {failure}"
        );
        assert!(
            failure.code.as_deref() == Some(code) && failure.message.contains(advice),
            "{failure}"
        );
        delivered(&outcomes);
        sandbox.take_down(&refusal);
        delivered(&salesforce.deliver_all(&[plan(2)]).await);
    }
}
