//! The customer and the addresses. Any of it may be null, absent or empty: in orders of a point of
//! sale, in drafts, and for apps without permission to see customers' data.

use order::{Address, Customer, text};
use source::payload::Object;

/// Returns the e-mail of the order's customer: the order's own address takes precedence over the
/// account's.
pub(crate) fn email(payload: &Object<'_>) -> String {
    let on_account = payload.object("customer").text("email");
    let on_order = payload.first_text(&["email", "contact_email"]);
    text::email(if on_order.is_empty() {
        &on_account
    } else {
        &on_order
    })
}

/// Reads the billing address, else the customer's default address.
pub(super) fn billing(payload: &Object<'_>) -> Address {
    let key = "billing_address";
    let given = if payload.has(key) {
        payload.object(key)
    } else {
        default_address(payload)
    };
    Address {
        email: email(payload),
        ..address(&given)
    }
}

pub(super) fn shipping(payload: &Object<'_>) -> Address {
    address(&payload.object("shipping_address"))
}

/// Reads the customer. One without an id is a guest, whatever else is known.
pub(super) fn customer(
    payload: &Object<'_>,
    order_id: &str,
    billing: &Address,
    shipping: &Address,
) -> Customer {
    let account = payload.object("customer");
    let own = default_address(payload);
    let id = account.id("id");
    let email = email(payload);
    let names = [
        (account.text("first_name"), account.text("last_name")),
        (billing.first_name.clone(), billing.last_name.clone()),
        (shipping.first_name.clone(), shipping.last_name.clone()),
    ];
    let named = names
        .into_iter()
        .find(|(first, last)| !first.is_empty() || !last.is_empty());
    let (first_name, last_name) = named.unwrap_or_default();
    let name = text::full_name(&first_name, &last_name);
    let companies = [billing.company.clone(), own.text("company")];
    let company = companies
        .into_iter()
        .find(|company| !company.is_empty())
        .unwrap_or_default();
    // The phone of somebody who only receives the goods is not the customer's.
    let theirs = |address: &Address| address.name.is_empty() || address.name == name;
    let at_addresses = [billing, shipping]
        .into_iter()
        .filter(|address| theirs(address));
    let phone = [account.text("phone"), payload.text("phone")]
        .into_iter()
        .chain(at_addresses.map(|address| address.phone.clone()))
        .find(|phone| !phone.is_empty());
    Customer {
        key: Customer::key_of(id.as_deref(), &email, order_id),
        is_guest: id.is_none(),
        name: Customer::name_of(&first_name, &last_name, &company, &email),
        phone: phone.unwrap_or_else(|| own.text("phone")),
        id,
        email,
        first_name,
        last_name,
        company,
    }
}

fn default_address<'a>(payload: &Object<'a>) -> Object<'a> {
    payload.object("customer").object("default_address")
}

/// Reads an address. Shopify gives both the name and the code of the country and of the province;
/// the names are used, because the merchant sees them.
fn address(payload: &Object<'_>) -> Address {
    let [first_name, last_name] = ["first_name", "last_name"].map(|key| payload.text(key));
    let [address_1, address_2] = ["address1", "address2"].map(|key| payload.text(key));
    let both = text::full_name(&first_name, &last_name);
    let code = payload.text("country_code").to_uppercase();
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    Address {
        name: if both.is_empty() {
            payload.text("name")
        } else {
            both
        },
        company: payload.text("company"),
        street: text::join(&[&address_1, &address_2], "\n"),
        city: payload.text("city"),
        state: payload.first_text(&["province", "province_code"]),
        state_code: payload.text("province_code"),
        postcode: payload.text("zip"),
        country: payload.first_text(&["country", "country_name", "country_code"]),
        country_code: if is_code { code } else { String::new() },
        phone: payload.text("phone"),
        email: String::new(),
        first_name,
        last_name,
        address_1,
        address_2,
    }
}
