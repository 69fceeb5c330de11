use crate::{Class, Failure};
use ports::{Secret, Secrets};
use std::{fmt, sync::Arc};

/// The secret that opens a destination, read whenever it is needed, so that a changed one counts at
/// once. `Debug` prints its name only.
#[derive(Clone)]
pub struct Credentials {
    secrets: Arc<dyn Secrets>,
    name: String,
}

impl Credentials {
    /// Creates the access to the secret of this name, which is not read yet.
    #[must_use]
    pub fn new(secrets: Arc<dyn Secrets>, name: String) -> Self {
        Self { secrets, name }
    }

    /// Returns the name of the secret, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the secret as it is now.
    ///
    /// # Errors
    /// When there is none, or its store does not answer.
    pub async fn read(&self) -> Result<Secret, Failure> {
        let found = self.secrets.secret(&self.name).await.map_err(|error| {
            let text = format!("the store of secrets is unavailable: {error}");
            Failure::transient(Class::Unavailable, "token", text)
        })?;
        found.ok_or_else(|| {
            let fix = self.secrets.how_to_add(&self.name);
            Failure::refused_login(format!("there is no secret named {}; {fix}", self.name))
        })
    }

    /// Returns a part of the secret. `auth` is the login method that needs it, where there are
    /// several.
    ///
    /// # Errors
    /// When the secret does not have it.
    pub fn part(&self, secret: &Secret, key: &str, auth: Option<&str>) -> Result<String, Failure> {
        secret.get(key).map(str::to_owned).ok_or_else(|| {
            let needed_by = auth.map(|auth| format!(", which auth = \"{auth}\" needs"));
            Failure::refused_login(format!(
                "the secret {} has no {key}{}; add it",
                self.name,
                needed_by.unwrap_or_default()
            ))
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credentials")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
