//! Cases from real accounts, over the sandbox, so that they also run where the strict simulator is
//! not beside the project.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use destination::{Class, Outcome};
use destination_netsuite::NetSuite;
use mapping::Plan;
use sandbox::{
    Barrier, Keeps, Product,
    netsuite::{CustomField, Item, ItemKind, ListEntry, NetSuite as Sandbox, Options},
};
use serde_json::{Map, Value, json};
use support::{
    WithoutDeadline, one,
    planned::{self, mapping, order_of, plan},
    records, rejected, retry, speaking, warnings,
};

const ITEMS: &str = "items = { EXAMPLE = '1501' }";
const CURRENCIES: &str = "currencies = { USD = '1', EUR = '4' }\nitems = { EXAMPLE = '1501' }";

/// Creates an account with these customers.
async fn with(options: Options, customers: &[Value]) -> (Sandbox, NetSuite) {
    let options = Options {
        auto_number: true,
        ..options
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    for customer in customers {
        sandbox
            .create("customer", customer.as_object().unwrap())
            .unwrap();
    }
    let secret = sandbox.credentials().token("1234567_SB1");
    let secret: Vec<(&str, &str)> = secret
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect();
    let worker = speaking(sandbox.url(), &secret, None);
    (sandbox, worker)
}

fn there(external_id: Option<&str>, last_name: &str, email: &str) -> Value {
    let mut customer =
        json!({"isPerson": true, "firstName": "Kim", "lastName": last_name, "email": email});
    if let Some(external_id) = external_id {
        customer["externalId"] = external_id.into();
    }
    customer
}

fn text<'a>(record: &'a Map<String, Value>, field: &str) -> &'a str {
    record
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn in_euros(number: u32, vars: &str) -> Plan {
    let mut order = order_of(number, Some("7"), "jane.7@example.com");
    order.currency = "EUR".to_owned();
    mapping("woocommerce-netsuite", &format!("{CURRENCIES}\n{vars}"))
        .plan(&order)
        .unwrap()
}

/// `Invalid currency reference key 4 for entity 648.` (NetSuite help, "Multiple Currencies and
/// Customers")
#[tokio::test]
async fn a_new_customer_has_the_currencies_of_the_shop_and_another_gets_them_where_the_mapping_says_so()
 {
    let (sandbox, netsuite) = with(Options::default(), &[]).await;
    records(&one(&netsuite, &in_euros(1, "")).await);
    assert_eq!(sandbox.records("salesOrder")[0]["currency"]["id"], "4");

    for external_id in ["WOO_CUST_7", "HUBSPOT-77"] {
        let (sandbox, netsuite) = with(
            Options::default(),
            &[there(Some(external_id), "Example", "jane.7@example.com")],
        )
        .await;
        let failure = rejected(one(&netsuite, &in_euros(1, "")).await);
        assert!(
            failure.message.contains("vars.add_currencies = true"),
            "{failure}"
        );
        records(&one(&netsuite, &in_euros(2, "add_currencies = true")).await);
        assert_eq!(
            (
                sandbox.records("customer").len(),
                sandbox.records("salesOrder").len()
            ),
            (1, 1)
        );
    }
}

/// Two items with one name: one of them is a relic.
#[tokio::test]
async fn a_code_that_two_items_share_is_refused_until_the_mapping_says_which_is_meant() {
    let mug = |id| {
        Item::new(
            id,
            Product::new("Mug", "Mug", rust_decimal::Decimal::new(500, 2)),
            ItemKind::Inventory,
        )
    };
    let mut options = Options::default();
    options.items.extend([mug(1601), mug(1602)]);
    let (sandbox, netsuite) = with(options, &[]).await;
    let order = |number: u32, code: &str| {
        let mut order = order_of(
            number,
            Some(&number.to_string()),
            &format!("jane.{number}@example.com"),
        );
        order.lines = vec![planned::line(code)];
        order
    };
    let made = |vars: &str, order| mapping("woocommerce-netsuite", vars).plan(&order).unwrap();
    let plans = [made("", order(1, "Mug")), made("", order(2, "woo-polo"))];
    let mut outcomes = netsuite.deliver_all(&plans).await;
    let failure = rejected(outcomes.remove(0));
    assert!(
        failure.class == Class::Mapping && failure.message.contains("internal ids 1601, 1602"),
        "{failure}"
    );
    records(&outcomes[0]);
    records(
        &one(
            &netsuite,
            &made("items = { Mug = '1602' }", order(3, "Mug")),
        )
        .await,
    );
    let orders = sandbox.records("salesOrder");
    assert_eq!(orders[1]["item"]["items"][0]["item"]["id"], "1602");
}

