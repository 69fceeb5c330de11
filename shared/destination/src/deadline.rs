use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Until when work may start requests.
#[derive(Clone)]
struct Deadline {
    call_until: Timestamp,
    /// One of its requests was not answered in time: the destination is too slow for all of it, and
    /// what is left of the time would go the same way.
    is_spent: Arc<AtomicBool>,
}

tokio::task_local! {
    static DEADLINE: Deadline;
}

/// Does work that sends requests, none of which starts at this instant or later, nor after one of
/// them was not answered in time: [`crate::Http::send`] refuses. Holds for the task that awaits the
/// work, not for tasks that the work spawns.
pub async fn within<F: Future>(call_until: Timestamp, work: F) -> F::Output {
    let is_spent = Arc::default();
    DEADLINE
        .scope(
            Deadline {
                call_until,
                is_spent,
            },
            work,
        )
        .await
}

/// Whether the present work may start no more requests. Work without a deadline always may.
pub(crate) fn is_over(now: Timestamp) -> bool {
    let is_over = |deadline: &Deadline| {
        now >= deadline.call_until || deadline.is_spent.load(Ordering::Relaxed)
    };
    DEADLINE.try_with(is_over).unwrap_or(false)
}

/// A request of the present work was not answered in time.
pub(crate) fn spend() {
    let _ = DEADLINE.try_with(|deadline| deadline.is_spent.store(true, Ordering::Relaxed));
}
