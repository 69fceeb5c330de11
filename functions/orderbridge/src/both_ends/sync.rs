use super::SyncArgs;
use super::{Ends, end_progress, note, progress};
use crate::report::{Failed, json, line};
use ::reconcile::{Named, Shop, Synced, sync_orders, sync_window};
use ports::Origin;
use serde::Serialize;

#[derive(Serialize)]
struct Result<'a> {
    store: &'a str,
    /// The number of orders that the shop gave.
    orders: u64,
    /// The number of messages that were put into the queue.
    queued: u64,
    dry_run: bool,
    /// What was asked for and the shop does not have.
    unknown: Vec<String>,
    notes: Vec<String>,
}

/// Runs `orderbridge sync`.
pub(crate) async fn run(args: &SyncArgs) -> std::result::Result<(), Failed> {
    let ends = Ends::open_readable(&args.ends, Some(&args.store)).await?;
    let Some(shop) = ends.shops.first() else {
        return Ok(());
    };
    let (synced, unknown) = match &args.since {
        Some(since) => (window(&ends, shop, args, since).await?, Vec::new()),
        None => named(&ends, shop, args).await?,
    };
    if args.ends.json {
        json(&Result {
            store: &args.store,
            orders: synced.orders,
            queued: synced.messages,
            dry_run: args.dry_run,
            unknown: unknown.clone(),
            notes: synced.notes,
        })?;
    } else {
        show(&ends, args, &synced);
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failed::new(format!(
        "store {} has no order called {}",
        args.store,
        unknown.join(", ")
    )))
}

async fn window(
    ends: &Ends,
    shop: &Shop,
    args: &SyncArgs,
    since: &str,
) -> std::result::Result<Synced, Failed> {
    let window = ends.window(since, args.until.as_deref())?;
    let until = args.until.as_deref().unwrap_or_default();
    let route = args.ends.route.as_deref().unwrap_or_default();
    let request = format!("since {since} until {until} route {route}");
    let mut turn = ends.turn("sync", &shop.name).await?;
    if let Some(begun) = &turn.place.unfinished
        && begun.request == request
        && !args.dry_run
    {
        let (orders, until) = (begun.orders, begun.window.until());
        note(&format!("goes on after {orders} orders, up to {until}"));
    }
    let (feed, told) = (ends.feed(), progress(&shop.name));
    let work = sync_window(
        shop,
        &feed,
        &mut turn,
        (&request, window),
        args.dry_run,
        &told,
    );
    let done = tokio::select! {
        done = work => done.map_err(Failed::from),
        _ = tokio::signal::ctrl_c() => Err(Failed::new(
            "stopped; the same command goes on where it was",
        )),
    };
    end_progress();
    turn.end().await?;
    done
}

async fn named(
    ends: &Ends,
    shop: &Shop,
    args: &SyncArgs,
) -> std::result::Result<(Synced, Vec<String>), Failed> {
    let asked = ends.ports.clock.now();
    let found = Named::of(shop, &args.orders).await?;
    let mut synced = Synced {
        orders: u64::try_from(found.orders.len()).unwrap_or_default(),
        ..Synced::default()
    };
    if !args.dry_run {
        synced.messages =
            sync_orders(shop, &ends.feed(), &found.orders, Origin::Read, asked).await?;
    }
    Ok((synced, found.unknown))
}

fn show(ends: &Ends, args: &SyncArgs, synced: &Synced) {
    for note in &synced.notes {
        line(&format!("note: {note}"));
    }
    let orders = synced.orders;
    if args.dry_run {
        line(&format!(
            "store {}: {orders} orders would be put into the queue",
            args.store
        ));
        return;
    }
    line(&format!(
        "store {}: {orders} orders read, {} messages put into the queue; {} them",
        args.store, synced.messages, ends.deliverer
    ));
}
