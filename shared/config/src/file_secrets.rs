use crate::{
    Problem,
    secret_text::{secret_from_json, secrets_from_toml},
};
use async_trait::async_trait;
use ports::{PortError, Secret, Secrets};
use std::{collections::BTreeMap, env, fs, path::Path};

/// What the names of the environment variables that hold secrets begin with.
const PREFIX: &str = "ORDERBRIDGE_SECRET_";

/// The secrets of one machine: from a `secrets.toml` and from the environment, read once. A variable stands for a whole secret and takes the place of the file's.
/// Its `Debug` prints names and keys only.
#[derive(Clone, Debug, Default)]
pub struct FileSecrets {
    by_name: BTreeMap<String, Secret>,
    by_variable: BTreeMap<String, Secret>,
    warnings: Vec<Problem>,
}

impl FileSecrets {
    /// Reads a file, if one is named, and this process's environment.
    ///
    /// # Errors
    /// Everything that is wrong with the file and with the variables, without any value of them.
    pub fn load(path: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let environment = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::load_with(path, environment)
    }

    /// The same with an environment of the caller's.
    ///
    /// # Errors
    /// As [`FileSecrets::load`].
    pub fn load_with(path: Option<&Path>, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Problem>> {
        let mut secrets = Self::default();
        let mut problems = Vec::new();
        if let Some(path) = path {
            match read_file(path) {
                Ok(by_name) => secrets.by_name = by_name,
                Err(wrong) => problems.extend(wrong),
            }
            secrets.warnings.extend(readable_by_others(path));
        }
        for (variable, value) in environment.into_iter().filter(|(name, _)| name.starts_with(PREFIX)) {
            match secret_from_json(&value) {
                Ok(secret) => _ = secrets.by_variable.insert(variable, secret),
                Err(error) => problems.push(Problem::error(
                    Path::new("environment"),
                    format!("{variable} can not be used: {error}"),
                )),
            }
        }
        if problems.is_empty() { Ok(secrets) } else { Err(problems) }
    }

    /// The secret of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.by_variable.get(&environment_variable(name)).or_else(|| self.by_name.get(name))
    }

    /// The names in the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// What works but should not stay: a file that other users of the machine can read.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        Ok(self.get(name).cloned())
    }

    fn how_to_add(&self, name: &str) -> String {
        let variable = environment_variable(name);
        format!("add [\"{name}\"] to secrets.toml, or set {variable} to a JSON object")
    }
}

/// The environment variable that may hold the secret of this name, as a JSON object: `orderbridge/stores/acme` is in
/// `ORDERBRIDGE_SECRET_ORDERBRIDGE_STORES_ACME`. Whatever is no letter or digit becomes `_`.
#[must_use]
pub fn environment_variable(secret: &str) -> String {
    let upper = |character: char| {
        if character.is_ascii_alphanumeric() {
            character.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    PREFIX.chars().chain(secret.chars().map(upper)).collect()
}

fn read_file(path: &Path) -> Result<BTreeMap<String, Secret>, Vec<Problem>> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("the secrets can not be read: {error}; copy secrets.example.toml to this place and fill it in, or name another file with --secrets");
        vec![Problem::error(path, message)]
    })?;
    secrets_from_toml(path, &text)
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<Problem> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let message = || {
        format!(
            "other users of this machine can read the secrets (mode {mode:o}); run: chmod 600 {}",
            path.display()
        )
    };
    (mode & 0o077 != 0).then(|| Problem::error(path, message()).as_warning())
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> Option<Problem> {
    None
}
