#![doc = include_str!("../README.md")]

mod envelope;
mod mapped;
mod payload;
mod signed;

pub use envelope::envelope;
pub use mapped::mapping;
pub use payload::payload;
pub use signed::verify;
