//! Tests of the crate from outside, in one binary, because linking is what costs.

#[cfg(test)]
mod at_once;
mod built_in_mapping;
#[cfg(test)]
mod bulk;
mod cases;
mod companion;
mod customers;
mod faults;
mod language;
mod lines;
mod many_lines;
mod orders;
mod preview;
mod races;
mod reading;
#[cfg(test)]
mod returning;
mod setup;
#[cfg(test)]
mod support;
mod wishes;
