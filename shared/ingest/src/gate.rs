use crate::{
    Allowance, Answer, Incoming, Keys, Silence,
    allowance::{content_length, is_signed_by_any},
    metrics,
};
use bytes::Bytes;
use http::HeaderMap;
use ports::{Clock, Enqueue, Kind, Message, Origin, event_id};
use serde::de::IgnoredAny;
use source::{Peek, Source, Verified, VerifyError, Webhook};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// The acceptance of webhooks, with everything that it needs, created once at the start.
pub struct Gate {
    stores: BTreeMap<String, StoreGate>,
    body_limit: usize,
    queue: Arc<dyn Enqueue>,
    clock: Arc<dyn Clock>,
    silence: Option<Arc<Silence>>,
}

/// One store: its platform, the secrets that prove a sender, and the routes that want its orders.
pub struct StoreGate {
    /// The shop's platform.
    pub source: Arc<dyn Source>,
    /// The secrets of its webhooks.
    pub secrets: Keys,
    /// The routes that start here.
    pub routes: Vec<RouteGate>,
}

/// One route, as far as acceptance needs it.
pub struct RouteGate {
    /// Name of the route.
    pub name: String,
    /// Name of its destination, which decides the queue.
    pub destination: String,
    /// The topics it wants; `None` for every order topic of the platform.
    pub topics: Option<Vec<String>>,
}

impl StoreGate {
    /// Returns the routes that get a message of this topic: those that want it, or all where the
    /// request names no topic. Of a request about personal data, one route for each destination
    /// gets a message, so that every queue sees it.
    fn takers(&self, told: Option<&str>, is_private: bool) -> Vec<&RouteGate> {
        if !is_private {
            let wants = |route: &&RouteGate| {
                told.is_none_or(|topic| route.wants(topic, self.source.as_ref()))
            };
            return self.routes.iter().filter(wants).collect();
        }
        let mut destinations = BTreeSet::new();
        self.routes
            .iter()
            .filter(|route| destinations.insert(&route.destination))
            .collect()
    }

    /// Verifies that the shop sent this, by its secrets as far as they are known. Where these do
    /// not fit they are read again: the shop may sign with a new one already, or have another name.
    ///
    /// # Errors
    /// When the sender is not believed, with the answer to it.
    async fn verify(&self, webhook: Webhook<'_>) -> Result<Verified, Answer> {
        let secrets = self.secrets.current().await.ok_or(Answer::NoSecret)?;
        let refused = match self.source.verify(webhook, &secrets) {
            Err(
                refused @ (VerifyError::Mismatch { .. }
                | VerifyError::NoKey { .. }
                | VerifyError::OtherShop { .. }),
            ) => refused,
            verdict => return verdict.map_err(Answer::Refused),
        };
        let verdict = match self.secrets.after(&secrets).await {
            Some(newer) => self.source.verify(webhook, &newer),
            None => Err(refused),
        };
        verdict.map_err(Answer::Refused)
    }

    fn is_private(&self, topic: &str) -> bool {
        self.source.privacy_topics().contains(&topic)
    }
}

impl RouteGate {
    fn wants(&self, topic: &str, source: &dyn Source) -> bool {
        match &self.topics {
            Some(topics) => topics.iter().any(|wanted| wanted == topic),
            None => source.order_topics().contains(&topic),
        }
    }
}

