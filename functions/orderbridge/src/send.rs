//! Signs payloads as the shop would and posts them.

use crate::{
    assemble,
    cli::SendArgs,
    report::{Failed, line},
};
use ports::in_one_line;
use source::{Source, WebhookSecrets};
use std::path::Path;

/// Runs `orderbridge send`.
pub(crate) async fn run(args: &SendArgs) -> Result<(), Failed> {
    let loaded = assemble::load(&args.config)?;
    let store = loaded.config.store(&args.store).ok_or_else(|| {
        let known: Vec<&str> = loaded.config.stores.keys().map(String::as_str).collect();
        Failed::new(format!(
            "no store named {} in {}; there are: {}",
            args.store,
            loaded.config.file.display(),
            known.join(", ")
        ))
    })?;
    let source = sources::source(store.platform);
    let secrets = assemble::webhook_secrets(&loaded, &store.secret).await?;
    let topic = args
        .topic
        .as_deref()
        .or_else(|| source.order_topics().first().copied())
        .unwrap_or_default();
    let url = format!("{}/webhooks/{}", args.url.trim_end_matches('/'), store.name);
    let client = reqwest::Client::new();
    let mut refused = 0_usize;
    for file in &args.files {
        let (status, answer) =
            post(&client, &url, source.as_ref(), topic, read(file)?, &secrets).await?;
        line(&format!("{} -> {status} {answer}", file.display()));
        refused += usize::from(status != 200);
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failed::new(format!(
            "{refused} of {} were not accepted",
            args.files.len()
        )))
    }
}

/// Posts one signed body; returns the answer's status and text.
pub(crate) async fn post(
    client: &reqwest::Client,
    url: &str,
    source: &dyn Source,
    topic: &str,
    body: Vec<u8>,
    secrets: &WebhookSecrets,
) -> Result<(u16, String), Failed> {
    let mut request = client.post(url);
    for (name, value) in source.sign(topic, &body, secrets) {
        request = request.header(name, value);
    }
    let answer =
        request.body(body).send().await.map_err(|error| {
            Failed::new(format!("{url} does not answer: {}", in_one_line(&error)))
        })?;
    let status = answer.status().as_u16();
    let text = answer.text().await.map_err(|error| {
        Failed::new(format!(
            "{url}: the answer broke off: {}",
            in_one_line(&error)
        ))
    })?;
    Ok((status, text))
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(file).map_err(|error| Failed::new(format!("{}: {error}", file.display())))
}
