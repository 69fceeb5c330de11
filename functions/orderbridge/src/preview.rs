//! The preview of an order: the plan and the requests. Sends nothing, needs no secrets.

use crate::{
    assemble,
    cli::PreviewArgs,
    dead,
    report::{Failed, json},
    send,
};
use config::FileSecrets;
use deliver::{Unfit, preview};
use ports::{SystemClock, TokenStore, memory::MemoryTokens};
use std::{path::Path, sync::Arc};

/// The payload that is looked at.
struct Payload {
    /// Its file, or its dead letter.
    name: String,
    body: Vec<u8>,
    route: Option<String>,
    topic: Option<String>,
}

/// Runs `orderbridge preview`.
pub(crate) async fn run(args: &PreviewArgs) -> Result<(), Failed> {
    let config = args.at.config.load()?;
    let payload = payload(args).await?;
    let name = args.route.clone().or(payload.route).unwrap_or_default();
    let route = config.route(&name).ok_or_else(|| {
        let known: Vec<&str> = config
            .routes
            .iter()
            .map(|route| route.name.as_str())
            .collect();
        Failed::new(format!(
            "no route named {name} in {}; there are: {}",
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
        .or(payload.topic.as_deref())
        .or_else(|| source.order_topics().first().copied())
        .unwrap_or_default();
    let name = route.destination.clone();
    let loaded = assemble::Loaded {
        secrets: Arc::new(FileSecrets::default()),
        secret_warnings: Vec::new(),
        config,
    };
    let clock: Arc<dyn ports::Clock> = Arc::new(SystemClock);
    let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let adapters = assemble::destinations(&loaded, &tokens, None, &clock)?;
    let adapter = adapters
        .get(&name)
        .ok_or_else(|| Failed::new(format!("no destination {name}")))?;
    let source = source.as_ref();
    let preview = preview(source, &mapping, adapter.as_ref(), topic, &payload.body);
    json(&preview.map_err(|error| match error {
        Unfit::Payload(error) => Failed::new(format!("{}: {error}", payload.name)),
        Unfit::Plan(error) => Failed::new(error.to_string()),
    })?)
}

/// Reads the payload: a file, or what the shop had sent of a dead letter.
async fn payload(args: &PreviewArgs) -> Result<Payload, Failed> {
    if let Some(id) = &args.letter {
        let opened = args.at.open().await?;
        let message = dead::letter(&opened, id).await?.letter.message;
        return Ok(Payload {
            name: format!("dead letter {id}"),
            body: message.body.to_vec(),
            route: Some(message.route),
            topic: Some(message.topic).filter(|topic| !topic.is_empty()),
        });
    }
    let file = args.file.as_deref().unwrap_or(Path::new(""));
    Ok(Payload {
        name: file.display().to_string(),
        body: send::read(file)?,
        route: None,
        topic: None,
    })
}
