//! Which customer of the account an order belongs to: plans of the built-in mapping against the strict simulator.

#[cfg(test)]
mod support;

use destination::Destination;
use serde_json::{Value, json};
use support::{
    Account,
    planned::{order_of, plan},
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

async fn with(customers: &[Value]) -> Option<Account> {
    let account = Account::start().await?;
    account.post("config", json!({"records": {"customer": customers}})).await;
    Some(account)
}

fn texts<'a>(customer: &'a Value, names: [&str; 3]) -> [&'a str; 3] {
    names.map(|name| customer[name].as_str().unwrap_or_default())
}

const SEEN: [&str; 3] = ["externalId", "lastName", "phone"];

#[tokio::test]
async fn a_customer_of_the_staff_is_adopted_and_a_stand_in_gives_way() {
    let Some(account) = with(&[there(None, "Typed", "Jane.7@Example.com")]).await else {
        return;
    };
    records(&account.deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com"))).await);
    records(&account.deliver_one(&plan(&order_of(2, None, "jane.9@example.com"))).await);
    let guest = account.records("customer").await[1]["externalId"].as_str().unwrap().to_owned();
    assert!(guest.starts_with("WOO_CUST_guest-"), "{guest}");
    records(&account.deliver_one(&plan(&order_of(3, Some("9"), "jane.9@example.com"))).await);

    let customers = account.records("customer").await;
    let ids: Vec<_> = customers.iter().map(|customer| customer["externalId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["WOO_CUST_7", "WOO_CUST_9"]);
    assert_eq!(customers[0]["lastName"], "Example");
    assert_eq!(account.records("salesOrder").await.len(), 3);
    account.assert_no_violations().await;
}

#[tokio::test]
async fn no_customer_of_a_shop_is_written_over_another() {
    let of_the_shop = there(Some("WOO_CUST_41"), "Father", "family@example.com");
    let of_another_shop = there(Some("SHOPIFY_CUST_1"), "Mother", "mother@example.com");
    let Some(account) = with(&[of_the_shop, of_another_shop]).await else {
        return;
    };
    let plans = [
        plan(&order_of(1, Some("42"), "family@example.com")),
        plan(&order_of(2, Some("43"), "mother@example.com")),
    ];
    let ids: Vec<_> = account.netsuite.deliver(&plans).await.iter().map(records).collect();
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 4, "{customers:#?}");
    assert_eq!(texts(&customers[0], SEEN), ["WOO_CUST_41", "Father", "1"]);
    assert_eq!(texts(&customers[1], SEEN), ["SHOPIFY_CUST_1", "Mother", "1"]);
    let orders = account.records("salesOrder").await;
    for (place, key) in ["WOO_CUST_42", "WOO_CUST_43"].into_iter().enumerate() {
        let customer = customers.iter().find(|customer| customer["externalId"] == key).unwrap();
        assert_eq!(customer["id"], json!(ids[place]["customer"]));
        assert!(orders.iter().any(|order| order["entity"]["id"] == customer["id"]));
    }
    let again: Vec<_> = account.netsuite.deliver(&plans).await.iter().map(records).collect();
    assert_eq!(again, ids, "twice is once");
    account.assert_no_violations().await;
}

#[tokio::test]
async fn a_customer_who_was_attached_to_another_shops_record_gets_one_of_its_own() {
    let Some(account) = with(&[there(Some("SHOPIFY_CUST_1"), "Mother", "family@example.com")]).await else {
        return;
    };
    let mut plan = plan(&order_of(1, Some("42"), "family@example.com"));
    let other = account.records("customer").await[0]["id"].as_str().unwrap().to_owned();
    plan.known.insert("customer".to_owned(), other);
    records(&account.deliver_one(&plan).await);
    let customers = account.records("customer").await;
    assert_eq!(texts(&customers[0], SEEN), ["SHOPIFY_CUST_1", "Mother", "1"]);
    assert_eq!(customers[1]["externalId"], "WOO_CUST_42");
    // One query (the items stand in the mapping), one customer, one order.
    assert_eq!(account.calls().await, 3);
    account.assert_no_violations().await;
}

#[tokio::test]
async fn a_guest_with_a_registered_customers_address_is_attached_to_it_and_changes_nothing_of_it() {
    let Some(account) = with(&[there(Some("WOO_CUST_41"), "Father", "family@example.com")]).await else {
        return;
    };
    records(&account.deliver_one(&plan(&order_of(1, None, "family@example.com"))).await);
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 1, "{customers:#?}");
    assert_eq!(texts(&customers[0], SEEN), ["WOO_CUST_41", "Father", "1"]);
    assert_eq!(account.records("salesOrder").await[0]["entity"]["id"], customers[0]["id"]);
    account.assert_no_violations().await;
}

#[tokio::test]
async fn of_several_customers_with_one_address_none_is_taken_and_a_new_one_made() {
    let typed_in = |name: &str| there(None, name, "jane.7@example.com");
    let Some(account) = with(&[typed_in("A"), typed_in("B")]).await else {
        return;
    };
    let outcome = account.deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com"))).await;
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
async fn an_inactive_customer_is_not_counted() {
    let mut inactive = there(None, "A", "jane.7@example.com");
    inactive["isInactive"] = json!(true);
    let Some(account) = with(&[inactive, there(None, "B", "jane.7@example.com")]).await else {
        return;
    };
    let ids = records(&account.deliver_one(&plan(&order_of(1, Some("7"), "jane.7@example.com"))).await);
    let customers = account.records("customer").await;
    assert_eq!((customers.len(), json!(ids["customer"])), (2, customers[1]["id"].clone()));
    account.assert_no_violations().await;
}

/// Two shops feed one account, and the same person orders in both while the staff has one record.
#[tokio::test]
async fn one_record_of_the_staff_is_adopted_by_one_of_a_batch() {
    let Some(account) = with(&[there(None, "Typed", "jane.7@example.com")]).await else {
        return;
    };
    let plans = [
        plan(&order_of(1, Some("7"), "jane.7@example.com")),
        plan(&order_of(2, Some("8"), "jane.7@example.com")),
    ];
    for _ in 0..2 {
        let ids: Vec<_> = account.netsuite.deliver(&plans).await.iter().map(records).collect();
        assert_ne!(ids[0]["customer"], ids[1]["customer"]);
        let customers = account.records("customer").await;
        let keys: Vec<_> = customers.iter().map(|customer| customer["externalId"].as_str().unwrap()).collect();
        assert_eq!(keys, ["WOO_CUST_7", "WOO_CUST_8"]);
    }
    account.assert_no_violations().await;
}
