use super::ReadError;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{Response, Url, header};
use std::{fmt, time::Duration};

/// The largest answer in bytes: far more than a page of orders has, or the largest order that a
/// shop makes.
const LARGEST_ANSWER: usize = 48 * 1024 * 1024;
/// The longest time for which a shop is left alone at once, however large a number it sends.
const LONGEST_QUIET: Duration = Duration::from_secs(3600);
/// The message for an answer that is larger than we read.
const TOO_LONG: &str = "its answer is longer than anything that was asked for";

/// Status, headers and whole body of an answer, whatever its status. `Debug` does not print the
/// body, which is full of personal data.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    headers: header::HeaderMap,
}

impl fmt::Debug for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Answer {
    pub(crate) async fn of(mut response: Response) -> Result<Self, ReadError> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(ReadError::NoAnswer(TOO_LONG.to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status,
            body,
            headers,
        })
    }

    /// Returns a header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the shop's time when it answered, where it states one (RFC 9110, 6.6.1).
    pub(crate) fn date(&self) -> Option<Timestamp> {
        let date = rfc2822::parse(self.header(header::DATE.as_str())?).ok()?;
        Some(date.timestamp())
    }

    /// Returns whether it is a page for people, not for programs: a firewall's, a maintenance page,
    /// the shop's own.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.body.trim_ascii_start().first() == Some(&b'<')
    }

    /// Creates the error for an answer that is no JSON of the expected shape.
    #[must_use]
    pub fn strange(&self, expected: &str) -> ReadError {
        let what = match () {
            () if self.body.trim_ascii().is_empty() => "nothing",
            () if self.is_html() => "a page of HTML",
            () => "something else, or only a part of it,",
        };
        ReadError::NoAnswer(format!(
            "{} with {what} in place of {expected}",
            self.status
        ))
    }

    /// Creates the usual error for an answer whose status means that the shop is unwell or too
    /// busy.
    #[must_use]
    pub fn unavailable(&self, now: Timestamp) -> ReadError {
        let retry_after = self.retry_after(now);
        let patience = retry_after
            .map(|wait| format!("; it asks for {} s of patience", wait.as_secs_f32().ceil()))
            .unwrap_or_default();
        let what = match self.status {
            429 => "429, too many calls".to_owned(),
            status => format!("it answered {status}"),
        };
        ReadError::Unavailable {
            problem: what + &patience,
            retry_after,
        }
    }

    /// Returns the time for which the shop asks to be left alone: `Retry-After` in seconds, which
    /// Shopify writes with a decimal, or as an HTTP date (RFC 9110, 10.2.3).
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER.as_str())?.trim();
        let wait = match text.parse::<f64>() {
            Ok(seconds) => Duration::try_from_secs_f64(seconds.min(1e9)).ok()?,
            Err(_) => {
                let date = rfc2822::parse(text).ok()?.timestamp();
                Duration::try_from(date.duration_since(now)).unwrap_or_default()
            }
        };
        Some(wait.min(LONGEST_QUIET))
    }
}

/// Builds an address with these parameters, encoded so that every server decodes them to the same
/// texts, and signs them as we do. `None` where the base is no address.
#[must_use]
pub fn address(base: &str, path: &str, parameters: &[(&str, &str)]) -> Option<Url> {
    let mut url = Url::parse(&format!("{}{path}", base.trim().trim_end_matches('/'))).ok()?;
    if !parameters.is_empty() {
        url.set_query(Some(&query(parameters)));
    }
    Some(url)
}

/// Builds a query of these parameters, encoded in the same way.
#[must_use]
pub fn query(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", oauth1::encode(name), oauth1::encode(value)))
        .collect();
    pairs.join("&")
}

/// Creates the error for a request that failed on the way, without the address.
pub(crate) fn lost(error: &reqwest::Error) -> ReadError {
    ReadError::unavailable(match () {
        () if error.is_timeout() => SLOW,
        () if error.is_connect() => "no connection",
        () if error.is_builder() => {
            "the question cannot be put: a key in the store's secret has letters that no key has"
        }
        () => "the connection broke off",
    })
}

const SLOW: &str = "it did not answer in time";

/// Returns whether a smaller request may succeed.
pub(crate) fn is_too_large(error: &ReadError) -> bool {
    match error {
        ReadError::Unavailable { problem, .. } => problem == SLOW,
        ReadError::NoAnswer(problem) => problem == TOO_LONG,
        _ => false,
    }
}
