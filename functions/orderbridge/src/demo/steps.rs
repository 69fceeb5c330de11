//! The sample orders of the demo, in the order in which the shop sends them.

/// What should become of a sample order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Delivered,
    Unchanged,
    Stale,
    Rejected,
}

/// One webhook of the demo.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) topic: &'static str,
    pub(crate) body: &'static str,
    pub(crate) expect: Expect,
}

macro_rules! sample {
    ($title:literal, $topic:literal, $file:literal, $expect:ident) => {
        Step {
            title: $title,
            topic: $topic,
            body: include_str!(concat!("../../../../events/woocommerce/", $file)),
            expect: Expect::$expect,
        }
    };
}

pub(crate) const STEPS: &[Step] = &[
    sample!("a new customer", "order.created", "01-new-customer.json", Delivered),
    sample!("the same delivery once more", "order.created", "01-new-customer.json", Unchanged),
    sample!("a returning customer", "order.created", "02-returning-customer.json", Delivered),
    sample!("a guest", "order.created", "03-guest.json", Delivered),
    sample!("the same guest again", "order.created", "04-guest-again.json", Delivered),
    sample!(
        "an order changed: other lines, completed",
        "order.updated",
        "05-update.json",
        Delivered
    ),
    sample!("10.00 over three items", "order.created", "06-does-not-divide.json", Delivered),
    sample!(
        "an older state of the changed order, late",
        "order.updated",
        "10-older-update.json",
        Stale
    ),
    sample!("an order refunded in part", "order.updated", "07-refunded-in-part.json", Delivered),
    sample!(
        "a product that the CRM does not know",
        "order.created",
        "08-unknown-product.json",
        Rejected
    ),
    sample!(
        "an error of the shop in place of an order",
        "order.updated",
        "09-not-an-order.json",
        Rejected
    ),
];
