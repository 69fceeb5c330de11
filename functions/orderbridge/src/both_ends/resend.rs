use super::ResendArgs;
use super::{Ends, note};
use crate::report::{Failed, json, line};
use ::reconcile::{Named, Problem, sync_orders};
use ports::{DeadLetterFilter, LedgerFilter, Origin};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
struct Result {
    /// The order as it was called on the command line.
    order: String,
    /// `shop` or `dead letter`: where its state came from; `None` where it is nowhere.
    from: Option<&'static str>,
    /// The number of messages that were put into the queue.
    queued: u64,
}

/// Runs `orderbridge resend`.
pub(crate) async fn run(args: &ResendArgs) -> std::result::Result<(), Failed> {
    let ends = Ends::open(&args.ends, args.store.as_deref()).await?;
    let mut results = Vec::new();
    for order in &args.orders {
        results.push(resend(&ends, args, order).await?);
    }
    if args.ends.json {
        json(&results)?;
    } else {
        for result in &results {
            let from = result.from.unwrap_or("nowhere");
            line(&format!(
                "order {}: from {from}, {} messages put into the queue; {} them",
                result.order, result.queued, ends.deliverer
            ));
        }
    }
    match results.iter().find(|result| result.from.is_none()) {
        None => Ok(()),
        Some(result) => Err(Failed::new(format!(
            "neither a shop that can be asked nor a dead letter has order {}",
            result.order
        ))),
    }
}

async fn resend(
    ends: &Ends,
    args: &ResendArgs,
    order: &str,
) -> std::result::Result<Result, Failed> {
    let origin = if args.force {
        Origin::Forced
    } else {
        Origin::Read
    };
    let (mut queued, mut away) = (0, None);
    let (name, routes) = known(ends, order).await?;
    for shop in &ends.shops {
        // Two shops may give the same number: the one that the ledger knows is meant.
        let is_meant = |route: &::reconcile::ShopRoute| routes.contains(&route.name);
        if !routes.is_empty() && !shop.routes.iter().any(is_meant) {
            continue;
        }
        let asked = ends.ports.clock.now();
        match Named::of(shop, std::slice::from_ref(&name)).await {
            Ok(named) => {
                queued += sync_orders(shop, &ends.feed(), &named.orders, origin, asked).await?;
            }
            Err(problem @ Problem::Shop { .. }) => away = Some(problem),
            Err(problem) => return Err(problem.into()),
        }
    }
    let mut from = (queued > 0).then_some("shop");
    if queued == 0 {
        queued = replay(ends, args, &name).await?;
        from = (queued > 0).then_some("dead letter");
    }
    // A shop that is away may have the order: only without a dead letter is that the end of it.
    match away {
        Some(problem) if queued == 0 => return Err(problem.into()),
        Some(problem) => note(&problem.to_string()),
        None => {}
    }
    Ok(Result {
        order: order.to_owned(),
        from,
        queued,
    })
}

/// Returns the shop's id of an order and the routes on which the ledger knows it; the text itself
/// where it knows none.
async fn known(ends: &Ends, text: &str) -> std::result::Result<(String, BTreeSet<String>), Failed> {
    let filter = LedgerFilter {
        called: Some(text.to_owned()),
        ..LedgerFilter::default()
    };
    let found = ends.ports.ledger.list(&filter).await?;
    let name = found.first().map(|entry| entry.key.order.clone());
    let routes = found.into_iter().map(|entry| entry.key.route);
    Ok((name.unwrap_or_else(|| text.to_owned()), routes.collect()))
}

/// Replays the newest dead letter of an order that no shop gives, on each route.
async fn replay(ends: &Ends, args: &ResendArgs, order: &str) -> std::result::Result<u64, Failed> {
    let filter = DeadLetterFilter {
        route: args.ends.route.clone(),
        order: Some(order.to_owned()),
        ..DeadLetterFilter::default()
    };
    let (mut replayed, mut routes) = (0, BTreeSet::new());
    // The newest letters come first; an older one of the same route is superseded.
    for letter in ends.ports.letters.list(&filter).await? {
        if routes.insert(letter.message.route) {
            replayed += u64::from(ends.ports.letters.replay(&letter.id).await?);
        }
    }
    ends.ports.letters.tidy().await?;
    Ok(replayed)
}
