//! Adapters that keep everything in the process and forget it with the process: for tests and
//! simulations, never for orders that matter.

mod checkpoints;
mod circuits;
mod clock;
mod fifo;
mod ledger;
mod privacy;
mod queue;
mod secrets;
mod tokens;

pub use checkpoints::MemoryCheckpoints;
pub use circuits::MemoryCircuits;
pub use clock::ManualClock;
pub use fifo::{DEDUPE_WINDOW, Fifo, id_of};
pub use ledger::MemoryLedger;
pub use privacy::MemoryPrivacy;
pub use queue::MemoryQueue;
pub use secrets::MemorySecrets;
pub use tokens::MemoryTokens;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the mutex although a panicking test may have poisoned it: every change below is complete
/// before its guard is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
