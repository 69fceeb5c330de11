//! The rules for every adapter of a port, as lists of named cases. An adapter's own test makes a
//! fresh subject for each case:
//!
//! ```
//! use ports::conformance::{QueueSubject, queue_cases, run};
//! use ports::memory::{ManualClock, MemoryQueue};
//! use std::sync::Arc;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(async {
//! run(queue_cases(), async || {
//!     let clock = Arc::new(ManualClock::default());
//!     let queue = Arc::new(MemoryQueue::new(clock.clone()));
//!     QueueSubject::new(queue.clone(), queue, clock)
//! })
//! .await;
//! # });
//! ```
//!
//! Cases pass time only through [`Time`], in whole seconds and as little as they can, so that the
//! same list runs against services with a clock of their own.

mod checkpoints;
mod choice;
mod circuits;
mod dead_letters;
mod groups;
pub mod large;
mod ledger;
mod ledger_lists;
mod ledger_redaction;
mod letter_lists;
mod privacy;
mod queue;
mod queue_dedupe;
mod queue_times;
mod redaction;
mod samples;
mod tokens;
mod tried;
mod waiting;

pub use checkpoints::checkpoint_cases;
pub use choice::choice_cases;
pub use circuits::circuit_cases;
pub use dead_letters::dead_letter_cases;
pub use groups::group_cases;
pub use ledger::ledger_cases;
pub use privacy::privacy_cases;
pub use queue::queue_cases;
pub use redaction::redaction_cases;
pub use samples::{entry, message};
pub use tokens::token_cases;
pub use waiting::waiting_cases;

use crate::{
    CircuitStore, Clock, DeadLetters, Ledger, PrivacyLog, Queue, TokenStore, memory::ManualClock,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{fmt, pin::Pin, sync::Arc, time::Duration};

/// A way to let time pass for the adapter under test.
#[async_trait]
pub trait Time: Send + Sync {
    /// Returns the adapter's present instant.
    fn now(&self) -> Timestamp;

    /// Lets at least this much time pass, and returns then.
    async fn pass(&self, time: Duration);

    /// Sets the adapter's clock forward, or back, by this many seconds, during which nothing
    /// happens. Returns false where that cannot be done.
    async fn step(&self, seconds: i64) -> bool {
        let _ = seconds;
        false
    }
}

#[async_trait]
impl Time for ManualClock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    async fn pass(&self, time: Duration) {
        self.advance(time);
    }

    async fn step(&self, seconds: i64) -> bool {
        self.set(Clock::now(self) + jiff::SignedDuration::from_secs(seconds));
        true
    }
}

/// The time of adapters that have a clock of their own: it passes by waiting.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTime;

#[async_trait]
impl Time for RealTime {
    fn now(&self) -> Timestamp {
        crate::SystemClock.now()
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// An empty queue, for one case.
pub struct QueueSubject {
    /// The queue under test.
    pub queue: Arc<dyn Queue>,
    /// The dead letters of the same queue.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The adapter's time.
    pub time: Arc<dyn Time>,
    /// A destination that exists.
    pub destination: String,
    /// Another destination that exists.
    pub other: String,
    /// The time at which the queue forgets what a redaction concerns.
    pub forgets: Forgets,
}

/// The time at which a queue forgets what a redaction concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgets {
    /// Before the redaction returns, which counts the messages.
    AtOnce,
    /// When a message turns up, instead of handing it out; it is counted nowhere. For queues that
    /// cannot look at what waits, such as SQS.
    OnReceipt,
}

impl QueueSubject {
    /// Creates a subject for an adapter that takes any destination's name.
    pub fn new(
        queue: Arc<dyn Queue>,
        dead_letters: Arc<dyn DeadLetters>,
        time: Arc<dyn Time>,
    ) -> Self {
        Self {
            queue,
            dead_letters,
            time,
            destination: "sales".to_owned(),
            other: "crm".to_owned(),
            forgets: Forgets::AtOnce,
        }
    }

    /// Makes the subject that of a queue that forgets redacted messages only when they turn up.
    #[must_use]
    pub fn forgetting_on_receipt(self) -> Self {
        let forgets = Forgets::OnReceipt;
        Self { forgets, ..self }
    }
}

/// An empty ledger, for one case.
pub struct LedgerSubject {
    /// The ledger under test.
    pub ledger: Arc<dyn Ledger>,
}

/// An empty token store, for one case.
pub struct TokenSubject {
    /// The token store under test.
    pub tokens: Arc<dyn TokenStore>,
    /// The adapter's time.
    pub time: Arc<dyn Time>,
}

/// An empty list of requests about personal data, for one case.
pub struct PrivacySubject {
    /// The list under test.
    pub log: Arc<dyn PrivacyLog>,
}

/// A store of circuits that are all closed, for one case.
pub struct CircuitSubject {
    /// The store under test.
    pub circuits: Arc<dyn CircuitStore>,
    /// The adapter's time.
    pub time: Arc<dyn Time>,
}

/// One rule for an adapter. Panics where it does not hold.
pub struct Case<S> {
    /// The rule, in words joined by underscores.
    pub name: &'static str,
    check: fn(S) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S> fmt::Debug for Case<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

/// Runs the cases one after the other, each on a fresh subject, and names the one that fails.
pub async fn run<S>(cases: Vec<Case<S>>, mut fresh: impl AsyncFnMut() -> S) {
    for case in cases {
        let named = NameOnPanic(case.name);
        (case.check)(fresh().await).await;
        drop(named);
    }
}

/// Says which case was running when a panic passed through.
struct NameOnPanic(&'static str);

impl Drop for NameOnPanic {
    #[expect(
        clippy::print_stderr,
        reason = "test code: the name of the failing case belongs to the failing test's output"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("conformance case that failed: {}", self.0);
        }
    }
}

/// Makes a list of cases from functions over one subject.
macro_rules! cases {
    ($subject:ty: $($name:ident),+ $(,)?) => {
        vec![$($crate::conformance::Case { name: stringify!($name), check: |subject: $subject| Box::pin($name(subject)) }),+]
    };
}
use cases;
