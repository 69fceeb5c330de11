//! The ports of the simulated machines: memory adapters behind calls that take a little time and
//! sometimes fail, before or after the work.

mod checkpoints;
mod circuits;
mod ledger;
mod letters;
mod queue;
mod tokens;
mod trouble;
mod unclaimed;

pub(crate) use checkpoints::SimCheckpoints;
pub(crate) use circuits::SimCircuits;
pub(crate) use ledger::SimLedger;
pub(crate) use queue::SimQueue;
pub(crate) use tokens::SimTokens;
pub(crate) use trouble::Trouble;
