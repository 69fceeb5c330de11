use super::{DiffArgs, Ends, reconcile::author, verify::show_gone};
use crate::{
    place::{Hints, said},
    report::{Failed, json, line},
    send,
};
use ::reconcile::{
    Applied, Difference, Gathered, Shop, ShopRoute, TakenFrom, Verified, Which, apply, carried,
    diff, gather, route_of,
};
use config::{Config, Route};
use ports::Origin;
use serde::Serialize;
use std::path::absolute;

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<&'a Applied>,
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
    let gathered = gathered(&ends, &route, configured, args).await?;
    let difference = diff(&route, &ends.ports, &gathered).await?;
    let orders = difference.applicable(args.force);
    let applied = if args.yes {
        let from = if args.letters {
            TakenFrom::Letters(&gathered.letters)
        } else {
            TakenFrom::Shop(shop_of(&ends, configured)?)
        };
        let origin = if args.force {
            Origin::Forced
        } else {
            Origin::Read
        };
        Some(apply(&route, &ends.feed(), from, &orders, origin).await?)
    } else {
        None
    };
    if args.ends.json {
        json(&Told {
            difference: &difference,
            applied: applied.as_ref(),
        })?;
    } else {
        show(&difference);
        applied.iter().for_each(|applied| told(applied, &ends));
    }
    if args.apply && !args.yes && !orders.is_empty() {
        return Err(needs_yes(args, orders.len()));
    }
    match difference.uncompared() {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "{count} of {} orders could not be compared",
            gathered.orders.len()
        ))),
    }
}

fn show(difference: &Difference) {
    let is_told = |one: &&Verified| one.result != "unchanged";
    difference.orders.iter().filter(is_told).for_each(show_one);
    difference.notes.iter().for_each(|note| line(note));
    for field in &difference.fields {
        line(&format!("{}: at {} orders", field.field, field.orders));
    }
    let counts = difference.counts.iter();
    let counts: Vec<String> = counts
        .map(|(result, count)| format!("{count} {result}"))
        .collect();
    line(&format!(
        "route {} under {}: {}",
        difference.route,
        difference.mapping,
        if counts.is_empty() {
            "no orders".to_owned()
        } else {
            counts.join(", ")
        }
    ));
}

fn show_one(one: &Verified) {
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

fn told(applied: &Applied, ends: &Ends) {
    line(&format!(
        "{} messages put into the queue; {} them under the mapping that it runs",
        applied.queued, ends.deliverer
    ));
    for order in &applied.missing {
        line(&format!("order {order} is not there any more"));
    }
}

fn needs_yes(args: &DiffArgs, count: usize) -> Failed {
    let last = args.last.map(|last| last.to_string());
    let mut words = vec!["diff"];
    words.extend(said([
        ("--route", args.ends.route.as_deref()),
        ("--last", last.as_deref()),
        ("--since", args.since.as_deref()),
    ]));
    words.extend(args.letters.then_some("--letters"));
    words.push("--apply");
    words.extend(args.force.then_some("--force"));
    words.push("--yes");
    let hints = Hints::of(&args.ends.config, &args.ends.place);
    Failed::new(format!(
        "nothing was done: {count} orders would be put into the queue; to do it: {}",
        hints.command_with_secrets(&words)
    ))
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

/// Returns the orders to compare.
async fn gathered(
    ends: &Ends,
    route: &ShopRoute,
    configured: &Route,
    args: &DiffArgs,
) -> Result<Gathered, Failed> {
    let which = if args.letters {
        Which::Letters(None)
    } else if args.waiting {
        Which::Waiting(None)
    } else if let Some(last) = args.last {
        Which::Last(shop_of(ends, configured)?, last)
    } else if let Some(since) = &args.since {
        let since = crate::window::time(since, ends.ports.clock.now())?;
        Which::Since(shop_of(ends, configured)?, since)
    } else {
        return of_files(route, args);
    };
    let gathered = gather(route, &ends.ports, which).await?;
    gathered.ok_or_else(|| {
        Failed::new(
            "a queue of AWS does not tell what waits in it; use --last, --since or --letters",
        )
    })
}

/// Returns the shop of a route, which must be one that can be asked.
fn shop_of<'a>(ends: &'a Ends, route: &Route) -> Result<&'a Shop, Failed> {
    let shop = ends.shops.iter().find(|shop| shop.name == route.store);
    shop.ok_or_else(|| ends.unreadable(Some(&route.store)))
}

fn of_files(route: &ShopRoute, args: &DiffArgs) -> Result<Gathered, Failed> {
    let source = route.delivery.source.as_ref();
    let topic = args.topic.as_deref();
    let topic = topic.or_else(|| source.order_topics().first().copied());
    let topic = topic.unwrap_or_default();
    let mut gathered = Gathered::default();
    for file in &args.files {
        match carried(source, topic, send::read(file)?) {
            Some(order) => gathered.orders.push(order),
            None => gathered
                .notes
                .push(format!("{}: it holds no order", file.display())),
        }
    }
    Ok(gathered)
}
