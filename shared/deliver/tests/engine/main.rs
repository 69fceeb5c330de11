//! Tests of the delivery engine over the memory ports, with a shop and a destination that do as
//! they are told.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

mod bulk;
mod claims;
mod clocks;
mod currency;
mod deadline;
mod delivering;
mod jams;
mod metrics;
mod outage;
mod privacy;
mod references;
mod sizes;
mod support;
mod workers;
