//! The whole pipeline on this machine: the server, a sandbox CRM, and signed sample orders. Nothing leaves the machine.

mod setup;
mod show;
mod steps;

use crate::{
    assemble,
    cli::{ConfigArgs, DemoArgs},
    report::{Failed, print},
    send, serve,
};
use deliver::Event;
use sandbox::salesforce::Salesforce;
use show::Tally;
use source::{Source, WebhookSecrets};
use std::{sync::Arc, time::Duration};
use steps::{STEPS, Step};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Longest wait for one sample order to be settled.
const PATIENCE: Duration = Duration::from_secs(30);

/// A demo that runs.
struct Demo {
    sandbox: Salesforce,
    files: setup::Files,
    url: String,
    source: Arc<dyn Source>,
    secrets: WebhookSecrets,
    events: mpsc::UnboundedReceiver<Event>,
    stopper: watch::Sender<bool>,
    server: JoinHandle<Result<(), Failed>>,
}

/// `orderbridge demo`.
pub(crate) async fn run(args: DemoArgs) -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(|error| Failed::new(format!("no folder for the demo's data: {error}")))?;
    let mut demo = start(folder.path()).await?;
    print(&format!(
        "orderbridge demo: server {}, sandbox CRM {}\n",
        demo.url,
        demo.sandbox.url()
    ));
    show::head();
    let mut tally = Tally::default();
    for step in STEPS {
        demo.play(step, &mut tally).await?;
    }
    show::records(&demo.sandbox);
    let verdict = tally.verdict();
    print(&format!("\n{}", tally.line(demo.sandbox.calls().total)));
    if !args.once {
        show::next_steps(&demo.files, &demo.url);
        demo.stay_up().await;
    }
    demo.stopper.send_replace(true);
    demo.server
        .await
        .map_err(|error| Failed::new(format!("the server stopped badly: {error}")))??;
    verdict
}

async fn start(folder: &std::path::Path) -> Result<Demo, Failed> {
    let sandbox = Salesforce::start(sandbox::salesforce::Options::default())
        .await
        .map_err(|error| Failed::new(format!("the sandbox can not start: {error}")))?;
    let files = setup::write(folder, sandbox.url())?;
    let config = ConfigArgs {
        config: files.config.clone(),
        secrets: Some(files.secrets.clone()),
    };
    let loaded = assemble::load(&config)?;
    let secrets = assemble::webhook_secrets(&loaded, "orderbridge/stores/acme").await?;
    let (sender, events) = mpsc::unbounded_channel();
    // The receiver is gone only when the demo ends.
    let observe = Arc::new(move |event: &Event| _ = sender.send(event.clone()));
    let server = assemble::server_of(loaded, &files.data, observe).await?;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|error| Failed::new(format!("no port is free: {error}")))?;
    let address = listener.local_addr().map_err(|error| Failed::new(format!("no address: {error}")))?;
    let (stopper, stop) = watch::channel(false);
    Ok(Demo {
        sandbox,
        files,
        url: serve::url(address),
        source: sources::source(config::Platform::WooCommerce)?,
        secrets,
        events,
        stopper,
        server: tokio::spawn(server.run(listener, stop)),
    })
}

impl Demo {
    /// Sends one sample order and waits until it is settled.
    async fn play(&mut self, step: &Step, tally: &mut Tally) -> Result<(), Failed> {
        let url = format!("{}/webhooks/{}", self.url, setup::STORE);
        let body = step.body.trim_end().as_bytes().to_vec();
        let (status, answer) = send::post(&reqwest::Client::new(), &url, self.source.as_ref(), step.topic, body, &self.secrets).await?;
        if status != 200 {
            return Err(Failed::new(format!("{}: the server answered {status} {answer}", step.title)));
        }
        let event = tokio::time::timeout(PATIENCE, self.settled()).await;
        let event = event.map_err(|_| {
            Failed::new(format!(
                "{}: not settled within {PATIENCE:?}; the server's log says why",
                step.title
            ))
        })?;
        let event = event.ok_or_else(|| Failed::new("the server stopped"))?;
        show::row(step, &event);
        tally.count(step, &event);
        Ok(())
    }

    /// The next message that is settled for good.
    async fn settled(&mut self) -> Option<Event> {
        loop {
            let event = self.events.recv().await?;
            if !matches!(event.result, deliver::Result::Retry { .. }) {
                return Some(event);
            }
        }
    }

    /// Shows what else comes in until the user stops the program.
    async fn stay_up(&mut self) {
        loop {
            tokio::select! {
                () = serve::stop_signal() => return,
                event = self.events.recv() => match event {
                    Some(event) => show::event("", &event),
                    None => return,
                },
            }
        }
    }
}
