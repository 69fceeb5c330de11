//! The console at its router: strangers, stored scripts, and what the acts do.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a case fails by panicking"
)]

mod acts;
mod attacks;
mod records;
mod scripts;
mod support;
