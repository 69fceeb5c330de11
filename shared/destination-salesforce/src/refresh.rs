//! The refresh token where the org rotates them: each one is good for one login, which yields the
//! next, and one that is used twice invalidates all that came of it ("Refresh Token Rotation",
//! Salesforce Help). So the newest is kept in the store of tokens, beside the access token, where
//! every process finds it; the secret holds only the first of the chain.

use destination::{Class, Failure};
use ports::{PortError, Refresh, Token, TokenStore};
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Time for which nobody else uses the same refresh token: longer than a login takes.
const LEASE: Duration = Duration::from_mins(6);
/// The number of tries to store a new token before it counts as known to this process only.
const TRIES: usize = 3;

/// The refresh tokens of one destination.
pub(crate) struct RefreshTokens {
    tokens: Arc<dyn TokenStore>,
    /// The name of the refresh token in the store; no destination has a `#` in its name.
    key: String,
    /// The newest token where it could not be stored: the next login uses it, and stores what it
    /// yields.
    unsaved: Mutex<Option<Newest>>,
}

/// The newest refresh token, and a fingerprint of the one in the secret from which it came.
#[derive(Clone)]
struct Newest {
    token: String,
    origin: String,
}

/// The right to use the refresh token once.
pub(crate) struct Turn {
    pub(crate) token: String,
    origin: String,
    lease: u64,
}

impl RefreshTokens {
    pub(crate) fn new(tokens: Arc<dyn TokenStore>, destination: &str) -> Self {
        Self {
            tokens,
            key: format!("{destination}#refresh"),
            unsaved: Mutex::new(None),
        }
    }

    /// Begins a login and returns the refresh token for it. One that somebody has put into the
    /// secret since the last rotation takes precedence over what came of the former one.
    pub(crate) async fn begin(&self, of_secret: &str) -> Result<Turn, Failure> {
        let origin = fingerprint(of_secret);
        let stored = self
            .tokens
            .token(&self.key)
            .await
            .map_err(|error| store_failure(&error))?;
        let generation = stored.as_ref().map_or(0, |token| token.generation);
        let begun = self
            .tokens
            .begin_refresh(&self.key, generation, LEASE, None)
            .await;
        let Refresh::Granted { lease } = begun.map_err(|error| store_failure(&error))? else {
            let text = "another worker is logging in with the same refresh token, which may be used once; the orders come back later";
            return Err(Failure::transient(Class::Unavailable, "token", text));
        };
        let unsaved = self
            .unsaved()
            .clone()
            .filter(|newest| newest.origin == origin);
        let stored = stored
            .filter(|token| token.base_url == origin)
            .map(|token| token.value);
        let token = unsaved
            .map(|newest| newest.token)
            .or(stored)
            .unwrap_or_else(|| of_secret.to_owned());
        Ok(Turn {
            token,
            origin,
            lease,
        })
    }

    /// Ends a login: stores the refresh token that it yielded before anybody uses it. `rotated` is
    /// `None` where the org gave no new refresh token, or refused.
    pub(crate) async fn end(&self, turn: Turn, rotated: Option<String>) {
        let newest = rotated.map(|token| Newest {
            token,
            origin: turn.origin.clone(),
        });
        let newest = newest.or_else(|| {
            self.unsaved()
                .clone()
                .filter(|newest| newest.origin == turn.origin)
        });
        let token = newest.as_ref().map(|newest| Token {
            value: newest.token.clone(),
            base_url: newest.origin.clone(),
            expires: None,
            generation: 0,
        });
        let is_saved = self.finish(turn.lease, token).await;
        if let Some(newest) = newest {
            *self.unsaved() = (!is_saved).then_some(newest);
            if !is_saved {
                tracing::error!(
                    key = self.key,
                    "the org rotates refresh tokens, and the new one could not be stored: it is known to this process only. If the process ends before its next login, somebody has to \
                     authorise anew"
                );
            }
        }
    }

    async fn finish(&self, lease: u64, token: Option<Token>) -> bool {
        for _ in 0..TRIES {
            match self
                .tokens
                .finish_refresh(&self.key, lease, token.clone())
                .await
            {
                Ok(stored) => {
                    return stored.map(|stored| stored.value) == token.map(|token| token.value);
                }
                Err(error) => tracing::warn!(
                    key = self.key,
                    error = &error as &dyn std::error::Error,
                    "a refresh token could not be stored"
                ),
            }
        }
        false
    }

    fn unsaved(&self) -> std::sync::MutexGuard<'_, Option<Newest>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a text that tells refresh tokens apart without being one.
fn fingerprint(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn store_failure(error: &PortError) -> Failure {
    Failure::transient(
        Class::Unavailable,
        "token",
        format!("the store of access tokens is unavailable: {error}"),
    )
}
