use super::{DiffArgs, Ends, reconcile::author, verify::show_gone};
use crate::{
    report::{Failed, json, line},
    send,
};
use ::reconcile::{Shop, ShopRoute, Verified, carried, diff, page, route_of};
use config::{Config, Route};
use jiff::Timestamp;
use ports::DeadLetterFilter;
use serde::Serialize;
use source::{
    Source,
    reader::{Cursor, ShopOrder, Window},
};
use std::{collections::BTreeMap, path::absolute, sync::Arc, time::Duration};

/// How far back the shop is asked for its last orders, one after the other until there are enough.
const DAYS_BACK: [u64; 4] = [1, 7, 60, 3660];

#[derive(Serialize)]
struct Difference {
    route: String,
    /// Name and version of the mapping, joined by `@`.
    mapping: String,
    /// The number of orders by their result.
    counts: BTreeMap<&'static str, usize>,
    orders: Vec<Verified>,
    /// What could not be compared at all.
    notes: Vec<String>,
}

/// Runs `orderbridge diff`.
pub(crate) async fn run(args: &DiffArgs) -> Result<(), Failed> {
    let name = args.ends.route.as_deref();
    let ends = Ends::open_with(&args.ends, None, |config| {
        let found = the_route(config, name)?.name.clone();
        let mut routes = config.routes.iter_mut();
        if let Some(mapping) = &args.mapping
            && let Some(route) = routes.find(|route| route.name == found)
        {
            route.mapping = place_of(mapping);
        }
        Ok(())
    })
    .await?;
    let configured = the_route(&ends.config, name)?;
    let route = route_of(&ends.config, &ends.routes, configured)
        .ok_or_else(|| Failed::new(format!("route {} delivers nothing", configured.name)))?;
    let (orders, notes) = orders(&ends, configured, args).await?;
    let difference = Difference::of(&ends, &route, &orders, notes).await?;
    if args.ends.json {
        json(&difference)?;
    } else {
        difference.show();
    }
    match difference.uncompared() {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "{count} of {} orders could not be compared",
            orders.len()
        ))),
    }
}

impl Difference {
    async fn of(
        ends: &Ends,
        route: &ShopRoute,
        orders: &[ShopOrder],
        notes: Vec<String>,
    ) -> Result<Self, Failed> {
        let results = diff(route, &ends.ports, orders).await?;
        let mut counts = BTreeMap::new();
        for one in &results {
            *counts.entry(one.result).or_default() += 1;
        }
        Ok(Self {
            route: route.name.clone(),
            mapping: route.mapping(),
            counts,
            orders: results,
            notes,
        })
    }

    /// Returns how many orders the mapping makes nothing of, or the destination does not show.
    fn uncompared(&self) -> usize {
        let count = |result| self.counts.get(result).copied().unwrap_or_default();
        count("broken") + count("unread") + self.notes.len()
    }

    fn show(&self) {
        let is_told = |one: &&Verified| one.result != "unchanged";
        self.orders.iter().filter(is_told).for_each(show);
        self.notes.iter().for_each(|note| line(note));
        let counts: Vec<String> = self
            .counts
            .iter()
            .map(|(result, count)| format!("{count} {result}"))
            .collect();
        line(&format!(
            "route {} under {}: {}; nothing was written",
            self.route,
            self.mapping,
            if counts.is_empty() {
                "no orders".to_owned()
            } else {
                counts.join(", ")
            }
        ));
    }
}

fn show(one: &Verified) {
    let reason = one.reason.as_ref().map(|reason| format!(": {reason}"));
    line(&format!(
        "order {}: {}{}",
        one.number,
        one.result,
        reason.unwrap_or_default()
    ));
    show_gone(one);
    for differs in &one.differs {
        line(&format!(
            "  {}: {:?} -> {:?}{}",
            differs.field,
            differs.found,
            differs.expected,
            author(differs.by.as_deref(), differs.at)
        ));
    }
}

