//! Tells the tests whether Node.js is there: those that need it are ignored where it is not, and not
//! passed.

use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(node)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    let node = Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if node.is_ok_and(|status| status.success()) {
        println!("cargo::rustc-cfg=node");
    }
}
