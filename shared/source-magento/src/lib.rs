#![doc = include_str!("../README.md")]

mod adobe;
mod build;
mod config;
mod dates;
mod envelope;
mod normalize;
mod peek;
#[cfg(feature = "reader")]
mod reader;
mod subject;
mod topic;
mod verify;

#[cfg(feature = "reader")]
pub use reader::{MagentoReader, NEEDED, REACH, setup, steps};

use source::{
    Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets,
};

/// The Magento platform: Magento Open Source, Mage-OS and Adobe Commerce.
#[derive(Clone, Copy, Debug, Default)]
pub struct Magento;

impl Source for Magento {
    fn platform(&self) -> &'static str {
        config::PLATFORM
    }

    fn order_topics(&self) -> &'static [&'static str] {
        config::ORDER_TOPICS
    }

    fn signature_headers(&self) -> &'static [&'static str] {
        &[config::SIGNATURE, config::ADOBE_SIGNATURE]
    }

    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError> {
        verify::verify(webhook, secrets)
    }

    fn topic(&self, webhook: Webhook<'_>) -> Option<String> {
        topic::topic(webhook)
    }

    fn usual_topic(&self) -> &'static str {
        config::USUAL_TOPIC
    }

    fn peek(&self, body: &[u8]) -> Peek {
        peek::peek(body)
    }

    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
        normalize::normalize(topic, body)
    }

    fn sign(
        &self,
        _topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)> {
        verify::sign(body, secrets)
    }
}
