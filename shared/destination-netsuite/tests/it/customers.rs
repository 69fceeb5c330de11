//! The customer of the account to whom an order belongs: plans of the built-in mapping against the
//! strict simulator.

use crate::support;

use serde_json::{Value, json};
use support::{
    Account, WithoutDeadline,
    planned::{mapping, order_of, plan},
    records, warnings,
};

fn there(external_id: Option<&str>, last_name: &str, email: &str) -> Value {
    let customer = json!({"isPerson": true, "firstName": "Jane", "lastName": last_name, "email": email, "phone": "1"});
    let key = external_id.map(|id| ("externalId".to_owned(), json!(id)));
    Value::Object(
        customer
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain(key)
            .collect(),
    )
}

async fn with(customers: &[Value]) -> Account {
    let account = Account::start().await;
    account
        .post("config", json!({"records": {"customer": customers}}))
        .await;
    account
}

fn texts<'a>(customer: &'a Value, names: [&str; 3]) -> [&'a str; 3] {
    names.map(|name| customer[name].as_str().unwrap_or_default())
}

const SEEN: [&str; 3] = ["externalId", "lastName", "phone"];

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_customer_of_the_staff_is_adopted_and_a_stand_in_gives_way() {
    let account = with(&[there(None, "Typed", "Jane.7@Example.com")]).await;
    records(
        &account
            .deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com")))
            .await,
    );
    records(
        &account
            .deliver_one(&plan(&order_of(2, None, "jane.9@example.com")))
            .await,
    );
    let guest = account.records("customer").await[1]["externalId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(guest.starts_with("WOO_CUST_guest-"), "{guest}");
    records(
        &account
            .deliver_one(&plan(&order_of(3, Some("9"), "jane.9@example.com")))
            .await,
    );

    let customers = account.records("customer").await;
    let ids: Vec<_> = customers
        .iter()
        .map(|customer| customer["externalId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["WOO_CUST_7", "WOO_CUST_9"]);
    assert_eq!(customers[0]["lastName"], "Example");
    assert_eq!(account.records("salesOrder").await.len(), 3);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn no_customer_of_a_shop_is_written_over_another() {
    let of_the_shop = there(Some("WOO_CUST_41"), "Father", "family@example.com");
    let account = with(&[of_the_shop]).await;
    let plan = plan(&order_of(1, Some("42"), "family@example.com"));
    let ids = records(&account.deliver_one(&plan).await);
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 2, "{customers:#?}");
    assert_eq!(texts(&customers[0], SEEN), ["WOO_CUST_41", "Father", "1"]);
    assert_eq!(
        (&customers[1]["externalId"], &customers[1]["id"]),
        (&json!("WOO_CUST_42"), &json!(ids["customer"]))
    );
    assert_eq!(
        account.records("salesOrder").await[0]["entity"]["id"],
        customers[1]["id"]
    );
    assert_eq!(
        records(&account.deliver_one(&plan).await),
        ids,
        "twice is once"
    );
    account.assert_no_violations().await;
}

/// An account that used another connector has all customers under its external ids (NetSuite help,
/// "External IDs Overview": one record has one).
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_customer_of_another_system_is_used_and_left_as_it_is() {
    for external_id in ["HUBSPOT-77", "SHOPIFY_CUST_1", "SHOPIFY_CUST_guest-71d4"] {
        let account = with(&[there(Some(external_id), "Mother", "mother@example.com")]).await;
        let mut plan = plan(&order_of(1, Some("43"), "mother@example.com"));
        for round in 0..2 {
            let before = account.calls().await;
            let outcome = account.deliver_one(&plan).await;
            let notes = warnings(&outcome);
            assert!(
                notes.iter().any(|note| note.contains("another system")
                    && note.contains("vars.customer_key_field")),
                "{external_id}: {notes:?}"
            );
            assert!(
                notes.iter().all(|note| !note.contains('@')),
                "nothing personal gets into the ledger"
            );
            let customers = account.records("customer").await;
            assert_eq!(customers.len(), 1, "{customers:#?}");
            assert_eq!(texts(&customers[0], SEEN), [external_id, "Mother", "1"]);
            let orders = account.records("salesOrder").await;
            assert_eq!(
                (orders.len(), &orders[0]["entity"]["id"]),
                (1, &customers[0]["id"])
            );
            // One query (the items stand in the mapping), and the order.
            assert_eq!(account.calls().await - before, 2, "round {round}");
            plan.known = records(&outcome).into_iter().collect();
        }
        account.assert_no_violations().await;
    }
}

/// With a field for it, the shop's key stands beside the other system's, and the shop keeps the
/// customer up to date.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_custom_field_holds_the_key() {
    let staff = |external_id: Option<&str>, email: &str| there(external_id, "Mother", email);
    let account = with(&[]).await;
    account
        .post(
            "config",
            json!({
                "custom_fields": {"custentity_shop_key": {"type": "string", "length": 300}},
                "records": {"customer": [
                    staff(Some("HUBSPOT-77"), "mother@example.com"), staff(Some("WOO_CUST_41"), "older@example.com"), staff(None, "typed@example.com"),
                ]},
            }),
        )
        .await;
    let mapping = mapping(
        "woocommerce-netsuite",
        "customer_key_field = 'custentity_shop_key'\nitems = { EXAMPLE = '1501' }",
    );
    let emails = [
        (43, "mother@example.com"),
        (41, "older@example.com"),
        (44, "typed@example.com"),
        (45, "new@example.com"),
        (46, "older@example.com"),
    ];
    for round in [1, 2] {
        for (id, email) in emails {
            let plan = mapping
                .plan(&order_of(round * 100 + id, Some(&id.to_string()), email))
                .unwrap();
            records(&account.deliver_one(&plan).await);
        }
        let customers = account.records("customer").await;
        let seen: Vec<_> = customers
            .iter()
            .map(|customer| texts(customer, ["externalId", "custentity_shop_key", "lastName"]))
            .collect();
        assert_eq!(
            seen,
            [
                ["HUBSPOT-77", "WOO_CUST_43", "Example"],
                ["WOO_CUST_41", "WOO_CUST_41", "Example"],
                ["", "WOO_CUST_44", "Example"],
                ["WOO_CUST_45", "WOO_CUST_45", "Example"],
                ["WOO_CUST_46", "WOO_CUST_46", "Example"],
            ],
            "two customers of the shop with one address stay two"
        );
    }
    account.assert_no_violations().await;
}

/// A customer of another subsidiary takes no orders of this one: `Invalid entity reference key 647
/// for subsidiary 2.`
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_customer_of_another_subsidiary_is_not_taken() {
    let of = |subsidiary: &str, name: &str| {
        let mut customer = there(None, name, "jane@example.com");
        customer["subsidiary"] = json!({"id": subsidiary});
        customer
    };
    let account = with(&[]).await;
    account
        .post(
            "config",
            json!({
                "one_world": true, "lists": {"subsidiary": {"1": "Parent", "2": "Honeycomb"}}, "records": {"customer": [of("1", "Parent"), of("2", "Right")]},
            }),
        )
        .await;
    let in_subsidiary = |id: &str| {
        mapping(
            "woocommerce-netsuite",
            &format!("subsidiary = '{id}'\nitems = {{ EXAMPLE = '1501' }}"),
        )
    };
    let of_second = in_subsidiary("2")
        .plan(&order_of(1, Some("7"), "jane@example.com"))
        .unwrap();
    let ids = records(&account.deliver_one(&of_second).await);
    let customers = account.records("customer").await;
    assert_eq!(
        (customers.len(), &customers[1]["id"]),
        (2, &json!(ids["customer"])),
        "{customers:#?}"
    );
    assert_eq!(customers[0]["lastName"], "Parent");

    account
        .post(
            "config",
            json!({"records": {"customer": [of("1", "Parent")]}}),
        )
        .await;
    account.post("reset", json!({})).await;
    let outcome = account.deliver_one(&of_second).await;
    assert_eq!(account.records("customer").await.len(), 2);
    assert!(
        warnings(&outcome)
            .iter()
            .any(|note| note.contains("belongs to subsidiary 1 and not to 2")),
        "{outcome:?}"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_guest_with_a_registered_customers_address_is_attached_to_it_and_changes_nothing_of_it() {
    let account = with(&[there(Some("WOO_CUST_41"), "Father", "family@example.com")]).await;
    records(
        &account
            .deliver_one(&plan(&order_of(1, None, "family@example.com")))
            .await,
    );
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 1, "{customers:#?}");
    assert_eq!(texts(&customers[0], SEEN), ["WOO_CUST_41", "Father", "1"]);
    assert_eq!(
        account.records("salesOrder").await[0]["entity"]["id"],
        customers[0]["id"]
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn of_several_customers_with_one_address_none_is_taken_and_a_new_one_made() {
    let typed_in = |name: &str| there(None, name, "jane.7@example.com");
    let account = with(&[typed_in("A"), typed_in("B")]).await;
    let outcome = account
        .deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com")))
        .await;
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 3);
    assert_eq!(json!(records(&outcome)["customer"]), customers[2]["id"]);
    let notes = warnings(&outcome);
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("2 customer records in NetSuite have the same email")),
        "{notes:?}"
    );
    assert!(
        notes.iter().all(|note| !note.contains("@example.com")),
        "nothing personal gets into the ledger"
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_inactive_customer_is_not_counted() {
    let mut inactive = there(None, "A", "jane.7@example.com");
    inactive["isInactive"] = json!(true);
    let account = with(&[inactive, there(None, "B", "jane.7@example.com")]).await;
    let ids = records(
        &account
            .deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com")))
            .await,
    );
    let customers = account.records("customer").await;
    assert_eq!(
        (customers.len(), json!(ids["customer"])),
        (2, customers[1]["id"].clone())
    );
    account.assert_no_violations().await;
}

/// Two shops feed one account, and the same person orders in both while the staff has one record.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_record_of_the_staff_is_adopted_by_one_of_a_batch() {
    let account = with(&[there(None, "Typed", "jane.7@example.com")]).await;
    let plans = [
        plan(&order_of(1, Some("7"), "jane.7@example.com")),
        plan(&order_of(2, Some("8"), "jane.7@example.com")),
    ];
    for _ in 0..2 {
        let ids: Vec<_> = account
            .netsuite
            .deliver_all(&plans)
            .await
            .iter()
            .map(records)
            .collect();
        assert_ne!(ids[0]["customer"], ids[1]["customer"]);
        let customers = account.records("customer").await;
        let keys: Vec<_> = customers
            .iter()
            .map(|customer| customer["externalId"].as_str().unwrap())
            .collect();
        assert_eq!(keys, ["WOO_CUST_7", "WOO_CUST_8"]);
    }
    account.assert_no_violations().await;
}

fn in_euros(number: u32, id: &str) -> order::Order {
    let mut order = order_of(number, Some(id), &format!("jane.{id}@example.com"));
    order.currency = "EUR".to_owned();
    order
}

const CURRENCIES: &str = "currencies = { USD = '1', EUR = '4' }\nitems = { EXAMPLE = '1501' }";

/// `Invalid currency reference key 4 for entity 648.` (NetSuite help, "Multiple Currencies and
/// Customers")
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_new_customer_has_the_currencies_of_the_shop() {
    let account = with(&[]).await;
    let mapping = mapping("woocommerce-netsuite", CURRENCIES);
    let plan = mapping.plan(&in_euros(1, "7")).unwrap();
    records(&account.deliver_one(&plan).await);
    assert_eq!(account.calls().await, 3);
    let listed = |customer: &Value| {
        let items = customer["currencyList"]["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        items
            .iter()
            .map(|item| item["currency"]["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        listed(&account.records("customer").await[0]),
        ["4", "1"],
        "EUR and USD"
    );
    assert_eq!(
        account.records("salesOrder").await[0]["currency"]["id"],
        "4"
    );
    // The currencies that the customer has are not written again.
    records(
        &account
            .deliver_one(&mapping.plan(&in_euros(2, "7")).unwrap())
            .await,
    );
    assert_eq!(account.calls().await, 5);
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_customer_who_lacks_the_currency_gets_it_where_the_mapping_says_so() {
    for external_id in ["WOO_CUST_7", "HUBSPOT-77"] {
        let account = with(&[there(Some(external_id), "Example", "jane.7@example.com")]).await;
        let plan = |vars: &str, number| {
            mapping("woocommerce-netsuite", &format!("{CURRENCIES}\n{vars}"))
                .plan(&in_euros(number, "7"))
                .unwrap()
        };
        let failure = support::rejected(account.deliver_one(&plan("", 1)).await);
        assert!(
            failure.message.contains("does not have this currency")
                && failure.message.contains("vars.add_currencies = true"),
            "{failure}"
        );
        let before = account.calls().await;
        let outcome = account.deliver_one(&plan("add_currencies = true", 2)).await;
        assert!(
            warnings(&outcome)
                .iter()
                .any(|note| note.contains("currency (4), which was added")),
            "{outcome:?}"
        );
        let changes = u64::from(external_id == "WOO_CUST_7");
        assert!(
            account.calls().await - before <= 4 + changes,
            "a question, a refusal, the currency and the order"
        );
        let before = account.calls().await;
        records(&account.deliver_one(&plan("add_currencies = true", 3)).await);
        assert_eq!(account.calls().await - before, 2, "it is there now");
        assert_eq!(account.records("customer").await.len(), 1);
        account.assert_no_violations().await;
    }
}
