use destination::Destination;
use mapping::Mapping;
use ports::{PortError, Secrets};
use source::{OrderReader, STORE_DOMAIN, ShopNames, Source};
use std::{sync::Arc, time::Duration};

/// One route as far as delivering goes, made once at the start.
pub struct DeliveryRoute {
    /// Name of the store where it starts.
    pub store: String,
    /// Reads the shop's payload.
    pub source: Arc<dyn Source>,
    /// Asks the shop for an order that a delivery only names; `None` where the store's secret has
    /// no credentials for that.
    pub reader: Option<Arc<dyn OrderReader>>,
    /// Says which shop the store belongs to; `None` where nothing does, and so nobody can be told
    /// from it.
    pub owner: Option<Owner>,
    /// Makes the plan.
    pub mapping: Mapping,
    /// Name of the destination.
    pub destination_name: String,
    /// Writes the plan.
    pub destination: Arc<dyn Destination>,
    /// When to come back, when to give up.
    pub policy: Policy,
}

/// Where a store's secret says which shop it belongs to. Asked when it matters, so that a change
/// counts at once.
pub struct Owner {
    /// Name of the store's secret.
    pub secret: String,
    /// Where it is kept.
    pub secrets: Arc<dyn Secrets>,
}

impl Owner {
    /// The shop's names; none where the secret is absent or says nothing.
    pub(crate) async fn shop(&self) -> Result<ShopNames, PortError> {
        let secret = self.secrets.secret(&self.secret).await?.unwrap_or_default();
        Ok(ShopNames::new(secret.all(STORE_DOMAIN)))
    }
}

/// How retries are paced.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Upper bound of the first pause; doubles with every failed try.
    pub retry_base: Duration,
    /// Upper bound of every pause.
    pub retry_cap: Duration,
    /// How long after the first failed try an order becomes a dead letter.
    pub give_up_after: Duration,
}

/// So many digits of a mapping's version tell it from any other.
const VERSION_DIGITS: usize = 12;

impl DeliveryRoute {
    /// Name and version of the mapping, for dead letters.
    pub(crate) fn mapping_version(&self) -> String {
        let version: String = self
            .mapping
            .version()
            .chars()
            .take(VERSION_DIGITS)
            .collect();
        format!("{}@{version}", self.mapping.name())
    }
}
