use destination::Destination;
use mapping::Mapping;
use ports::{PortError, Secrets};
use source::{OrderReader, STORE_DOMAIN, ShopNames, Source};
use std::{sync::Arc, time::Duration};

/// One route, as far as delivering goes; made once at the start. A clone shares its parts.
#[derive(Clone)]
pub struct DeliveryRoute {
    /// Name of the store where the route starts.
    pub store: String,
    /// The source, which reads the shop's payload.
    pub source: Arc<dyn Source>,
    /// The reader that asks the shop for an order that a delivery only names; `None` where the
    /// store's secret has no credentials for that.
    pub reader: Option<Arc<dyn OrderReader>>,
    /// The secret that says which shop the store belongs to; `None` where nothing does, so that no
    /// other shop can be told from this one.
    pub owner: Option<Owner>,
    /// The mapping, which makes the plan.
    pub mapping: Mapping,
    /// Name of the destination.
    pub destination_name: String,
    /// The destination, which writes the plan.
    pub destination: Arc<dyn Destination>,
    /// The policy of retries: when to come back, when to give up.
    pub policy: Policy,
}

/// The place of a store's secret that says which shop the store belongs to. It is read each time
/// that it matters, so that a change counts at once.
#[derive(Clone)]
pub struct Owner {
    /// Name of the store's secret.
    pub secret: String,
    /// The source of the secret.
    pub secrets: Arc<dyn Secrets>,
}

impl Owner {
    /// Reads the shop's names; there are none where the secret is absent or says nothing.
    ///
    /// # Errors
    /// Fails where the secret cannot be read.
    pub(crate) async fn shop(&self) -> Result<ShopNames, PortError> {
        let secret = self.secrets.secret(&self.secret).await?.unwrap_or_default();
        Ok(ShopNames::new(secret.all(STORE_DOMAIN)))
    }
}

/// The policy of retries.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The upper bound of the first backoff; it doubles with every failed try.
    pub retry_base: Duration,
    /// The upper bound of every backoff, and of the time that the destination asks for, which is
    /// added to it.
    pub retry_cap: Duration,
    /// The time for which an order's tries may fail while the destination is well, before it
    /// becomes a dead letter. With an outage it is four times as long at most, counted from the
    /// first failure.
    pub give_up_after: Duration,
}

impl DeliveryRoute {
    /// Returns the name and version of the mapping, joined by `@`.
    #[must_use]
    pub fn mapping_version(&self) -> String {
        self.mapping.named_version()
    }
}
