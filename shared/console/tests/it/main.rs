//! The console at its router: strangers, stored scripts, and what the acts do.
#![expect(clippy::unwrap_used, reason = "test code: a case fails by panicking")]

mod acts;
mod attacks;
mod bounds;
mod ends;
mod lab;
mod records;
mod scripts;
mod setup_page;
mod support;
