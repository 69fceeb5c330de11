use super::{Answer, NoPage, ReadError, http};
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, Secret, Secrets, SystemClock, was_ahead};
use reqwest::{Client, Method, RequestBuilder, redirect};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// The longest time that a shop may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between the pages of a walk, so that the shop's own customers come first.
const PAUSE: Duration = Duration::from_millis(50);

/// The connection to one shop: one request at a time, bounded in time and size, and none while the
/// shop wants to be left alone. Redirects are refused, because a key must not follow one. The
/// secret is read for each request, so that a changed key takes effect at once.
pub struct Shop {
    client: Client,
    secrets: Arc<dyn Secrets>,
    secret: String,
    clock: Arc<dyn Clock>,
    /// The time until which the next page of a walk waits.
    gate: tokio::sync::Mutex<Instant>,
    quiet: Mutex<Option<Quiet>>,
    /// The time at which the clocks were told to be apart.
    told_apart: Mutex<Option<Timestamp>>,
}

/// The difference between two clocks that is told.
const APART: SignedDuration = SignedDuration::from_mins(10);
/// The time after which it is told again.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// A shop's wish to be left alone: when it asked, and until when.
#[derive(Clone, Copy)]
struct Quiet {
    asked: Timestamp,
    until: Timestamp,
}

impl Shop {
    /// Creates the connection to the shop whose secret has this name.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the HTTP client cannot start.
    pub fn new(secrets: Arc<dyn Secrets>, secret: &str) -> Result<Self, ReadError> {
        let client = Client::builder()
            .user_agent(concat!("orderbridge/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| {
                ReadError::unavailable(format!("the HTTP client cannot start: {error}"))
            })?;
        Ok(Self {
            client,
            secrets,
            secret: secret.to_owned(),
            clock: Arc::new(SystemClock),
            gate: tokio::sync::Mutex::new(Instant::now()),
            quiet: Mutex::default(),
            told_apart: Mutex::default(),
        })
    }

    /// Returns whether the secret has all of these keys. A secret that does not exist has none.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the secret cannot be read.
    pub async fn has(
        secrets: &dyn Secrets,
        secret: &str,
        keys: &[&str],
    ) -> Result<bool, ReadError> {
        let found = secrets.secret(secret).await;
        let found =
            found.map_err(|error| ReadError::unavailable(format!("secret {secret}: {error}")))?;
        Ok(found.is_some_and(|found| keys.iter().all(|key| found.get(key).is_some())))
    }

    /// Sets another clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the name of the secret, for texts.
    #[must_use]
    pub fn secret_name(&self) -> &str {
        &self.secret
    }

    /// Reads the secret as it is now.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when it cannot be read, [`ReadError::Refused`] when it does not
    /// exist.
    pub async fn secret(&self) -> Result<Secret, ReadError> {
        let found = self.secrets.secret(&self.secret).await;
        let found = found
            .map_err(|error| ReadError::unavailable(format!("secret {}: {error}", self.secret)))?;
        found.ok_or_else(|| ReadError::Refused(format!("there is no secret {}", self.secret)))
    }

