/// A shop's account of the webhooks that post its orders to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhooks {
    /// One entry for each topic that a store needs.
    Told(Vec<Subscription>),
    /// The shop does not tell, or not with these credentials; the text says why.
    Untold(String),
}

/// A webhook as a shop lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The shop's name of it, by which it is changed.
    pub id: String,
    /// The platform's name of the topic.
    pub topic: String,
    /// The address to which it posts.
    pub address: String,
    /// Whether it is switched on.
    pub is_on: bool,
    /// The reason why it does not post everything of its topic, or not as it must; `None` where it
    /// does.
    pub flaw: Option<String>,
}

/// A topic of a shop, and whether it comes to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The platform's name of the topic.
    pub topic: String,
    /// The address to which the shop posts it, without query; `None` where it posts it nowhere.
    pub address: Option<String>,
    /// The state of its webhook.
    pub state: WebhookState,
}

/// The state of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// The shop posts to us.
    Alive,
    /// It would post to us, but was switched off: by hand, or by the shop after failures.
    SwitchedOff,
    /// It posts this topic, but to other addresses only.
    PointsElsewhere,
    /// It posts this topic to no address.
    Missing,
}

impl Webhooks {
    /// Judges each needed topic by the webhooks of the shop.
    #[must_use]
    pub fn judged(needed: &[&str], ours: &str, found: &[Hook]) -> Self {
        let judged = needed.iter().map(|topic| {
            let (state, hook) = best(topic, ours, found);
            Subscription {
                topic: (*topic).to_owned(),
                address: hook.map(|hook| plain(&hook.address).to_owned()),
                state,
            }
        });
        Self::Told(judged.collect())
    }
}

/// Returns the state of a topic, and the webhook that decides it.
pub(super) fn best<'a>(
    topic: &str,
    ours: &str,
    found: &'a [Hook],
) -> (WebhookState, Option<&'a Hook>) {
    let rank = |hook: &&Hook| match (is_ours(&hook.address, ours), hook.is_on) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    };
    let of_topic = found.iter().filter(|hook| hook.topic == topic);
    let best = of_topic.min_by_key(|hook| (rank(hook), hook.flaw.is_some()));
    match best.map(|hook| rank(&hook)) {
        Some(0) => (WebhookState::Alive, best),
        Some(1) => (WebhookState::SwitchedOff, best),
        Some(2) => (WebhookState::PointsElsewhere, best),
        _ => (WebhookState::Missing, None),
    }
}

/// Returns whether both are the same address, whatever follows the question mark.
pub(super) fn is_ours(address: &str, ours: &str) -> bool {
    plain(address).eq_ignore_ascii_case(plain(ours))
}

pub(super) fn plain(address: &str) -> &str {
    let address = address.trim();
    let end = address.find(['?', '#']).unwrap_or(address.len());
    address.get(..end).unwrap_or(address).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_what_the_best_of_its_webhooks_is() {
        let ours = "https://hooks.example/webhooks/acme";
        let hook = |topic: &str, address: &str, is_on| Hook {
            id: String::new(),
            topic: topic.to_owned(),
            address: address.to_owned(),
            is_on,
            flaw: None,
        };
        let found = [
            hook("created", "https://other.example/", true),
            hook(
                "created",
                "https://hooks.example/webhooks/acme/?topic=1",
                true,
            ),
            hook("updated", ours, false),
            hook("updated", "https://other.example/?token=secret", true),
            hook("deleted", "https://other.example/?token=secret", true),
            hook("restored", "https://other.example/", false),
        ];
        let needed = ["created", "updated", "deleted", "restored", "paid"];
        let Webhooks::Told(judged) = Webhooks::judged(&needed, ours, &found) else {
            panic!("they are told")
        };
        let states: Vec<_> = judged.iter().map(|entry| entry.state).collect();
        assert_eq!(
            states,
            [
                WebhookState::Alive,
                WebhookState::SwitchedOff,
                WebhookState::PointsElsewhere,
                WebhookState::Missing,
                WebhookState::Missing
            ]
        );
        assert!(!format!("{judged:?}").contains("secret"));
    }
}
