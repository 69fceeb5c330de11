//! The customer and the addresses. WooCommerce writes an empty text for an unknown value.

use crate::html::Words as _;
use order::{Address, Customer, text};
use source::payload::Object;

/// Reads the customer. The shop's customer 0 is nobody: a guest.
pub(super) fn customer(
    payload: &Object<'_>,
    order_id: &str,
    billing: &Address,
    shipping: &Address,
) -> Customer {
    let id = payload.id("customer_id");
    let named = if billing.name.is_empty() {
        shipping
    } else {
        billing
    };
    // The phone of somebody who only receives the goods is not the customer's.
    let phones = [billing, shipping]
        .into_iter()
        .filter(|address| address.name == named.name || address.name.is_empty());
    let phone = phones
        .map(|address| &address.phone)
        .find(|phone| !phone.is_empty());
    Customer {
        key: Customer::key_of(id.as_deref(), &billing.email, order_id),
        is_guest: id.is_none(),
        email: billing.email.clone(),
        first_name: named.first_name.clone(),
        last_name: named.last_name.clone(),
        name: Customer::name_of(
            &named.first_name,
            &named.last_name,
            &billing.company,
            &billing.email,
        ),
        company: billing.company.clone(),
        phone: phone.cloned().unwrap_or_default(),
        id,
    }
}

pub(super) fn address(payload: &Object<'_>) -> Address {
    let [first_name, last_name] = ["first_name", "last_name"].map(|key| payload.words(key));
    let [address_1, address_2] = ["address_1", "address_2"].map(|key| payload.words(key));
    let country = payload.text("country").to_uppercase();
    let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    Address {
        name: text::full_name(&first_name, &last_name),
        company: payload.words("company"),
        street: text::join(&[&address_1, &address_2], "\n"),
        city: payload.words("city"),
        state: payload.words("state"),
        state_code: String::new(),
        postcode: payload.words("postcode"),
        country_code: if is_code {
            country.clone()
        } else {
            String::new()
        },
        country: payload.words("country"),
        phone: payload.words("phone"),
        email: text::email(&payload.text("email")),
        first_name,
        last_name,
        address_1,
        address_2,
    }
}
