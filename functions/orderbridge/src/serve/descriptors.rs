//! Descriptors: each connection needs one, and what a shell or a service manager allows at first is
//! often 1,024 where the system would give many more.

/// What the database, the connections to destinations, log and listeners need besides.
const OURS: u64 = 100;

/// Raises the process's limit of open files to what it may have, and says so.
#[cfg(unix)]
pub(super) fn raise() {
    let before = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(0, |(soft, _)| soft);
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(now) if now > before => {
            tracing::info!(before, now, "the limit of open files was raised")
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, before, "the limit of open files could not be raised"),
    }
}

#[cfg(not(unix))]
pub(super) fn raise() {}

/// How many connections there may be: as many as are wanted, if the descriptors allow it.
pub(super) fn connections(wanted: u32) -> usize {
    let allowed = limit().map_or(u64::MAX, |limit| limit.saturating_sub(OURS).max(1));
    let most = u64::from(wanted).min(allowed);
    if most < u64::from(wanted) {
        tracing::warn!(
            wanted,
            most,
            "the process may not have as many open files as server.connections asks for; raise the limit (ulimit -n, or LimitNOFILE= of a systemd unit)"
        );
    } else {
        tracing::info!(most, "connections at most");
    }
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(unix)]
fn limit() -> Option<u64> {
    rlimit::getrlimit(rlimit::Resource::NOFILE)
        .ok()
        .map(|(soft, _)| soft)
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}
