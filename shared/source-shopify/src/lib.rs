#![doc = include_str!("../README.md")]

mod build;
mod config;
mod dates;
mod normalize;
mod payload;
mod peek;
mod privacy;
#[cfg(feature = "reader")]
mod reader;
mod shape;
mod verify;

#[cfg(feature = "reader")]
pub use reader::{NEEDED, REACH, ShopifyReader, setup, steps};

use source::{
    Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets,
};

/// The Shopify platform.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shopify;

impl Source for Shopify {
    fn platform(&self) -> &'static str {
        config::PLATFORM
    }

    fn order_topics(&self) -> &'static [&'static str] {
        config::ORDER_TOPICS
    }

    fn privacy_topics(&self) -> &'static [&'static str] {
        config::PRIVACY_TOPICS
    }

    fn signature_headers(&self) -> &'static [&'static str] {
        &[config::SIGNATURE, config::EVENT_SIGNATURE]
    }

    fn ids_are_of_the_platform(&self) -> bool {
        true
    }

    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError> {
        verify::verify(webhook, secrets)
    }

    fn topic(&self, webhook: Webhook<'_>) -> Option<String> {
        let topic = webhook
            .header(config::TOPIC)
            .or_else(|| webhook.header(config::EVENT_TOPIC));
        topic
            .map(str::trim)
            .filter(|topic| !topic.is_empty())
            .map(str::to_owned)
    }

    fn usual_topic(&self) -> &'static str {
        config::UPDATED
    }

    fn delivery(&self, webhook: Webhook<'_>) -> Option<String> {
        let id = webhook
            .header(config::DELIVERY)
            .or_else(|| webhook.header(config::EVENT_DELIVERY));
        id.filter(|id| !id.is_empty()).map(str::to_owned)
    }

    fn peek(&self, body: &[u8]) -> Peek {
        peek::peek(body)
    }

    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
        normalize::normalize(topic, body)
    }

    fn sign(
        &self,
        topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)> {
        verify::sign(topic, body, secrets)
    }
}
