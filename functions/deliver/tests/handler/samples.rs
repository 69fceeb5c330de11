//! The events of `events/sqs`: that they are what this file makes of the samples, and what the
//! function makes of each. `UPDATE_EVENTS=1 cargo test -p deliver-function --test handler` writes
//! them anew.

use crate::support::{Stack, failures, project, record};
use aws_lambda_events::sqs::SqsEvent;
use config::{Config, FileSecrets};
use ingest::Gate;
use platform_aws::{open_envelope, seal_envelope};
use ports::{
    Clock, Disposition, Message, Queue, Secrets,
    memory::{ManualClock, MemoryQueue},
};
use serde_json::{Value, json};
use source::Webhook;
use std::{fs, sync::Arc, time::Duration};

/// Store, topic and body of a webhook below `events/`.
type Posted = (&'static str, &'static str, &'static str);

const WOOCOMMERCE: Posted = ("acme", "order.created", "woocommerce/01-new-customer.json");
const UPDATED: Posted = ("acme", "order.updated", "woocommerce/05-update.json");
const NOT_AN_ORDER: Posted = ("acme", "order.updated", "woocommerce/09-not-an-order.json");
const SHOPIFY: Posted = ("boutique", "orders/create", "shopify/01-new-customer.json");
const MAGENTO: Posted = (
    "depot",
    "sales_order_save_after",
    "magento/01-new-customer.json",
);

struct Sample {
    file: &'static str,
    /// System and destination.
    queue: (&'static str, &'static str),
    posted: &'static [Posted],
    /// A body that no shop's order led to, before the others.
    strange: Option<(&'static str, &'static str)>,
    /// The numbers of messages that are delivered, become dead letters, and are set aside.
    becomes: [usize; 3],
}

const fn sample(file: &'static str, posted: &'static [Posted], becomes: [usize; 3]) -> Sample {
    Sample {
        file,
        queue: SALES,
        posted,
        strange: None,
        becomes,
    }
}

const fn strange(
    file: &'static str,
    body: &'static str,
    posted: &'static [Posted],
    becomes: [usize; 3],
) -> Sample {
    Sample {
        strange: Some((file, body)),
        ..sample(file, posted, becomes)
    }
}

const SALES: (&str, &str) = ("salesforce", "sales");
const NEWER: &str = r#"{"version":3,"route":"boutique-sales","sealed":"in a way of the future"}"#;

const SAMPLES: &[Sample] = &[
    sample("salesforce", &[WOOCOMMERCE, SHOPIFY, MAGENTO], [3, 0, 0]),
    Sample {
        queue: ("zoho", "crm"),
        ..sample("zoho", &[WOOCOMMERCE], [1, 0, 0])
    },
    Sample {
        queue: ("netsuite", "erp"),
        ..sample("netsuite", &[WOOCOMMERCE], [1, 0, 0])
    },
    sample("one-group", &[WOOCOMMERCE, UPDATED], [2, 0, 0]),
    sample("not-an-order", &[NOT_AN_ORDER, SHOPIFY], [1, 1, 0]),
    strange(
        "not-our-envelope",
        "hello from another program",
        &[SHOPIFY],
        [1, 0, 1],
    ),
    strange("newer-version", NEWER, &[SHOPIFY], [1, 0, 0]),
    strange("unknown-route", UNKNOWN_ROUTE, &[], [0, 1, 0]),
];

/// The body that stands for an order of a route that is gone.
const UNKNOWN_ROUTE: &str = "unknown route";

/// Returns the messages that ingest makes of webhooks for one destination, by ids that tell where
/// they come from.
async fn messages(sample: &Sample) -> Vec<(String, Message)> {
    let clock = Arc::new(ManualClock::new("2023-10-26T10:00:00Z".parse().unwrap()));
    let queue = Arc::new(MemoryQueue::new(clock.clone()));
    let config = Config::load(&project("config/samples/orderbridge.toml")).unwrap();
    let nothing = std::iter::empty::<(String, String)>();
    let secrets: Arc<dyn Secrets> =
        Arc::new(FileSecrets::load_with(Some(&project("events/secrets.toml")), nothing).unwrap());
    let time: Arc<dyn Clock> = clock.clone();
    let stores = ingest::stores(&config, &secrets, &time).await;
    let gate = Gate::new(
        stores.by_name,
        config.server.body_limit_on(config::Way::Stack),
        queue.clone(),
        time,
    );
    let mut messages = Vec::new();
    for (store, topic, file) in sample.posted {
        clock.advance(Duration::from_secs(60));
        let body = fs::read(project("events").join(file)).unwrap();
        let platform = config.store(store).unwrap().platform;
        let keys = ingest::webhook_secrets(&*secrets, &config.store(store).unwrap().secret)
            .await
            .unwrap();
        let headers = sources::source(platform)
            .sign(topic, &body, &keys)
            .into_iter()
            .map(|(name, value)| {
                (
                    name.parse::<http::HeaderName>().unwrap(),
                    value.parse::<http::HeaderValue>().unwrap(),
                )
            });
        let headers = headers.collect();
        let answer = gate
            .accept(
                store,
                Webhook {
                    headers: &headers,
                    query: "",
                    body: &body,
                },
            )
            .await;
        assert_eq!(answer.status(), 200, "{file}");
        for received in queue
            .receive(sample.queue.1, 10, Duration::from_secs(1))
            .await
            .unwrap()
        {
            messages.push((file.replace(['/', '.'], "-"), received.message));
        }
        clock.advance(Duration::from_secs(1));
        queue.settle_all_of(sample.queue.1).await;
    }
    messages
}

trait Emptied {
    async fn settle_all_of(&self, destination: &str);
}

impl Emptied for MemoryQueue {
    async fn settle_all_of(&self, destination: &str) {
        for received in self
            .receive(destination, 10, Duration::from_secs(1))
            .await
            .unwrap()
        {
            self.settle(vec![received.settled(Disposition::Done)])
                .await
                .unwrap();
        }
    }
}

async fn event_of(sample: &Sample) -> Value {
    let mut records: Vec<Value> = Vec::new();
    if let Some((id, body)) = sample.strange {
        let body = if body == UNKNOWN_ROUTE {
            let (_, message) = messages(&SAMPLES[0]).await.swap_remove(0);
            seal_envelope(&Message {
                route: "acme-removed".to_owned(),
                ..message
            })
            .unwrap()
        } else {
            body.to_owned()
        };
        records.push(record(id, "strange", &body));
    }
    for (id, message) in messages(sample).await {
        records.push(record(
            &id,
            &message.group,
            &seal_envelope(&message).unwrap(),
        ));
    }
    for record in &mut records {
        record["eventSourceARN"] = json!(format!(
            "arn:aws:sqs:us-east-1:000000000000:{}.fifo",
            sample.queue.0
        ));
    }
    json!({ "Records": records })
}

/// Returns an event with its bodies as messages: the way in which they are compressed does not
/// matter.
fn opened(mut event: Value) -> Value {
    for record in event["Records"].as_array_mut().unwrap() {
        if let Ok(message) = open_envelope(record["body"].as_str().unwrap()) {
            record["body"] = serde_json::to_value(message).unwrap();
        }
    }
    event
}

#[tokio::test]
async fn the_files_are_what_the_samples_give_and_each_ends_as_it_should() {
    let folder = project("events/sqs");
    for sample in SAMPLES {
        let path = folder.join(format!("{}.json", sample.file));
        let made = event_of(sample).await;
        if std::env::var_os("UPDATE_EVENTS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        }
        let there = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(
            opened(made),
            opened(there),
            "{}: write it anew with UPDATE_EVENTS=1",
            path.display()
        );
    }
    let files = fs::read_dir(folder).unwrap().count();
    assert_eq!(files, SAMPLES.len(), "a file that no sample makes");
    each_file_ends_as_it_should().await;
}

async fn each_file_ends_as_it_should() {
    for sample in SAMPLES {
        let text = fs::read_to_string(project("events/sqs").join(format!("{}.json", sample.file)))
            .unwrap();
        let event: SqsEvent = serde_json::from_str(&text).unwrap();
        let stack = Stack::new();
        let response = stack.function().handle(event, stack.deadline()).await;
        // A message that a newer program wrote waits for that program; everything else is settled.
        let back: &[&str] = if sample.file == "newer-version" {
            &[sample.file]
        } else {
            &[]
        };
        assert_eq!(failures(&response), back, "{}", sample.file);
        let settled = stack.tray.settled.lock().unwrap();
        let dead = settled
            .values()
            .filter(|disposition| matches!(disposition, Disposition::Dead(_)))
            .count();
        let delivered = settled
            .values()
            .filter(|disposition| **disposition == Disposition::Done)
            .count();
        let buried = stack.tray.buried.lock().unwrap().len();
        assert_eq!([delivered, dead, buried], sample.becomes, "{}", sample.file);
        let orders: usize = stack.crm.batches().iter().map(Vec::len).sum();
        assert_eq!(orders, delivered, "{}", sample.file);
    }
}
