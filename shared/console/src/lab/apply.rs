//! The present mapping applied to the orders of a difference that was looked at.

use super::{Wanted, compare::shop_of, no_route};
use crate::{
    act::{Confirm, Field},
    desk::{Setup, feed},
    page::{Page, Trouble},
    shell::{Section, Visit},
};
use axum::{
    Form,
    extract::Query,
    response::{IntoResponse, Redirect},
};
use config::Route;
use ports::Origin;
use reconcile::{ShopRoute, TakenFrom, apply, route_of};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The orders whose names are said before they are put on their way.
const NAMED: usize = 20;

/// A difference that was looked at, as far as applying it goes.
#[derive(Clone)]
pub(crate) struct Look {
    pub(super) wanted: Wanted,
    /// Name and version of the mapping.
    pub(super) mapping: String,
    /// The orders that would change.
    pub(super) orders: Vec<String>,
    /// The same and those whose record is gone.
    pub(super) forced: Vec<String>,
    /// The dead letters of the orders, where they came from these.
    pub(super) letters: Option<BTreeMap<String, String>>,
}

/// A difference by the number under which it is kept, and what the form of applying it says.
#[derive(Debug, Deserialize)]
pub(crate) struct Looked {
    #[serde(default)]
    look: String,
    force: Option<String>,
}

/// Answers `GET /lab/apply`: asks.
pub(crate) async fn ask(
    visit: Visit,
    Query(looked): Query<Looked>,
) -> Result<impl IntoResponse, Trouble> {
    let setup = (visit.desk().setup)();
    let look = found(&visit, &looked)?;
    present(&setup, &look)?;
    let count = orders(look.orders.len());
    let way = if look.letters.is_some() {
        "Its dead letter is replayed"
    } else {
        "Each is asked for in its shop"
    };
    let gone = look.forced.len().saturating_sub(look.orders.len());
    let question = format!("Apply the mapping to {count}?");
    Ok(Page(Confirm {
        lines: vec![
            format!("On route {}: {}.", look.wanted.route, names(&look.orders)),
            format!(
                "{way} and takes its way again under {}, and never over a newer state. Nothing is doubled or deleted.",
                look.mapping
            ),
        ],
        action: "/lab/apply",
        fields: vec![Field::hidden("look", looked.look)],
        check: look.letters.is_none().then_some((
            "force",
            if gone > 0 {
                "Also write over what only staff changed, and make again the records that they deleted"
            } else {
                "Also write over what only staff changed"
            },
        )),
        button: format!("Apply to {count}"),
        is_destructive: false,
        back: look.wanted.back(),
        shell: visit.shell(Section::Lab),
        question,
    }))
}

/// Answers `POST /lab/apply`.
pub(crate) async fn apply_now(
    visit: Visit,
    Form(looked): Form<Looked>,
) -> Result<Redirect, Trouble> {
    let (ports, setup) = (visit.desk().ports(), (visit.desk().setup)());
    let look = found(&visit, &looked)?;
    let (configured, route) = present(&setup, &look)?;
    let (orders, origin) = if looked.force.is_some() {
        (&look.forced, Origin::Forced)
    } else {
        (&look.orders, Origin::Read)
    };
    let from = match &look.letters {
        Some(letters) => TakenFrom::Letters(letters),
        None => TakenFrom::Shop(shop_of(&setup, configured)?),
    };
    let applied = apply(&route, &feed(&ports), from, orders, origin).await?;
    let mut said = format!(
        "Route {}: {} message(s) put into the queue; {} them under {}.",
        route.name,
        applied.queued,
        visit.desk().records.deliverer,
        look.mapping
    );
    if !applied.missing.is_empty() {
        said.push_str(&format!(
            " Not there any more: {}.",
            names(&applied.missing)
        ));
    }
    Ok(visit.done(&look.wanted.back(), said))
}

fn found(visit: &Visit, looked: &Looked) -> Result<Look, Trouble> {
    visit.office.looks.of(&looked.look).ok_or_else(|| {
        Trouble::missing(
            "This difference is not kept any more",
            "Nothing was put into the queue. The console may have been started anew, or have read another configuration: compare again.",
        )
    })
}

/// Returns the route of a difference, where it still has the mapping that was looked at.
fn present<'a>(setup: &'a Setup, look: &Look) -> Result<(&'a Route, ShopRoute), Trouble> {
    let missing = || no_route(&look.wanted.route);
    let configured = setup.config.route(&look.wanted.route);
    let configured = configured.ok_or_else(missing)?;
    let route = route_of(&setup.config, &setup.routes, configured).ok_or_else(missing)?;
    if route.mapping() != look.mapping {
        return Err(Trouble::refused(
            format!("The mapping of route {} was changed since", route.name),
            "Nothing was put into the queue. Compare again, and look at what the present mapping would change.",
        ));
    }
    Ok((configured, route))
}

fn orders(count: usize) -> String {
    match count {
        1 => "this 1 order".to_owned(),
        count => format!("these {count} orders"),
    }
}

fn names(orders: &[String]) -> String {
    let named: Vec<&str> = orders.iter().take(NAMED).map(String::as_str).collect();
    let named = named.join(", ");
    match orders.len().saturating_sub(NAMED) {
        0 => format!("orders {named}"),
        more => format!("orders {named} and {more} more"),
    }
}
