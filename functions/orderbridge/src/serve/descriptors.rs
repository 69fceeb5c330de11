//! Descriptors: each connection needs one, and a shell or a service manager often allows only 1,024
//! at first, where the system would give many more.

/// The number of descriptors that the database, the connections to destinations, the log and the
/// listeners need.
const OURS: u64 = 100;

/// Raises the process's limit of open files to the most that it may have, and logs that.
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

/// Returns how many connections there may be: as many as are wanted, if the descriptors allow it.
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
