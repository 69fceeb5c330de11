//! The difference between what a destination holds of orders and what the mapping, as it stands
//! now, would make of them.

use crate::{
    Ports, Problem, ShopRoute, Verified,
    verify::{AT_ONCE, Looked, look},
};
use source::{
    Source,
    reader::{ShopOrder, Summary},
};

/// Returns the order that a payload carries, as the shop's reader would give it; `None` where it
/// carries none. Only its id and its modification time are known without the shop.
#[must_use]
pub fn carried(source: &dyn Source, topic: &str, payload: Vec<u8>) -> Option<ShopOrder> {
    let peek = source.peek(&payload);
    let order = peek.order_id?;
    let summary = Summary {
        number: order.clone(),
        order,
        modified: peek.modified,
        placed: None,
        total: None,
        currency: String::new(),
        status: String::new(),
    };
    Some(ShopOrder {
        summary,
        topic: topic.to_owned(),
        payload,
    })
}

/// Compares what the route would write of these orders with what its destination holds. Writes
/// nothing. The results are `unchanged`, `changes`, `gone`, `new` where nothing was delivered yet,
/// `nothing to deliver`, `broken` where the mapping makes nothing of it, and `unread`.
///
/// # Errors
/// Fails where the ledger cannot be read. A destination that cannot be read is in the results.
pub async fn diff(
    route: &ShopRoute,
    ports: &Ports,
    orders: &[ShopOrder],
) -> Result<Vec<Verified>, Problem> {
    let mut results = Vec::new();
    for chunk in orders.chunks(AT_ONCE) {
        for looked in look(route, ports, chunk).await? {
            results.push(match looked {
                Looked::Broken(one) => named(one, "broken"),
                Looked::Undelivered(one) => named(one, "new"),
                Looked::Nothing(one) => one,
                Looked::Read(to_read, reading) => {
                    let one = route.of_reading(&to_read.order.summary, reading);
                    match one.result {
                        "same" => named(one, "unchanged"),
                        "differs" => named(one, "changes"),
                        _ => one,
                    }
                }
            });
        }
    }
    Ok(results)
}

fn named(one: Verified, result: &'static str) -> Verified {
    Verified { result, ..one }
}
