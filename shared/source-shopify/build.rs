//! Tells the tests whether the strict simulator is beside the project: those that need it are ignored
//! where it is absent, and not passed.

use std::path::Path;

const SIMULATOR: &str = "../../../shared/sims/shopify.py";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(strict_simulator)");
    // A path that is not there would make the crate stale for ever.
    if Path::new(SIMULATOR).exists() {
        println!("cargo::rerun-if-changed={SIMULATOR}");
        println!("cargo::rustc-cfg=strict_simulator");
    }
}
