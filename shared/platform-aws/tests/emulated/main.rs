//! Tests over an emulator of AWS, which is installed into `target/tools` and runs for as long as
//! this program. Where it cannot be installed, they are skipped and say so.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code: helpers outside of test functions fail by panicking, and say what they skip"
)]

mod bodies;
mod calls;
mod conformance;
mod dead_letters;
mod events;
mod faults;
mod redaction;
mod secrets;
mod support;
