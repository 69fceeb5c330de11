use crate::{Answer, Class, Failure};
use async_trait::async_trait;
use ports::in_one_line;
use reqwest::{Client, Request, redirect};
use std::time::Duration;

/// Longest answer that is read, in bytes after decompression; no destination sends more to our
/// queries.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// Longest time for connecting: a connection that is not there by then will not come.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The carrier of requests to a destination and of its answers.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// When there is no whole answer. The destination may have done the work all the same, unless
    /// it was unreachable.
    async fn exchange(&self, request: Request) -> Result<Answer, Lost>;
}

/// The reason why there is no whole answer. Texts hold no URL: it may hold what nobody should read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No connection was made: nothing was done.
    #[error("could not connect to the destination: {0}")]
    Unreachable(String),
    /// No answer came in time.
    #[error("the destination did not answer in time; it may have done the work: {0}")]
    TimedOut(String),
    /// The connection ended too early.
    #[error(
        "the connection was cut off before the whole answer was there; the destination may have done the work: {0}"
    )]
    CutOff(String),
    /// The answer is longer than what is read of one.
    #[error("the answer is longer than {0} bytes and was not read to its end")]
    TooLong(usize),
}

/// The network. Connections are reused, redirects are refused (a token must not follow one), times
/// and sizes are bounded.
pub(crate) struct Network(Client);

impl Network {
    pub(crate) fn new(timeout: Duration) -> Result<Self, Failure> {
        Client::builder()
            .user_agent(concat!("orderbridge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .build()
            .map(Self)
            .map_err(|error| {
                Failure::permanent(
                    Class::Mapping,
                    "start",
                    format!("the HTTP client cannot start: {}", in_one_line(&error)),
                )
            })
    }

    pub(crate) fn client(&self) -> Client {
        self.0.clone()
    }
}

#[async_trait]
impl Wire for Network {
    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let mut response = self.0.execute(request).await.map_err(lost)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Lost::TooLong(LARGEST_ANSWER));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

fn lost(error: reqwest::Error) -> Lost {
    let error = error.without_url();
    let text = in_one_line(&error);
    if error.is_connect() {
        Lost::Unreachable(text)
    } else if error.is_timeout() {
        Lost::TimedOut(text)
    } else {
        Lost::CutOff(text)
    }
}
