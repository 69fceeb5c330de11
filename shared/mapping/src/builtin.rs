//! The sources of mappings: those packed into the program, and files beside `orderbridge.toml`.

use crate::Problem;
use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

/// The mappings that ship with the program, name and text, in alphabetical order: each file of
/// `config/mappings`, packed by the build script.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Returns the names of the mappings that a route may choose: each is named after its platform and
/// its system, `woocommerce-salesforce`. A mapping that is named after its system alone is the base
/// that these extend.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    BUILTIN
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !is_base(name))
}

/// Returns whether the mapping of this name is a base, which is of use only to mappings that extend
/// it.
pub(crate) fn is_base(name: &str) -> bool {
    !name.contains('-') && BUILTIN.iter().any(|(there, _)| *there == name)
}

/// Returns the systems that mappings are for, in alphabetical order.
pub(crate) fn systems() -> BTreeSet<&'static str> {
    names()
        .filter_map(|name| Some(name.rsplit_once('-')?.1))
        .collect()
}

/// Returns the platforms that mappings are for, in alphabetical order.
pub(crate) fn platforms() -> BTreeSet<&'static str> {
    names()
        .filter_map(|name| Some(name.rsplit_once('-')?.0))
        .collect()
}

/// The source of a mapping, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Packed into the program under this name.
    Builtin(String),
    /// Read from this file.
    File(PathBuf),
}

impl Origin {
    /// Returns the name that ledgers and errors use: the built-in name, or the file's name without
    /// its ending.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Builtin(name) => name.clone(),
            Self::File(path) => path
                .file_stem()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(name) => write!(out, "built-in mapping {name}"),
            Self::File(path) => write!(out, "{}", path.display()),
        }
    }
}

/// The places where mappings are looked for.
#[derive(Clone, Copy)]
pub(crate) enum Places<'a> {
    /// The program alone.
    Program,
    /// The program, and the files in this folder that take the place of built-in mappings.
    BuiltIn(&'a Path),
    /// The same, and any file, by a path relative to this folder.
    Files(&'a Path),
}

impl<'a> Places<'a> {
    const fn folder(self) -> Option<&'a Path> {
        match self {
            Self::Program => None,
            Self::BuiltIn(folder) | Self::Files(folder) => Some(folder),
        }
    }
}

/// Finds the text of a mapping.
///
/// A bare name is looked for as `mappings/NAME.toml` beside the configuration, before the copy in
/// the program, so that a deployed layer of mappings can be changed without building the program
/// again.
pub(crate) fn find(name_or_path: &str, places: Places<'_>) -> Result<(Origin, String), Problem> {
    let beside = |folder: &Path| folder.join("mappings").join(format!("{name_or_path}.toml"));
    match (packed(name_or_path), places.folder().map(beside), places) {
        (Some(_), Some(beside), _) if beside.is_file() => read(name_or_path, &beside),
        (Some(packed), _, _) => Ok(packed),
        (None, _, Places::Files(folder)) => read(name_or_path, &folder.join(name_or_path)),
        (None, _, _) => Err(problem(name_or_path, "it is not looked for in files here")),
    }
}

/// Returns the text of a mapping that is packed into the program.
pub(crate) fn packed(name: &str) -> Option<(Origin, String)> {
    let (_, text) = BUILTIN.iter().find(|(there, _)| *there == name)?;
    Some((Origin::Builtin(name.to_owned()), (*text).to_owned()))
}

fn read(name: &str, path: &Path) -> Result<(Origin, String), Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((Origin::File(path.to_owned()), text)),
        Err(error) => Err(Problem {
            file: path.display().to_string(),
            ..problem(name, &error.to_string())
        }),
    }
}

fn problem(name: &str, error: &str) -> Problem {
    let near = crate::problem::did_you_mean(name, names());
    let known = crate::problem::listed(names());
    Problem {
        file: name.to_owned(),
        line: None,
        message: format!(
            "no built-in mapping and no readable file `{name}` ({error}){near}; the built-in mappings are {known}, paths are relative to orderbridge.toml"
        ),
    }
}