/// Returns the route of this name, or the only one there is.
fn the_route<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a Route, Failed> {
    match (name, &config.routes[..]) {
        (Some(name), routes) => routes.iter().find(|route| route.name == name),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
    .ok_or_else(|| {
        let known: Vec<&str> = config.routes.iter().map(|one| one.name.as_str()).collect();
        let known = known.join(", ");
        Failed::new(match name {
            Some(name) => format!(
                "no route named {name} in {}; there are: {known}",
                config.file.display()
            ),
            None => format!("name the route with --route: {known}"),
        })
    })
}

/// Returns a mapping as the configuration names it: a file of the command line is relative to where
/// the command runs, not to the configuration.
fn place_of(mapping: &str) -> String {
    match absolute(mapping) {
        Ok(file) if file.is_file() => file.to_string_lossy().into_owned(),
        _ => mapping.to_owned(),
    }
}

/// Returns the orders to compare, and what of them could not be read.
async fn orders(
    ends: &Ends,
    route: &Route,
    args: &DiffArgs,
) -> Result<(Vec<ShopOrder>, Vec<String>), Failed> {
    if args.letters {
        return of_letters(ends, route).await;
    }
    if args.last.is_none() && args.since.is_none() {
        return of_files(ends, route, args);
    }
    ends.check_readable(Some(&route.store))?;
    let shop = ends.shops.iter().find(|shop| shop.name == route.store);
    let Some(shop) = shop else {
        return Ok(Default::default());
    };
    let now = ends.ports.clock.now();
    if let Some(since) = &args.since {
        return changed(shop, ends.window(since, None)?).await;
    }
    let most = args.last.unwrap_or_default();
    let mut found = (Vec::new(), Vec::new());
    for days in DAYS_BACK {
        let since = now.saturating_sub(Duration::from_secs(days * 86_400));
        let until = now.saturating_add(Duration::from_secs(1));
        let (since, until) = (since.unwrap_or(Timestamp::MIN), until.unwrap_or(now));
        found = changed(shop, Window::new(since, until)).await?;
        if found.0.len() >= most {
            break;
        }
    }
    found.0.sort_by_key(|order| order.summary.modified);
    let surplus = found.0.len().saturating_sub(most);
    found.0.drain(..surplus);
    Ok(found)
}

/// Returns the orders that the shop changed in a window, each once, in its newest state.
async fn changed(shop: &Shop, window: Window) -> Result<(Vec<ShopOrder>, Vec<String>), Failed> {
    let (mut orders, mut notes) = (BTreeMap::new(), Vec::new());
    let mut cursor: Option<Cursor> = None;
    loop {
        let found = page(shop, window, cursor.as_ref()).await?;
        notes.extend(found.unreadable.into_iter().map(|one| one.problem));
        for order in found.orders {
            orders.insert(order.summary.order.clone(), order);
        }
        cursor = found.next;
        if cursor.is_none() {
            return Ok((orders.into_values().collect(), notes));
        }
    }
}

async fn of_letters(ends: &Ends, route: &Route) -> Result<(Vec<ShopOrder>, Vec<String>), Failed> {
    let filter = DeadLetterFilter {
        route: Some(route.name.clone()),
        ..DeadLetterFilter::default()
    };
    let source = source_of(ends, route)?;
    let (mut orders, mut notes) = (Vec::new(), Vec::new());
    for letter in ends.ports.letters.list(&filter).await? {
        let message = letter.message;
        match carried(source.as_ref(), &message.topic, message.body.to_vec()) {
            Some(order) => orders.push(order),
            None => notes.push(format!("dead letter {}: it holds no order", letter.id)),
        }
    }
    Ok((orders, notes))
}

fn of_files(
    ends: &Ends,
    route: &Route,
    args: &DiffArgs,
) -> Result<(Vec<ShopOrder>, Vec<String>), Failed> {
    let source = source_of(ends, route)?;
    let topic = args.topic.as_deref();
    let topic = topic.or_else(|| source.order_topics().first().copied());
    let (mut orders, mut notes) = (Vec::new(), Vec::new());
    for file in &args.files {
        match carried(
            source.as_ref(),
            topic.unwrap_or_default(),
            send::read(file)?,
        ) {
            Some(order) => orders.push(order),
            None => notes.push(format!("{}: it holds no order", file.display())),
        }
    }
    Ok((orders, notes))
}

fn source_of(ends: &Ends, route: &Route) -> Result<Arc<dyn Source>, Failed> {
    let store = ends.config.store(&route.store);
    let store = store
        .ok_or_else(|| Failed::new(format!("route {}: no store {}", route.name, route.store)))?;
    Ok(sources::source(store.platform))
}
