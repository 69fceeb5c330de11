//! The whole pipeline on this machine: the server, a sandbox of each CRM, and signed sample orders
//! of three shops. Nothing leaves the machine.

mod sandboxes;
mod setup;
mod show;
mod steps;

use crate::{
    assemble,
    cli::{ConfigArgs, DemoArgs},
    console::Opened,
    report::{Failed, print},
    send,
    serve::{self, Listeners},
};
use config::Platform;
use deliver::Event;
use sandboxes::Sandboxes;
use serde_json::Value;
use show::Tally;
use source::WebhookSecrets;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use steps::{STEPS, Step};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Longest wait for one sample to be settled everywhere.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running demo.
struct Demo {
    sandboxes: Sandboxes,
    files: setup::Files,
    url: String,
    metrics_url: String,
    /// The line that tells how to open the console, where there is one.
    console: Option<String>,
    secrets: BTreeMap<&'static str, WebhookSecrets>,
    client: reqwest::Client,
    events: mpsc::UnboundedReceiver<Event>,
    stopper: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// Runs `orderbridge demo`.
pub(crate) async fn run(args: DemoArgs) -> Result<(), Failed> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failed::new(format!("no folder for the demo's data: {error}")))?;
    let mut demo = start(folder.path(), args).await?;
    print(&format!(
        "orderbridge demo: server {}, metrics {}/metrics",
        demo.url, demo.metrics_url
    ));
    for (name, double) in demo.sandboxes.by_name() {
        print(&format!(
            "  {name:<6} a sandbox {} at {}",
            double.system(),
            double.url()
        ));
    }
    print("");
    show::head();
    let mut tally = Tally::default();
    for step in STEPS {
        demo.play(step, &mut tally).await?;
    }
    show::records(&demo.sandboxes);
    let verdict = tally.verdict();
    print(&format!("\n{}", tally.line(demo.sandboxes.calls())));
    if !args.once {
        show::next_steps(&demo.files, &demo.url);
        demo.console.iter().for_each(|line| print(line));
        demo.stay_up().await;
    }
    tokio::spawn(serve::second_ctrl_c());
    demo.stopper.send_replace(true);
    demo.server
        .await
        .map_err(|error| Failed::new(format!("the server stopped badly: {error}")))?;
    verdict
}

async fn start(folder: &std::path::Path, args: DemoArgs) -> Result<Demo, Failed> {
    let sandboxes = Sandboxes::start().await?;
    let files = setup::write(folder, &sandboxes)?;
    let config = ConfigArgs {
        config: Some(files.config.clone()),
        secrets: Some(files.secrets.clone()),
    };
    let loaded = assemble::load(&config)?;
    let mut secrets = BTreeMap::new();
    for platform in Platform::ALL {
        let name = setup::store(*platform);
        secrets.insert(
            name,
            assemble::webhook_secrets(&loaded, &format!("orderbridge/stores/{name}")).await?,
        );
    }
    let (sender, events) = mpsc::unbounded_channel();
    // The receiver is gone only when the demo ends.
    let observe = Arc::new(move |event: &Event| _ = sender.send(event.clone()));
    let server = assemble::server_of(loaded, &files.data, observe).await?;
    let any_port = "127.0.0.1:0";
    let (webhooks, metrics) = (
        serve::listen(any_port).await?,
        serve::listen(any_port).await?,
    );
    let console = if args.once {
        None
    } else {
        Some(Opened::at(any_port, false).await?)
    };
    let told = console.as_ref().map(Opened::line);
    let (url, metrics_url) = (serve::url(&webhooks), serve::url(&metrics));
    let listeners = Listeners {
        webhooks,
        metrics: Some(metrics),
        console,
    };
    let (stopper, stop) = watch::channel(false);
    Ok(Demo {
        sandboxes,
        files,
        url,
        metrics_url,
        console: told,
        secrets,
        client: reqwest::Client::new(),
        events,
        stopper,
        server: tokio::spawn(server.run(listeners, stop)),
    })
}

impl Demo {
    /// Sends one sample and waits until it is settled at each of its destinations.
    async fn play(&mut self, step: &Step, tally: &mut Tally) -> Result<(), Failed> {
        let title = format!("{}: {}", step.platform.as_str(), step.title);
        let mut settled = Vec::new();
        for _ in 0..self.send(step, &title).await? {
            let event = tokio::time::timeout(PATIENCE, self.settled()).await;
            let event = event.map_err(|_| {
                Failed::new(format!(
                    "{title}: not settled within {PATIENCE:?}; the server's log says why"
                ))
            })?;
            settled.push(event.ok_or_else(|| Failed::new("the server stopped"))?);
        }
        settled.sort_by(|one, other| one.route.cmp(&other.route));
        for event in &settled {
            show::row(&title, event);
            tally.count(step, event);
        }
        Ok(())
    }

    /// Sends one sample, and returns how many messages the server made of it.
    async fn send(&self, step: &Step, title: &str) -> Result<u64, Failed> {
        let store = setup::store(step.platform);
        let secrets = self
            .secrets
            .get(store)
            .ok_or_else(|| Failed::new(format!("no store {store}")))?;
        let (source, url) = (
            sources::source(step.platform),
            format!("{}/webhooks/{store}", self.url),
        );
        let body = step.body.trim_end().as_bytes().to_vec();
        let (status, answer) = send::post(
            &self.client,
            &url,
            source.as_ref(),
            step.topic,
            body,
            secrets,
        )
        .await?;
        if status != 200 {
            return Err(Failed::new(format!(
                "{title}: the server answered {status} {answer}"
            )));
        }
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        answer
            .get("messages")
            .and_then(Value::as_u64)
            .ok_or_else(|| Failed::new(format!("{title}: no route wants it")))
    }

    /// Returns the next message that is settled for good.
    async fn settled(&mut self) -> Option<Event> {
        loop {
            let event = self.events.recv().await?;
            if !matches!(event.result, deliver::Result::Retry { .. }) {
                return Some(event);
            }
        }
    }

    /// Shows further messages until the user stops the program.
    async fn stay_up(&mut self) {
        loop {
            tokio::select! {
                () = serve::stop_signal() => return,
                event = self.events.recv() => match event {
                    Some(event) => show::row("", &event),
                    None => return,
                },
            }
        }
    }
}