impl Gate {
    /// Creates the gate for these stores, by name. `body_limit` is in bytes.
    pub fn new(
        stores: BTreeMap<String, StoreGate>,
        body_limit: usize,
        queue: Arc<dyn Enqueue>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            stores,
            body_limit,
            queue,
            clock,
            silence: None,
        }
    }

    /// Sets the watch for silent stores, which hears of each verified webhook.
    #[must_use]
    pub fn heard_by(self, silence: Arc<Silence>) -> Self {
        Self {
            silence: Some(silence),
            ..self
        }
    }

    /// Decides by a request's head how much of its body is worth reading.
    ///
    /// # Errors
    /// When the body need not even be read, with the answer: the store is unknown, the body is too
    /// long by its own account, or nobody signed it.
    pub fn before_body(&self, store: &str, headers: &HeaderMap) -> Result<Allowance, Answer> {
        let allowance = self.allowance(store, headers);
        allowance.inspect_err(|answer| self.note_unread(store, answer))
    }

    fn allowance(&self, store: &str, headers: &HeaderMap) -> Result<Allowance, Answer> {
        let Some(gate) = self.stores.get(store) else {
            let is_signed = is_signed_by_any(headers);
            return Err(Answer::UnknownStore { is_signed });
        };
        let length = content_length(headers);
        if length.is_some_and(|length| length > self.body_limit) {
            return Err(Answer::TooLarge {
                limit: self.body_limit,
            });
        }
        let allowance = Allowance::of(gate, headers, self.body_limit);
        match length {
            Some(length) if length > allowance.most() => Err(allowance.exceeded()),
            _ => Ok(allowance),
        }
    }

    /// Records the answer to a request whose body was not read to its end.
    pub fn note_unread(&self, store: &str, answer: &Answer) {
        metrics::answered(self.platform(store), answer);
        // Anybody can ask for any store: its name is logged only where it is one of ours.
        let store = self.stores.contains_key(store).then_some(store);
        if answer.is_refusal() {
            tracing::warn!(store, answer = answer.word(), "webhook");
        } else {
            tracing::info!(store, answer = answer.word(), "webhook");
        }
    }

    /// Takes one request of a shop. Every message of it is durable before this returns
    /// [`Answer::Accepted`].
    pub async fn accept(&self, store: &str, webhook: Webhook<'_>) -> Answer {
        let begun = Instant::now();
        let told = self
            .stores
            .get(store)
            .and_then(|gate| gate.source.topic(webhook));
        let (answer, order) = self.decide(store, told.as_deref(), webhook).await;
        let topic = told.as_deref().unwrap_or("not told");
        let (word, bytes) = (answer.word(), webhook.body.len());
        metrics::answered(self.platform(store), &answer);
        metrics::took(self.platform(store), begun.elapsed());
        let store = self.stores.contains_key(store).then_some(store);
        match &answer {
            Answer::Unavailable(error) => {
                tracing::error!(
                    store,
                    topic,
                    order,
                    bytes,
                    answer = word,
                    error = ports::in_one_line(error),
                    "webhook"
                );
            }
            Answer::TooLargeForQueue(error) => {
                let error = error as &dyn std::error::Error;
                tracing::warn!(store, topic, order, bytes, answer = word, error, "webhook");
            }
            _ if answer.is_refusal() => {
                tracing::warn!(store, topic, bytes, answer = word, "webhook")
            }
            _ => tracing::info!(store, topic, order, bytes, answer = word, "webhook"),
        }
        answer
    }

    fn platform(&self, store: &str) -> &'static str {
        self.stores
            .get(store)
            .map_or(metrics::UNKNOWN, |gate| gate.source.platform())
    }

    async fn decide(
        &self,
        store: &str,
        topic: Option<&str>,
        webhook: Webhook<'_>,
    ) -> (Answer, Option<String>) {
        let Some(gate) = self.stores.get(store) else {
            let is_signed = is_signed_by_any(webhook.headers);
            return (Answer::UnknownStore { is_signed }, None);
        };
        if webhook.body.len() > self.body_limit {
            return (
                Answer::TooLarge {
                    limit: self.body_limit,
                },
                None,
            );
        }
        let verified = match gate.verify(webhook).await {
            Ok(Verified::Ping) => return (Answer::Pong, None),
            Err(answer) => return (answer, None),
            Ok(verified) => verified,
        };
        if let Some(silence) = &self.silence {
            silence.heard(store);
        }
        let (answer, order) = self.take(store, gate, topic, webhook).await;
        match verified {
            Verified::Awaited => (answer.awaited(), order),
            _ => (answer, order),
        }
    }

    /// Takes a body that the shop signed.
    async fn take(
        &self,
        store: &str,
        gate: &StoreGate,
        topic: Option<&str>,
        webhook: Webhook<'_>,
    ) -> (Answer, Option<String>) {
        if let Err(error) = std::str::from_utf8(webhook.body) {
            return (Answer::NotJson(error.to_string()), None);
        }
        let peek = gate.source.peek(webhook.body);
        // A peek that found an order has read the whole body. Only without an order is it still
        // open whether the body is JSON at all.
        if peek.order_id.is_none()
            && let Err(error) = serde_json::from_slice::<IgnoredAny>(webhook.body)
        {
            return (Answer::NotJson(error.to_string()), None);
        }
        let messages = self.messages(store, gate, topic, &peek, webhook);
        let count = messages.len();
        if count == 0 {
            return (Answer::Ignored, peek.order_id);
        }
        match self.queue.enqueue(messages).await {
            Ok(()) => (Answer::Accepted { messages: count }, peek.order_id),
            Err(error) if error.too_large().is_some() => {
                (Answer::TooLargeForQueue(error), peek.order_id)
            }
            Err(error) => (Answer::Unavailable(error), peek.order_id),
        }
    }

    fn messages(
        &self,
        store: &str,
        gate: &StoreGate,
        told: Option<&str>,
        peek: &Peek,
        webhook: Webhook<'_>,
    ) -> Vec<Message> {
        let topic = told.or(peek.topic).unwrap_or(gate.source.usual_topic());
        let is_private = gate.is_private(topic);
        let takers = gate.takers(told, is_private);
        if takers.is_empty() {
            return Vec::new();
        }
        let incoming = Incoming {
            store,
            topic,
            kind: if is_private {
                Kind::Request
            } else {
                Kind::Order
            },
            origin: Origin::Posted,
            delivery: gate.source.delivery(webhook),
            accepted: self.clock.now(),
            event: event_id(store, webhook.body),
            body: Bytes::copy_from_slice(webhook.body),
        };
        let message = |route: &RouteGate| incoming.message(peek, &route.name, &route.destination);
        takers.into_iter().map(message).collect()
    }
}
