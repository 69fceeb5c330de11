//! The part of an order that the ledger knows and the shop no longer tells: the products of its
//! lines, and that there is a record at all.

use crate::{
    DeliveryRoute,
    decision::Item,
    prepare::{Planned, Prepared, Resolved, content_hash, planned, without_route},
};
use destination::{Class, Failure};
use mapping::Plan;
use order::Order;
use ports::{Delivered, Version};
use std::collections::BTreeMap;

/// The largest number of an order's lines that are remembered: an entry of the ledger stays small.
const MOST_LINES: usize = 500;

/// Returns the products of an order's lines, by the line's id.
pub(crate) fn products(order: &Order) -> BTreeMap<String, String> {
    let with_product = order.lines.iter().filter(|line| !line.code.is_empty());
    let known = with_product.map(|line| (line.id.clone(), line.code.clone()));
    known.take(MOST_LINES).collect()
}

/// Completes what was read of a message with what the ledger knows.
pub(crate) fn completed(item: &Item, prepared: Prepared) -> Resolved {
    match (prepared, &item.route) {
        (Prepared::Resolved(resolved), _) => resolved,
        (prepared, Some(route)) => {
            let entry = item.entry.as_ref();
            completed_with(
                entry.and_then(|entry| entry.delivered.as_ref()),
                prepared,
                route,
            )
        }
        (_, None) => without_route(&item.received.message),
    }
}

/// Completes what was read of an order with what the ledger knows to be delivered of it.
pub(crate) fn completed_with(
    delivered: Option<&Delivered>,
    prepared: Prepared,
    route: &DeliveryRoute,
) -> Resolved {
    match prepared {
        Prepared::Resolved(resolved) => resolved,
        Prepared::Incomplete(order, accepted) => {
            planned(route, with_products(*order, delivered), accepted)
        }
        Prepared::Gone {
            order,
            how,
            accepted,
        } => gone(route, order, how, accepted, delivered),
        // The shop was asked before, and had nothing to say.
        Prepared::Reference { order, otherwise } => Resolved::Note {
            order,
            reason: otherwise,
        },
    }
}

/// Notes in the plan the ids of the records that an earlier delivery left: the first of each name.
pub(crate) fn note_records(plan: &mut Plan, delivered: Option<&Delivered>) {
    for record in delivered.iter().flat_map(|delivered| &delivered.records) {
        plan.known
            .entry(record.name.clone())
            .or_insert_with(|| record.id.clone());
    }
}

/// Fills in the products that the ledger knows. A product that was deleted in the shop after the
/// order leaves its line without one; the line keeps the product that it was delivered with.
fn with_products(mut order: Order, delivered: Option<&Delivered>) -> Order {
    let Some(delivered) = delivered else {
        return order;
    };
    for line in order.lines.iter_mut().filter(|line| line.code.is_empty()) {
        if let Some(code) = delivered.products.get(&line.id) {
            line.code.clone_from(code);
            line.sku.clone_from(code);
        }
    }
    order
}

/// Makes a plan for an order that is gone from the shop; none where it was never delivered.
fn gone(
    route: &DeliveryRoute,
    order: String,
    how: &str,
    accepted: jiff::Timestamp,
    delivered: Option<&Delivered>,
) -> Resolved {
    let plan = match delivered {
        Some(_) => route.mapping.plan_gone(&order),
        None => Ok(None),
    };
    match plan {
        Ok(Some(plan)) => Resolved::Plan(Box::new(Planned {
            version: Version {
                modified: None,
                accepted,
            },
            content: content_hash(&plan),
            order,
            warnings: plan.warnings.clone(),
            plan,
            products: None,
            facts: None,
        })),
        Ok(None) => {
            let reason =
                format!("order {order} was {how}; what was delivered of it stays as it is");
            Resolved::Skip {
                order: Some(order),
                reason,
            }
        }
        Err(error) => Resolved::Broken {
            order: Some(order),
            failure: Failure::permanent(Class::Mapping, "map", error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use order::Line;
    use ports::Content;

    fn order(code: &str) -> Order {
        let line = Line {
            id: "7".to_owned(),
            code: code.to_owned(),
            ..Line::default()
        };
        Order {
            lines: vec![line],
            ..Order::example()
        }
    }

    #[test]
    fn a_line_keeps_the_product_that_it_was_delivered_with() {
        let delivered = Delivered {
            version: Version {
                modified: None,
                accepted: Timestamp::UNIX_EPOCH,
            },
            content: Content::InDoubt,
            records: Vec::new(),
            products: products(&order("CUP")),
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(
            with_products(order(""), Some(&delivered))
                .lines
                .first()
                .map(|line| line.code.clone()),
            Some("CUP".to_owned())
        );
        assert_eq!(
            with_products(order("JUG"), Some(&delivered))
                .lines
                .first()
                .map(|line| line.code.clone()),
            Some("JUG".to_owned())
        );
        assert_eq!(
            with_products(order(""), None)
                .lines
                .first()
                .map(|line| line.code.clone()),
            Some(String::new())
        );
    }
}
