//! The texts of the two files. What only one shop or system needs stands in `config/init`.

use crate::report::Failed;
use config::{Config, SecretWants, secret_wants};
use serde::Deserialize;
use std::collections::BTreeMap;

const TEXTS: &str = include_str!("../../../../config/init/texts.toml");

/// What is known of the new place.
pub(super) struct Answers {
    pub(super) platform: String,
    pub(super) system: String,
    pub(super) store: String,
    pub(super) public_url: Option<String>,
    pub(super) account_url: Option<String>,
    pub(super) auth: Option<String>,
}

/// The secrets' text, and the names of the keys that are blank in it.
pub(super) struct Secrets {
    pub(super) text: String,
    pub(super) blanks: Vec<&'static str>,
}

/// What is asked and written for each shop and each system, by their words.
#[derive(Deserialize)]
pub(super) struct Texts {
    systems: BTreeMap<String, System>,
    platforms: BTreeMap<String, Platform>,
}

#[derive(Deserialize)]
struct System {
    destination: String,
    question: String,
    vars: String,
    with_url: Account,
    without_url: Account,
}

/// The lines of an account: where it is and how to sign in.
#[derive(Deserialize)]
struct Account {
    auth: Option<String>,
    lines: String,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    signs_with_its_own_key: bool,
    keys: BTreeMap<String, String>,
}

impl Texts {
    pub(super) fn read() -> Result<Self, Failed> {
        toml::from_str(TEXTS).map_err(|error| {
            Failed::new(format!(
                "the texts of init cannot be read, which is a defect: {error}"
            ))
        })
    }

    fn system(&self, word: &str) -> Result<&System, Failed> {
        let found = self.systems.get(word);
        found.ok_or_else(|| Failed::new(format!("init has no texts for {word}, which is a defect")))
    }

    /// Returns the question for the account's address.
    pub(super) fn account_question(&self, system: &str) -> Result<&str, Failed> {
        Ok(&self.system(system)?.question)
    }

    /// Returns the configuration's text.
    pub(super) fn config(&self, answers: &Answers) -> Result<String, Failed> {
        let Answers {
            platform,
            system,
            store,
            ..
        } = answers;
        let texts = self.system(system)?;
        let (destination, vars) = (&texts.destination, &texts.vars);
        let server = match &answers.public_url {
            Some(url) => format!("public_url = {}\n", quoted(url)),
            None => "# public_url = \"https://orders.example.com\"   # <- your host's name, without a path\n"
                .to_owned(),
        };
        let account = texts.account(answers);
        Ok(format!(
            r#"# Orders of one shop into one system. Every key is described in config/README.md of orderbridge, and secrets stand in
# secrets.toml beside this file. `orderbridge check` says everything that is wrong with both, `orderbridge setup` what the
# other sides lack.

# The folder of the queue and the ledger, beside this file.
data = "./data"

# The shop. Its webhooks post to PUBLIC_URL/webhooks/{store}
[stores.{store}]
platform = "{platform}"
secret   = "orderbridge/stores/{store}"

# The account that gets the orders.
[destinations.{destination}]
system = "{system}"
secret = "orderbridge/destinations/{destination}"
{account}
# What goes where, and how an order becomes records: the built-in mapping of this pair.
[[routes]]
name        = "{store}-{destination}"
store       = "{store}"
destination = "{destination}"
mapping     = "{platform}-{system}"

# Values that the mapping reads. All there are, with their defaults, stand in config/mappings/README.md.
[routes.vars]
{vars}
[server]
# Where shops reach this server: your TLS proxy's name. `orderbridge setup` makes their webhooks with it.
{server}"#
        ))
    }

    /// Returns the secrets' text, with this webhook secret where the shop takes one that we make.
    pub(super) fn secrets(&self, config: &Config, webhook_secret: &str) -> Secrets {
        let mut secrets = Secrets {
            text: "# Fill in the blanks. This file is for you alone: keep it out of version control.\n"
                .to_owned(),
            blanks: Vec::new(),
        };
        for wants in secret_wants(config) {
            let platform = self.platforms.get(wants.word);
            let is_theirs = platform.is_some_and(|platform| platform.signs_with_its_own_key);
            secrets.text += &format!("\n[{}]\n", quoted(wants.secret));
            for required in &wants.required {
                if required.key == "webhook_secret" && !is_theirs {
                    secrets.text += &format!(
                        "# Made for you; `orderbridge setup --apply` writes it into the shop.\nwebhook_secret = \"{webhook_secret}\"\n"
                    );
                    continue;
                }
                secrets.blank(required.key, required.found_in);
            }
            secrets.optional(&wants, platform);
        }
        secrets
    }
}

impl System {
    fn account(&self, answers: &Answers) -> String {
        let url = answers.account_url.as_deref();
        let account = match url {
            Some(_) => &self.with_url,
            None => &self.without_url,
        };
        let auth = answers.auth.as_deref().or(account.auth.as_deref());
        account
            .lines
            .replace("{auth}", &quoted(auth.unwrap_or_default()))
            .replace("{url}", &quoted(url.unwrap_or_default()))
    }
}

impl Secrets {
    fn blank(&mut self, key: &'static str, found_in: &str) {
        let text = match key {
            "private_key" => "'''\n'''",
            _ => "\"\"",
        };
        self.text += &format!("# {found_in}\n{key} = {text}\n");
        self.blanks.push(key);
    }

    /// Writes the keys of the shop's API as blanks, and others that few need as comments.
    fn optional(&mut self, wants: &SecretWants<'_>, platform: Option<&Platform>) {
        let found_in = |key: &str| platform?.keys.get(key);
        let (wanted, others): (Vec<&'static str>, Vec<&'static str>) = wants
            .optional
            .iter()
            .partition(|key| found_in(key).is_some());
        if !wanted.is_empty() {
            self.text += "# With these orderbridge makes the shop's webhooks, and finds orders whose webhook was lost:\n";
        }
        for key in wanted {
            self.blank(key, found_in(key).map_or("", String::as_str));
        }
        for key in others {
            self.text += &format!("# {key} = \"\"\n");
        }
    }
}

/// Writes a text as TOML; a JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
