//! Comparing a store by itself, over ports in memory, a shop and a destination that follow a script.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod by_itself;
mod diff;
mod support;
