//! Where mappings come from: packed into the program, or a file beside `orderbridge.toml`.

use crate::Problem;
use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

/// The mappings that ship with the program, name and text, in alphabetical order: each file of
/// `config/mappings`, packed by the build script.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// Their names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    BUILTIN.iter().map(|(name, _)| *name)
}

/// The systems that mappings are for, in alphabetical order: a mapping that ships is named after
/// its platform and its system, `woocommerce-salesforce`.
pub(crate) fn systems() -> BTreeSet<&'static str> {
    names()
        .filter_map(|name| Some(name.rsplit_once('-')?.1))
        .collect()
}

/// The platforms that mappings are for, by the same names.
pub(crate) fn platforms() -> BTreeSet<&'static str> {
    names()
        .filter_map(|name| Some(name.rsplit_once('-')?.0))
        .collect()
}

/// Where a mapping came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Packed into the program under this name.
    Builtin(String),
    /// Read from this file.
    File(PathBuf),
}

impl Origin {
    /// The name that ledgers and errors use: the built-in name, or the file's name without its
    /// ending.
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

/// The text of a mapping.
///
/// A bare name is looked for as `mappings/NAME.toml` beside the configuration before the copy in
/// the program, so that a deployed layer of mappings can be changed without building the program
/// again.
pub(crate) fn find(name_or_path: &str, base: &Path) -> Result<(Origin, String), Problem> {
    let Some((_, packed)) = BUILTIN.iter().find(|(name, _)| *name == name_or_path) else {
        return read(name_or_path, &base.join(name_or_path));
    };
    let beside = base.join("mappings").join(format!("{name_or_path}.toml"));
    if beside.is_file() {
        return read(name_or_path, &beside);
    }
    Ok((
        Origin::Builtin(name_or_path.to_owned()),
        (*packed).to_owned(),
    ))
}

fn read(name: &str, path: &Path) -> Result<(Origin, String), Problem> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((Origin::File(path.to_owned()), text)),
        Err(error) => Err(Problem {
            file: path.display().to_string(),
            line: None,
            message: unreadable(name, &error),
        }),
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> String {
    let near = crate::problem::did_you_mean(name, names());
    let known = crate::problem::listed(names());
    format!(
        "no built-in mapping and no readable file `{name}` ({error}){near}; the built-in mappings are {known}, paths are relative to orderbridge.toml"
    )
}
