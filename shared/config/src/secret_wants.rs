use crate::{Config, alerts, secret_needs::Needs};

/// The keys that a store, a destination or the alerts want in its secret, for programs that fill secrets in.
#[derive(Clone, Debug)]
pub struct SecretWants<'a> {
    /// Name of the secret.
    pub secret: &'a str,
    /// Name of the store or destination, or `alerts`.
    pub owner: &'a str,
    /// The word of its platform or system: `woocommerce`, `salesforce` and so on.
    pub word: &'static str,
    /// Keys without which nothing works.
    pub required: Vec<RequiredKey>,
    /// Keys that are useful, too.
    pub optional: Vec<&'static str>,
    /// Names that the usual .env files have for a key, besides `SYSTEM_KEY`: pairs of key and name.
    pub other_names: &'static [(&'static str, &'static str)],
}

/// A key that a secret must hold.
#[derive(Clone, Copy, Debug)]
pub struct RequiredKey {
    /// The key.
    pub key: &'static str,
    /// The place where the user finds its value.
    pub found_in: &'static str,
}

impl<'a> SecretWants<'a> {
    fn new(secret: &'a str, owner: &'a str, word: &'static str, needs: &Needs) -> Self {
        let required = needs.required.iter().map(|part| RequiredKey {
            key: part.key,
            found_in: part.found_in,
        });
        let optional = needs
            .optional_together
            .iter()
            .chain(needs.optional)
            .copied();
        Self {
            secret,
            owner,
            word,
            required: required.collect(),
            optional: optional.collect(),
            other_names: needs.other_names,
        }
    }

    /// Returns every key, the required ones first.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.required
            .iter()
            .map(|required| required.key)
            .chain(self.optional.iter().copied())
    }
}

/// Returns the keys that each store, each destination and the alerts of a configuration want in
/// their secrets.
#[must_use]
pub fn secret_wants(config: &Config) -> Vec<SecretWants<'_>> {
    let stores = config.stores.values().map(|store| {
        SecretWants::new(
            &store.secret,
            &store.name,
            store.platform.as_str(),
            &store.platform.needs(),
        )
    });
    let destinations = config.destinations.values().map(|destination| {
        let (word, needs) = (destination.system.as_str(), destination.settings.needs());
        SecretWants::new(&destination.secret, &destination.name, word, &needs)
    });
    let alerts = config.alerts.iter().map(|receiver| {
        let mut wants = SecretWants::new(
            &receiver.secret,
            alerts::WORD,
            alerts::WORD,
            &alerts::needs(),
        );
        // A stack has alarms of its own.
        wants.optional = wants.keys().collect();
        wants.required.clear();
        wants
    });
    stores.chain(destinations).chain(alerts).collect()
}
