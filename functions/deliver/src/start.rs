use crate::{Dispatcher, Environment, Event, Function, Watch, event::queue_name};
use aws_lambda_events::sqs::SqsBatchResponse;
use config::{Config, Destination};
use deliver::{Breaker, Engine, Ports};
use jiff::Timestamp;
use platform_aws::{AwsSecrets, Bodies, SdkConfig, SqsQueue, Table, Unopened};
use ports::{Checkpoints, CircuitStore, Clock, Secrets, SystemClock, TokenStore};
use routes::Problems;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The shortest time between two questions whether a circuit is open while all is well: there are
/// many functions, and each question costs money. A function that sees a failure asks at once.
const LOOK: Duration = Duration::from_secs(10);

/// Creates everything that the function needs, read and connected.
///
/// # Errors
/// When anything is missing or wrong in configuration, environment, secrets and mappings: all of
/// it.
pub async fn start(environment: &Environment, aws: &SdkConfig) -> Result<Started, Problems> {
    let config = Config::load(&environment.config).map_err(Problems::new)?;
    config
        .warnings
        .iter()
        .for_each(|warning| tracing::warn!("{warning}"));
    let (queues, without_queue) = environment.queues_of(&config);
    let unshared = environment.calls_too_few(&config);
    unshared
        .iter()
        .for_each(|problem| tracing::warn!("{problem}"));
    without_queue
        .iter()
        .for_each(|problem| tracing::error!("{problem}"));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: Arc<dyn Secrets> = Arc::new(AwsSecrets::new(aws, Arc::clone(&clock)));
    let mut table = Table::new(aws, &environment.table, Arc::clone(&clock));
    if let Some(kept) = environment.letters_kept {
        table = table.keeping_letters(kept);
    }
    let mut queue = SqsQueue::new(aws, queues, table.clone(), Arc::clone(&clock));
    if let Some(bucket) = &environment.bucket {
        queue = queue.with_bodies(Bodies::new(aws, bucket));
    }
    let queue = Arc::new(queue);
    let mappings = routes::mappings(&config)?;
    let unready = routes::unready_destinations(&config, secrets.as_ref()).await;
    unready
        .values()
        .flatten()
        .for_each(|problem| tracing::error!("{problem}"));
    let tokens: Arc<dyn TokenStore> = Arc::new(table.clone());
    let notes: Arc<dyn Checkpoints> = Arc::new(table.clone());
    let adapters = routes::destinations(&config, &secrets, &tokens, &clock, Some(&notes))?;
    let readers = routes::readers(&config, &secrets).await;
    let delivery_routes =
        routes::delivery_routes(&config, mappings, &adapters, &secrets, &readers)?;
    let ports = Ports {
        ledger: Arc::new(table.clone()),
        queue: Arc::clone(&queue) as _,
        privacy: Arc::new(table.clone()),
    };
    let engine = Arc::new(Engine::new(delivery_routes, ports, Arc::clone(&clock)));
    warm(&queue, environment).await;
    let dispatcher = |destination: &Destination| {
        let dispatcher = dispatcher(destination, &engine, &table, &clock, environment.timeout);
        (destination.name.clone(), dispatcher)
    };
    let watch = Watch::new(Arc::clone(&queue), table.clone(), &config);
    let function = Function {
        inbox: queue,
        dispatchers: config.destinations.values().map(dispatcher).collect(),
        routes: config
            .routes
            .iter()
            .map(|route| (route.name.clone(), route.destination.clone()))
            .collect(),
        queues: by_name(environment),
        engine,
        clock,
    };
    Ok(Started { function, watch })
}

/// The function and its watch, ready for events.
pub struct Started {
    function: Function,
    watch: Watch,
}

impl Started {
    /// Handles an event, and names the messages that Lambda must not delete.
    pub async fn take(&self, event: Event, deadline: Timestamp) -> SqsBatchResponse {
        match event {
            Event::Batch(event) => self.function.handle(event, deadline).await,
            Event::LookAround { .. } => {
                self.watch.look_around().await;
                SqsBatchResponse::default()
            }
        }
    }
}

/// Creates the dispatcher of a destination. A probe that was not heard of for a whole invocation is
/// lost.
fn dispatcher(
    destination: &Destination,
    engine: &Arc<Engine>,
    table: &Table,
    clock: &Arc<dyn Clock>,
    timeout: Duration,
) -> Dispatcher {
    let delivery = &destination.delivery;
    let circuits: Arc<dyn CircuitStore> = Arc::new(table.clone());
    let breaker = Breaker::new(
        &destination.name,
        routes::circuit_settings(delivery, timeout),
        circuits,
    );
    Dispatcher {
        engine: Arc::clone(engine),
        breaker: breaker
            .paced(routes::pace(delivery))
            .of_system(destination.system.as_str())
            .looking_every(LOOK),
        clock: Arc::clone(clock),
        batch: delivery.batch,
        system: destination.system.as_str(),
        request_timeout: delivery.request_timeout,
    }
}

fn by_name(environment: &Environment) -> BTreeMap<String, String> {
    let queues = environment.queues.values();
    queues
        .map(|urls| (queue_name(&urls.queue).to_owned(), urls.queue.clone()))
        .collect()
}

/// Opens the connection to the table with the question that the first batch asks anyway. If there
/// is no answer, the first batch asks it.
async fn warm(queue: &SqsQueue, environment: &Environment) {
    if let Some(urls) = environment.queues.values().next()
        && let Err(Unopened { error, .. }) = queue.open(&urls.queue, Vec::new()).await
    {
        tracing::warn!(error = %error.source, "the table does not answer; the first batch tries again");
    }
}
