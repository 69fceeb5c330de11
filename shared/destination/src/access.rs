use crate::{Call, Class, Failure, Retry, http::Answer};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, PortError, Refresh, RefreshLimit, Token, TokenStore};
use reqwest::Url;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::{Mutex, RwLock};

/// Time that a worker has for renewing a token until the others may try.
const LEASE: Duration = Duration::from_secs(60);
/// Longest wait for another worker's renewal; after it the orders come back later.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Pause between two checks whether the other worker is done.
const PAUSE: Duration = Duration::from_millis(150);
/// Remaining lifetime at which a token is renewed before it is used.
const MARGIN: SignedDuration = SignedDuration::from_secs(30);

/// The result of a login. `Debug` does not print the value.
#[derive(Clone)]
pub struct NewToken {
    /// The token itself, for the `Authorization` header.
    pub value: String,
    /// The address to which calls with this token go.
    pub base_url: String,
    /// The time at which it ends, where the destination tells.
    pub expires: Option<Timestamp>,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NewToken")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A destination's way of handing out tokens.
#[async_trait]
pub trait Login: Send + Sync {
    /// Asks for a new token.
    ///
    /// # Errors
    /// When there is none. A refusal of the credentials is a failure of class `authentication` with
    /// `retry`, so that orders wait until somebody has mended them. So is whatever else another try
    /// cannot mend: no order is to blame for it.
    async fn login(&self, call: &Call) -> Result<NewToken, Failure>;

    /// Returns the limit on tokens that the destination hands out, where it is so low that somebody
    /// must count.
    fn limit(&self) -> Option<RefreshLimit> {
        None
    }
}

/// The access token of one destination: kept in the process, shared through the [`TokenStore`],
/// renewed by one worker while the others wait.
pub struct Access {
    destination: String,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    login: Box<dyn Login>,
    current: RwLock<Option<Token>>,
    /// Held while this process asks for a renewal, so that its own tasks do not all poll the store.
    renewing: Mutex<()>,
}

impl Access {
    /// Creates the access to the destination of this name.
    #[must_use]
    pub fn new(
        destination: String,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
        login: Box<dyn Login>,
    ) -> Self {
        Self {
            destination,
            tokens,
            clock,
            login,
            current: RwLock::new(None),
            renewing: Mutex::new(()),
        }
    }

    /// Makes a call with the present token. Where `refused` finds in the answer that the token was
    /// refused, the token is renewed once and the call repeated once; the answer to the second try
    /// counts.
    ///
    /// # Errors
    /// When there is no token, or the attempt fails.
    pub async fn call<F, Fut>(
        &self,
        call: &Call,
        refused: impl Fn(&Answer) -> bool,
        attempt: F,
    ) -> Result<Answer, Failure>
    where
        F: Fn(Token) -> Fut,
        Fut: Future<Output = Result<Answer, Failure>>,
    {
        let token = self.token(call).await?;
        let generation = token.generation;
        let answer = attempt(token).await?;
        if !refused(&answer) {
            return Ok(answer);
        }
        tracing::info!(
            destination = self.destination,
            generation,
            "the access token was refused; it is renewed"
        );
        attempt(self.renew(call, generation).await?).await
    }

    /// Returns a token that is good as far as anybody knows.
    ///
    /// # Errors
    /// When there is none and none can be had now.
    pub async fn token(&self, call: &Call) -> Result<Token, Failure> {
        if let Some(token) = self
            .current
            .read()
            .await
            .clone()
            .filter(|token| self.is_fresh(token))
        {
            return Ok(token);
        }
        match self
            .tokens
            .token(&self.destination)
            .await
            .map_err(|error| store_failure(&error))?
        {
            Some(token) if self.is_fresh(&token) && is_usable(&token.value, &token.base_url) => {
                Ok(self.keep(token).await)
            }
            Some(token) => self.renew(call, token.generation).await,
            None => self.renew(call, 0).await,
        }
    }

    /// Returns another token in place of this one, which leads nowhere although nobody refused it:
    /// one that another worker has got meanwhile, or a new one.
    ///
    /// # Errors
    /// When no other token can be had now.
    pub async fn instead_of(&self, call: &Call, token: &Token) -> Result<Token, Failure> {
        self.renew(call, token.generation).await
    }

    /// Gets a token now, whether or not there was one, which shows that the credentials are good.
    ///
    /// # Errors
    /// When no new token can be had.
    pub async fn renewed(&self, call: &Call) -> Result<Token, Failure> {
        let present = self
            .tokens
            .token(&self.destination)
            .await
            .map_err(|error| store_failure(&error))?;
        self.renew(call, present.map_or(0, |token| token.generation))
            .await
    }

