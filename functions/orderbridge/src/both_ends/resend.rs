use super::{Ends, ResendArgs, note};
use crate::report::{Failed, json, line};
use ::reconcile::resend;
use ports::Origin;

/// Runs `orderbridge resend`.
pub(crate) async fn run(args: &ResendArgs) -> Result<(), Failed> {
    let ends = Ends::open(&args.ends, args.store.as_deref()).await?;
    let origin = if args.force {
        Origin::Forced
    } else {
        Origin::Read
    };
    let (feed, route) = (ends.feed(), args.ends.route.as_deref());
    let mut results = Vec::new();
    for order in &args.orders {
        let resent = resend(&ends.shops, &feed, order, route, origin).await?;
        resent.note.iter().for_each(|text| note(text));
        results.push(resent);
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
