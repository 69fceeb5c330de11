use crate::text;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The person or company who bought. Every text is trimmed; a text that the shop does not tell is
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// The shop's id of the customer; `None` for guests (WooCommerce sends 0 for them).
    pub id: Option<String>,
    /// The key of the customer in a destination: the shop's id; for guests `guest-` and a hash of
    /// the e-mail; for guests without one `order-` and the order's id. Only `[A-Za-z0-9_-]`, so
    /// that it can stand in a path segment and as an external id.
    pub key: String,
    /// True when the shop has no account for this customer.
    pub is_guest: bool,
    /// The e-mail, in lower case.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// First and last name with one space, else the company, else the e-mail's local part.
    pub name: String,
    /// The customer's company.
    pub company: String,
    /// The phone number as the customer typed it.
    pub phone: String,
}

impl Customer {
    /// Returns the key of a customer in a destination: the shop's id, else [`Self::guest_key`],
    /// else `order-` and the order's id.
    #[must_use]
    pub fn key_of(id: Option<&str>, email: &str, order_id: &str) -> String {
        match id {
            Some(id) => id.to_owned(),
            None if text::email(email).is_empty() => format!("order-{order_id}"),
            None => Self::guest_key(email),
        }
    }

    /// Returns `guest-` and the first 32 hexadecimal digits of the SHA-256 of the e-mail, trimmed
    /// and in lower case. So the same guest is the same customer in every order, and the key does
    /// not tell the e-mail.
    #[must_use]
    pub fn guest_key(email: &str) -> String {
        let digest = hex::encode(Sha256::digest(text::email(email)));
        format!("guest-{}", digest.get(..32).unwrap_or(&digest))
    }

    /// Returns the first and last name, else the company, else the e-mail's local part.
    #[must_use]
    pub fn name_of(first_name: &str, last_name: &str, company: &str, email: &str) -> String {
        let local_part = email.split('@').next().unwrap_or_default();
        let names = [
            text::full_name(first_name, last_name),
            company.to_owned(),
            local_part.to_owned(),
        ];
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    }
}

/// A postal address. Every text is trimmed; a text that the shop does not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// First and last name with one space.
    pub name: String,
    /// Company.
    pub company: String,
    /// First address line.
    pub address_1: String,
    /// Second address line.
    pub address_2: String,
    /// All address lines that are not empty, joined by a line feed.
    pub street: String,
    /// Town.
    pub city: String,
    /// State, province or county as the shop writes it, which is often a code.
    pub state: String,
    /// The code of the state (`NY`) where the shop tells it beside the state's name, else empty:
    /// then `state` is all there is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state_code: String,
    /// Postal code.
    pub postcode: String,
    /// Country as the shop writes it: ISO 3166-1 alpha-2, or a name.
    pub country: String,
    /// Country code of ISO 3166-1 alpha-2 where the shop tells it, else empty.
    pub country_code: String,
    /// Phone at this address.
    pub phone: String,
    /// E-mail at this address, in lower case.
    pub email: String,
}

impl Address {
    /// Returns whether the shop gave no postal address at all: no street, town, state, postal code
    /// or country.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [
            &self.street,
            &self.city,
            &self.state,
            &self.postcode,
            &self.country,
        ]
        .iter()
        .all(|part| part.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_has_one_key_however_the_e_mail_is_typed() {
        // printf ann@example.com | sha256sum
        assert_eq!(
            Customer::guest_key("ann@example.com"),
            "guest-71d4f55f72fa128dfb468a1a3901507c"
        );
        assert_eq!(
            Customer::guest_key(" Ann@Example.COM\n"),
            Customer::guest_key("ann@example.com")
        );
    }

    #[test]
    fn keys_prefer_the_shops_id_then_the_e_mail_then_the_order() {
        assert_eq!(
            Customer::key_of(Some("6789"), "ann@example.com", "1"),
            "6789"
        );
        assert_eq!(
            Customer::key_of(None, "ann@example.com", "1"),
            Customer::guest_key("ann@example.com")
        );
        assert_eq!(Customer::key_of(None, " ", "1"), "order-1");
    }

    #[test]
    fn names_fall_back_to_company_and_e_mail() {
        assert_eq!(
            Customer::name_of("Ann", "Lee", "Acme", "a@example.com"),
            "Ann Lee"
        );
        assert_eq!(Customer::name_of("", "", "Acme", "a@example.com"), "Acme");
        assert_eq!(
            Customer::name_of("", "", "", "ann.lee@example.com"),
            "ann.lee"
        );
        assert_eq!(Customer::name_of("", "", "", ""), "");
    }
}
