//! The topic of a delivery. Magento's senders have no header for it, except those that post
//! CloudEvents: some name the event in the body; for the others the address may end in `?topic=`.

use crate::config::ORDER_TOPICS;
use serde::Deserialize;
use serde_json::value::RawValue;
use source::Webhook;

/// The beginning of the names of Adobe I/O's events, `com.adobe.commerce.observer.NAME`, with the
/// name of the instance before `observer` where several send to one place.
const ADOBE: &str = "com.adobe.commerce.";
const OBSERVER: &str = "observer.";

/// The header with the `type` of a CloudEvent whose other fields are headers, too (CloudEvents 1.0,
/// HTTP protocol binding, "Binary content mode").
const CLOUD_EVENT: &str = "ce-type";

/// The longest name that is accepted, so that logs and lists stay readable.
const LONGEST: usize = 100;

/// The few fields in which senders name the event. They are read in place: everything else is
/// skipped without being built.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventName")]
    name: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    /// The field that only a CloudEvent has.
    #[serde(borrow, rename = "specversion")]
    version: Option<&'a RawValue>,
}

pub(crate) fn topic(webhook: Webhook<'_>) -> Option<String> {
    let in_header = || webhook.header(CLOUD_EVENT).and_then(of_cloud_event);
    in_body(webhook.body)
        .or_else(in_header)
        .or_else(|| in_query(webhook.query))
}

fn in_body(body: &[u8]) -> Option<String> {
    let named: Named<'_> = serde_json::from_slice(body).ok()?;
    let inside_event = || serde_json::from_str::<Named<'_>>(named.event?.get()).ok();
    named.own_name().or_else(|| inside_event()?.own_name())
}

impl Named<'_> {
    fn own_name(&self) -> Option<String> {
        if let Some(name) = text(self.event).or_else(|| text(self.name)) {
            return usable(&name);
        }
        // Other things, such as products, have a type as well.
        let kind = text(self.kind).filter(|kind| {
            self.version.is_some() || kind.starts_with(ADOBE) || known(kind).is_some()
        })?;
        of_cloud_event(&kind)
    }
}

fn in_query(query: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("topic="))
        .find_map(usable)
}

/// Returns the topic in the `type` of a CloudEvent, which is often a known name behind one of the
/// sender's: `com.example.shop.sales.order.created`.
fn of_cloud_event(kind: &str) -> Option<String> {
    let name = usable(kind)?;
    Some(known(&name).map_or(name, str::to_owned))
}

/// Returns the known event that a name is, or ends in.
fn known(name: &str) -> Option<&'static str> {
    let is = |topic: &&&str| {
        name.strip_suffix(**topic)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    ORDER_TOPICS.iter().find(is).copied()
}

/// Returns the event's plain name, as in the shop's own code; `None` where it cannot be a name.
fn usable(name: &str) -> Option<String> {
    let name = name.trim();
    let name = name.strip_prefix(ADOBE).unwrap_or(name);
    let name = name
        .split_once(OBSERVER)
        .map_or(name, |(_, observed)| observed);
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let usable = (1..=LONGEST).contains(&name.len()) && name.bytes().all(in_name);
    usable.then(|| name.to_owned())
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}
