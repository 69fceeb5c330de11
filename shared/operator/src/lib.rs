#![doc = include_str!("../README.md")]

pub mod dead;
pub mod heard;
pub mod known;
mod letter;
mod numbers;
pub mod orders;
mod page;
pub mod privacy;
pub mod reason;
mod records;
pub mod status;
pub mod story;

pub use letter::LetterView;
pub use page::{Cursor, NoCursor, Page};
pub use records::Records;
