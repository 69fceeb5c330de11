/// A shop's account of the webhooks that post its orders to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Webhooks {
    /// One entry for each topic that a store needs.
    Told(Vec<Subscription>),
    /// The shop does not tell, or not with these credentials; the text says why.
    Untold(String),
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
    /// Judges each needed topic by the webhooks of the shop: `(topic, address, is switched on)`.
    #[must_use]
    pub fn judged(needed: &[&str], ours: &str, found: &[(String, String, bool)]) -> Self {
        Self::Told(
            needed
                .iter()
                .map(|topic| judged(topic, ours, found))
                .collect(),
        )
    }
}

fn judged(topic: &str, ours: &str, found: &[(String, String, bool)]) -> Subscription {
    let rank = |(_, address, is_on): &&(String, String, bool)| match (is_ours(address, ours), is_on)
    {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    };
    let best = found
        .iter()
        .filter(|(name, ..)| name == topic)
        .min_by_key(rank);
    let state = match best.map(|entry| rank(&entry)) {
        Some(0) => WebhookState::Alive,
        Some(1) => WebhookState::SwitchedOff,
        Some(2) => WebhookState::PointsElsewhere,
        _ => WebhookState::Missing,
    };
    let best = best.filter(|_| state != WebhookState::Missing);
    Subscription {
        topic: topic.to_owned(),
        address: best.map(|(_, address, _)| plain(address).to_owned()),
        state,
    }
}

/// Returns whether both are the same address, whatever follows the question mark.
fn is_ours(address: &str, ours: &str) -> bool {
    plain(address).eq_ignore_ascii_case(plain(ours))
}

fn plain(address: &str) -> &str {
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
        let hook =
            |topic: &str, address: &str, is_on| (topic.to_owned(), address.to_owned(), is_on);
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
