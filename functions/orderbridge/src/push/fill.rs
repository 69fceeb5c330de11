//! The step from the variables of a .env file to the secrets of a configuration: all of them, or
//! everything that is missing.

use super::{
    env_file::EnvFile,
    names::{scope, variables},
};
use config::{Config, SecretWants, secret_wants};
use ports::{Secret, memory::MemorySecrets};
use std::collections::{BTreeMap, BTreeSet};

/// The keys that may hold several texts: `NAME_PREVIOUS` is listed after `NAME`.
const LISTS: &[&str] = &["webhook_secret", "public_key"];

/// Every secret of a configuration.
pub(super) struct Filled {
    secrets: BTreeMap<String, Secret>,
    /// Remarks about secrets that work but are worth a look.
    pub(super) notes: Vec<String>,
}

impl Filled {
    /// Returns each secret with its name.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.secrets
            .iter()
            .map(|(name, secret)| (name.as_str(), secret))
    }
}

/// Fills in the secrets of all stores and destinations.
///
/// # Errors
/// When anything is missing, contradictory or no key at all: everything together and without
/// values.
pub(super) async fn fill(config: &Config, file: &EnvFile) -> Result<Filled, Vec<String>> {
    let wants = secret_wants(config);
    let mut filling = Filling::new(file);
    for one in &wants {
        filling.fill_one(one);
    }
    if !filling.problems.is_empty() {
        return Err(filling.problems);
    }
    let mut notes = filling.shared_webhook_secrets();
    notes.extend(filling.unused());
    let secrets: BTreeMap<String, Secret> = filling
        .entries
        .into_iter()
        .map(|(name, keys)| (name, Secret::new(keys)))
        .collect();
    let found = check(config, &secrets).await?;
    notes.extend(found);
    Ok(Filled { secrets, notes })
}

/// Checks these secrets, and returns the warnings about them.
///
/// # Errors
/// When anything keeps them from working.
async fn check(
    config: &Config,
    secrets: &BTreeMap<String, Secret>,
) -> Result<Vec<String>, Vec<String>> {
    let port = MemorySecrets::new();
    for (name, secret) in secrets {
        port.put(name, secret.clone());
    }
    let problems = config::check_secrets(config, &port).await;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.iter().partition(|problem| problem.is_error());
    let texts =
        |problems: Vec<&config::Problem>| problems.into_iter().map(ToString::to_string).collect();
    if errors.is_empty() {
        Ok(texts(warnings))
    } else {
        Err(texts(errors))
    }
}

/// The secrets and problems that were found so far.
struct Filling<'a> {
    file: &'a EnvFile,
    entries: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The variables that were used, and the last owner that used each.
    used: BTreeMap<String, String>,
    /// The stores that sign with each webhook secret.
    signers: BTreeMap<String, BTreeSet<String>>,
    problems: Vec<String>,
}

impl<'a> Filling<'a> {
    const fn new(file: &'a EnvFile) -> Self {
        Self {
            file,
            entries: BTreeMap::new(),
            used: BTreeMap::new(),
            signers: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn fill_one(&mut self, wants: &SecretWants<'_>) {
        for key in wants.keys() {
            let texts = self.texts(wants, key);
            let required = wants.required.iter().find(|required| required.key == key);
            match (texts.is_empty(), required) {
                (false, _) => self.put(wants, key, texts),
                (true, None) => {}
                (true, Some(required)) => {
                    let (own, common) = own_and_common(wants, key);
                    self.problems.push(format!(
                        "secret {} ({} {}): {key} is missing; set {common}, or {own} for this one alone; it is found here: {}",
                        wants.secret, wants.word, wants.owner, required.found_in
                    ));
                }
            }
        }
    }

    /// Returns the texts of a key: that of the first variable that exists, and that of its
    /// `_PREVIOUS`.
    fn texts(&mut self, wants: &SecretWants<'_>, key: &str) -> Vec<String> {
        for variable in variables(wants, key) {
            let mut texts: Vec<String> = self.text(wants, &variable).into_iter().collect();
            if texts.is_empty() {
                continue;
            }
            if LISTS.contains(&key) {
                texts.extend(self.text(wants, &format!("{variable}_PREVIOUS")));
            }
            return texts;
        }
        Vec::new()
    }

    fn text(&mut self, wants: &SecretWants<'_>, variable: &str) -> Option<String> {
        let text = self.file.value(variable).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })?;
        let other = self
            .used
            .insert(variable.to_owned(), wants.owner.to_owned());
        if let Some(other) =
            other.filter(|other| other != wants.owner && variable.starts_with(&scope(wants.owner)))
        {
            self.problems.push(format!(
                "{variable} is meant for {other} or for {}, whose names are the same in capitals; rename one of them in the configuration",
                wants.owner
            ));
        }
        Some(text)
    }

