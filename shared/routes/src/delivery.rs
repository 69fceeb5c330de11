use crate::Problems;
use async_trait::async_trait;
use config::{Config, Platform, Route, Store};
use deliver::{DeliveryRoute, Owner, Policy};
use destination::Destination;
use mapping::Mapping;
use ports::Secrets;
use source::reader::{
    Cursor, Found, Page, Reach, ShopOrder, ShopReader, Summary, Webhooks, Window,
};
use source::{OrderReader, ReadError};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::OnceCell;

/// Creates the routes of the engine, by name.
///
/// # Errors
/// Fails with all routes of which a part is missing.
pub fn delivery_routes(
    config: &Config,
    mut mappings: BTreeMap<String, Mapping>,
    adapters: &BTreeMap<String, Arc<dyn Destination>>,
    secrets: &Arc<dyn Secrets>,
    readers: &Readers,
) -> Result<BTreeMap<String, DeliveryRoute>, Problems> {
    let (mut routes, mut problems) = (BTreeMap::new(), Vec::new());
    for route in &config.routes {
        let made = match (
            mappings.remove(&route.name),
            adapters.get(&route.destination),
        ) {
            (Some(mapping), Some(adapter)) => {
                delivery_route(config, route, mapping, adapter, secrets, readers)
            }
            _ => Err(incomplete(route)),
        };
        match made {
            Ok(made) => _ = routes.insert(route.name.clone(), made),
            Err(found) => problems.extend(found.iter().map(str::to_owned)),
        }
    }
    if problems.is_empty() {
        Ok(routes)
    } else {
        Err(Problems::new(problems))
    }
}

fn delivery_route(
    config: &Config,
    route: &Route,
    mapping: Mapping,
    adapter: &Arc<dyn Destination>,
    secrets: &Arc<dyn Secrets>,
    readers: &Readers,
) -> Result<DeliveryRoute, Problems> {
    let parts = (
        config.store(&route.store),
        config.destination(&route.destination),
    );
    let (Some(store), Some(target)) = parts else {
        return Err(incomplete(route));
    };
    Ok(DeliveryRoute {
        store: store.name.clone(),
        source: sources::source(store.platform),
        reader: reader_of(readers, &store.name),
        owner: Some(Owner {
            secret: store.secret.clone(),
            secrets: Arc::clone(secrets),
        }),
        mapping,
        destination_name: target.name.clone(),
        destination: Arc::clone(adapter),
        policy: Policy {
            retry_base: target.delivery.retry_base,
            retry_cap: target.delivery.retry_cap,
            give_up_after: target.delivery.give_up_after,
        },
    })
}

/// The reader of each store that can be read, by the store's name: one for all of its routes, so
/// that a shop answers one request at a time.
pub type Readers = BTreeMap<String, Arc<dyn ShopReader>>;

fn reader_of(readers: &Readers, store: &str) -> Option<Arc<dyn OrderReader>> {
    let reader = readers.get(store).cloned()?;
    Some(reader)
}

/// Creates the readers of all stores that can be read.
pub async fn readers(config: &Config, secrets: &Arc<dyn Secrets>) -> Readers {
    let mut readers = Readers::new();
    for store in config
        .routes
        .iter()
        .filter_map(|route| config.store(&route.store))
    {
        if readers.contains_key(&store.name) {
            continue;
        }
        if let Some(reader) = reader(store, secrets).await {
            readers.insert(store.name.clone(), reader);
        }
    }
    readers
}

/// Creates the reader of a store, for orders that its webhooks only name. Where the secret cannot
/// be read now, the reader tries again at each order: such a store does not keep the others from
/// working.
async fn reader(store: &Store, secrets: &Arc<dyn Secrets>) -> Option<Arc<dyn ShopReader>> {
    match sources::reader(store.platform, &store.secret, Arc::clone(secrets)).await {
        Ok(reader) => reader,
        Err(error) => {
            tracing::error!(
                store = store.name,
                error = &error as &dyn std::error::Error,
                "this store cannot be asked for orders now; it is tried again for each that needs it"
            );
            let reach = sources::reach(store.platform);
            Some(Arc::new(Later {
                reach,
                platform: store.platform,
                secret: store.secret.clone(),
                secrets: Arc::clone(secrets),
                made: OnceCell::new(),
            }))
        }
    }
}

/// A reader of a store whose secret could not be read at the start. Once it could be, the reader is
/// kept, and with it the shop's wish to be left alone.
struct Later {
    reach: Reach,
    platform: Platform,
    secret: String,
    secrets: Arc<dyn Secrets>,
    made: OnceCell<Arc<dyn ShopReader>>,
}

impl Later {
    async fn made(&self) -> Result<&Arc<dyn ShopReader>, ReadError> {
        self.made.get_or_try_init(|| self.make()).await
    }

    async fn make(&self) -> Result<Arc<dyn ShopReader>, ReadError> {
        let secrets = Arc::clone(&self.secrets);
        let reader = sources::reader(self.platform, &self.secret, secrets).await?;
        reader.ok_or_else(|| {
            ReadError::Refused(format!(
                "the secret {} has no credentials for its API",
                self.secret
            ))
        })
    }
}

#[async_trait]
impl OrderReader for Later {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        self.made().await?.read(order).await
    }
}

#[async_trait]
impl ShopReader for Later {
    fn reach(&self) -> Reach {
        self.reach
    }

    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError> {
        self.made().await?.numbered(number).await
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        self.made().await?.many(orders).await
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        self.made().await?.changed(window, cursor).await
    }

    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError> {
        self.made().await?.placed(window, cursor).await
    }

    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError> {
        self.made().await?.webhooks(address).await
    }
}

fn incomplete(route: &Route) -> Problems {
    Problems::one(format!(
        "route {}: its store, destination or mapping is gone",
        route.name
    ))
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
