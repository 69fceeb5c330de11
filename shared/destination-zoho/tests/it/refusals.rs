//! Refusals, and what is told about them.

use crate::support;

use destination::{Class, Outcome};
use mapping::plan::{Field, Key, When};
use order::StatusKind;
use serde_json::json;
use support::{
    Org, WithoutDeadline, records, rejected, retry,
    shop::{Order, order, sample, text},
    warnings,
};

fn all_delivered(outcomes: &[Outcome]) {
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_name_that_is_taken_is_told() {
    let org = Org::start().await;
    let first = org.deliver_one(&sample().plan()).await;
    assert!(warnings(&first).is_empty());
    let other = Order {
        email: "other@example.com".to_owned(),
        ..sample()
    };
    let outcome = org.deliver_one(&other.plan()).await;
    let [warning] = warnings(&outcome) else {
        panic!("{outcome:?}")
    };
    assert!(
        warning.contains("Zoho already had the record") && warning.contains("the same Deal_Name"),
        "{warning}"
    );
    let again = sample().known_as(&records(&first));
    assert!(
        warnings(&org.deliver_one(&again.plan()).await).is_empty(),
        "the ledger knows it"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn two_orders_of_one_batch_are_never_one_record() {
    let org = Org::start().await;
    for sales_order in [false, true] {
        let (name, module) = if sales_order {
            ("sales_order", "Sales_Orders")
        } else {
            ("deal", "Deals")
        };
        // Another shop with the same words and numbers, which the mapping's shop should tell apart.
        let this = Order {
            sales_order,
            ..sample()
        };
        let other = Order {
            status: StatusKind::Cancelled,
            ..this.clone()
        };
        let outcomes = org
            .zoho
            .deliver_all(&[this.plan(), other.plan(), order(7).plan()])
            .await;
        let first = records(&outcomes[0]);
        let failure = rejected(outcomes[1].clone());
        assert_eq!(
            (failure.class, failure.place.as_deref()),
            (Class::Mapping, Some(name))
        );
        assert!(
            failure.message.contains("order 12345 of the same batch"),
            "{failure}"
        );
        records(&outcomes[2]);
        // The name belongs to the order that has a record, whichever comes first.
        let outcomes = org
            .zoho
            .deliver_all(&[other.plan(), this.known_as(&first).plan()])
            .await;
        rejected(outcomes[0].clone());
        assert_eq!(records(&outcomes[1])[name], first[name]);
        let found = org.records(module).await;
        let kept = found
            .iter()
            .filter(|record| record["id"] == json!(first[name]))
            .count();
        assert_eq!(kept, 1, "{module}");
        assert!(
            found
                .iter()
                .all(|record| record["Stage"] != "Closed Lost" && record["Status"] != "Cancelled")
        );
    }
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_duplicate_that_cannot_be_mended_is_told_plainly() {
    let org = Org::start().await;
    records(&org.deliver_one(&order(1).plan()).await);
    org.config(json!({"duplicate_check_preference": true}))
        .await;
    org.by_hand(
        "Leads",
        json!({"Last_Name": "Doe", "Email": "john.doe@example.com"}),
    )
    .await;
    let failure = rejected(org.deliver_one(&sample().plan()).await);
    assert_eq!(
        failure.summary(),
        "validation in write: DUPLICATE_DATA: contact.Email"
    );
    assert!(
        failure.message.contains("of Leads has the same value"),
        "{failure}"
    );
    org.config(json!({"duplicate_check_preference": false}))
        .await;
    records(&org.deliver_one(&sample().plan()).await);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn what_cannot_be_written_harmlessly_is_refused() {
    let org = Org::start().await;
    type Spoil = fn(&mut mapping::Plan);
    let cases: [(Spoil, &str); 5] = [
        (
            |plan| plan.records[1].key = None,
            "record contact has neither a key",
        ),
        (
            |plan| plan.records[1].replaces = Some("deal".to_owned()),
            "replaces children",
        ),
        (
            |plan| plan.records[1].object = "Contacts/upsert?x".to_owned(),
            "is no API name",
        ),
        (
            |plan| {
                _ = plan.records[0].fields.insert(
                    "Parent_Account".to_owned(),
                    support::shop::reference("deal"),
                )
            },
            "in a circle",
        ),
        (
            |plan| {
                _ = plan.records[1].fields.insert(
                    "Shoe_Size".to_owned(),
                    Field {
                        on: When::Blank,
                        ..text("44")
                    },
                )
            },
            "INVALID_QUERY",
        ),
    ];
    for (spoil, text) in cases {
        let mut bad = sample().plan();
        spoil(&mut bad);
        let outcomes = org
            .zoho
            .deliver_all(&[order(1).plan(), bad, order(2).plan()])
            .await;
        let failure = rejected(outcomes[1].clone());
        assert_eq!(failure.class, Class::Mapping);
        assert!(failure.message.contains(text), "{failure}");
        all_delivered(&[outcomes[0].clone(), outcomes[2].clone()]);
    }
    assert_eq!(org.records("Deals").await.len(), 2);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_locked_record_waits() {
    let org = Org::start().await;
    let first = records(&org.deliver_one(&sample().plan()).await);
    org.config(json!({"locked_records": [first["deal"]]})).await;
    let failure = retry(org.deliver_one(&sample().known_as(&first).plan()).await);
    assert_eq!(
        (failure.class, failure.retry_after().unwrap().as_secs()),
        (Class::Conflict, 900)
    );
    // Only the order concerned waits.
    let outcomes = org
        .zoho
        .deliver_all(&[
            order(1).plan(),
            sample().known_as(&first).plan(),
            order(2).plan(),
        ])
        .await;
    assert_eq!(retry(outcomes[1].clone()).class, Class::Conflict);
    all_delivered(&[outcomes[0].clone(), outcomes[2].clone()]);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn check_tells_what_is_missing() {
    let org = Org::start().await;
    let order = Order {
        sales_order: true,
        ..sample()
    };
    let findings = org.zoho.check_all(&order.plan()).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    org.assert_no_violations().await;
    let mut bad = sample().plan();
    bad.records[1]
        .fields
        .insert("Shoe_Size".to_owned(), text("44"));
    bad.records[2]
        .fields
        .insert("Stage".to_owned(), text("Sold"));
    bad.records[2].key = Some(Key {
        field: "Description".to_owned(),
        value: "x".to_owned(),
        provisional: false,
    });
    let findings = org.zoho.check_all(&bad).await;
    let texts: Vec<&str> = findings
        .iter()
        .filter(|finding| !finding.ok)
        .map(|finding| finding.text.as_str())
        .collect();
    for part in [
        "Contacts.Shoe_Size: it is not there",
        "Deals.Stage \"Sold\": the field has no choice \"Sold\"",
        "Deals.Description: the key must be",
    ] {
        assert!(
            texts.iter().any(|text| text.contains(part)),
            "{part}: {texts:#?}"
        );
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_full_organisation_holds_new_orders_and_takes_changes() {
    for full in ["MAX_RECORDS_LIMIT_REACHED", "STORAGE_SPACE_EXCEEDED"] {
        let org = Org::start().await;
        let first = records(&org.deliver_one(&order(1).plan()).await);
        org.config(json!({"storage": {"full": full, "records": 1}}))
            .await;
        for outcome in org
            .zoho
            .deliver_all(
                &(2..=5)
                    .map(|number| order(number).plan())
                    .collect::<Vec<_>>(),
            )
            .await
        {
            let failure = retry(outcome);
            assert_eq!(
                (failure.class, failure.code.as_deref()),
                (Class::Authentication, Some(full))
            );
            assert!(failure.message.contains("storage is full"), "{failure}");
        }
        let changed = Order {
            status: StatusKind::Cancelled,
            ..order(1)
        };
        records(&org.deliver_one(&changed.known_as(&first).plan()).await);
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_refusal_that_no_table_knows_is_the_accounts_where_it_is_said_of_two_orders() {
    let org = Org::start().await;
    let flat = |times: Option<u32>| {
        let mut rule = json!({"match": {"path_re": "upsert"}, "action": "flat", "options": {"code": "SOMETHING_NEW", "status": 400}});
        if let Some(times) = times {
            rule["times"] = json!(times);
        }
        json!([rule])
    };
    org.faults(flat(None)).await;
    let plans: Vec<_> = (1..=12).map(|number| order(number).plan()).collect();
    for outcome in org.zoho.deliver_all(&plans).await {
        let failure = retry(outcome);
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("SOMETHING_NEW"))
        );
        assert!(failure.message.contains("about the account"), "{failure}");
    }
    // One probe after another, as long as it lasts.
    retry(org.deliver_one(&plans[3]).await);
    org.faults(json!([])).await;
    all_delivered(&org.zoho.deliver_all(&plans).await);
    // A refusal of one order only, while another is accepted, is about that order.
    org.faults(flat(Some(1))).await;
    rejected(
        org.another_worker()
            .deliver_all(&[order(20).plan()])
            .await
            .pop()
            .unwrap(),
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_sales_order_out_of_reach_is_its_own_dead_letter() {
    let org = Org::start().await;
    let sales_order = |number| Order {
        sales_order: true,
        ..order(number)
    };
    let first: Vec<_> = (1..=3).map(sales_order).collect();
    let plans: Vec<_> = first.iter().map(Order::plan).collect();
    let ids: Vec<_> = org
        .zoho
        .deliver_all(&plans)
        .await
        .iter()
        .map(records)
        .collect();
    org.config(json!({"forbidden_records": [{"module": "Sales_Orders", "id": ids[1]["sales_order"], "deny": "view"}]}))
        .await;
    let changed: Vec<_> = first
        .into_iter()
        .zip(&ids)
        .map(|(order, ids)| order.known_as(ids).plan())
        .collect();
    for worker in [org.another_worker(), org.another_worker()] {
        let mut outcomes = worker.deliver_all(&changed).await;
        let failure = rejected(outcomes.remove(1));
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Validation, Some("NO_PERMISSION"))
        );
        assert!(
            failure.message.contains("out of the user's reach"),
            "{failure}"
        );
        all_delivered(&outcomes);
    }
    // Where no record of the module may be read, it is about the account.
    let refusal = json!({"code": "NO_PERMISSION", "details": {}, "message": "Permission denied", "status": "error"});
    let rule = json!({"match": {"path_re": "Sales_Orders/|coql|composite"}, "action": "status:403", "options": {"body": refusal}});
    org.faults(json!([rule])).await;
    for outcome in org.another_worker().deliver_all(&changed).await {
        assert_eq!(retry(outcome).class, Class::Authentication);
    }
}
