//! The customer and the addresses.

use order::{Address, Customer, text};
use serde_json::Value;
use source::payload::Object;

/// Returns the customer's e-mail, in lower case.
pub(crate) fn email(payload: &Object<'_>) -> String {
    let email = text::email(&payload.text("customer_email"));
    if email.is_empty() {
        text::email(&billing_fields(payload).text("email"))
    } else {
        email
    }
}

/// Returns the shop's id of the customer. Guests have none, or have a flag that marks them as
/// guests.
pub(crate) fn customer_id(payload: &Object<'_>) -> Option<String> {
    payload
        .id("customer_id")
        .filter(|_| !flag(payload, "customer_is_guest"))
}

/// Reads the customer. Guests leave their names in the billing address only.
pub(super) fn customer(
    payload: &Object<'_>,
    order_id: &str,
    billing: &Address,
    shipping: &Address,
) -> Customer {
    let (id, email) = (customer_id(payload), email(payload));
    let own = ["customer_firstname", "customer_lastname"].map(|key| payload.text(key));
    let names = [own, names_of(billing), names_of(shipping)];
    let named = names
        .into_iter()
        .find(|[first, last]| !(first.is_empty() && last.is_empty()));
    let [first_name, last_name] = named.unwrap_or_default();
    let name = text::full_name(&first_name, &last_name);
    // The phone of somebody who only receives the goods is not the customer's.
    let phone = if billing.phone.is_empty() && shipping.name == name {
        &shipping.phone
    } else {
        &billing.phone
    };
    Customer {
        key: Customer::key_of(id.as_deref(), &email, order_id),
        is_guest: id.is_none(),
        name: Customer::name_of(&first_name, &last_name, &billing.company, &email),
        company: billing.company.clone(),
        phone: phone.clone(),
        email,
        first_name,
        last_name,
        id,
    }
}

/// Reads the billing address.
pub(super) fn billing(payload: &Object<'_>) -> Address {
    address(&billing_fields(payload))
}

/// Reads the shipping address: REST has it in `extension_attributes`, events have it beside the
/// billing address. Orders of virtual goods have none.
pub(super) fn shipping(payload: &Object<'_>) -> Address {
    let plain = payload.object("shipping_address");
    if !plain.is_empty() {
        return address(&plain);
    }
    let assigned = assigned_shipping(payload).object("address");
    if !assigned.is_empty() {
        return address(&assigned);
    }
    address(&of_type(payload, "shipping"))
}

/// Returns REST's account of how the order is shipped:
/// `extension_attributes.shipping_assignments[0].shipping`. Its `items` are a second copy of the
/// order's.
pub(super) fn assigned_shipping<'a>(payload: &Object<'a>) -> Object<'a> {
    let assignments = payload
        .object("extension_attributes")
        .php_list("shipping_assignments")
        .unwrap_or_default();
    assignments
        .first()
        .map(|assignment| assignment.object("shipping"))
        .unwrap_or_default()
}

fn billing_fields<'a>(payload: &Object<'a>) -> Object<'a> {
    let plain = payload.object("billing_address");
    if plain.is_empty() {
        of_type(payload, "billing")
    } else {
        plain
    }
}

/// Returns one of the addresses in a list of both.
fn of_type<'a>(payload: &Object<'a>, kind: &str) -> Object<'a> {
    let addresses = payload.php_list("addresses").unwrap_or_default();
    addresses
        .into_iter()
        .find(|address| address.text("address_type") == kind)
        .unwrap_or_default()
}

fn address(payload: &Object<'_>) -> Address {
    let [first_name, last_name] = ["firstname", "lastname"].map(|key| payload.text(key));
    let [region, region_code] = region(payload);
    let street = texts(payload, "street");
    let country = payload.text("country_id");
    let code = country.to_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    Address {
        name: text::full_name(&first_name, &last_name),
        company: payload.text("company"),
        address_1: street.first().cloned().unwrap_or_default(),
        address_2: text::join(
            &street
                .iter()
                .skip(1)
                .map(String::as_str)
                .collect::<Vec<_>>(),
            "\n",
        ),
        street: street.join("\n"),
        city: payload.text("city"),
        state: if region.is_empty() {
            region_code.clone()
        } else {
            region
        },
        state_code: region_code,
        postcode: payload.text("postcode"),
        country_code: if is_code { code } else { String::new() },
        country,
        phone: payload.text("telephone"),
        email: text::email(&payload.text("email")),
        first_name,
        last_name,
    }
}

/// Returns a region's name and its code. Orders have them side by side; addresses of customers hold
/// an object with both in place of the name.
fn region(payload: &Object<'_>) -> [String; 2] {
    let object = payload.object("region");
    ["region", "region_code"].map(|key| {
        let words = [payload.text(key), object.text(key)];
        words
            .into_iter()
            .find(|word| !word.is_empty())
            .unwrap_or_default()
    })
}

fn names_of(address: &Address) -> [String; 2] {
    [address.first_name.clone(), address.last_name.clone()]
}

/// Returns whether a flag is set: Magento writes `0`, `"0"` and `false`.
fn flag(payload: &Object<'_>, key: &str) -> bool {
    matches!(payload.get(key), Some(Value::Bool(true)))
        || matches!(payload.text(key).as_str(), "1" | "true")
}

/// Returns the lines of a text: one per text of a list, or per line of a single text.
fn texts(payload: &Object<'_>, key: &str) -> Vec<String> {
    let texts: Vec<&str> = match payload.get(key) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::Object(items)) => items.values().filter_map(Value::as_str).collect(),
        Some(Value::String(words)) => words.lines().collect(),
        _ => Vec::new(),
    };
    texts
        .into_iter()
        .map(text::clean)
        .filter(|words| !words.is_empty())
        .collect()
}
