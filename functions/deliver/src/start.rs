use crate::{Courier, Environment, Function, event::queue_name};
use config::{Config, Destination};
use deliver::{Breaker, Engine, Ports};
use platform_aws::{AwsSecrets, SdkConfig, SqsQueue, Table};
use ports::{CircuitStore, Clock, Secrets, SystemClock, TokenStore};
use routes::Problems;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The function's timeout in the template: a probe that was not heard of for so long is lost.
const TIMEOUT: Duration = Duration::from_mins(5);

/// So often is asked whether a circuit is open while all is well: there are many functions, and each question is paid for. Whoever sees a failure asks at once.
const LOOK: Duration = Duration::from_secs(10);

/// Everything that the function needs, read and connected.
///
/// # Errors
/// Everything that is missing or wrong in configuration, environment, secrets and mappings.
pub async fn start(environment: &Environment, aws: &SdkConfig) -> Result<Function, Problems> {
    let config = Config::load(&environment.config).map_err(Problems::new)?;
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let queues = environment.queues_of(&config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: Arc<dyn Secrets> = Arc::new(AwsSecrets::new(aws, Arc::clone(&clock)));
    let table = Table::new(aws, &environment.table, Arc::clone(&clock));
    let queue = Arc::new(SqsQueue::new(aws, queues, table.clone(), Arc::clone(&clock)));
    let mappings = routes::mappings(&config)?;
    let unready = routes::unready_destinations(&config, secrets.as_ref()).await;
    unready.values().flatten().for_each(|problem| tracing::error!("{problem}"));
    let tokens: Arc<dyn TokenStore> = Arc::new(table.clone());
    let adapters = routes::destinations(&config, &secrets, &tokens, &clock)?;
    let delivery_routes = routes::delivery_routes(&config, mappings, &adapters, &secrets).await?;
    let ports = Ports {
        ledger: Arc::new(table.clone()),
        queue: Arc::clone(&queue) as _,
        privacy: Arc::new(table.clone()),
    };
    let engine = Arc::new(Engine::new(delivery_routes, ports, Arc::clone(&clock)));
    warm(&queue, environment).await;
    let courier = |destination: &Destination| {
        let courier = courier(destination, &engine, &table, &clock);
        (destination.name.clone(), courier)
    };
    Ok(Function {
        inbox: queue,
        couriers: config.destinations.values().map(courier).collect(),
        routes: config
            .routes
            .iter()
            .map(|route| (route.name.clone(), route.destination.clone()))
            .collect(),
        queues: by_name(environment),
        engine,
        clock,
    })
}

fn courier(destination: &Destination, engine: &Arc<Engine>, table: &Table, clock: &Arc<dyn Clock>) -> Courier {
    let delivery = &destination.delivery;
    let circuits: Arc<dyn CircuitStore> = Arc::new(table.clone());
    let breaker = Breaker::new(&destination.name, routes::circuit_settings(delivery, TIMEOUT), circuits);
    Courier {
        engine: Arc::clone(engine),
        breaker: breaker
            .paced(routes::pace(delivery))
            .of_system(destination.system.as_str())
            .looking_every(LOOK),
        clock: Arc::clone(clock),
        batch: delivery.batch,
        request_timeout: delivery.request_timeout,
    }
}

fn by_name(environment: &Environment) -> BTreeMap<String, String> {
    let queues = environment.queues.values();
    queues
        .map(|urls| (queue_name(&urls.queue).to_owned(), urls.queue.clone()))
        .collect()
}

/// Opens the connection to the table, by the question that the first batch asks anyway. Without an answer the first batch asks it.
async fn warm(queue: &SqsQueue, environment: &Environment) {
    if let Some(urls) = environment.queues.values().next()
        && let Err(error) = queue.open(&urls.queue, Vec::new()).await
    {
        tracing::warn!(error = %error.source, "the table does not answer; the first batch tries again");
    }
}
