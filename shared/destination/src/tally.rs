use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What some work asked of a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, those for tokens included.
    pub requests: u64,
    /// How long the slowest of them took.
    pub slowest: Duration,
    /// Access tokens that it got.
    pub renewed: u64,
    /// Requests for an access token that were refused because the credentials are.
    pub refused: u64,
    /// Requests for an access token that failed for another reason.
    pub failed: u64,
}

tokio::task_local! {
    static TALLY: Arc<Mutex<Tally>>;
}

/// Does work and tells what it asked of destinations. Holds for the task that awaits the work, not
/// for tasks that the work spawns.
pub async fn counted<F: Future>(work: F) -> (F::Output, Tally) {
    let tally = Arc::default();
    let output = TALLY.scope(Arc::clone(&tally), work).await;
    let sums = *lock(&tally);
    (output, sums)
}

/// Adds to what the present work asked, if anybody counts.
pub(crate) fn count(add: impl FnOnce(&mut Tally)) {
    let _ = TALLY.try_with(|tally| add(&mut lock(tally)));
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_work_counts_for_itself() {
        let ask = |times| async move { count(|tally| tally.requests += times) };
        let (one, other) = tokio::join!(
            counted(ask(2)),
            counted(async { tokio::join!(ask(3), ask(4)) })
        );
        ask(5).await;
        assert_eq!((one.1.requests, other.1.requests), (2, 7));
    }
}
