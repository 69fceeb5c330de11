use crate::{
    Alerts, Config, Destination, Problem, Store, alerts,
    pem::pem_mistake,
    public_key::public_key_mistake,
    secret_needs::Needs,
    suggest::{did_you_mean, listed},
};
use ports::{Secret, Secrets, in_one_line};

/// The length of the shortest webhook secret. A shorter one can be guessed offline from one signed
/// delivery.
const SHORTEST_WEBHOOK_SECRET: usize = 8;
/// The webhook secret of `config/secrets.example.toml`.
const EXAMPLE: &str = "fake0webhook0secret0fake0webhook0secret";

/// A secret and its problems.
#[derive(Clone, Debug, Default)]
pub struct CheckedSecret {
    /// The secret that the port returned; empty where it returned none.
    pub secret: Secret,
    /// Errors and warnings. None holds any part of the secret's value.
    pub problems: Vec<Problem>,
}

/// Checks that each store and destination has its secret, and that each secret holds what the
/// platform or the way to sign in needs. Asks nobody but the port. No problem holds any part of a
/// secret's value.
pub async fn check_secrets(config: &Config, secrets: &dyn Secrets) -> Vec<Problem> {
    let stores = config
        .stores
        .values()
        .map(|store| Owner::store(config, store));
    let destinations = config
        .destinations
        .values()
        .map(|destination| Owner::destination(config, destination));
    let mut problems = Vec::new();
    for owner in stores.chain(destinations) {
        problems.extend(owner.check(secrets).await.problems);
    }
    if let Some(alerts) = &config.alerts {
        let found = Owner::alerts(config, alerts).check(secrets).await.problems;
        // Orders go their way without anybody being told, so that no start fails for it.
        problems.extend(found.into_iter().map(Problem::as_warning));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// Checks the secret of one store: accepting webhooks needs no secret of a destination, and may
/// have no right to read one.
pub async fn check_store_secret(
    config: &Config,
    store: &Store,
    secrets: &dyn Secrets,
) -> CheckedSecret {
    Owner::store(config, store).check(secrets).await
}

/// Checks the secret of one destination.
pub async fn check_destination_secret(
    config: &Config,
    destination: &Destination,
    secrets: &dyn Secrets,
) -> CheckedSecret {
    Owner::destination(config, destination).check(secrets).await
}

/// The store or destination whose secret is checked.
struct Owner<'a> {
    config: &'a Config,
    line: usize,
    title: String,
    secret: &'a str,
    needs: Needs,
}

impl<'a> Owner<'a> {
    fn store(config: &'a Config, store: &'a Store) -> Self {
        Self {
            config,
            line: store.line,
            title: format!("store `{}`", store.name),
            secret: &store.secret,
            needs: store.platform.needs(),
        }
    }

    fn destination(config: &'a Config, destination: &'a Destination) -> Self {
        Self {
            config,
            line: destination.line,
            title: format!("destination `{}`", destination.name),
            secret: &destination.secret,
            needs: destination.settings.needs(),
        }
    }

    fn alerts(config: &'a Config, alerts: &'a Alerts) -> Self {
        Self {
            config,
            line: alerts.line,
            title: alerts::WORD.to_owned(),
            secret: &alerts.secret,
            needs: alerts::needs(),
        }
    }

    fn problem(&self, message: &str) -> Problem {
        Problem::error(
            &self.config.file,
            format!("{}, secret `{}`: {message}", self.title, self.secret),
        )
        .at_line(self.line)
    }

    async fn check(&self, secrets: &dyn Secrets) -> CheckedSecret {
        let found = match secrets.secret(self.secret).await {
            Ok(Some(secret)) => {
                let problems = check_one(self, &secret);
                return CheckedSecret { secret, problems };
            }
            Ok(None) => self.no_secret(secrets),
            Err(error) => self.problem(&format!(
                "it could not be read: {}",
                in_one_line(error.source.as_ref())
            )),
        };
        CheckedSecret {
            problems: vec![found],
            ..CheckedSecret::default()
        }
    }

    fn no_secret(&self, secrets: &dyn Secrets) -> Problem {
        let keys = listed(self.needs.required.iter().map(|part| part.key));
        let fix = secrets.how_to_add(self.secret);
        self.problem(&format!("there is no such secret; it needs {keys}; {fix}"))
    }
}

fn check_one(owner: &Owner<'_>, secret: &Secret) -> Vec<Problem> {
    let needs = &owner.needs;
    let mut problems = missing(owner, secret, needs);
    problems.extend(webhook_secrets(owner, secret));
    problems.extend(half_given(owner, secret, needs));
    problems.extend(lonely(owner, secret, needs));
    problems.extend(strange_domains(owner, secret, needs));
    problems.extend(unknown(owner, secret, needs));
    let receiver = needs
        .address
        .and_then(|key| Some((key, alerts::receiver_mistake(secret.get(key)?)?)));
    problems.extend(receiver.map(|(key, mistake)| owner.problem(&format!("`{key}` {mistake}"))));
    let pem = needs
        .pem
        .and_then(|key| Some((key, pem_mistake(secret.get(key)?)?)));
    problems.extend(pem.map(|(key, mistake)| owner.problem(&format!("`{key}` {mistake}"))));
    let public_keys = needs
        .public_pem
        .into_iter()
        .flat_map(|key| secret.all(key).iter().map(move |pem| (key, pem)));
    let mistakes = public_keys.filter_map(|(key, pem)| Some((key, public_key_mistake(pem)?)));
    problems.extend(mistakes.map(|(key, mistake)| owner.problem(&format!("`{key}` {mistake}"))));
    problems
}

fn missing(owner: &Owner<'_>, secret: &Secret, needs: &Needs) -> Vec<Problem> {
    let absent = needs.required.iter().filter(|part| {
        secret.all(part.key).is_empty()
            || (secret.get(part.key).is_none() && part.key != "webhook_secret")
    });
    absent
        .map(|part| {
            owner.problem(&format!(
                "`{}` is missing or empty; it is found here: {}",
                part.key, part.found_in
            ))
        })
        .collect()
}

fn webhook_secrets(owner: &Owner<'_>, secret: &Secret) -> Vec<Problem> {
    let check = |text: &String| {
        if text.is_empty() {
            return Some(
                owner.problem("`webhook_secret` holds an empty text, with which anyone could sign orders; remove it or fill it in"),
            );
        }
        if text.trim() != text {
            let message = "`webhook_secret` begins or ends with a blank or a line break; remove it, unless the shop's own secret has it too";
            return Some(owner.problem(message).as_warning());
        }
        webhook_secret_mistake(text).map(|why| owner.problem(&why))
    };
    secret
        .all("webhook_secret")
        .iter()
        .filter_map(check)
        .collect()
}

/// Returns why somebody who is not the shop can sign with this webhook secret, if that is so. Holds
/// no part of it.
#[must_use]
pub fn webhook_secret_mistake(secret: &str) -> Option<String> {
    let make = "make one of 32 or more letters and digits, and put it into the shop as well";
    if secret == EXAMPLE {
        return Some(format!(
            "`webhook_secret` is the one of the example, which everybody knows; {make}"
        ));
    }
    if ["ck_", "cs_"].iter().any(|begin| secret.starts_with(begin)) {
        return Some(format!(
            "`webhook_secret` is a key of the shop's API (ck_ or cs_), which belongs into `consumer_key` or `consumer_secret`; {make}"
        ));
    }
    (secret.chars().count() < SHORTEST_WEBHOOK_SECRET).then(|| {
        format!(
            "`webhook_secret` is shorter than {SHORTEST_WEBHOOK_SECRET} characters and can be guessed; {make}"
        )
    })
}

/// Reports keys that only work together if just some of them are given.
fn half_given(owner: &Owner<'_>, secret: &Secret, needs: &Needs) -> Option<Problem> {
    let (given, lacking): (Vec<&str>, Vec<&str>) = needs
        .optional_together
        .iter()
        .partition(|key| secret.get(key).is_some());
    let message = || {
        format!(
            "these keys work only together; there: {}, missing: {}",
            listed(given.clone()),
            listed(lacking.clone())
        )
    };
    (!given.is_empty() && !lacking.is_empty()).then(|| owner.problem(&message()).as_warning())
}

/// Reports keys that are of no use without another one.
fn lonely(owner: &Owner<'_>, secret: &Secret, needs: &Needs) -> Vec<Problem> {
    let is_lonely =
        |(key, other): &&(&str, &str)| secret.get(key).is_some() && secret.get(other).is_none();
    let found = needs.only_with.iter().filter(is_lonely);
    found
        .map(|(key, other)| {
            owner
                .problem(&format!("`{key}` is of no use without `{other}`"))
                .as_warning()
        })
        .collect()
}

/// Reports a domain that is not one of the platform's: a webhook compared with it would be refused.
fn strange_domains(owner: &Owner<'_>, secret: &Secret, needs: &Needs) -> Vec<Problem> {
    let Some((key, ending)) = needs.domain else {
        return Vec::new();
    };
    let is_strange = |text: &&String| {
        let host = text
            .trim()
            .trim_end_matches(['/', '.'])
            .to_ascii_lowercase();
        !host.is_empty() && !host.starts_with("http://127.0.0.1:") && !host.ends_with(ending)
    };
    let found = secret.all(key).iter().filter(is_strange);
    found
        .map(|_| {
            owner.problem(&format!(
                "`{key}` is not the shop's own domain, which ends in {ending}; its webhooks would be taken for another shop's and refused"
            ))
        })
        .collect()
}

/// Reports keys without a meaning, which are mostly misspelt ones.
fn unknown(owner: &Owner<'_>, secret: &Secret, needs: &Needs) -> Vec<Problem> {
    let known = || {
        needs
            .required
            .iter()
            .map(|part| part.key)
            .chain(needs.optional_together.iter().copied())
            .chain(needs.optional.iter().copied())
            .chain(needs.known.iter().copied())
    };
    let strange = secret
        .keys()
        .filter(|key| !known().any(|name| name == *key));
    strange
        .map(|key| {
            owner
                .problem(&format!(
                    "the key `{key}` is not used{}",
                    did_you_mean(key, known())
                ))
                .as_warning()
        })
        .collect()
}
