//! The present mapping applied to orders that were compared before: exactly those take their way
//! again.

use crate::{Feed, Problem, Shop, ShopRoute, pages::patiently};
use ports::{Origin, in_one_line};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The number of orders that the shop is asked for at a time, so that they are fresh when they are
/// put into the queue.
const AT_ONCE: usize = 100;

/// The place that the orders come from.
#[derive(Clone, Copy)]
pub enum TakenFrom<'a> {
    /// The shop, in the state that it has now.
    Shop(&'a Shop),
    /// Dead letters, whose ids these are by the order's id: they are replayed.
    Letters(&'a BTreeMap<String, String>),
}

/// The orders that were put on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The number of messages that were put into the queue.
    pub queued: u64,
    /// The orders that were not there any more: gone from the shop, or their letters dealt with.
    pub missing: Vec<String>,
}

/// Puts exactly these orders on their way on the route, under the mapping that the deliverer has.
/// With [`Origin::Forced`] they are written even where nothing has changed; a replay of letters never
/// is.
///
/// # Errors
/// Fails where the shop cannot be asked, where the queue or the letters fail, or where nobody takes
/// messages. Some of the orders may be on their way; to repeat it is harmless.
pub async fn apply(
    route: &ShopRoute,
    feed: &Feed<'_>,
    from: TakenFrom<'_>,
    orders: &[String],
    origin: Origin,
) -> Result<Applied, Problem> {
    match from {
        TakenFrom::Shop(shop) => of_shop(route, feed, shop, orders, origin).await,
        TakenFrom::Letters(letters) => of_letters(feed, letters, orders).await,
    }
}

async fn of_shop(
    route: &ShopRoute,
    feed: &Feed<'_>,
    shop: &Shop,
    orders: &[String],
    origin: Origin,
) -> Result<Applied, Problem> {
    let mut applied = Applied::default();
    for ids in orders.chunks(AT_ONCE) {
        let asked = feed.ports.clock.now();
        let found = patiently(shop, || shop.reader.many(ids)).await?;
        let mut missing: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        for order in &found.orders {
            missing.remove(order.summary.order.as_str());
        }
        let missing = missing.into_iter().map(str::to_owned);
        applied.missing.extend(missing);
        applied.queued += feed.put(shop, route, &found.orders, origin, asked).await?;
    }
    Ok(applied)
}

async fn of_letters(
    feed: &Feed<'_>,
    letters: &BTreeMap<String, String>,
    orders: &[String],
) -> Result<Applied, Problem> {
    let mut applied = Applied::default();
    for order in orders {
        let was_there = match letters.get(order) {
            Some(id) => feed.ports.letters.replay(id).await?,
            None => false,
        };
        if was_there {
            applied.queued += 1;
        } else {
            applied.missing.push(order.clone());
        }
    }
    if let Err(error) = feed.ports.letters.tidy().await {
        tracing::warn!(
            error = in_one_line(&error),
            "the dead-letter queue still shows letters that are dealt with; orderbridge dead list clears them away"
        );
    }
    Ok(applied)
}
