//! Whether a shop still posts to us: webhooks are switched off by hand, or by the shop after
//! failures, and nothing tells us.

use crate::{Place, SeenWebhooks, Shop};
use jiff::{SignedDuration, Timestamp};
use source::reader::{Subscription, WebhookState, Webhooks};

/// The pause between two questions to a shop.
const EVERY: SignedDuration = SignedDuration::from_mins(55);

/// Asks the shop about its webhooks, where our address is known and it was not asked lately, and
/// notes what is wrong. A shop that does not tell is asked again later.
pub(crate) async fn look(shop: &Shop, public_url: Option<&str>, now: Timestamp, place: &mut Place) {
    let Some(url) = public_url else {
        place.webhooks = None;
        return;
    };
    let age = |seen: &SeenWebhooks| now.duration_since(seen.at);
    let is_recent = |age: SignedDuration| age >= SignedDuration::ZERO && age < EVERY;
    if place.webhooks.as_ref().map(age).is_some_and(is_recent) {
        return;
    }
    let address = format!("{url}/webhooks/{}", shop.name);
    match shop.reader.webhooks(&address).await {
        Ok(Webhooks::Told(subscriptions)) => {
            let wrong = wrong(&subscriptions, &address);
            place.webhooks = Some(SeenWebhooks {
                at: now,
                wrong,
                is_told: !subscriptions.is_empty(),
            });
        }
        Ok(Webhooks::Untold(why)) => {
            tracing::debug!(
                store = shop.name,
                why,
                "the shop does not tell of its webhooks"
            );
            place.webhooks = Some(SeenWebhooks {
                at: now,
                wrong: None,
                is_told: false,
            });
        }
        Err(error) => tracing::info!(
            store = shop.name,
            error = &error as &dyn std::error::Error,
            "the shop could not be asked about its webhooks; it is asked again"
        ),
    }
}

/// Returns what is wrong with webhooks: one that is switched off, or none at all. A shop may well
/// post only some of its topics.
fn wrong(subscriptions: &[Subscription], address: &str) -> Option<String> {
    let are = |state| move |one: &&Subscription| one.state == state;
    let off: Vec<&str> = subscriptions
        .iter()
        .filter(are(WebhookState::SwitchedOff))
        .map(|one| one.topic.as_str())
        .collect();
    if !off.is_empty() {
        return Some(format!(
            "the shop has switched off its webhook of {}; switch it on again there, or by `orderbridge setup --apply`",
            off.join(", ")
        ));
    }
    let is_any_alive = subscriptions
        .iter()
        .any(|one| one.state == WebhookState::Alive);
    (!is_any_alive && !subscriptions.is_empty()).then(|| {
        format!("no webhook of the shop posts to {address}; `orderbridge setup --apply` makes them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_off_or_none_at_all_is_wrong_and_a_few_are_enough() {
        let judge = |states: &[WebhookState]| {
            let of = |state: &WebhookState| Subscription {
                topic: "order.updated".to_owned(),
                address: None,
                state: *state,
            };
            let all: Vec<_> = states.iter().map(of).collect();
            wrong(&all, "https://hooks.example.com/webhooks/acme")
        };
        use WebhookState::{Alive, Missing, PointsElsewhere, SwitchedOff};
        assert_eq!(judge(&[Alive, Missing, PointsElsewhere]), None);
        assert_eq!(judge(&[]), None);
        assert!(judge(&[Alive, SwitchedOff]).is_some_and(|text| text.contains("switched off")));
        assert!(judge(&[Missing, PointsElsewhere]).is_some_and(|text| text.contains("posts to")));
    }
}
