//! Tests of the crate from outside, in one binary, because linking is what costs.

mod addresses;
mod built_in_mapping;
mod bulk;
mod cases;
mod duplicates;
mod examples;
mod faults;
mod leads;
mod orders;
mod preview;
mod races;
mod reading;
mod set_up;
mod set_up_content;
mod set_up_rights;
mod shared_codes;
#[cfg(test)]
mod support;
mod try_out;
