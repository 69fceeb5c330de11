//! Orders into the strict simulator: what is written, in how many calls, and what a second delivery
//! changes.

use crate::support;

use destination::Outcome;
use mapping::{
    Plan,
    plan::{Missing, Value as Planned, When},
};
use serde_json::json;
use support::{
    Account, WithoutDeadline, one,
    planned::{self, mapping, order_of},
    records, rejected,
    shop::{field, line, order, sample, text},
    warnings,
};

fn batch(first: u32, customers: u32) -> Vec<Plan> {
    let plan = |n: u32| order(first + n, &(customers + n).to_string(), sample().lines).plan();
    (0..10).map(plan).collect()
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_sample_order_lands_exactly() {
    let account = Account::start().await;
    let ids = records(&account.deliver_one(&sample().plan()).await);

    let customer = &account.records("customer").await[0];
    assert_eq!(customer["id"], json!(ids["customer"]));
    assert_eq!(
        [
            &customer["externalId"],
            &customer["email"],
            &customer["phone"],
            &customer["isPerson"]
        ],
        [
            &json!("WOO_CUST_56"),
            &json!("jo.56@example.com"),
            &json!("555-0100"),
            &json!(true)
        ]
    );
    let order = &account.records("salesOrder").await[0];
    assert_eq!(order["id"], json!(ids["sales_order"]));
    assert_eq!(
        [
            &order["externalId"],
            &order["tranDate"],
            &order["memo"],
            &order["entity"]["id"]
        ],
        [
            &json!("WOO_ORDER_1234"),
            &json!("2023-10-26"),
            &json!("WooCommerce Order #1234"),
            &customer["id"]
        ]
    );
    assert_eq!(order["total"].as_f64(), Some(105.0));
    assert_eq!(order["shippingAddress"]["country"], json!({"id": "US"}));
    assert_eq!(
        account.lines(0).await,
        [
            "1501: 1.00 x 50.00 = 50.00",
            "1502: 1.00 x 50.00 = 50.00",
            "1503: 1.00 x 5.00 = 5.00"
        ]
    );
    account.assert_no_violations().await;
}

/// The figures that a merchant's concurrency limit is spent on; the aims are those of DESIGN 6.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn few_calls() {
    let account = Account::start().await;
    account
        .deliver_one(&order(1, "1", sample().lines).plan())
        .await;
    let mut before = account.calls().await;
    let mut spent = async || {
        let now = account.calls().await;
        now - std::mem::replace(&mut before, now)
    };
    account
        .deliver_one(&order(2, "2", sample().lines).plan())
        .await;
    let one_new = spent().await;
    account
        .deliver_one(&order(3, "2", sample().lines).plan())
        .await;
    let one_returning = spent().await;
    account
        .netsuite
        .deliver_all(&batch(100, 100))
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let ten_new = spent().await;
    account
        .netsuite
        .deliver_all(&batch(200, 100))
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let ten_returning = spent().await;
    let mut updates = batch(200, 100);
    for plan in &mut updates {
        plan.known
            .insert("sales_order".to_owned(), "5001".to_owned());
    }
    account
        .netsuite
        .deliver_all(&updates)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let ten_updates = spent().await;
    println!("NetSuite calls (known items)   batch 1   batch 10, per order");
    println!(
        "new customer                   {one_new:7}   {:.1}",
        ten_new as f64 / 10.0
    );
    println!(
        "returning customer             {one_returning:7}   {:.1}",
        ten_returning as f64 / 10.0
    );
    println!(
        "changed order                  {:>7}   {:.1}",
        "-",
        ten_updates as f64 / 10.0
    );
    assert_eq!((one_new, one_returning), (3, 2));
    assert!(
        ten_new <= 22 && ten_returning <= 12 && ten_updates <= 12,
        "{ten_new} {ten_returning} {ten_updates}"
    );
    assert_eq!(
        (
            account.records("customer").await.len(),
            account.records("salesOrder").await.len()
        ),
        (12, 23)
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn replays_change_nothing_and_double_no_line() {
    let account = Account::start().await;
    let plans = batch(1000, 70);
    let first: Vec<_> = account
        .netsuite
        .deliver_all(&plans)
        .await
        .iter()
        .map(records)
        .collect();
    for _ in 0..3 {
        let again: Vec<_> = account
            .another_worker()
            .deliver_all(&plans)
            .await
            .iter()
            .map(records)
            .collect();
        assert_eq!(again, first);
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
async fn a_changed_order_has_exactly_its_new_lines() {
    let account = Account::start().await;
    let id = records(&account.deliver_one(&sample().plan()).await)["sales_order"].clone();
    let mut changed = sample();
    changed.memo = "Cancelled".to_owned();
    changed.lines = vec![
        line("Product B", 3, "45.00", "135.00"),
        line("Flat rate", 1, "5.00", "5.00"),
    ];
    let mut plan = changed.plan();
    plan.known.insert("sales_order".to_owned(), id.clone());
    assert_eq!(
        records(&account.deliver_one(&plan).await)["sales_order"],
        id
    );
    assert_eq!(
        account.lines(0).await,
        ["1502: 3.00 x 45.00 = 135.00", "1503: 1.00 x 5.00 = 5.00"]
    );
    let order = &account.records("salesOrder").await[0];
    assert_eq!(
        (order["memo"].as_str(), order["total"].as_f64()),
        (Some("Cancelled"), Some(140.0))
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_order_that_was_deleted_in_netsuite_is_made_again() {
    let account = Account::start().await;
    let mut plan = sample().plan();
    plan.known
        .insert("sales_order".to_owned(), "5001".to_owned());
    records(&account.deliver_one(&plan).await);
    assert_eq!(account.records("salesOrder").await.len(), 1);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn two_orders_of_one_new_customer_make_one_customer() {
    let account = Account::start().await;
    let plans = [
        order(1, "9", sample().lines).plan(),
        order(2, "9", sample().lines).plan(),
    ];
    let ids: Vec<_> = account
        .netsuite
        .deliver_all(&plans)
        .await
        .iter()
        .map(records)
        .collect();
    assert_eq!(ids[0]["customer"], ids[1]["customer"]);
    assert_eq!(
        (
            account.records("customer").await.len(),
            account.records("salesOrder").await.len()
        ),
        (1, 2)
    );
    // Two queries, one customer, two orders.
    assert_eq!(account.calls().await, 5);
    account.assert_no_violations().await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn workers_that_race_for_a_new_customer_make_one() {
    let account = Account::start().await;
    // A slow write, so that both have read before either has written.
    account
        .faults(json!([{"match": {"kind": "create"}, "action": "delay:150"}]))
        .await;
    for round in 0..5 {
        let customer = format!("race-{round}");
        let plan = |id| order(id, &customer, sample().lines).plan();
        let (a, b) = (account.another_worker(), account.another_worker());
        let (first, second) = (plan(round * 2 + 1), plan(round * 2 + 2));
        let (first, second) = tokio::join!(one(&a, &first), one(&b, &second));
        assert_eq!(records(&first)["customer"], records(&second)["customer"]);
        assert_eq!(
            account.records("customer").await.len(),
            usize::try_from(round).unwrap() + 1
        );
    }
    assert_eq!(account.records("salesOrder").await.len(), 10);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_customer_is_written_only_where_it_differs() {
    let account = Account::start().await;
    account
        .deliver_one(&order(1, "5", sample().lines).plan())
        .await;
    let audit = |account: &Account, id: String| {
        let path = format!("audit?object=customer&id={id}");
        let answer = account.url.clone() + "/_sim/" + &path;
        async move {
            reqwest::get(answer)
                .await
                .unwrap()
                .json::<serde_json::Value>()
                .await
                .unwrap()
        }
    };
    let id = account.records("customer").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut moved = order(2, "5", sample().lines);
    moved.name.1 = "Married".to_owned();
    account.deliver_one(&moved.plan()).await;
    account.deliver_one(&moved.plan()).await;
    let writes = audit(&account, id.clone()).await[format!("customer/{id}")]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(writes.len(), 2, "{writes:?}");
    assert_eq!(
        writes[1]["fields"],
        json!({"lastName": "Married"}),
        "only what differs is sent"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_second_john_smith_gets_a_name_of_his_own() {
    let account = Account::start().await;
    account.post("config", json!({"auto_number": false})).await;
    for customer in ["1", "2"] {
        let mut order = order(customer.parse().unwrap(), customer, sample().lines);
        order.name = ("John".to_owned(), "Smith".to_owned());
        records(&account.deliver_one(&order.plan()).await);
    }
    let customers = account.records("customer").await;
    let names: Vec<_> = customers
        .iter()
        .map(|customer| customer["entityId"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["John Smith", "John Smith WOO_CUST_2"]);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_missing_item_is_named_or_its_line_left_out() {
    let account = Account::start().await;
    let mut order = sample();
    order.lines.push(line("NO-SUCH-SKU", 1, "1.00", "1.00"));
    let failure = rejected(account.deliver_one(&order.plan()).await);
    assert!(
        failure.message.contains("NO-SUCH-SKU") && failure.message.contains("order 1234"),
        "{failure}"
    );
    assert_eq!(failure.place.as_deref(), Some("sales_order.item"));
    assert!(account.records("salesOrder").await.is_empty());

    order.missing = Missing::Create;
    assert!(
        rejected(account.deliver_one(&order.plan()).await)
            .message
            .contains("makes none")
    );

    order.missing = Missing::Skip;
    let outcome = account.deliver_one(&order.plan()).await;
    assert!(warnings(&outcome)[0].contains("NO-SUCH-SKU"), "{outcome:?}");
    assert_eq!(account.lines(0).await.len(), 3);
    account.assert_no_violations().await;
}

/// Two items with one name: one of them is a relic. The oldest was once taken without a word, and a
/// discontinued mug was sold.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_code_that_several_items_share_is_refused_and_they_are_named() {
    let account = Account::start().await;
    let mug = |id: &str, inactive: bool| json!({"id": id, "type": "inventoryItem", "itemId": "Mug", "basePrice": 5.00, "isInactive": inactive});
    account
        .post("config", json!({"items": [mug("1601", false), mug("1602", false), mug("1603", true), {"id": "1503", "type": "otherChargeSaleItem", "itemId": "Flat rate"}]}))
        .await;
    let plans = [
        order(1, "1", vec![line("Mug", 1, "5.00", "5.00")]).plan(),
        order(2, "2", vec![line("Flat rate", 1, "5.00", "5.00")]).plan(),
    ];
    for round in 0..2 {
        let outcomes = account.netsuite.deliver_all(&plans).await;
        let failure = rejected(outcomes[0].clone());
        assert!(
            failure
                .message
                .contains("NetSuite has 2 records of item with")
                && failure.message.contains("internal ids 1601, 1602"),
            "round {round}: {failure}"
        );
        assert_eq!(
            (failure.class, failure.place.as_deref()),
            (destination::Class::Mapping, Some("sales_order.item"))
        );
        records(&outcomes[1]);
    }
    // The variable says which one is meant.
    let chosen = mapping(
        "woocommerce-netsuite",
        "items = { Mug = '1602' }\nshipping_item = '1503'\nfee_item = '1503'\nnetsuite_taxes = true",
    );
    let mut shop_order = order_of(3, Some("3"), "jane@example.com");
    shop_order.lines = vec![planned::line("Mug")];
    records(
        &account
            .deliver_one(&chosen.plan(&shop_order).unwrap())
            .await,
    );
    assert!(account.lines(1).await[0].starts_with("1602: "));
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn items_are_found_in_any_case_where_the_mapping_says_so() {
    let account = Account::start().await;
    let shop_order = |number| {
        let mut order = order_of(number, Some("3"), "jane@example.com");
        order.lines = vec![planned::line("PRODUCT a")];
        order
    };
    let vars = "shipping_item = '1503'\nfee_item = '1503'\nnetsuite_taxes = true";
    let exact = mapping("woocommerce-netsuite", vars);
    assert!(
        rejected(
            account
                .deliver_one(&exact.plan(&shop_order(1)).unwrap())
                .await
        )
        .message
        .contains("PRODUCT a")
    );
    let any_case = mapping("woocommerce-netsuite", &format!("{vars}\nany_case = true"));
    records(
        &account
            .deliver_one(&any_case.plan(&shop_order(2)).unwrap())
            .await,
    );
    assert!(account.lines(0).await[0].starts_with("1501: "));
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_line_that_is_left_out_is_counted_as_in_the_shop_and_an_order_without_any_is_refused() {
    let account = Account::start().await;
    let skip = mapping(
        "woocommerce-netsuite",
        "missing_product = 'skip'\nshipping_item = '1503'\nnetsuite_taxes = true\nfee_item = '1503'",
    );
    let mut shop_order = order_of(1, Some("1"), "jane@example.com");
    shop_order.lines = ["Product A", "NO-SUCH-1", "Product B", "NO-SUCH-2"]
        .map(planned::line)
        .into();
    let outcome = account.deliver_one(&skip.plan(&shop_order).unwrap()).await;
    let notes = warnings(&outcome);
    assert!(
        notes
            .iter()
            .any(|note| note.contains("line 2 was left out") && note.contains("NO-SUCH-1"))
            && notes
                .iter()
                .any(|note| note.contains("line 4 was left out") && note.contains("NO-SUCH-2")),
        "{notes:?}"
    );
    assert_eq!(
        account.lines(0).await.len(),
        4,
        "two products, the shipping and the fees"
    );

    let mut shop_order = order_of(2, Some("1"), "jane@example.com");
    (shop_order.shipping_lines, shop_order.fees) = (Vec::new(), Vec::new());
    (shop_order.shipping_total, shop_order.fee_total) = (order::Money::ZERO, order::Money::ZERO);
    shop_order.lines = ["NO-SUCH-1", "NO-SUCH-2"].map(planned::line).into();
    let calls = account.calls().await;
    let failure = rejected(account.deliver_one(&skip.plan(&shop_order).unwrap()).await);
    assert!(
        failure.message.contains("order 2: sales_order.item: ")
            && failure.message.contains("NO-SUCH-1")
            && failure.message.contains("all its lines (2)"),
        "{failure}"
    );
    assert!(
        !failure.message.contains("[routes.vars]") && failure.class == destination::Class::Mapping,
        "{failure}"
    );
    assert!(account.calls().await <= calls + 3, "the order was not sent");
    assert_eq!(account.records("salesOrder").await.len(), 1);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_bad_order_of_ten_hurts_no_other() {
    let account = Account::start().await;
    let mut plans = batch(1, 1);
    let mut unknown = order(5, "5", sample().lines);
    unknown.lines[0].code = "NO-SUCH-SKU".to_owned();
    plans[4] = unknown.plan();
    // A memo that is too long, a key that cannot be one, and a look-up of a column that is not
    // there.
    let mut long = order(6, "6", sample().lines);
    long.memo = "x".repeat(1000);
    plans[5] = long.plan();
    plans[6].records[1].key.as_mut().unwrap().value = "WOO ORDER|7".to_owned();
    if let Planned::Object(item) = &mut plans[7].records[1].fields["item"].value
        && let Planned::List(lines) = &mut item["items"]
        && let Planned::Object(line) = &mut lines[0]
        && let Planned::Lookup(lookup) = &mut line["item"]
    {
        lookup
            .conditions
            .insert("nosuchcolumn".to_owned(), mapping::plan::Scalar::Bool(true));
    }
    let outcomes = account.netsuite.deliver_all(&plans).await;
    let bad: Vec<usize> = (0..10)
        .filter(|n| !matches!(outcomes[*n], Outcome::Delivered { .. }))
        .collect();
    assert_eq!(bad, [4, 5, 6, 7], "{outcomes:#?}");
    assert_eq!(account.records("salesOrder").await.len(), 6);
    let failure = rejected(outcomes[5].clone());
    assert_eq!(
        (failure.code.as_deref(), failure.place.as_deref()),
        (Some("USER_ERROR"), Some("sales_order.memo"))
    );
    assert!(
        failure
            .request
            .unwrap()
            .starts_with("POST /services/rest/record/v1/salesOrder")
    );
    // The bad column is queried once with the batch and once alone; nothing else is wrong.
    assert_eq!(account.violations().await, ["bad_query", "bad_query"]);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_item_that_was_replaced_in_netsuite_is_looked_up_again() {
    let account = Account::start().await;
    records(
        &account
            .deliver_one(&order(1, "1", vec![line("Product A", 1, "50.00", "50.00")]).plan())
            .await,
    );
    account
        .post(
            "config",
            json!({"items": [{"id": "1777", "type": "inventoryItem", "itemId": "Product A", "basePrice": 50.00}]}),
        )
        .await;
    records(
        &account
            .deliver_one(&order(2, "1", vec![line("Product A", 1, "50.00", "50.00")]).plan())
            .await,
    );
    assert_eq!(account.lines(1).await, ["1777: 1.00 x 50.00 = 50.00"]);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn what_an_account_demands_is_told() {
    let account = Account::start().await;
    account
        .post(
            "config",
            json!({"one_world": true, "required": {"salesOrder": ["location"]}}),
        )
        .await;
    let failure = rejected(account.deliver_one(&sample().plan()).await);
    assert!(
        failure.message.contains("Primary Subsidiary") && failure.message.contains("[routes.vars]"),
        "{failure}"
    );
    assert_eq!(failure.place.as_deref(), Some("customer"));
    let mut plan = sample().plan();
    let subsidiary = support::shop::object([("id", text("1"))]);
    plan.records[0]
        .fields
        .insert("subsidiary".to_owned(), field(subsidiary, When::Create));
    assert!(
        rejected(account.deliver_one(&plan).await)
            .message
            .contains("location")
    );
    let location = support::shop::object([("id", text("1"))]);
    plan.records[1]
        .fields
        .insert("location".to_owned(), field(location, When::Always));
    records(&account.deliver_one(&plan).await);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_external_id_of_another_kind_of_record_is_told() {
    let account = Account::start().await;
    account
        .post(
            "config",
            json!({"foreign_external_ids": {"entity": ["WOO_CUST_56"], "transaction": []}}),
        )
        .await;
    let failure = rejected(account.deliver_one(&sample().plan()).await);
    assert!(
        failure.message.contains("already exists")
            && failure.message.contains("Another kind of record"),
        "{failure}"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn check_asks_what_a_delivery_would_ask() {
    let account = Account::start().await;
    let findings = account.netsuite.check_all(&sample().plan()).await;
    let subjects: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.ok)
        .filter_map(|finding| Some(finding.text.split_once(": ")?.0))
        .collect();
    assert_eq!(
        subjects,
        [
            "login",
            "customer",
            "item",
            "transaction and transactionline",
            "customer records",
            "salesOrder records"
        ],
        "{findings:?}"
    );

    let mut plan = sample().plan();
    if let Planned::Object(item) = &mut plan.records[1].fields["item"].value
        && let Planned::List(lines) = &mut item["items"]
    {
        for (line, id) in lines.iter_mut().zip(["1501", "99999"]) {
            if let Planned::Object(line) = line {
                line.insert("item".to_owned(), support::shop::object([("id", text(id))]));
            }
        }
    }
    let findings = account.netsuite.check_all(&plan).await;
    let bad: Vec<_> = findings.iter().filter(|finding| !finding.ok).collect();
    assert!(
        bad.len() == 1 && bad[0].text.contains("99999"),
        "{findings:?}"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn check_names_the_codes_that_several_items_share() {
    let account = Account::start().await;
    let item = |id: &str, name: &str, inactive: bool| json!({"id": id, "type": "inventoryItem", "itemId": name, "basePrice": 5.00, "isInactive": inactive});
    account
        .post(
            "config",
            json!({"items": [
                item("1601", "Mug", false), item("1602", "Mug", false), item("1603", "Cap", false), item("1604", "Cap", true), item("1605", "cap", false),
                item("1606", "Poster", false),
            ]}),
        )
        .await;
    let told = async |vars: &str| {
        let plan = mapping("woocommerce-netsuite", vars)
            .plan(&order_of(1, Some("1"), "jane@example.com"))
            .unwrap();
        let findings = account.netsuite.check_all(&plan).await;
        assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
        let shared = findings
            .into_iter()
            .find(|finding| finding.text.contains("share one"));
        shared.map(|finding| finding.text).unwrap_or_default()
    };
    let exact = told("").await;
    assert!(
        exact.contains("Mug (2 items)") && !exact.contains("ap (") && exact.contains("itemid"),
        "{exact}"
    );
    assert!(
        told("any_case = true")
            .await
            .contains("mug (2 items), cap (2 items)")
            || told("any_case = true")
                .await
                .contains("cap (2 items), mug (2 items)")
    );
    assert_eq!(
        told("items = { EXAMPLE = '1601' }").await,
        "",
        "nothing is looked for"
    );
    account.assert_no_violations().await;
}