    /// Adds the texts of a key. Two owners may share a secret, but not disagree about it.
    fn put(&mut self, wants: &SecretWants<'_>, key: &str, texts: Vec<String>) {
        if key == "webhook_secret" {
            for text in &texts {
                self.signers
                    .entry(text.clone())
                    .or_default()
                    .insert(wants.owner.to_owned());
            }
        }
        let entry = self.entries.entry(wants.secret.to_owned()).or_default();
        let other = entry.insert(key.to_owned(), texts.clone());
        if other.is_some_and(|other| other != texts) {
            self.problems.push(format!(
                "secret {}: {} and another store or destination share it and have different values for {key}; name two secrets in the configuration",
                wants.secret, wants.owner
            ));
        }
    }

    fn shared_webhook_secrets(&self) -> Vec<String> {
        let shared = self.signers.values().filter(|stores| stores.len() > 1);
        let note = |stores: &BTreeSet<String>| {
            let names: Vec<&str> = stores.iter().map(String::as_str).collect();
            format!(
                "note: the stores {} have the same webhook_secret, so that whoever knows one shop's can sign for the others; give each its own: {}...",
                names.join(", "),
                scope(names.first().copied().unwrap_or_default())
            )
        };
        shared.map(note).collect()
    }

    /// Returns a note about variables that nobody asked for, of which some may be misspelt.
    fn unused(&self) -> Option<String> {
        let is_used = |name: &str| {
            self.used.contains_key(name)
                || name
                    .strip_suffix("_PATH")
                    .is_some_and(|name| self.used.contains_key(name))
        };
        let unused: Vec<&str> = self.file.names().filter(|name| !is_used(name)).collect();
        let note = || {
            format!(
                "note: no secret needs {}; addresses and versions belong into the configuration",
                unused.join(", ")
            )
        };
        (!unused.is_empty()).then(note)
    }
}

