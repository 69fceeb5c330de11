//! Orders whose customer WooCommerce has made unrecognisable: by its retention settings or by
//! "Remove personal data". It sends them as `order.updated`, with the same placeholders for every
//! customer, so that, taken at face value, all of these customers would become one. Source:
//! `WC_Privacy_Erasers::remove_order_personal_data`; seen in WooCommerce 9.9.5 and 11.0.1.

use crate::meta;
use source::payload::Object;
use source::{PrivacyKind, PrivacyRequest};

/// The placeholder for a text; below, the one for an e-mail.
const TEXT: &str = "[deleted]";
const EMAIL: &str = "deleted@site.invalid";

/// The key under which WooCommerce notes it on the order.
const NOTE: &str = "_anonymized";

/// Returns whether the order's personal data was removed.
pub(crate) fn is_anonymized(payload: &Object<'_>) -> bool {
    let billing = payload.object("billing");
    let stands_in = billing.text("first_name") == TEXT
        || billing.text("last_name") == TEXT
        || billing.text("email").eq_ignore_ascii_case(EMAIL);
    stands_in || meta::says_yes(payload, NOTE)
}

/// Creates the request to delete the order's personal data here, too.
pub(crate) fn request(order: String) -> PrivacyRequest {
    PrivacyRequest {
        kind: PrivacyKind::RedactOrder,
        shop: None,
        customer_id: None,
        email: None,
        orders: vec![order],
    }
}
