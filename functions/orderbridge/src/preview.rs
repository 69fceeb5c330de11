//! The preview of an order: the plan and the requests. Sends nothing, needs no secrets.

use crate::{
    assemble,
    cli::PreviewArgs,
    dead,
    report::{Failed, json},
    send,
};
use config::FileSecrets;
use mapping::NoPlan;
use ports::{SystemClock, TokenStore, memory::MemoryTokens};
use serde_json::json;
use source::Normalized;
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
    let order = match source
        .normalize(topic, &payload.body)
        .map_err(|error| Failed::new(format!("{}: {error}", payload.name)))?
    {
        Normalized::Order(order) => order,
        Normalized::Skip(reason)
        | Normalized::Reference {
            otherwise: reason, ..
        } => return json(&json!({ "skipped": reason })),
        Normalized::Gone { order, how } => {
            return json(&json!({ "skipped": format!("order {order} was {how}") }));
        }
        Normalized::Privacy(request) => {
            return json(&json!({ "privacy_request": request.kind.as_str() }));
        }
    };
    let mut plan = match mapping.plan(&order) {
        Ok(plan) => plan,
        Err(NoPlan::Skipped(reason)) => return json(&json!({ "skipped": reason })),
        Err(error) => return Err(Failed::new(error.to_string())),
    };
    plan.warnings
        .extend(plan.bare_currency.as_deref().map(unsaid_home));
    let name = route.destination.clone();
    let loaded = assemble::Loaded {
        secrets: Arc::new(FileSecrets::default()),
        secret_warnings: Vec::new(),
        config,
    };
    let clock: Arc<dyn ports::Clock> = Arc::new(SystemClock);
    let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let adapters = assemble::destinations(&loaded, &tokens, &clock)?;
    let requests = adapters
        .get(&name)
        .map(|adapter| adapter.preview(&plan))
        .unwrap_or_default();
    json(
        &json!({ "order": plan.order, "records": plan.records, "warnings": plan.warnings, "requests": requests }),
    )
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

/// Returns the warning that the home currency is unknown, which a delivery finds out and a preview
/// cannot.
fn unsaid_home(currency: &str) -> String {
    format!(
        "The amounts go out as they are, in {currency}, and vars.home_currency does not say what the destination keeps its amounts in. Set it, and an order in another \
         currency is refused; without it, an order in another currency than those before it has a note."
    )
}
