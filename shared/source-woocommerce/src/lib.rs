#![doc = include_str!("../README.md")]

mod anonymized;
mod build;
mod config;
mod dates;
mod entities;
mod failure;
mod html;
mod legacy;
mod meta;
mod normalize;
mod peek;
#[cfg(feature = "reader")]
mod reader;
mod verify;

#[cfg(feature = "reader")]
pub use reader::{NEEDED, REACH, WooCommerceReader, setup, steps};

use source::{
    Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets,
};

/// The WooCommerce platform.
#[derive(Clone, Copy, Debug, Default)]
pub struct WooCommerce;

impl Source for WooCommerce {
    fn platform(&self) -> &'static str {
        config::PLATFORM
    }

    fn order_topics(&self) -> &'static [&'static str] {
        config::ORDER_TOPICS
    }

    fn signature_headers(&self) -> &'static [&'static str] {
        &[config::SIGNATURE]
    }

    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError> {
        verify::verify(webhook, secrets)
    }

    fn topic(&self, webhook: Webhook<'_>) -> Option<String> {
        let topic = webhook.header(config::TOPIC)?.trim();
        (!topic.is_empty()).then(|| topic.to_owned())
    }

    fn usual_topic(&self) -> &'static str {
        config::UPDATED
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
