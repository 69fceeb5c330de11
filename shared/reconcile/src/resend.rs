//! One order once more: as the shop has it now, else as its dead letter has it.

use crate::{Feed, Named, Problem, Shop, ShopRoute, sync_orders};
use ports::{DeadLetterFilter, LedgerFilter, Origin, PortError};
use serde::Serialize;
use std::collections::BTreeSet;

/// An order that was put on its way again, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resent {
    /// The order as it was called.
    pub order: String,
    /// `shop` or `dead letter`: where its state came from; `None` where it is nowhere.
    pub from: Option<&'static str>,
    /// The number of messages that were put into the queue.
    pub queued: u64,
    /// Why the shop could not be asked, where a dead letter stood in for it.
    #[serde(skip)]
    pub note: Option<String>,
}

/// Puts an order on its way again, as its shop has it now. Where no shop gives it, its newest dead
/// letter is replayed on each route, or on `route` alone. With [`Origin::Forced`] it is written
/// even where nothing has changed.
///
/// # Errors
/// Fails where the shop is away and there is no dead letter, where the ledger or the queue fail, or
/// where nobody takes messages.
pub async fn resend(
    shops: &[Shop],
    feed: &Feed<'_>,
    order: &str,
    route: Option<&str>,
    origin: Origin,
) -> Result<Resent, Problem> {
    let (mut queued, mut away) = (0, None);
    let (name, routes) = known(feed, order).await?;
    // Two shops may give the same number: the one that the ledger knows is meant.
    let is_meant = |route: &ShopRoute| routes.contains(&route.name);
    let may_have = |shop: &&Shop| routes.is_empty() || shop.routes.iter().any(is_meant);
    for shop in shops.iter().filter(may_have) {
        let asked = feed.ports.clock.now();
        match Named::of(shop, std::slice::from_ref(&name)).await {
            Ok(named) => queued += sync_orders(shop, feed, &named.orders, origin, asked).await?,
            Err(problem @ Problem::Shop { .. }) => away = Some(problem),
            Err(problem) => return Err(problem),
        }
    }
    let mut from = (queued > 0).then_some("shop");
    if queued == 0 {
        queued = replay(feed, &name, route).await?;
        from = (queued > 0).then_some("dead letter");
    }
    let note = match away {
        // A shop that is away may have the order: only without a dead letter is that the end of it.
        Some(problem) if queued == 0 => return Err(problem),
        away => away.map(|problem| problem.to_string()),
    };
    Ok(Resent {
        order: order.to_owned(),
        from,
        queued,
        note,
    })
}

/// Returns the shop's id of an order and the routes on which the ledger knows it; the text itself
/// where it knows none.
async fn known(feed: &Feed<'_>, text: &str) -> Result<(String, BTreeSet<String>), PortError> {
    let filter = LedgerFilter {
        called: Some(text.to_owned()),
        ..LedgerFilter::default()
    };
    let found = feed.ports.ledger.list(&filter).await?;
    let name = found.first().map(|entry| entry.key.order.clone());
    let routes = found.into_iter().map(|entry| entry.key.route);
    Ok((name.unwrap_or_else(|| text.to_owned()), routes.collect()))
}

/// Replays the newest dead letter of an order that no shop gives, on each route.
async fn replay(feed: &Feed<'_>, order: &str, route: Option<&str>) -> Result<u64, PortError> {
    let filter = DeadLetterFilter {
        route: route.map(str::to_owned),
        order: Some(order.to_owned()),
        ..DeadLetterFilter::default()
    };
    let letters = &feed.ports.letters;
    let (mut replayed, mut routes) = (0, BTreeSet::new());
    // The newest letters come first; an older one of the same route is superseded.
    for letter in letters.list(&filter).await? {
        if routes.insert(letter.message.route) {
            replayed += u64::from(letters.replay(&letter.id).await?);
        }
    }
    letters.tidy().await?;
    Ok(replayed)
}
