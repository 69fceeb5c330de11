use jiff::Timestamp;

tokio::task_local! {
    static CALL_UNTIL: Timestamp;
}

/// Does work that sends requests, none of which starts at this instant or later: [`crate::Http::send`] refuses. Holds for the task that awaits the work, not for tasks that
/// the work spawns.
pub async fn within<F: Future>(call_until: Timestamp, work: F) -> F::Output {
    CALL_UNTIL.scope(call_until, work).await
}

/// Whether the present work may start no more requests. Work without a deadline always may.
pub(crate) fn is_over(now: Timestamp) -> bool {
    CALL_UNTIL.try_with(|until| now >= *until).unwrap_or(false)
}
