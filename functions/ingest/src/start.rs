use crate::{Failed, patience::patience, queues::queues};
use config::{Config, Way};
use ingest::Gate;
use platform_aws::{AwsSecrets, Bodies, PatientSender, SqsSender, environment};
use ports::{Clock, Secrets, SystemClock};
use std::{path::PathBuf, sync::Arc};

/// The path of the configuration in the template: in a layer, so that a changed mapping needs no
/// new build.
const CONFIG: &str = "/opt/orderbridge/orderbridge.toml";

/// Creates the gate with everything that the function needs, read and connected. `variable` returns
/// the value of an environment variable. A problem of one store or destination is logged, and stops
/// no other.
///
/// # Errors
/// When no webhook at all could be accepted: everything that is missing or wrong in configuration,
/// environment and secrets.
pub async fn gate(variable: impl Fn(&str) -> Option<String>) -> Result<Gate, Failed> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let config = Config::load(
        &variable("ORDERBRIDGE_CONFIG").map_or_else(|| PathBuf::from(CONFIG), PathBuf::from),
    )
    .map_err(Failed::all)?;
    config
        .warnings
        .iter()
        .for_each(|warning| tracing::warn!("{warning}"));
    let aws = environment();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: Arc<dyn Secrets> = Arc::new(AwsSecrets::new(&aws, Arc::clone(&clock)));
    let (queues, without_queue) = queues(&config, variable);
    let is_any_queue = without_queue.len() < config.destinations.len();
    let mut sender = SqsSender::new(&aws, queues);
    if let Some(bucket) = variable("ORDERBRIDGE_BUCKET") {
        sender = sender.with_bodies(Bodies::new(&aws, bucket));
    }
    let (stores, ()) = tokio::join!(ingest::stores(&config, &secrets, &clock), sender.warm());
    let problems: Vec<String> = without_queue
        .into_iter()
        .chain(stores.problems.iter().map(ToString::to_string))
        .collect();
    if !is_any_queue || !stores.is_any_ready() {
        return Err(Failed::all(problems));
    }
    problems
        .iter()
        .for_each(|problem| tracing::error!("{problem}"));
    let sender = PatientSender::new(sender, patience(&config));
    Ok(Gate::new(
        stores.by_name,
        config.server.body_limit_on(Way::Stack),
        Arc::new(sender),
        clock,
    ))
}
