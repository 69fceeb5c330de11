//! A difference, as the page shows it.

use super::{LETTERS, Look, WAITING, Wanted, no_route};
use crate::{desk::Setup, orders, page::Trouble, shell::Visit, tag::Tag};
use config::Route;
use deliver::DeliveryRoute;
use mapping::Mapping;
use reconcile::{
    ChangingField, Difference, Differing, Gathered, Shop, ShopRoute, Verified, Which, diff, gather,
    route_of,
};
use std::sync::Arc;

/// The orders that are shown one by one, and the fields of each.
const SHOWN: usize = 50;
const SHOWN_FIELDS: usize = 8;

/// What was compared.
pub(crate) struct Compared {
    pub(crate) mapping: String,
    pub(crate) is_tried: bool,
    pub(crate) counts: Vec<(Tag, usize)>,
    pub(crate) fields: Vec<ChangingField>,
    pub(crate) lines: Vec<Line>,
    /// The number of orders that would be shown too, were there fewer.
    pub(crate) more: usize,
    pub(crate) notes: Vec<String>,
    /// The number of orders to which the mapping can be applied, and the path that asks.
    pub(crate) apply: Option<(usize, String)>,
    /// Why it cannot be, and what to do.
    pub(crate) hint: Option<&'static str>,
}

/// An order that would not stay as it is.
pub(crate) struct Line {
    pub(crate) link: String,
    pub(crate) name: String,
    pub(crate) state: Tag,
    pub(crate) reason: String,
    pub(crate) changes: Vec<Differing>,
    pub(crate) more: usize,
}

/// Compares orders of a route with what their destination holds, under another mapping where one is
/// given.
pub(super) async fn compare(
    visit: &Visit,
    setup: &Setup,
    configured: &Route,
    wanted: &Wanted,
    tried: Option<Mapping>,
) -> Result<Compared, Trouble> {
    let route = route_of(&setup.config, &setup.routes, configured);
    let route = route.ok_or_else(|| no_route(&configured.name))?;
    let is_tried = tried.is_some();
    let route = match tried {
        Some(mapping) => under(route, mapping),
        None => route,
    };
    let most = wanted.most()?;
    let which = match wanted.of.as_str() {
        LETTERS => Which::Letters(Some(most)),
        WAITING => Which::Waiting(Some(most)),
        _ => Which::Last(shop_of(setup, configured)?, most),
    };
    let ports = visit.desk().ports();
    let gathered = gather(&route, &ports, which).await?;
    let gathered = gathered.ok_or_else(|| {
        Trouble::refused(
            "A queue of AWS does not tell what waits in it",
            "Compare the last orders of the shop, or the dead letters.",
        )
    })?;
    let difference = diff(&route, &ports, &gathered).await?;
    let mut compared = Compared::of(&difference, is_tried);
    let orders = difference.applicable(false);
    if is_tried {
        compared.hint = Some(
            "To apply it, save it as a file beside orderbridge.toml, name that file as the route's `mapping`, and let the server read it (SIGHUP). Then compare under the present mapping.",
        );
    } else if wanted.of == WAITING {
        compared.hint =
            Some("These orders are on their way already, under the mapping that the server runs.");
    } else if !orders.is_empty() {
        let count = orders.len();
        let look = Look::new(wanted, &difference, &gathered);
        let number = visit.office.looks.keep(look);
        compared.apply = Some((count, format!("/lab/apply?look={number}")));
    }
    Ok(compared)
}

/// Returns the same route under another mapping.
fn under(route: ShopRoute, mapping: Mapping) -> ShopRoute {
    let delivery = DeliveryRoute {
        mapping,
        ..(*route.delivery).clone()
    };
    ShopRoute {
        delivery: Arc::new(delivery),
        ..route
    }
}

/// Returns the shop of a route, which must be one that can be asked.
pub(super) fn shop_of<'a>(setup: &'a Setup, route: &Route) -> Result<&'a Shop, Trouble> {
    let shop = setup.shops.iter().find(|shop| shop.name == route.store);
    shop.ok_or_else(|| {
        Trouble::refused(
            format!("Store {} cannot be asked for its orders", route.store),
            "Its secret has no credentials for the shop's API; the README's table of secrets says which keys they are. Dead letters and waiting orders can be compared without.",
        )
    })
}

impl Compared {
    fn of(difference: &Difference, is_tried: bool) -> Self {
        let told = difference.orders.iter();
        let told: Vec<&Verified> = told.filter(|one| one.result != "unchanged").collect();
        let counts = difference.counts.iter();
        Self {
            mapping: difference.mapping.clone(),
            is_tried,
            counts: counts
                .map(|(result, count)| (tag(result), *count))
                .collect(),
            fields: difference.fields.clone(),
            lines: told.iter().take(SHOWN).map(|one| line(one)).collect(),
            more: told.len().saturating_sub(SHOWN),
            notes: difference.notes.clone(),
            apply: None,
            hint: None,
        }
    }
}

fn line(one: &Verified) -> Line {
    let mut reason = one.reason.clone().unwrap_or_default();
    for gone in &one.gone {
        let by = gone.by.as_ref().map(|by| format!(", deleted by {by}"));
        let by = by.unwrap_or_default();
        reason.push_str(&format!("{} ({}) is gone{by}. ", gone.record, gone.object));
    }
    Line {
        link: orders::link(&one.order),
        name: one.number.clone(),
        state: tag(one.result),
        reason,
        changes: one.differs.iter().take(SHOWN_FIELDS).cloned().collect(),
        more: one.differs.len().saturating_sub(SHOWN_FIELDS),
    }
}

fn tag(result: &'static str) -> Tag {
    match result {
        "unchanged" => Tag::good(result),
        "changes" | "new" => Tag::wait(result),
        "nothing to deliver" => Tag::plain(result),
        _ => Tag::bad(result),
    }
}

impl Look {
    fn new(wanted: &Wanted, difference: &Difference, gathered: &Gathered) -> Self {
        Self {
            wanted: wanted.clone(),
            mapping: difference.mapping.clone(),
            orders: difference.applicable(false),
            forced: difference.applicable(true),
            letters: (wanted.of == LETTERS).then(|| gathered.letters.clone()),
        }
    }
}
