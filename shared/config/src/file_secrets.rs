use crate::{
    Problem,
    secret_text::{Found, secret_from_json, secrets_from_toml},
};
use async_trait::async_trait;
use ports::{PortError, Secret, Secrets};
use std::{env, fs, path::Path};

/// The prefix of the environment variables that hold secrets.
const PREFIX: &str = "ORDERBRIDGE_SECRET_";

/// The secrets of one machine: from a `secrets.toml` and from the environment, read once. A
/// variable holds a whole secret and takes the place of the file's. Its `Debug` prints names and
/// keys only.
#[derive(Clone, Debug, Default)]
pub struct FileSecrets {
    by_name: Found,
    by_variable: Found,
    warnings: Vec<Problem>,
}

impl FileSecrets {
    /// Reads a file, if one is named, and this process's environment. A mistake in one secret is
    /// reported only when that secret is asked for.
    ///
    /// # Errors
    /// When the file cannot be read or is not TOML. The error holds no value of the file.
    pub fn load(path: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let environment = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::load_with(path, environment)
    }

    /// Reads a file, if one is named, and an environment of the caller's.
    ///
    /// # Errors
    /// When [`FileSecrets::load`] would fail.
    pub fn load_with(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<Problem>> {
        let mut secrets = Self::default();
        if let Some(path) = path {
            (secrets.by_name, secrets.warnings) =
                read_file(path).map_err(|problem| vec![problem])?;
            secrets.warnings.extend(readable_by_others(path));
        }
        for (variable, value) in environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
        {
            let wrong = |error| {
                vec![Problem::error(
                    Path::new("environment"),
                    format!("{variable} cannot be used: {error}"),
                )]
            };
            let found = secret_from_json(&value).map_err(wrong);
            secrets.by_variable.insert(variable, found);
        }
        Ok(secrets)
    }

    /// Returns the secret of this name; `None` where there is none that can be used.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.find(name)?.as_ref().ok()
    }

    /// Returns the problems of all secrets, used or not.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let found = self.by_name.values().chain(self.by_variable.values());
        found.filter_map(|found| found.as_ref().err()).flatten()
    }

    fn find(&self, name: &str) -> Option<&Result<Secret, Vec<Problem>>> {
        self.by_variable
            .get(&environment_variable(name))
            .or_else(|| self.by_name.get(name))
    }

    /// Returns the names in the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Returns the problems that stop nothing but should be mended: a file that other users of the
    /// machine can read, and entries of it that belong to no secret.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        let told = |problems: &Vec<Problem>| {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            PortError::new("secrets: read", texts.join("; "))
        };
        self.find(name)
            .map(|found| found.as_ref().cloned().map_err(told))
            .transpose()
    }

    fn how_to_add(&self, name: &str) -> String {
        let variable = environment_variable(name);
        format!("add [\"{name}\"] to secrets.toml, or set {variable} to a JSON object")
    }
}

/// Returns the name of the environment variable that may hold this secret, as a JSON object:
/// `orderbridge/stores/acme` is in `ORDERBRIDGE_SECRET_ORDERBRIDGE_STORES_ACME`. Every character
/// other than a letter or digit becomes `_`.
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

fn read_file(path: &Path) -> Result<(Found, Vec<Problem>), Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!("the secrets cannot be read: {error}; copy secrets.example.toml to this place and fill it in, or name another file with --secrets");
        Problem::error(path, message)
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