/// `Invalid item reference key 1501.` (NetSweet/netsuite, HotWax)
#[tokio::test]
async fn an_item_that_was_made_anew_is_looked_up_again() {
    let (sandbox, netsuite) = with(Options::default(), &[]).await;
    let polo = |number: u32| {
        let mut order = order_of(number, Some("7"), "jane@example.com");
        order.lines = vec![planned::line("woo-polo")];
        mapping("woocommerce-netsuite", "").plan(&order).unwrap()
    };
    records(&one(&netsuite, &polo(1)).await);
    let item = |order: &Map<String, Value>| {
        order["item"]["items"][0]["item"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let former: u64 = item(&sandbox.records("salesOrder")[0]).parse().unwrap();
    assert!(sandbox.replace_item(former, 1777));
    records(&one(&netsuite, &polo(2)).await);
    assert_eq!(item(&sandbox.records("salesOrder")[1]), "1777");
}

/// `Invalid entity reference key 647 for subsidiary 2.`
#[tokio::test]
async fn a_customer_of_another_subsidiary_is_not_taken() {
    let options = || Options {
        one_world: true,
        list_entries: vec![ListEntry {
            list: "subsidiary".to_owned(),
            id: "2".to_owned(),
            name: "Honeycomb".to_owned(),
        }],
        ..Options::default()
    };
    let of = |subsidiary: &str, name: &str| {
        let mut customer = there(None, name, "jane@example.com");
        customer["subsidiary"] = json!({"id": subsidiary});
        customer
    };
    let of_second = mapping(
        "woocommerce-netsuite",
        &format!("subsidiary = '2'\n{ITEMS}"),
    )
    .plan(&order_of(1, Some("7"), "jane@example.com"))
    .unwrap();
    let (sandbox, netsuite) = with(options(), &[of("1", "Parent"), of("2", "Right")]).await;
    let ids = records(&one(&netsuite, &of_second).await);
    let customers = sandbox.records("customer");
    assert_eq!(
        (customers.len(), text(&customers[1], "id")),
        (2, ids["customer"].as_str())
    );

    let (sandbox, netsuite) = with(options(), &[of("1", "Parent")]).await;
    let outcome = one(&netsuite, &of_second).await;
    assert_eq!(sandbox.records("customer").len(), 2);
    let notes = warnings(&outcome);
    assert!(
        notes
            .iter()
            .any(|note| note.contains("belongs to subsidiary 1 and not to 2")),
        "{notes:?}"
    );
}

/// An account that used another connector has all customers under its external ids.
#[tokio::test]
async fn a_customer_of_another_system_is_used_and_left_as_it_is_and_a_field_can_hold_the_key() {
    let staff = there(Some("HUBSPOT-77"), "Mother", "mother@example.com");
    let (sandbox, netsuite) = with(Options::default(), std::slice::from_ref(&staff)).await;
    let outcome = one(
        &netsuite,
        &plan(&order_of(1, Some("43"), "mother@example.com")),
    )
    .await;
    assert!(
        warnings(&outcome)
            .iter()
            .any(|note| note.contains("vars.customer_key_field")),
        "{outcome:?}"
    );
    let customers = sandbox.records("customer");
    assert_eq!(
        (
            customers.len(),
            text(&customers[0], "externalId"),
            text(&customers[0], "lastName")
        ),
        (1, "HUBSPOT-77", "Mother")
    );

    let options = Options {
        custom_fields: vec![CustomField::text("customer", "custentity_shop_key", 300)],
        ..Options::default()
    };
    let (sandbox, netsuite) = with(options, &[staff]).await;
    let with_field = mapping(
        "woocommerce-netsuite",
        &format!("customer_key_field = 'custentity_shop_key'\n{ITEMS}"),
    );
    for number in 1..=2 {
        let order = order_of(number, Some("43"), "mother@example.com");
        records(&one(&netsuite, &with_field.plan(&order).unwrap()).await);
    }
    let customers = sandbox.records("customer");
    assert_eq!(
        (
            customers.len(),
            text(&customers[0], "externalId"),
            text(&customers[0], "custentity_shop_key")
        ),
        (1, "HUBSPOT-77", "WOO_CUST_43")
    );
}

#[tokio::test]
async fn a_record_out_of_sight_is_the_dead_letter_of_its_order() {
    let (sandbox, netsuite) = with(Options::default(), &[]).await;
    sandbox.put_up(Barrier {
        kind: "salesOrder".to_owned(),
        field: "externalId".to_owned(),
        text: "WOO_ORDER_2".to_owned(),
        keeps: Keeps::OutOfSight,
    });
    let plan = |number: u32| {
        plan(&order_of(
            number,
            Some(&number.to_string()),
            &format!("jane.{number}@example.com"),
        ))
    };
    let mut outcomes: Vec<Outcome> = netsuite.deliver_all(&[plan(1), plan(2), plan(3)]).await;
    let failure = rejected(outcomes.remove(1));
    assert_eq!(
        (failure.class, failure.code.as_deref()),
        (Class::Validation, Some("INSUFFICIENT_PERMISSION"))
    );
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}

/// A refusal by the account's own scripts concerns only the order whose record they run over,
/// whatever words they use ("SuiteScript errors", NetSuite help; the text of
/// NetSweet/netsuite#124). The credit check and the price level are made up, as the authors of
/// scripts do: NetSuite passes on what they throw.
#[tokio::test]
async fn what_a_script_of_the_account_says_stays_with_its_order() {
    let read_only = "You do not have permissions to set a value for element class due to one of the following reasons: 1) The field is read-only; 2) An associated feature is disabled; \
                     3) The field is available either when a record is created or updated, but not in both cases.";
    let cases = [
        (
            "USER_ERROR",
            read_only,
            (Class::Mapping, false),
            "leave it out of the mapping",
        ),
        (
            "USER_ERROR",
            "Credit check: the request limit exceeded what finance allows",
            (Class::Validation, false),
            "finance",
        ),
        (
            "USER_ERROR",
            "The buyer does not have permission for this price level",
            (Class::Validation, false),
            "price level",
        ),
        (
            "SSS_TIME_LIMIT_EXCEEDED",
            "Script Execution Time Exceeded.",
            (Class::Unavailable, true),
            "took too long",
        ),
        (
            "SSS_USAGE_LIMIT_EXCEEDED",
            "Script Execution Usage Limit Exceeded",
            (Class::Validation, false),
            "has to mend it",
        ),
    ];
    for (code, text, expected, advice) in cases {
        let (sandbox, netsuite) = with(Options::default(), &[]).await;
        let refusal = Barrier {
            kind: "salesOrder".to_owned(),
            field: "externalId".to_owned(),
            text: "_2".to_owned(),
            keeps: Keeps::Refused { code, text },
        };
        sandbox.put_up(refusal.clone());
        let plans: Vec<Plan> = (1..=3)
            .map(|number| {
                plan(&order_of(
                    number,
                    Some(&number.to_string()),
                    &format!("jane.{number}@example.com"),
                ))
            })
            .collect();
        let mut outcomes = netsuite.deliver_all(&plans).await;
        let outcome = outcomes.remove(1);
        let failure = if expected.1 {
            retry(outcome)
        } else {
            rejected(outcome)
        };
        assert_eq!(
            (failure.class, failure.is_transient()),
            expected,
            "{text}: {failure}"
        );
        assert!(failure.to_string().contains(advice), "{failure}");
        outcomes.iter().for_each(|outcome| _ = records(outcome));
        sandbox.take_down(&refusal);
        records(&one(&netsuite, &plans[1]).await);
    }
}