    /// Gets another token than the refused one.
    async fn renew(&self, call: &Call, refused: u64) -> Result<Token, Failure> {
        let _turn = self.renewing.lock().await;
        if let Some(token) = self
            .current
            .read()
            .await
            .clone()
            .filter(|token| token.generation > refused && self.is_fresh(token))
        {
            return Ok(token);
        }
        let mut waited = Duration::ZERO;
        while waited < LONGEST_WAIT {
            let begun = self
                .tokens
                .begin_refresh(&self.destination, refused, LEASE, self.login.limit())
                .await;
            match begun.map_err(|error| store_failure(&error))? {
                Refresh::Granted { lease } => return self.login(call, lease).await,
                Refresh::Renewed(token) => return Ok(self.keep(token).await),
                Refresh::Limited { until } => return Err(self.limited(until)),
                Refresh::Busy { .. } => tokio::time::sleep(PAUSE).await,
            }
            waited += PAUSE;
        }
        Err(Failure::transient(
            Class::Unavailable,
            "token",
            "another worker has been renewing the access token for too long; the orders come back later",
        ))
    }

    /// Returns the failure for a used-up limit of tokens: asking once more would lock everybody
    /// out.
    fn limited(&self, until: Timestamp) -> Failure {
        let text = format!(
            "the destination {} hands out only so many access tokens, and they are used up until {until}; something renews them too often, such as a second program with the \
             same credentials",
            self.destination
        );
        let pause = until.duration_since(self.clock.now()).unsigned_abs();
        Failure::transient(Class::RateLimit, "token", text).after(Some(pause))
    }

    async fn login(&self, call: &Call, lease: u64) -> Result<Token, Failure> {
        let answer = self
            .login
            .login(call)
            .await
            .and_then(usable)
            .map_err(not_the_orders_fault);
        count(call, &answer);
        let new = match answer {
            Ok(new) => new,
            Err(failure) => {
                // The others learn at once that nobody is renewing; if this note is lost, they only
                // wait for the rest of the lease.
                if let Err(error) = self
                    .tokens
                    .finish_refresh(&self.destination, lease, None)
                    .await
                {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a failed renewal of the access token could not be noted"
                    );
                }
                return Err(failure);
            }
        };
        let token = Token {
            value: new.value,
            base_url: new.base_url,
            expires: new.expires,
            generation: 0,
        };
        let stored = self
            .tokens
            .finish_refresh(&self.destination, lease, Some(token))
            .await
            .map_err(|error| store_failure(&error))?;
        let Some(token) = stored else {
            return Err(Failure::transient(
                Class::Unavailable,
                "token",
                "the login took so long that its result no longer counts; it is tried again",
            ));
        };
        tracing::info!(
            destination = self.destination,
            generation = token.generation,
            "logged in"
        );
        Ok(self.keep(token).await)
    }

    async fn keep(&self, token: Token) -> Token {
        *self.current.write().await = Some(token.clone());
        token
    }

    fn is_fresh(&self, token: &Token) -> bool {
        token
            .expires
            .is_none_or(|expires| expires.duration_since(self.clock.now()) > MARGIN)
    }
}

/// Returns whether a request with such a token can be written at all.
fn is_usable(value: &str, base_url: &str) -> bool {
    let is_token = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
    let is_address = Url::parse(base_url)
        .is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    is_token && is_address
}

fn usable(new: NewToken) -> Result<NewToken, Failure> {
    if is_usable(&new.value, &new.base_url) {
        return Ok(new);
    }
    let text = "the answer to the log-in cannot be used: its token is no token (empty, or with spaces or line breaks in it), or the address that came with it is none; is something between here and the destination changing its answers?";
    Err(Failure::transient(Class::Authentication, "token", text))
}

/// Makes a failed log-in hold the orders: whatever is wrong with it is wrong for all of them alike,
/// so they wait and the circuit opens.
fn not_the_orders_fault(failure: Failure) -> Failure {
    if failure.is_transient() {
        return failure;
    }
    Failure {
        class: Class::Authentication,
        retry: Retry::Soon,
        ..failure
    }
}

fn count(call: &Call, answer: &Result<NewToken, Failure>) {
    call.count(|counters| match answer {
        Ok(_) => counters.tokens_renewed += 1,
        Err(failure) if failure.class == Class::Authentication => counters.tokens_refused += 1,
        Err(_) => counters.tokens_failed += 1,
    });
}

fn store_failure(error: &PortError) -> Failure {
    Failure::transient(
        Class::Unavailable,
        "token",
        format!("the store of access tokens is unavailable: {error}"),
    )
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
