//! Tests of the crate from outside, in one binary, because linking is what costs.

mod addresses;
mod answers;
mod batches;
mod budget;
mod built_in_mapping;
mod cases;
mod composites;
mod examples;
mod faults;
mod leads;
mod many_lines;
mod orders;
mod preview;
mod races;
mod reading;
mod refusals;
mod sales_orders;
mod setup;
mod setup_rights;
mod shared_codes;
#[cfg(test)]
mod support;
