use crate::{Config, secret_needs::Needs};

/// What a store or a destination wants of its secret, for whoever fills secrets in.
#[derive(Clone, Debug)]
pub struct SecretWants<'a> {
    /// Name of the secret.
    pub secret: &'a str,
    /// Name of the store or destination.
    pub owner: &'a str,
    /// `woocommerce`, `salesforce` and so on.
    pub word: &'static str,
    /// Without these keys nothing works.
    pub required: Vec<RequiredKey>,
    /// Keys that are of use too.
    pub optional: Vec<&'static str>,
    /// Names that the usual .env files have for a key, besides `SYSTEM_KEY`: the key, the name.
    pub other_names: &'static [(&'static str, &'static str)],
}

/// A key that must be there.
#[derive(Clone, Copy, Debug)]
pub struct RequiredKey {
    /// The key.
    pub key: &'static str,
    /// Where the user finds its value.
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

    /// Every key, the required ones first.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.required
            .iter()
            .map(|required| required.key)
            .chain(self.optional.iter().copied())
    }
}

/// What each store and each destination of a configuration wants of its secret.
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
    stores.chain(destinations).collect()
}
