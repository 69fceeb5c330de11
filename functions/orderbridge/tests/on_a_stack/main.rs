//! The operator's commands on a deployed stack: the real program against an emulator of AWS, which
//! is installed into `target/tools`. Where it cannot be installed, the tests are skipped and say
//! so. The template here has the outputs of the real one and nothing else of it; `tests/aws`
//! deploys the real one.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test code: helpers outside of test functions fail by panicking, and say what they skip"
)]

mod cloud;
mod console;
mod emulator;
mod program;
mod records;
mod secrets;
mod stacks;
