use crate::{Comparisons, Environment};
use config::Config;
use platform_aws::{AwsSecrets, Bodies, Queues, SdkConfig, SqsQueue, Table};
use ports::{Checkpoints, Clock, Secrets, SystemClock, TokenStore};
use reconcile::Ports;
use routes::Problems;
use std::{collections::BTreeMap, sync::Arc};

/// Creates everything that the function needs, read and connected.
///
/// # Errors
/// When anything is missing or wrong in configuration and mappings: all of it.
pub async fn start(environment: &Environment, aws: &SdkConfig) -> Result<Comparisons, Problems> {
    let mut config = Config::load(&environment.config).map_err(Problems::new)?;
    let raised = reconcile::raised_overlaps(&config);
    raised
        .iter()
        .for_each(|warning| tracing::warn!("{warning}"));
    config.public_url = environment.public_url.clone().or(config.public_url);
    let (queues, without_queue) = environment.queues_of(&config);
    without_queue
        .iter()
        .for_each(|problem| tracing::error!("{problem}"));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: Arc<dyn Secrets> = Arc::new(AwsSecrets::new(aws, Arc::clone(&clock)));
    let table = Table::new(aws, &environment.table, Arc::clone(&clock));
    // The letters are read in the table alone: without queues, none is received from.
    let letters = SqsQueue::new(aws, Queues::default(), table.clone(), Arc::clone(&clock));
    let mut queue = SqsQueue::new(aws, queues, table.clone(), Arc::clone(&clock));
    if let Some(bucket) = &environment.bucket {
        queue = queue.with_bodies(Bodies::new(aws, bucket));
    }
    let mappings = routes::mappings(&config)?;
    let tokens: Arc<dyn TokenStore> = Arc::new(table.clone());
    let notes: Arc<dyn Checkpoints> = Arc::new(table.clone());
    let adapters = routes::destinations(&config, &secrets, &tokens, &clock, Some(&notes))?;
    let readers = routes::readers(&config, &secrets).await;
    let all = routes::delivery_routes(&config, mappings, &adapters, &secrets, &readers)?;
    let deliverable = all.into_iter().filter(|(_, route)| {
        let destination = config.destination(&route.destination_name);
        destination.is_some_and(|one| environment.queues.contains_key(one.system.as_str()))
    });
    let delivered: BTreeMap<_, _> = deliverable
        .map(|(name, route)| (name, Arc::new(route)))
        .collect();
    let shops = reconcile::shops(&config, &delivered, &readers, None);
    let ports = Ports {
        ledger: Arc::new(table.clone()),
        queue: Arc::new(queue),
        letters: Arc::new(letters),
        checkpoints: Arc::new(table),
        clock,
    };
    Ok(Comparisons::new(shops, config, ports))
}
