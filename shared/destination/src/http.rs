use crate::{Call, Class, Failure, Lost, Network, Wire};
use jiff::{Timestamp, fmt::rfc2822};
use ports::{Budget, Clock, was_ahead};
use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::Value;
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// The number of characters of an answer that a dead letter keeps.
const LARGEST_QUOTE: usize = 16_000;
/// Longest time that a destination is left alone at once, however large a number it sends.
const LONGEST_QUIET: Duration = Duration::from_secs(3600);

/// Counter of the HTTP calls sent to a destination since the start: a merchant's API quota is spent
/// on these.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU64>);

impl Calls {
    /// Returns the number so far, calls for tokens included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The HTTP client of one destination: connections are reused, redirects are refused (a token must
/// not follow one), times and sizes are bounded, every call is counted.
#[derive(Clone)]
pub struct Http {
    client: Client,
    wire: Arc<dyn Wire>,
    calls: Calls,
    clock: Arc<dyn Clock>,
    quiet: Arc<Mutex<Option<Quiet>>>,
    read_budget: fn(&Answer, Timestamp) -> Option<Budget>,
    budget: Arc<Mutex<Option<Budget>>>,
}

/// A destination's wish to be left alone: when it asked, and until when.
#[derive(Clone, Copy)]
struct Quiet {
    asked: Timestamp,
    until: Timestamp,
}

/// Status, headers and whole body of an answer, whatever its status. `Debug` does not print the
/// body, which may hold a token.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Http {
    /// Creates a client whose calls take at most `timeout` from the connection to the last byte.
    ///
    /// # Errors
    /// When the HTTP client cannot start.
    pub fn new(timeout: Duration, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let network = Network::new(timeout)?;
        Ok(Self::over(network.client(), Arc::new(network), clock))
    }

    /// Creates a client whose requests are carried by something else than the network: for tests
    /// that decide what becomes of each.
    pub fn over(client: Client, wire: Arc<dyn Wire>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            wire,
            calls: Calls::default(),
            clock,
            quiet: Arc::default(),
            read_budget: |_, _| None,
            budget: Arc::default(),
        }
    }

    /// Sets the function that reads from each answer how much the account may still call, where the
    /// answer tells.
    #[must_use]
    pub fn reading_budget(self, read_budget: fn(&Answer, Timestamp) -> Option<Budget>) -> Self {
        Self {
            read_budget,
            ..self
        }
    }

    /// Returns how much the account may still call, by the last answer that told.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.budget
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the counter of calls.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// Begins a request; finish it with [`Http::send`].
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer. Every answer with a status is `Ok`. A transport error
    /// is a transient failure, after which it is unknown whether the destination did the work: only
    /// requests that may be repeated are sent. While the destination has asked to be left alone
    /// (`Retry-After`), nothing is sent. Nor is anything sent once the call is past its deadline or
    /// one of its requests was not answered in time.
    ///
    /// # Errors
    /// When there is no whole answer, or nothing was sent.
    pub async fn send(
        &self,
        call: &Call,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Answer, Failure> {
        if call.is_over(self.clock.now()) {
            return Err(Failure::out_of_time(operation));
        }
        self.keep_quiet(operation)?;
        self.calls.count();
        call.count(|counters| counters.requests += 1);
        let request = request
            .build()
            .map_err(|error| unsendable(operation, error))?;
        let begun = Instant::now();
        let answer = self.wire.exchange(request).await;
        call.count(|counters| counters.slowest = counters.slowest.max(begun.elapsed()));
        if matches!(answer, Err(Lost::TimedOut(_))) {
            call.note_timeout();
        }
        let answer = answer.map_err(|lost| transport_failure(operation, &lost))?;
        self.note_retry_after(&answer);
        if let Some(budget) = (self.read_budget)(&answer, self.clock.now()) {
            *self.budget.lock().unwrap_or_else(PoisonError::into_inner) = Some(budget);
        }
        Ok(answer)
    }

    fn keep_quiet(&self, operation: &'static str) -> Result<(), Failure> {
        let now = self.clock.now();
        let quiet = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        match quiet {
            Some(Quiet { asked, until }) if now < until && !was_ahead(asked, now) => {
                Err(Failure::transient(
                    Class::RateLimit,
                    operation,
                    format!("the destination asked to be left alone until {until}"),
                )
                .after(Some(until.duration_since(now).unsigned_abs())))
            }
            _ => Ok(()),
        }
    }

    fn note_retry_after(&self, answer: &Answer) {
        let now = self.clock.now();
        let Some(until) = answer
            .retry_after(now)
            .and_then(|wait| now.checked_add(wait.min(LONGEST_QUIET)).ok())
        else {
            return;
        };
        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        let before = quiet
            .filter(|before| !was_ahead(before.asked, now))
            .map_or(until, |before| before.until);
        *quiet = Some(Quiet {
            asked: now,
            until: until.max(before),
        });
    }
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
    /// Returns the body as JSON; `None` where it is none (empty, a maintenance page, cut off).
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the body as text for a dead letter, shortened where it is very long.
    #[must_use]
    pub fn quote(&self) -> String {
        String::from_utf8_lossy(&self.body)
            .chars()
            .take(LARGEST_QUOTE)
            .collect()
    }

    /// Returns how long the destination asks to be left alone: `Retry-After` in seconds or as an
    /// HTTP date (RFC 9110, 10.2.3).
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self
            .headers
            .get(reqwest::header::RETRY_AFTER)?
            .to_str()
            .ok()?
            .trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = rfc2822::parse(text).ok()?.timestamp();
        Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
    }
}

