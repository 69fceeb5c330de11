//! How far a system reaches beyond its own crate: adding one may touch five source files, so that
//! whoever adds the next knows where, and finds nothing scattered.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use config::{Platform, System};
use std::{
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// More files than these make a system hard to add and harder to take away.
const MOST: usize = 5;

/// Where a system may be named without being part of what runs a shop's orders, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("target/", "built, not written"),
    (
        "config/",
        "the mappings of its pairs and the commented example: data",
    ),
    ("events/", "its sample webhooks: data"),
    ("tests/", "across crates, tests speak of real systems"),
    ("shared/sandbox/", "its double for the demo and for tests"),
    (
        "shared/simulation/",
        "the simulated business, which tests the engine against each double",
    ),
    (
        "functions/orderbridge/src/demo/",
        "the demo shows each system",
    ),
];

/// Folders of tests and benches in any crate.
const TEST_FOLDERS: [&str; 2] = ["tests", "benches"];

#[test]
fn a_destination_touches_at_most_five_files_outside_its_crate() {
    for system in System::ALL
        .iter()
        .filter(|system| **system != System::Salesforce)
    {
        assert_small(
            system.as_str(),
            &format!("shared/destination-{}/", system.as_str()),
        );
    }
}

#[test]
fn a_shop_touches_at_most_five_files_outside_its_crate() {
    for platform in Platform::ALL
        .iter()
        .filter(|platform| **platform != Platform::WooCommerce)
    {
        assert_small(
            platform.as_str(),
            &format!("shared/source-{}/", platform.as_str()),
        );
    }
}

/// Salesforce and WooCommerce, the first of each, are the examples in documentation; for them the
/// count would say nothing.
fn assert_small(word: &str, own_crate: &str) {
    let files = files_with(word, own_crate);
    assert!(
        files.contains(&"Cargo.toml".to_owned()),
        "the search finds nothing of {word}: {files:?}"
    );
    assert!(
        files.len() <= MOST,
        "{word} is named in {} files outside {own_crate}: {files:#?}",
        files.len()
    );
}

/// The source files outside the crate whose code names the system, but for tests. Comments may:
/// they say whose document a rule comes from.
fn files_with(word: &str, own_crate: &str) -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap();
    let is_left_out = |path: &str| {
        path.starts_with(own_crate) || LEFT_OUT.iter().any(|(folder, _)| path.starts_with(folder))
    };
    let entries = WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let is_hidden = name.starts_with('.') && entry.depth() > 0;
            let is_of_tests = entry.file_type().is_dir() && TEST_FOLDERS.contains(&name.as_ref());
            !is_hidden
                && !is_of_tests
                && !is_left_out(&format!("{}/", relative(&root, entry.path())))
        });
    let files = entries
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| is_source(path));
    files
        .filter(|path| code(path).to_lowercase().contains(word))
        .map(|path| relative(&root, &path))
        .collect()
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

fn is_source(path: &Path) -> bool {
    let is_test = path
        .file_stem()
        .is_some_and(|name| name.to_string_lossy().ends_with("_tests"));
    !is_test
        && path
            .extension()
            .is_some_and(|ending| ending == "rs" || ending == "toml")
}

/// A file's lines without comments, up to its tests or to the crates that only tests need.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let tests = ["\n#[cfg(test)]\nmod tests {", "\n[dev-dependencies]"];
    let end = tests.iter().filter_map(|mark| text.find(mark)).min();
    let is_comment =
        |line: &&str| line.trim_start().starts_with("//") || line.trim_start().starts_with('#');
    let lines = text[..end.unwrap_or(text.len())].lines();
    lines
        .filter(|line| !is_comment(line))
        .collect::<Vec<_>>()
        .join("\n")
}
