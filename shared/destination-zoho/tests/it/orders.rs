//! Orders as they come and change, against the strict simulator: the right record is found, and
//! what others wrote stays.

use crate::support;

use destination::Class;
use mapping::plan::{Missing, When};
use order::StatusKind;
use serde_json::json;
use support::{
    Org, WithoutDeadline, records, rejected,
    shop::{Order, line, on, order, sample, text},
};

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_sample_order_lands_once_however_often_it_comes() {
    let org = Org::start().await;
    let plan = sample().plan();
    let first = records(&org.deliver_one(&plan).await);
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        ["account", "contact", "deal"]
    );
    assert_eq!(records(&org.deliver_one(&plan).await), first);
    assert_eq!(
        records(&org.another_worker().deliver_all(&[plan]).await[0]),
        first
    );
    for module in ["Accounts", "Contacts", "Deals"] {
        assert_eq!(org.records(module).await.len(), 1, "{module}");
    }
    let deal = &org.records("Deals").await[0];
    assert_eq!(deal["Deal_Name"], "WooCommerce Order #12345 (John Doe)");
    assert_eq!(deal["Amount"].to_string(), "105.0");
    assert_eq!(
        (&deal["Contact_Name"]["id"], &deal["Account_Name"]["id"]),
        (&json!(first["contact"]), &json!(first["account"]))
    );
    assert_eq!(
        org.records("Contacts").await[0]["Account_Name"]["id"],
        json!(first["account"])
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_changed_name_stays_the_same_deal() {
    let org = Org::start().await;
    let first = records(&org.deliver_one(&sample().plan()).await);
    let changed = Order {
        last_name: "Doe-Smith".to_owned(),
        company: Some("Zenith".to_owned()),
        email: "jane@example.com".to_owned(),
        status: StatusKind::Cancelled,
        ..sample()
    };
    let second = records(&org.deliver_one(&changed.known_as(&first).plan()).await);
    assert_eq!(second["deal"], first["deal"]);
    let deals = org.records("Deals").await;
    assert_eq!(deals.len(), 1);
    assert_eq!(
        deals[0]["Deal_Name"],
        "WooCommerce Order #12345 (John Doe-Smith)"
    );
    assert_eq!(deals[0]["Stage"], "Closed Lost");
    assert_eq!(deals[0]["Contact_Name"]["id"], json!(second["contact"]));
    // The first company and customer may have other orders: they are not renamed.
    let accounts = org.records("Accounts").await;
    assert_eq!(
        (accounts.len(), &accounts[0]["Account_Name"]),
        (2, &json!("Acme Corp"))
    );
    assert_eq!(org.records("Contacts").await.len(), 2);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_changed_name_stays_the_same_sales_order() {
    let org = Org::start().await;
    let order = Order {
        sales_order: true,
        ..sample()
    };
    let first = records(&org.deliver_one(&order.plan()).await);
    let changed = Order {
        last_name: "Doe-Smith".to_owned(),
        ..order
    };
    let second = records(&org.deliver_one(&changed.known_as(&first).plan()).await);
    assert_eq!(second["sales_order"], first["sales_order"]);
    let orders = org.records("Sales_Orders").await;
    assert_eq!(orders.len(), 1);
    assert_eq!(
        orders[0]["Subject"],
        "WooCommerce Order #12345 (John Doe-Smith)"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_corrected_e_mail_makes_no_second_contact() {
    let org = Org::start().await;
    let first = records(&org.deliver_one(&sample().plan()).await);
    let with = |email: &str, last_name: &str| Order {
        email: email.to_owned(),
        last_name: last_name.to_owned(),
        ..sample().known_as(&first)
    };
    let corrected = records(
        &org.deliver_one(&with("john@example.com", "Doe").plan())
            .await,
    );
    assert_eq!(corrected["contact"], first["contact"]);
    assert_eq!(
        org.records("Contacts").await[0]["Email"],
        "john@example.com"
    );
    // Somebody else of whom nothing is known, and somebody of the same name who exists already.
    let other = records(
        &org.deliver_one(&with("jane@example.com", "Smith").plan())
            .await,
    );
    assert_ne!(other["contact"], first["contact"]);
    let namesake = org
        .by_hand(
            "Contacts",
            json!({"Email": "doe@example.com", "First_Name": "John", "Last_Name": "Doe"}),
        )
        .await;
    assert_eq!(
        records(
            &org.deliver_one(&with("doe@example.com", "Doe").plan())
                .await
        )["contact"],
        namesake
    );
    assert_eq!(
        (
            org.records("Contacts").await.len(),
            org.records("Deals").await.len()
        ),
        (3, 1)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn another_order_with_another_e_mail_is_the_same_contact_only_by_the_customers_id() {
    let org = Org::start().await;
    org.config(json!({"fields": {"Contacts": {"Shop_ID": {"data_type": "text", "length": 255, "unique": true}}}}))
        .await;
    let by = |id: &str, email: &str, customer_field| Order {
        id: id.to_owned(),
        email: email.to_owned(),
        customer_field,
        ..sample()
    };
    let first = records(
        &org.deliver_one(&by("1", "old@example.com", "Shop_ID").plan())
            .await,
    );
    let second = records(
        &org.deliver_one(&by("2", "new@example.com", "Shop_ID").plan())
            .await,
    );
    assert_eq!(second["contact"], first["contact"]);
    let contacts = org.records("Contacts").await;
    assert_eq!(
        (contacts.len(), &contacts[0]["Email"]),
        (1, &json!("new@example.com"))
    );
    // The e-mail alone cannot tell that both are one person.
    let third = records(
        &org.deliver_one(&by("3", "third@example.com", "").plan())
            .await,
    );
    assert_ne!(third["contact"], first["contact"]);
    assert_eq!(org.records("Contacts").await[0]["Email"], "new@example.com");
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_deal_that_was_deleted_is_made_again() {
    let org = Org::start().await;
    for sales_order in [false, true] {
        let order = Order {
            sales_order,
            ..sample()
        };
        let first = records(&org.deliver_one(&order.plan()).await);
        let (name, module) = if sales_order {
            ("sales_order", "Sales_Orders")
        } else {
            ("deal", "Deals")
        };
        org.delete_by_hand(module, &first[name]).await;
        let second = records(&org.deliver_one(&order.known_as(&first).plan()).await);
        assert_ne!(second[name], first[name]);
        assert_eq!(org.records(module).await.len(), 1);
    }
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn what_the_staff_wrote_stays() {
    let org = Org::start().await;
    records(&org.deliver_one(&order(1).plan()).await);
    let account = org
        .by_hand(
            "Accounts",
            json!({"Account_Name": "ACME corp", "Billing_City": "Springfield"}),
        )
        .await;
    let contact = org
        .by_hand(
            "Contacts",
            json!({"Email": "John.Doe@example.com", "Last_Name": "D.", "Lead_Source": "Partner", "Fax": "1"}),
        )
        .await;
    let mut plan = sample().plan();
    plan.records[0]
        .fields
        .insert("Billing_City".to_owned(), on(text("Anytown"), When::Create));
    let delivered = records(&org.deliver_one(&plan).await);
    assert_eq!(
        (&delivered["account"], &delivered["contact"]),
        (&account, &contact)
    );
    let found = &org.records("Accounts").await[0];
    assert_eq!(
        (&found["Account_Name"], &found["Billing_City"]),
        (&json!("ACME corp"), &json!("Springfield"))
    );
    let found = org.records("Contacts").await.pop().unwrap();
    assert_eq!(
        (&found["Lead_Source"], &found["Last_Name"], &found["Fax"]),
        (&json!("Partner"), &json!("Doe"), &json!("1"))
    );
    assert_eq!(found["Account_Name"]["id"], json!(account), "it had none");
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_company_that_is_there_costs_no_write() {
    let org = Org::start().await;
    records(&org.deliver_one(&order(1).plan()).await);
    let account = org
        .by_hand("Accounts", json!({"Account_Name": "ACME corp"}))
        .await;
    let before = org.calls().await;
    assert_eq!(
        records(&org.deliver_one(&sample().plan()).await)["account"],
        account
    );
    assert_eq!(org.calls().await - before, 3);
    assert_eq!(
        org.records("Accounts").await[0]["Account_Name"],
        "ACME corp"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_contact_takes_our_key_but_two_customers_do_not_wrestle_for_it() {
    let org = Org::start().await;
    org.config(json!({"fields": {"Contacts": {"Shop_ID": {"data_type": "text", "length": 255, "unique": true}}}}))
        .await;
    let mut carried = Vec::new();
    for (customer, is_guest) in [
        ("guest-1", true),
        ("56", false),
        ("guest-1", true),
        ("57", false),
    ] {
        let order = Order {
            customer: customer.to_owned(),
            is_guest,
            customer_field: "Shop_ID",
            ..order(1)
        };
        records(&org.deliver_one(&order.plan()).await);
        carried.push(
            org.records("Contacts").await[0]["Shop_ID"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(carried, ["guest-1", "56", "56", "56"]);
    assert_eq!(org.records("Contacts").await.len(), 1);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_unique_field_finds_the_deal_whatever_its_name() {
    let org = Org::start().await;
    let order = Order {
        unique: true,
        ..sample()
    };
    let first = records(&org.deliver_one(&order.plan()).await);
    let renamed = Order {
        last_name: "Smith".to_owned(),
        ..order
    };
    assert_eq!(
        records(&org.deliver_one(&renamed.plan()).await)["deal"],
        first["deal"]
    );
    // The ledger names another deal, but the unique field leads to the right one.
    let other = org
        .by_hand(
            "Deals",
            json!({"Deal_Name": "By hand", "Stage": "Qualification", "Closing_Date": "2023-10-27"}),
        )
        .await;
    let mut misled = renamed;
    misled.known = [("deal".to_owned(), other)].into();
    assert_eq!(
        records(&org.deliver_one(&misled.plan()).await)["deal"],
        first["deal"]
    );
    assert_eq!(org.records("Deals").await.len(), 2);
    org.assert_no_violations().await;
}

/// Returns an order in which Sean O'Brien of Smith's Bakery buys a DAD'S-MUG; `mark` stands in
/// every text in the place of the quote.
fn marked(number: u32, sales_order: bool, mark: char) -> Order {
    Order {
        company: (!sales_order).then(|| format!("Smith{mark}s Bakery")),
        email: format!("sean.o'brien.{number}@example.com"),
        first_name: "Sean".to_owned(),
        last_name: format!("O{mark}Brien"),
        sales_order,
        missing: Missing::Create,
        lines: vec![line(&format!("DAD{mark}S-MUG"), 1, "12.00")],
        ..order(number)
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn quotes_and_backslashes_arrive_however_zoho_reads_a_backslash() {
    for reading in ["literal", "escape"] {
        let org = Org::start().await;
        org.config(json!({"coql_backslash": reading})).await;
        let orders = [('\'', false), ('\'', true), ('\\', false), ('\\', true)];
        let plans = |from: u32| {
            (from..)
                .zip(orders)
                .map(|(number, (mark, sales_order))| marked(number, sales_order, mark).plan())
        };
        let plans: Vec<_> = plans(1).chain([order(9).plan()]).collect();
        let first: Vec<_> = org
            .zoho
            .deliver_all(&plans)
            .await
            .iter()
            .map(records)
            .collect();
        let again: Vec<_> = org
            .another_worker()
            .deliver_all(&plans)
            .await
            .iter()
            .map(records)
            .collect();
        assert_eq!(again, first, "{reading}");
        for (module, count) in [
            ("Accounts", 4),
            ("Contacts", 5),
            ("Deals", 3),
            ("Sales_Orders", 2),
            ("Products", 4),
        ] {
            assert_eq!(
                org.records(module).await.len(),
                count,
                "{reading}: {module}"
            );
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_question_that_zoho_cannot_read_is_told_as_ours_and_hurts_no_neighbour() {
    let org = Org::start().await;
    org.config(json!({"coql_backslash": "error"})).await;
    let outcomes = org
        .zoho
        .deliver_all(&[
            order(1).plan(),
            marked(2, false, '\\').plan(),
            order(3).plan(),
        ])
        .await;
    records(&outcomes[0]);
    records(&outcomes[2]);
    let failure = rejected(outcomes[1].clone());
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Unknown, Some("SYNTAX_ERROR"))
    );
    assert!(
        failure.message.contains("a defect of orderbridge"),
        "{failure}"
    );
    assert!(
        failure
            .request
            .is_some_and(|request| request.contains("select id"))
    );
    let findings = org.zoho.check_all(&marked(2, false, '\'').plan()).await;
    let problems: Vec<_> = findings.iter().filter(|finding| !finding.ok).collect();
    assert!(
        matches!(problems[..], [problem] if problem.text.contains("orders with a backslash")),
        "{findings:#?}"
    );
}
