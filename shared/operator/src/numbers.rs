//! The numbers of orders that nobody has tried yet: only what the shop sent has them.

use crate::Records;
use config::Config;
use ports::{PortError, WaitingFilter};
use source::Normalized;
use std::collections::{BTreeMap, BTreeSet};

/// The number of waiting messages that are read at most: an order may wait in many states.
const READ: usize = 200;

/// Returns the numbers of these orders as their newest waiting states have them, by route and order.
/// What cannot be read has none.
pub(crate) async fn of_waiting(
    records: &Records,
    config: &Config,
    orders: BTreeSet<String>,
) -> Result<BTreeMap<(String, String), String>, PortError> {
    let mut numbers = BTreeMap::new();
    if orders.is_empty() {
        return Ok(numbers);
    }
    let filter = WaitingFilter {
        orders: Some(orders),
        newest_first: true,
        limit: Some(READ),
        ..WaitingFilter::default()
    };
    let messages = records.queue.waiting_messages(&filter).await?;
    for message in messages.unwrap_or_default() {
        let (Some(order), Some(store)) = (message.order, config.store(&message.store)) else {
            continue;
        };
        let source = sources::source(store.platform);
        if let Ok(Normalized::Order(read)) = source.normalize(&message.topic, &message.body) {
            let key = (message.route, order);
            numbers.entry(key).or_insert(read.number);
        }
    }
    Ok(numbers)
}
