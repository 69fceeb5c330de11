use config::Platform;
use http::HeaderMap;
use mapping::{Mapping, Overrides};
use order::Order;
use source::{Normalized, Source, Webhook};
use std::{path::Path, sync::OnceLock};

/// A body under every topic of its platform, and under one that is none.
pub fn payload(platform: Platform, body: &[u8]) {
    let source = sources::source(platform);
    let topics = source.order_topics().iter().chain(source.privacy_topics());
    for topic in topics.copied().chain([""]) {
        let headers = HeaderMap::new();
        source.topic(Webhook {
            headers: &headers,
            query: topic,
            body,
        });
        read(source.as_ref(), topic, body);
    }
}

fn read(source: &dyn Source, topic: &str, body: &[u8]) {
    let peek = source.peek(body);
    match source.normalize(topic, body) {
        Ok(Normalized::Order(order)) => {
            assert_eq!(peek.order_id.as_deref(), Some(order.id.as_str()), "the look names another order");
            assert_eq!(peek.modified, order.modified, "the look knows another modification time");
            plan(source.platform(), &order);
        }
        Ok(Normalized::Reference { order, .. }) => assert_eq!(peek.order_id, Some(order), "the look names another order"),
        Ok(Normalized::Skip(_) | Normalized::Gone { .. } | Normalized::Privacy(_)) | Err(_) => {}
    }
}

/// Whether the order can be planned is the mapping's to say; it must say so.
fn plan(platform: &str, order: &Order) {
    static MAPPING: OnceLock<Mapping> = OnceLock::new();
    let mapping = MAPPING.get_or_init(|| {
        let name = format!("{platform}-salesforce");
        Mapping::load(&name, Path::new("."), &Overrides::default()).expect("a built-in mapping")
    });
    let _ = order.difference();
    let _ = mapping.plan(order);
}
