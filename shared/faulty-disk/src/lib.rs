#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    reason = "a tool for tests: it stops where its own set-up fails"
)]

mod dice;
mod disk;
mod life;
mod shrink;
mod vfs;

pub use disk::{Breakage, Stop, Trouble};
pub use life::{Counts, Life, Run, Violation};
pub use shrink::shrink;
