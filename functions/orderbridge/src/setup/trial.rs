//! One order, handed to its destination in a way that keeps nothing of it.

use super::Asked;
use crate::{
    assemble::Loaded,
    report::{Failed, line},
    send,
};
use destination::{Call, Trial};
use mapping::Mapping;
use ports::{Clock, SystemClock};
use source::Normalized;
use std::{collections::BTreeMap, path::Path, sync::Arc};

pub(super) async fn run(
    loaded: &Loaded,
    mappings: &BTreeMap<String, Mapping>,
    asked: &Asked<'_>,
    route: &str,
    file: &Path,
) -> Result<(), Failed> {
    let config = &loaded.config;
    let (route, mapping) = match (config.route(route), mappings.get(route)) {
        (Some(route), Some(mapping)) => (route, mapping),
        _ => return Err(no_route(loaded, route)),
    };
    let (Some(store), Some(destination)) = (
        config.store(&route.store),
        config.destination(&route.destination),
    ) else {
        return Err(no_route(loaded, &route.name));
    };
    let source = sources::source(store.platform);
    let name = file.display();
    let normalized = source
        .normalize(source.usual_topic(), &send::read(file)?)
        .map_err(|error| Failed::new(format!("{name}: {error}")))?;
    let Normalized::Order(order) = normalized else {
        return Err(Failed::new(format!(
            "{name} becomes no order: see `orderbridge preview --route {}`",
            route.name
        )));
    };
    let plan = mapping
        .plan(&order)
        .map_err(|error| Failed::new(format!("{name}: {error}")))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (secrets, tokens) = (Arc::clone(&loaded.secrets), Arc::clone(&asked.tokens));
    let trial = destinations::try_out(destination, secrets, tokens, clock)
        .map_err(|failure| Failed::of(&failure))?;
    let found = trial.try_order(&Call::without_deadline(), &plan).await;
    let (order, destination) = (&order.number, &destination.name);
    match found.map_err(|failure| Failed::of(&failure))? {
        Trial::Taken { remarks } => {
            line(&format!(
                "ok   {destination} would take order {order}; nothing of it was kept"
            ));
            remarks
                .iter()
                .for_each(|remark| line(&format!("     {remark}")));
            Ok(())
        }
        Trial::Refused(failure) => Err(Failed::new(format!(
            "{destination} would refuse order {order}: {failure}"
        ))),
        Trial::NoDryRun { why } => Err(Failed::new(format!("{destination}: {why}"))),
    }
}

fn no_route(loaded: &Loaded, name: &str) -> Failed {
    let routes = loaded.config.routes.iter();
    let known: Vec<&str> = routes.map(|route| route.name.as_str()).collect();
    Failed::new(format!(
        "no route named {name} in {}; there are: {}",
        loaded.config.file.display(),
        known.join(", ")
    ))
}
