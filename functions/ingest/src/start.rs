use crate::{Failed, queues::queues};
use config::Config;
use ingest::Gate;
use platform_aws::{AwsSecrets, SqsQueue, environment};
use ports::{Clock, Secrets, SystemClock};
use std::{path::PathBuf, sync::Arc};

/// Where the template puts the configuration: in a layer, so that a changed mapping needs no new build.
const CONFIG: &str = "/opt/orderbridge/orderbridge.toml";

/// Everything that the function needs, read and connected. `variable` gives the value of an environment variable.
///
/// # Errors
/// Everything that is missing or wrong in configuration, environment and secrets.
pub async fn gate(variable: impl Fn(&str) -> Option<String>) -> Result<Gate, Failed> {
    let file = variable("ORDERBRIDGE_CONFIG").filter(|path| !path.is_empty());
    let config = Config::load(&file.map_or_else(|| PathBuf::from(CONFIG), PathBuf::from)).map_err(Failed::all)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let aws = environment();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: Arc<dyn Secrets> = Arc::new(AwsSecrets::new(&aws, Arc::clone(&clock)));
    let queues = queues(&config, variable);
    let queue = SqsQueue::sending_only(&aws, queues.clone().unwrap_or_default(), Arc::clone(&clock));
    let (stores, ()) = tokio::join!(ingest::stores(&config, &secrets, &clock), queue.warm());
    match queues {
        Ok(_) if stores.is_any_ready() => {
            let limit = config.server.body_limit;
            stores.problems.iter().for_each(|problem| tracing::error!("{problem}"));
            Ok(Gate::new(stores.by_name, limit, Arc::new(queue), clock))
        }
        queues => {
            let of_secrets = stores.problems.iter().map(ToString::to_string);
            Err(Failed::all(queues.err().unwrap_or_default().into_iter().chain(of_secrets)))
        }
    }
}
