//! What the layouts of a module require that the mapping does not fill: such an order is refused
//! (`MANDATORY_NOT_FOUND`).

use super::{
    described::{self, Described},
    needs::Needs,
    steps,
};
use crate::client::Client;
use ::setup::{Item, Remedy, State};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Returns an item for each field that a layout requires and an order may lack.
pub(crate) async fn required(
    own: &Client<'_>,
    maker: Option<&Client<'_>>,
    module: &str,
    needs: &Needs,
) -> Vec<Item> {
    let told = match (own.layouts(module).await, maker) {
        (Err(_), Some(maker)) => maker.layouts(module).await,
        (told, _) => told,
    };
    match told {
        Ok(layouts) => judge(module, &layouts, needs),
        Err(failure) => {
            let found = format!(
                "which fields the layouts require could not be asked: {}",
                failure.message
            );
            let remedy = steps::after_refusal(failure.code.as_deref(), steps::LAYOUTS)
                .unwrap_or(Remedy::Nothing);
            let subject = format!("layouts of {module}");
            vec![Item::open(subject, State::Advice, found, remedy)]
        }
    }
}

/// Judges the layouts. What each of them requires is wrong to leave out; what only one of several
/// requires is wrong where the mapping names that layout, and worth knowing where it does not.
fn judge(module: &str, layouts: &[Json], needs: &Needs) -> Vec<Item> {
    let is_meant = |layout: &&Json| {
        needs
            .layout
            .as_deref()
            .is_none_or(|id| layout.get("id").and_then(Json::as_str) == Some(id))
    };
    let is_in_use =
        |layout: &&Json| layout.get("status").and_then(Json::as_str) != Some("inactive");
    let demands: Vec<BTreeSet<&str>> = layouts
        .iter()
        .filter(is_meant)
        .filter(is_in_use)
        .map(demanded)
        .collect();
    let lacking = |name: &&str| needs.filled.iter().any(|filled| !filled.contains(*name));
    let all: BTreeSet<&str> = demands.iter().flatten().copied().filter(lacking).collect();
    let item = |name: &str| {
        let is_everywhere = demands.iter().all(|demanded| demanded.contains(name));
        let (state, found) = match is_everywhere {
            true => (
                State::Wrong,
                "the layout requires it, and the mapping does not fill it: every such order would be refused",
            ),
            false => (
                State::Advice,
                "a layout requires it, and the mapping does not fill it: orders are refused where that layout is the user's",
            ),
        };
        let step = format!(
            "give {name} a value in [routes.set], or untick \"Mark as required\" of it (Setup > Customization > Modules and Fields > {})",
            module.replace('_', " ")
        );
        let subject = format!("{module}.{name} (required)");
        Item::open(subject, state, found, Remedy::ByHand(vec![step]))
    };
    all.into_iter().map(item).collect()
}

/// Returns the fields that the layout requires.
fn demanded(layout: &Json) -> BTreeSet<&str> {
    let is_demanded = |field: &Described<'_>| field.is_required() || field.is_mandatory();
    described::of_layout(layout)
        .filter(is_demanded)
        .map(Described::name)
        .collect()
}
