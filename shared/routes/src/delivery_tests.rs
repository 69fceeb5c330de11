use super::*;
use ports::{PortError, Secret, memory::MemorySecrets};
use std::sync::atomic::{AtomicBool, Ordering};
use strict_simulator::double::Double;

/// Secrets that cannot be read the first time.
struct AwayAtFirst {
    were_asked: AtomicBool,
    secrets: MemorySecrets,
}

#[async_trait]
impl Secrets for AwayAtFirst {
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        if self.were_asked.swap(true, Ordering::Relaxed) {
            self.secrets.secret(name).await
        } else {
            Err(PortError::new("secrets: read", "they are away"))
        }
    }
}

#[tokio::test]
async fn a_store_whose_secret_came_late_is_left_alone_when_it_asks_for_that() {
    let shop = Double::start(|_| (429, vec![("retry-after", "60".to_owned())], String::new()));
    let shop = shop.await;
    let keys = [
        ("store_domain", shop.url.as_str()),
        ("admin_api_access_token", "shpat_made_up"),
    ];
    let secrets: Arc<dyn Secrets> = Arc::new(AwayAtFirst {
        were_asked: AtomicBool::new(false),
        secrets: MemorySecrets::new().with("shop", &keys),
    });
    let store = Store {
        name: "acme".to_owned(),
        platform: Platform::Shopify,
        secret: "shop".to_owned(),
        silence: None,
        reconcile: config::Reconcile::default(),
        line: 1,
    };
    let reader = reader(&store, &secrets).await.unwrap();
    for order in ["1", "2"] {
        let read = reader.read(order).await;
        assert!(
            matches!(
                &read,
                Err(ReadError::Unavailable {
                    retry_after: Some(_),
                    ..
                })
            ),
            "{read:?}"
        );
    }
    assert_eq!(shop.asked().len(), 1);
}
