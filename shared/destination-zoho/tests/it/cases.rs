//! Cases from real organisations, over the sandbox, so that they also run where the strict
//! simulator is not beside the project.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::{Class, Outcome};
use destination_zoho::Zoho;
use mapping::Plan;
use order::StatusKind;
use sandbox::{
    Barrier, Keeps, Product,
    zoho::{Options, Zoho as Sandbox},
};
use support::{
    WithoutDeadline,
    both::to_sandbox,
    records, rejected, retry,
    shop::{Order, line, order},
};

use crate::support;

async fn org() -> (Sandbox, Zoho) {
    let mut options = Options::default();
    for code in ["10", "11", "DAD'S-MUG"] {
        options.products.push(Product::new(
            code,
            code,
            rust_decimal::Decimal::new(5_000, 2),
        ));
    }
    let sandbox = Sandbox::start(options).await.unwrap();
    let worker = to_sandbox(&sandbox);
    (sandbox, worker)
}

fn all_delivered(outcomes: &[Outcome]) {
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}

fn cancelled(number: u32) -> Plan {
    let order = Order {
        status: StatusKind::Cancelled,
        ..order(number)
    };
    order.plan()
}

#[tokio::test]
async fn a_full_organisation_holds_new_orders_and_takes_changes() {
    let (sandbox, zoho) = org().await;
    all_delivered(&zoho.deliver_all(&[order(1).plan()]).await);
    sandbox.fill_storage(true);
    let plans: Vec<Plan> = (2..=5).map(|number| order(number).plan()).collect();
    for outcome in zoho.deliver_all(&plans).await {
        let failure = retry(outcome);
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("MAX_RECORDS_LIMIT_REACHED"))
        );
    }
    all_delivered(&zoho.deliver_all(&[cancelled(1)]).await);
    sandbox.fill_storage(false);
    all_delivered(&zoho.deliver_all(&plans).await);
    assert_eq!(sandbox.records("Deals").len(), 5);
}

#[tokio::test]
async fn a_record_out_of_sight_is_the_dead_letter_of_its_order() {
    let (sandbox, zoho) = org().await;
    sandbox.put_up(Barrier {
        kind: "Deals".to_owned(),
        field: "Deal_Name".to_owned(),
        text: "#2 ".to_owned(),
        keeps: Keeps::OutOfSight,
    });
    let mut outcomes = zoho
        .deliver_all(&[order(1).plan(), order(2).plan(), order(3).plan()])
        .await;
    let failure = rejected(outcomes.remove(1));
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Validation, Some("NO_PERMISSION"))
    );
    all_delivered(&outcomes);
}

#[tokio::test]
async fn a_stage_that_a_blueprint_moves_is_the_dead_letter_of_its_order() {
    let (sandbox, zoho) = org().await;
    all_delivered(&zoho.deliver_all(&[order(1).plan(), order(2).plan()]).await);
    sandbox.put_up(Barrier {
        kind: "Deals".to_owned(),
        field: "Deal_Name".to_owned(),
        text: "#2 ".to_owned(),
        keeps: Keeps::Locked,
    });
    let mut outcomes = zoho.deliver_all(&[cancelled(1), cancelled(2)]).await;
    let failure = rejected(outcomes.remove(1));
    assert!(
        failure.code.as_deref() == Some("RECORD_IN_BLUEPRINT")
            && failure.message.contains("Blueprint"),
        "{failure}"
    );
    all_delivered(&outcomes);
}

#[tokio::test]
async fn apostrophes_arrive_and_are_found_again() {
    let (sandbox, zoho) = org().await;
    let order = Order {
        company: Some("Smith's Bakery".to_owned()),
        email: "o'brien@example.com".to_owned(),
        last_name: "O'Brien".to_owned(),
        sales_order: true,
        lines: vec![line("DAD'S-MUG", 1, "50.00")],
        ..order(1)
    };
    let first = zoho.deliver_all(&[order.plan()]).await;
    let again = to_sandbox(&sandbox).deliver_all(&[order.plan()]).await;
    assert_eq!(records(&first[0]), records(&again[0]));
    for module in ["Accounts", "Contacts", "Sales_Orders"] {
        assert_eq!(sandbox.records(module).len(), 1, "{module}");
    }
}

/// A refusal of one record concerns only its order: the codes are those of zoho/crm-oas v8.0,
/// `record.json`.
#[tokio::test]
async fn what_zoho_says_of_one_record_stays_with_its_order() {
    let (validation, mapping) = ((Class::Validation, false), (Class::Mapping, false));
    let cases = [
        ("MAPPING_MISMATCH", validation, "pipeline"),
        ("DATA_MISMATCH", validation, "check --live"),
        ("PATTERN_NOT_MATCHED", validation, "value"),
        ("NOT_ALLOWED", validation, "by hand"),
        ("CANNOT_PERFORM_ACTION", validation, "by hand"),
        ("EXPECTED_FIELD_MISSING", mapping, "Exchange_Rate"),
        ("FEATURE_NOT_SUPPORTED", mapping, "edition"),
        ("CANNOT_PROCESS", (Class::Conflict, true), "waits"),
    ];
    for (code, expected, advice) in cases {
        let (sandbox, zoho) = org().await;
        let refusal = Barrier {
            kind: "Deals".to_owned(),
            field: "Deal_Name".to_owned(),
            text: "#2 ".to_owned(),
            keeps: Keeps::Refused { code, text: "" },
        };
        sandbox.put_up(refusal.clone());
        let mut outcomes = zoho
            .deliver_all(&[order(1).plan(), order(2).plan(), order(3).plan()])
            .await;
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
        all_delivered(&outcomes);
        sandbox.take_down(&refusal);
        all_delivered(&zoho.deliver_all(&[order(2).plan()]).await);
    }
}