fn own_and_common(wants: &SecretWants<'_>, key: &str) -> (String, String) {
    let all = variables(wants, key);
    let common = all.get(all.len() / 2).cloned().unwrap_or_default();
    (all.into_iter().next().unwrap_or_default(), common)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    const SALES: &str = "[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"fake/sales\"\n";

    fn store(name: &str, secret: &str) -> String {
        format!("[stores.{name}]\nplatform = \"woocommerce\"\nsecret = \"{secret}\"\n")
    }

    /// Fills in the secrets of this configuration, to which a destination and a route from `first`
    /// are added.
    async fn filled(stores: &str, first: &str, env: &str) -> Result<Filled, Vec<String>> {
        let route = format!(
            "[[routes]]\nname = \"r\"\nstore = \"{first}\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n"
        );
        let config = Config::parse(
            Path::new("orderbridge.toml"),
            &format!("{stores}{SALES}{route}"),
        )
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = "-----BEGIN PRIVATE KEY-----\nZmFrZQ==\n-----END PRIVATE KEY-----\n";
        fs::write(folder.path().join("server.key"), pem).unwrap();
        let file = folder.path().join(".env");
        let sales = "SALESFORCE_CLIENT_ID=hush\nSALESFORCE_USERNAME=hush@example.com\nSALESFORCE_PASSWORD=hush\nSALESFORCE_PRIVATE_KEY_PATH=server.key\n";
        fs::write(&file, format!("{sales}{env}")).unwrap();
        fill(&config, &EnvFile::read(&file)?).await
    }

    #[tokio::test]
    async fn a_way_to_sign_in_gets_its_own_keys_and_no_others() {
        let one = store("acme", "fake/acme");
        let filled = filled(&one, "acme", "WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\n")
            .await
            .ok()
            .unwrap();
        let sales = &filled.secrets["fake/sales"];
        assert_eq!(
            sales.keys().collect::<Vec<_>>(),
            ["client_id", "private_key", "username"]
        );
        assert!(
            filled
                .notes
                .concat()
                .contains("no secret needs SALESFORCE_PASSWORD;"),
            "{:?}",
            filled.notes
        );
    }

    #[tokio::test]
    async fn two_stores_with_one_webhook_secret_are_noted() {
        let two = [store("acme", "fake/acme"), store("zeta", "fake/zeta")].concat();
        let common = filled(&two, "acme", "WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\n")
            .await
            .ok()
            .unwrap();
        assert!(
            common
                .notes
                .concat()
                .contains("the stores acme, zeta have the same webhook_secret"),
            "{:?}",
            common.notes
        );
        let env = "WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\nZETA__WOOCOMMERCE_WEBHOOK_SECRET=hush-of-zeta\n";
        let each = filled(&two, "acme", env).await.ok().unwrap();
        assert!(
            !each.notes.concat().contains("the same webhook_secret"),
            "{:?}",
            each.notes
        );
        assert_eq!(
            each.secrets["fake/zeta"].get("webhook_secret"),
            Some("hush-of-zeta")
        );
        assert_eq!(
            each.secrets["fake/acme"].get("webhook_secret"),
            Some("hush-hush-hush")
        );
    }

    #[tokio::test]
    async fn the_receiver_of_alerts_is_filled_in_and_only_noted_where_it_is_missing() {
        let alerts = "[alerts]\nsecret = \"fake/alerts\"\n";
        let one = [store("acme", "fake/acme"), alerts.to_owned()].concat();
        let env = "WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\n";
        let without = filled(&one, "acme", env).await.ok().unwrap();
        assert!(
            without
                .notes
                .concat()
                .contains("alerts, secret `fake/alerts`"),
            "{:?}",
            without.notes
        );
        let env = format!("{env}ALERTS_URL=https://hooks.example.com/hush\n");
        let with = filled(&one, "acme", &env).await.ok().unwrap();
        assert_eq!(
            with.secrets["fake/alerts"].get("url"),
            Some("https://hooks.example.com/hush")
        );
    }

    #[tokio::test]
    async fn who_shares_a_secret_may_not_disagree_about_it() {
        let two = [store("acme", "fake/both"), store("zeta", "fake/both")].concat();
        let env = "WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\nZETA__WOOCOMMERCE_WEBHOOK_SECRET=hush-of-zeta\n";
        let problems = filled(&two, "acme", env).await.err().unwrap().concat();
        assert!(
            problems.contains("secret fake/both: zeta and another") && !problems.contains("hush"),
            "{problems}"
        );
    }

    #[tokio::test]
    async fn a_variable_that_may_mean_two_stores_is_refused() {
        let two = [store("acme-2", "fake/one"), store("acme_2", "fake/two")].concat();
        let problems = filled(
            &two,
            "acme-2",
            "ACME_2__WOOCOMMERCE_WEBHOOK_SECRET=hush-hush-hush\n",
        )
        .await;
        let problems = problems.err().unwrap().concat();
        assert!(
            problems.contains("is meant for acme-2 or for acme_2"),
            "{problems}"
        );
    }
}
