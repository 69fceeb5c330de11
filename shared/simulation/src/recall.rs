//! What is the same each time is worked out once per world: an order is read and planned again with
//! every delivery, try and comparison, and nearly always from a body that was read before. What
//! the sources and mappings make of a body depends on nothing else, so no story changes.

use bytes::Bytes;
use config::Platform;
use mapping::Mapping;
use source::{
    Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The sources and mappings of one world, with what they have made so far.
#[derive(Default)]
pub(crate) struct Recall<V> {
    sources: Mutex<HashMap<Platform, Arc<dyn Source>>>,
    mappings: Mutex<BTreeMap<V, Mapping>>,
}

impl<V: Ord> Recall<V> {
    /// Returns the adapter of a platform.
    pub(crate) fn source(&self, platform: Platform) -> Arc<dyn Source> {
        let mut sources = lock(&self.sources);
        let source = sources.entry(platform).or_insert_with(|| {
            Arc::new(Remembering {
                inner: sources::source(platform),
                read: Mutex::default(),
                peeked: Mutex::default(),
            })
        });
        Arc::clone(source)
    }

    /// Returns the mapping of a variant, which `load` loads.
    pub(crate) fn mapping(&self, variant: V, load: impl FnOnce() -> Mapping) -> Mapping {
        let mut mappings = lock(&self.mappings);
        let mapping = mappings.entry(variant);
        mapping.or_insert_with(|| load().remembering()).clone()
    }
}

/// What came of a body, by the topic under which it was read.
type Read = Vec<(String, Result<Normalized, PayloadError>)>;

/// A source that reads each body once.
struct Remembering {
    inner: Arc<dyn Source>,
    read: Mutex<HashMap<Bytes, Read>>,
    peeked: Mutex<HashMap<Bytes, Peek>>,
}

impl Source for Remembering {
    fn platform(&self) -> &'static str {
        self.inner.platform()
    }

    fn order_topics(&self) -> &'static [&'static str] {
        self.inner.order_topics()
    }

    fn privacy_topics(&self) -> &'static [&'static str] {
        self.inner.privacy_topics()
    }

    fn signature_headers(&self) -> &'static [&'static str] {
        self.inner.signature_headers()
    }

    fn ids_are_of_the_platform(&self) -> bool {
        self.inner.ids_are_of_the_platform()
    }

    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError> {
        self.inner.verify(webhook, secrets)
    }

    fn topic(&self, webhook: Webhook<'_>) -> Option<String> {
        self.inner.topic(webhook)
    }

    fn usual_topic(&self) -> &'static str {
        self.inner.usual_topic()
    }

    fn delivery(&self, webhook: Webhook<'_>) -> Option<String> {
        self.inner.delivery(webhook)
    }

    fn peek(&self, body: &[u8]) -> Peek {
        let mut peeked = lock(&self.peeked);
        if let Some(peek) = peeked.get(body) {
            return peek.clone();
        }
        let peek = self.inner.peek(body);
        peeked.insert(Bytes::copy_from_slice(body), peek.clone());
        peek
    }

    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
        let mut read = lock(&self.read);
        let known = read.get(body).into_iter().flatten();
        if let Some((_, made)) = known.into_iter().find(|(under, _)| under == topic) {
            return made.clone();
        }
        let made = self.inner.normalize(topic, body);
        let of_body = read.entry(Bytes::copy_from_slice(body)).or_default();
        of_body.push((topic.to_owned(), made.clone()));
        made
    }

    fn sign(
        &self,
        topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)> {
        self.inner.sign(topic, body, secrets)
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{self, Life};
    use mapping::Overrides;
    use std::path::Path;

    #[test]
    fn what_is_remembered_is_what_would_be_made_again() {
        let recall: Recall<&str> = Recall::default();
        let mut plans = 0;
        for _ in 0..2 {
            for life in scenario::draw(3, true).orders {
                let platform = scenario::draw(3, true).stores[life.store].platform;
                let (own, remembered) = (sources::source(platform), recall.source(platform));
                let load = || {
                    let name = format!("{}-zoho", platform.as_str());
                    Mapping::load(&name, Path::new("."), &Overrides::default())
                        .expect("a built-in mapping")
                };
                let remembering = recall.mapping(platform.as_str(), load);
                for (place, state) in life.states.iter().enumerate() {
                    let topic = Life::topic(platform, place);
                    let normalized = own.normalize(topic, &state.body);
                    assert_eq!(remembered.normalize(topic, &state.body), normalized);
                    assert_eq!(remembered.peek(&state.body), own.peek(&state.body));
                    if let Ok(Normalized::Order(order)) = normalized {
                        assert_eq!(remembering.plan(&order), load().plan(&order));
                        plans += 1;
                    }
                }
            }
        }
        assert!(plans > 20, "{plans} plans");
    }
}
