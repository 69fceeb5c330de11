//! What a delivery is about. Magento's senders have no header for it: some name the event in the body, for the others the address may end in `?topic=`.

use crate::config::DEFAULT_TOPIC;
use serde::Deserialize;
use serde_json::value::RawValue;
use source::Webhook;

/// Events of Adobe I/O are called `com.adobe.commerce.observer.NAME`, with the name of the instance before `observer` where several send to one place.
const ADOBE: &str = "com.adobe.commerce.";
const OBSERVER: &str = "observer.";

/// A longer name is none; logs and lists stay readable.
const LONGEST: usize = 100;

/// The few fields in which senders name the event. Read where they stand: everything else is skipped without being built.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventName")]
    name: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

pub(crate) fn topic(webhook: Webhook<'_>) -> String {
    in_body(webhook.body)
        .or_else(|| in_query(webhook.query))
        .unwrap_or_else(|| DEFAULT_TOPIC.to_owned())
}

fn in_body(body: &[u8]) -> Option<String> {
    let named: Named<'_> = serde_json::from_slice(body).ok()?;
    let inside_event = || serde_json::from_str::<Named<'_>>(named.event?.get()).ok();
    named.own_name().or_else(|| inside_event()?.own_name())
}

impl Named<'_> {
    fn own_name(&self) -> Option<String> {
        let of_adobe = || text(self.kind).filter(|kind| kind.starts_with(ADOBE));
        let name = text(self.event).or_else(|| text(self.name)).or_else(of_adobe)?;
        usable(&name)
    }
}

fn in_query(query: &str) -> Option<String> {
    query.split('&').filter_map(|pair| pair.strip_prefix("topic=")).find_map(usable)
}

/// The event's plain name, as the shop's own code has it.
fn usable(name: &str) -> Option<String> {
    let name = name.trim();
    let name = name.strip_prefix(ADOBE).unwrap_or(name);
    let name = name.split_once(OBSERVER).map_or(name, |(_, observed)| observed);
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let usable = (1..=LONGEST).contains(&name.len()) && name.bytes().all(in_name);
    usable.then(|| name.to_owned())
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}
