//! The preview of an order: the plan and the requests. Sends nothing, needs no secrets.

use crate::{
    assemble,
    cli::PreviewArgs,
    report::{Failed, json},
    send,
};
use config::{Config, FileSecrets};
use deliver::{Unfit, preview};
use ports::{SystemClock, TokenStore, memory::MemoryTokens};
use std::sync::Arc;

/// Runs `orderbridge preview`.
pub(crate) fn run(args: &PreviewArgs) -> Result<(), Failed> {
    let config = Config::load(&args.config.config).map_err(Failed::all)?;
    let route = config.route(&args.route).ok_or_else(|| {
        let known: Vec<&str> = config
            .routes
            .iter()
            .map(|route| route.name.as_str())
            .collect();
        Failed::new(format!(
            "no route named {} in {}; there are: {}",
            args.route,
            config.file.display(),
            known.join(", ")
        ))
    })?;
    let mapping = routes::mapping(&config, route)?;
    let store = config
        .store(&route.store)
        .ok_or_else(|| Failed::new(format!("route {}: no store {}", route.name, route.store)))?;
    let source = sources::source(store.platform);
    let topic = args
        .topic
        .as_deref()
        .or_else(|| source.order_topics().first().copied())
        .unwrap_or_default();
    let body = send::read(&args.file)?;
    let name = route.destination.clone();
    let loaded = assemble::Loaded {
        secrets: Arc::new(FileSecrets::default()),
        secret_warnings: Vec::new(),
        config: config.clone(),
    };
    let clock: Arc<dyn ports::Clock> = Arc::new(SystemClock);
    let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let adapters = assemble::destinations(&loaded, &tokens, &clock)?;
    let adapter = adapters
        .get(&name)
        .ok_or_else(|| Failed::new(format!("route {}: no destination {name}", route.name)))?;
    let preview = preview(source.as_ref(), &mapping, adapter.as_ref(), topic, &body);
    json(&preview.map_err(|error| match error {
        Unfit::Payload(error) => Failed::new(format!("{}: {error}", args.file.display())),
        Unfit::Plan(error) => Failed::new(error.to_string()),
    })?)
}