/// Returns the failure of a request that could not be written. The URL is left out: it may hold
/// what nobody should read. No order's data is in a header, so a header that cannot be written is
/// the log-in's fault.
fn unsendable(operation: &'static str, error: reqwest::Error) -> Failure {
    let is_header = std::error::Error::source(&error)
        .and_then(|cause| cause.downcast_ref::<http::Error>())
        .is_some_and(|cause| cause.is::<http::header::InvalidHeaderValue>());
    if is_header {
        let text = "a header of the request cannot be written: the access token, or a key in the destination's secret, has spaces or line breaks in it";
        return Failure::transient(Class::Authentication, operation, text);
    }
    let text = format!("the request could not be built: {}", error.without_url());
    Failure::permanent(Class::Mapping, operation, text)
}

fn transport_failure(operation: &'static str, lost: &Lost) -> Failure {
    match lost {
        Lost::TooLong(_) => Failure::permanent(Class::TooLarge, operation, lost.to_string()),
        Lost::TimedOut(_) => Failure::timed_out(operation, lost.to_string()),
        Lost::Unreachable(_) | Lost::CutOff(_) => {
            Failure::transient(Class::Unavailable, operation, lost.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Retry;

    fn answer_with(retry_after: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", retry_after.parse().unwrap());
        Answer {
            status: 503,
            headers,
            body: Vec::new(),
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        assert_eq!(
            answer_with("120").retry_after(now),
            Some(Duration::from_secs(120))
        );
        assert_eq!(
            answer_with("Wed, 21 Oct 2015 07:28:30 GMT").retry_after(now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            answer_with("Wed, 21 Oct 2015 07:27:00 GMT").retry_after(now),
            Some(Duration::ZERO)
        );
        assert_eq!(answer_with("soon").retry_after(now), None);
    }

    #[tokio::test]
    async fn a_destination_that_asked_to_be_left_alone_is() {
        let clock = Arc::new(ports::memory::ManualClock::default());
        let http = Http::new(Duration::from_secs(5), clock.clone()).unwrap();
        http.note_retry_after(&answer_with("120"));
        let call = Call::without_deadline();
        let request = || http.request(Method::GET, "http://127.0.0.1:9/");
        let failure = http.send(&call, "read", request()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.retry_after(), http.calls().total()),
            (Class::RateLimit, Some(Duration::from_secs(120)), 0)
        );
        clock.advance(Duration::from_secs(120));
        assert_eq!(
            http.send(&call, "read", request()).await.unwrap_err().class,
            Class::Unavailable,
            "it is called again"
        );
    }

    #[tokio::test]
    async fn no_request_starts_after_the_deadline_of_the_call() {
        let clock = Arc::new(ports::memory::ManualClock::default());
        let http = Http::new(Duration::from_secs(5), clock.clone()).unwrap();
        let send = |call: Call| {
            let request = http.request(Method::GET, "http://127.0.0.1:9/");
            let http = &http;
            async move { http.send(&call, "write", request).await.unwrap_err() }
        };
        let call = Call::until(clock.now() + Duration::from_secs(60));
        let in_time = send(call.clone()).await;
        // The machine sleeps, and wakes when somebody else may have the order in hand.
        clock.advance(Duration::from_secs(60));
        let late = send(call).await;
        assert_eq!((in_time.is_out_of_time(), http.calls().total()), (false, 1));
        assert_eq!(
            (late.is_out_of_time(), late.is_transient(), late.class),
            (true, true, Class::Unavailable)
        );
        assert!(
            !send(Call::without_deadline()).await.is_out_of_time(),
            "another call has its own time"
        );
    }

    /// A wire that never answers in time.
    struct Silence;

    #[async_trait::async_trait]
    impl Wire for Silence {
        async fn exchange(&self, _: reqwest::Request) -> Result<Answer, Lost> {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Err(Lost::TimedOut("5 s".to_owned()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_request_that_was_not_answered_in_time_the_call_sends_no_more() {
        let http = Http::over(
            Client::new(),
            Arc::new(Silence),
            Arc::new(ports::SystemClock),
        );
        let send = async |call: &Call| {
            let request = http.request(Method::GET, "http://127.0.0.1:9/");
            http.send(call, "write", request).await.unwrap_err()
        };
        let call = Call::until(ports::SystemClock.now() + Duration::from_secs(600));
        let (first, second, counters) = (send(&call).await, send(&call).await, call.counters());
        assert_eq!(
            (first.retry, first.class),
            (Retry::TimedOut, Class::Unavailable)
        );
        assert_eq!(second.retry, Retry::OutOfTime);
        assert_eq!(
            (counters.requests, counters.slowest),
            (1, Duration::from_secs(5))
        );
        let check = Call::without_deadline();
        for question in [
            "another call goes on",
            "and a check asks each of its questions",
        ] {
            assert_eq!(send(&check).await.retry, Retry::TimedOut, "{question}");
        }
    }

    #[tokio::test]
    async fn a_token_that_fits_no_header_is_no_fault_of_the_order() {
        let http = Http::new(Duration::from_secs(5), Arc::new(ports::SystemClock)).unwrap();
        let request = |token: &str, url: &str| http.request(Method::GET, url).bearer_auth(token);
        let failure = http
            .send(
                &Call::without_deadline(),
                "write",
                request("two\nlines", "http://127.0.0.1:9/"),
            )
            .await
            .unwrap_err();
        assert_eq!(
            (failure.class, failure.is_transient()),
            (Class::Authentication, true)
        );
        let failure = http
            .send(
                &Call::without_deadline(),
                "write",
                request("one", "http://[bad/"),
            )
            .await
            .unwrap_err();
        assert_eq!(
            (failure.class, failure.is_transient()),
            (Class::Mapping, false),
            "an address is made of an order's data, too"
        );
    }

    #[tokio::test]
    async fn a_refused_connection_may_be_tried_again_and_is_counted() {
        let http = Http::new(Duration::from_secs(5), Arc::new(ports::SystemClock)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let failure = http
            .send(
                &Call::without_deadline(),
                "read",
                http.request(Method::GET, &format!("http://127.0.0.1:{port}/private")),
            )
            .await
            .unwrap_err();
        assert!(failure.is_transient() && failure.class == Class::Unavailable);
        assert!(
            !failure.message.contains("private"),
            "the URL does not belong into an error: {}",
            failure.message
        );
        assert_eq!(http.calls().total(), 1);
    }
}
