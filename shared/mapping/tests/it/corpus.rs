//! Bad mapping files from `tests/corpus`: the messages about each, and proof that planning with
//! them does no harm.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use crate::support;

use mapping::{Mapping, Overrides};
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use std::{fmt::Write, fs, path::Path, sync::LazyLock};
use support::sample;

static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| read("tests/corpus/mappings"));
/// The bad files and those that come with the project.
static ALL: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| [FILES.clone(), read("config/mappings")].concat());

fn read(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

fn outcome(text: &str) -> String {
    match Mapping::parse("corpus.toml", text, &Overrides::default()) {
        Err(problems) => problems
            .iter()
            .map(|problem| format!("refused: {problem}\n"))
            .collect(),
        Ok(mapping) => match mapping.plan(&sample()) {
            Err(error) => format!("no plan: {error}"),
            Ok(plan) => format!("a plan of {} records", plan.records.len()),
        },
    }
}

#[test]
fn every_bad_mapping_has_an_outcome_that_was_looked_at() {
    let mut said = String::new();
    for (name, text) in FILES.iter() {
        let outcome: String = outcome(text).chars().take(500).collect();
        writeln!(
            said,
            "{name}: {}",
            outcome.trim_end().replace('\n', "\n    ")
        )
        .unwrap();
    }
    insta::assert_snapshot!(said);
}

proptest! {
    #[test]
    fn no_damaged_mapping_does_harm(
        file in select(&ALL[..]), other in select(&ALL[..]), (cut, length) in (any::<Index>(), 0_usize..60), (from, taken) in (any::<Index>(), 0_usize..60),
        insert in "\\PC{0,3}",
    ) {
        let (whole, other): (Vec<char>, Vec<char>) = (file.1.chars().collect(), other.1.chars().collect());
        let (start, from) = (cut.index(whole.len() + 1), from.index(other.len() + 1));
        let piece = other.iter().skip(from).take(taken);
        let text: String = whole.iter().take(start).chain(piece).copied().chain(insert.chars()).chain(whole.iter().skip(start + length).copied()).collect();
        outcome(&text);
    }
}
