use super::VerifyArgs;
use super::{Ends, reconcile::author};
use crate::report::{Failed, json, line};
use ::reconcile::{Named, Verified, verify};
use source::reader::{Cursor, ShopOrder};

/// Runs `orderbridge verify`.
pub(crate) async fn run(args: &VerifyArgs) -> Result<(), Failed> {
    let ends = Ends::open_readable(&args.ends, args.store.as_deref()).await?;
    let mut results: Vec<Verified> = Vec::new();
    let mut unknown = args.orders.clone();
    for shop in &ends.shops {
        let orders = match &args.since {
            Some(since) => changed(&ends, shop, args, since).await?,
            None => {
                let named = Named::of(shop, &args.orders).await?;
                unknown.retain(|name| named.unknown.contains(name));
                named.orders
            }
        };
        results.extend(verify(shop, &ends.ports, &orders).await?);
    }
    if args.ends.json {
        json(&results)?;
    } else {
        results.iter().for_each(show);
    }
    if !unknown.is_empty() {
        return Err(Failed::new(format!(
            "no store has an order called {}",
            unknown.join(", ")
        )));
    }
    let is_good = |one: &Verified| matches!(one.result, "same" | "nothing to deliver");
    match results.iter().filter(|one| !is_good(one)).count() {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "{count} of {} are not in the destination as they should be",
            results.len()
        ))),
    }
}

/// Reads the orders of the shop that were changed in the window.
async fn changed(
    ends: &Ends,
    shop: &::reconcile::Shop,
    args: &VerifyArgs,
    since: &str,
) -> Result<Vec<ShopOrder>, Failed> {
    let window = ends.window(since, args.until.as_deref())?;
    let (mut orders, mut cursor): (Vec<ShopOrder>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = ::reconcile::page(shop, window, cursor.as_ref()).await?;
        for order in page.orders {
            if !orders
                .iter()
                .any(|known| known.summary.order == order.summary.order)
            {
                orders.push(order);
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(orders),
        }
    }
}

fn show(one: &Verified) {
    let reason = one.reason.as_ref().map(|reason| format!(": {reason}"));
    line(&format!(
        "order {} on route {}: {}{}",
        one.number,
        one.route,
        one.result,
        reason.unwrap_or_default()
    ));
    show_gone(one);
    for differs in &one.differs {
        line(&format!(
            "  {}: expected {:?}, found {:?}{}",
            differs.field,
            differs.expected,
            differs.found,
            author(differs.by.as_deref(), differs.at)
        ));
    }
}

/// Shows the records that are gone.
pub(super) fn show_gone(one: &Verified) {
    for gone in &one.gone {
        let merged = gone
            .merged_into
            .as_ref()
            .map(|id| format!(", merged into {id}"))
            .unwrap_or_default();
        let deleted = author(gone.by.as_deref(), gone.at).replace("changed", "deleted");
        line(&format!(
            "  {} ({}) is gone{deleted}{merged}",
            gone.record, gone.object
        ));
    }
}
