//! Tells the tests what is beside the project, the strict simulator and payloads of real shops:
//! those that need what is absent are ignored, and not passed.

use std::path::Path;

const BESIDE: [(&str, &str); 2] = [
    ("strict_simulator", "../../../shared/sims/netsuite.py"),
    ("shop_payloads", "../../../shared/payloads"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (name, path) in BESIDE {
        println!("cargo::rustc-check-cfg=cfg({name})");
        // A path that is not there would make the crate stale for ever.
        if Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
            println!("cargo::rustc-cfg={name}");
        }
    }
}