    /// Returns the text of a key of the secret.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where the secret has no such key.
    pub fn text<'a>(&self, secret: &'a Secret, key: &str) -> Result<&'a str, ReadError> {
        let missing = || ReadError::Refused(format!("secret {} has no {key}", self.secret));
        secret.get(key).ok_or_else(missing)
    }

    /// Begins a GET request; finish it with [`Shop::send`].
    pub fn get(&self, url: reqwest::Url) -> RequestBuilder {
        self.client.get(url)
    }

    /// Begins a POST request; finish it with [`Shop::send`].
    pub fn post(&self, url: reqwest::Url) -> RequestBuilder {
        self.client.post(url)
    }

    /// Begins a request with this method; finish it with [`Shop::send`].
    pub fn request(&self, method: Method, url: reqwest::Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer. Every whole answer is `Ok`, whatever its status.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when there is no answer, or while the shop wants to be left
    /// alone; [`ReadError::NoAnswer`] when the answer is too long.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer, ReadError> {
        let mut next = self.gate.lock().await;
        self.ask(request, &mut next).await
    }

    /// Sends a request for a page of a walk, after a pause in which the shop can rest.
    ///
    /// # Errors
    /// [`NoPage`] with the errors of [`Shop::send`]; [`NoPage::TooLarge`] means that a smaller page
    /// may succeed.
    pub async fn send_page(&self, request: RequestBuilder) -> Result<Answer, NoPage> {
        let mut next = self.gate.lock().await;
        sleep_until(*next).await;
        let answer = self.ask(request, &mut next).await;
        answer.map_err(|error| match http::is_too_large(&error) {
            true => NoPage::TooLarge(error),
            false => NoPage::Failed(error),
        })
    }

    /// Sends an urgent request at once, and any other as a page of a walk: an order that somebody
    /// waits for is not delayed by a walk's pauses.
    ///
    /// # Errors
    /// [`NoPage`], as for [`Shop::send`] and [`Shop::send_page`].
    pub async fn send_as(
        &self,
        request: RequestBuilder,
        is_urgent: bool,
    ) -> Result<Answer, NoPage> {
        if is_urgent {
            Ok(self.send(request).await?)
        } else {
            self.send_page(request).await
        }
    }

    /// Lets the shop rest for this time before the next page of a walk.
    pub async fn rest(&self, pause: Duration) {
        *self.gate.lock().await = Instant::now() + pause;
    }

    async fn ask(&self, request: RequestBuilder, next: &mut Instant) -> Result<Answer, ReadError> {
        self.keep_quiet()?;
        let response = request.send().await.map_err(|error| http::lost(&error));
        let answer = match response {
            Ok(response) => Answer::of(response).await,
            Err(error) => Err(error),
        };
        *next = Instant::now() + PAUSE;
        let answer = answer?;
        self.note_retry_after(&answer);
        self.compare_clocks(&answer);
        Ok(answer)
    }

    /// Warns, once a day, where the shop's clock and this machine's are apart: windows of changes
    /// are cut by this one's. A page that a cache kept is older and says nothing.
    fn compare_clocks(&self, answer: &Answer) {
        let (now, Some(theirs)) = (self.now(), answer.date()) else {
            return;
        };
        let apart = now.duration_since(theirs);
        if apart.abs() < APART || answer.header("age").is_some() {
            return;
        }
        let mut told = self
            .told_apart
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_quiet = |told: Timestamp| now.duration_since(told).abs() < TOLD_AGAIN;
        if told.is_some_and(is_quiet) {
            return;
        }
        *told = Some(now);
        tracing::warn!(
            secret = self.secret,
            minutes = apart.as_mins(),
            "this machine's clock and the shop's are apart; set this one right, or changed orders are looked for at the wrong time"
        );
    }

    fn keep_quiet(&self) -> Result<(), ReadError> {
        let now = self.now();
        let quiet = *self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        match quiet {
            Some(Quiet { asked, until }) if now < until && !was_ahead(asked, now) => {
                Err(ReadError::Unavailable {
                    problem: format!("it asked to be left alone until {until}"),
                    retry_after: Some(until.duration_since(now).unsigned_abs()),
                })
            }
            _ => Ok(()),
        }
    }

    fn note_retry_after(&self, answer: &Answer) {
        let now = self.now();
        let until = answer
            .retry_after(now)
            .and_then(|wait| now.checked_add(wait).ok());
        if let Some(until) = until {
            let quiet = Quiet { asked: now, until };
            *self.quiet.lock().unwrap_or_else(PoisonError::into_inner) = Some(quiet);
        }
    }
}

/// Returns a word that is used only once: 32 hexadecimal digits.
///
/// # Errors
/// [`ReadError::Unavailable`] when the machine gives no random numbers.
pub fn nonce() -> Result<String, ReadError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        ReadError::unavailable(format!(
            "the machine gives no random numbers, which signatures need: {error}"
        ))
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::{ManualClock, MemorySecrets};
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    /// Answers each request with this head.
    fn shop(head: &'static str) -> reqwest::Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _ = connection.read(&mut [0; 4096]).unwrap();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\n{head}content-length: 2\r\nconnection: close\r\n\r\n[]"
                );
                connection.write_all(answer.as_bytes()).unwrap();
            }
        });
        reqwest::Url::parse(&format!("http://{address}/")).unwrap()
    }

    #[tokio::test]
    async fn clocks_that_are_apart_are_told_once_a_day() {
        let date = "date: Sun, 29 Nov 2026 12:00:00 GMT\r\n";
        let cached = "date: Sun, 29 Nov 2026 12:00:00 GMT\r\nage: 30\r\n";
        for (head, now, is_told) in [
            (date, "2026-11-29T12:05:00Z", false),
            (date, "2026-11-29T15:00:00Z", true),
            (date, "2026-11-29T09:00:00Z", true),
            (cached, "2026-11-29T15:00:00Z", false),
            ("", "2026-11-29T15:00:00Z", false),
        ] {
            let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
            let ours = Shop::new(Arc::new(MemorySecrets::new()), "acme").unwrap();
            let ours = ours.with_clock(clock.clone());
            let told = || *ours.told_apart.lock().unwrap();
            let url = shop(head);
            ours.send(ours.get(url.clone())).await.unwrap();
            let first = told();
            assert_eq!(first.is_some(), is_told, "{head} {now}");
            clock.advance(Duration::from_secs(3600));
            ours.send(ours.get(url)).await.unwrap();
            assert!(told() == first || !is_told);
        }
    }
}
