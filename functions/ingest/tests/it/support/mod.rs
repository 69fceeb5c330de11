//! The sample configuration with its made-up secrets, over a memory queue.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use config::{Config, FileSecrets, Way};
use ingest::{Gate, webhook_secrets};
use ports::{
    Clock, Enqueue, Queue, Secrets,
    memory::{ManualClock, MemoryQueue},
};
use source::{Source, WebhookSecrets};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Returns the path of a file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

pub(crate) fn sample_config() -> Config {
    Config::load(&project("config/samples/orderbridge.toml")).expect("the sample configuration")
}

pub(crate) fn sample_secrets() -> Arc<dyn Secrets> {
    let nothing = std::iter::empty::<(String, String)>();
    Arc::new(
        FileSecrets::load_with(Some(&project("events/secrets.toml")), nothing)
            .expect("the sample secrets"),
    )
}

/// Returns the platform's adapter and the secrets of one of the sample's stores.
pub(crate) async fn store(name: &str) -> (Arc<dyn Source>, WebhookSecrets) {
    let config = sample_config();
    let store = config.store(name).expect("a store of the sample");
    let secrets = webhook_secrets(sample_secrets().as_ref(), &store.secret)
        .await
        .expect("its secret");
    (sources::source(store.platform), secrets)
}

pub(crate) async fn gate(queue: Arc<dyn Enqueue>) -> Gate {
    let (config, clock): (_, Arc<dyn Clock>) = (sample_config(), Arc::new(ManualClock::default()));
    let stores = ingest::stores(&config, &sample_secrets(), &clock).await;
    assert_eq!(stores.problems, [], "the sample's stores");
    Gate::new(
        stores.by_name,
        config.server.body_limit_on(Way::Stack),
        queue,
        clock,
    )
}

pub(crate) fn memory() -> Arc<MemoryQueue> {
    Arc::new(MemoryQueue::new(Arc::new(ManualClock::default())))
}

/// Returns how many messages wait for each of the sample's destinations: sales, crm, erp.
pub(crate) async fn waiting(queue: &MemoryQueue) -> [u64; 3] {
    let mut depths = [0; 3];
    for (depth, destination) in depths.iter_mut().zip(["sales", "crm", "erp"]) {
        *depth = queue.depth(destination).await.expect("a depth");
    }
    depths
}

pub(crate) fn text(response: &ApiGatewayV2httpResponse) -> String {
    let body = response.body.as_ref().expect("a body");
    std::str::from_utf8(body).expect("text").to_owned()
}
