//! Where mappings come from: packed into the program, or a file beside `orderbridge.toml`.

use crate::Problem;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The mappings that ship with the program, in alphabetical order.
macro_rules! builtin {
    ($($name:literal),+ $(,)?) => {
        /// Their names.
        pub(crate) const NAMES: &[&str] = &[$($name),+];

        /// The packed text of a built-in mapping.
        fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../config/mappings/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

builtin!(
    "magento-netsuite",
    "magento-salesforce",
    "magento-zoho",
    "shopify-netsuite",
    "shopify-salesforce",
    "shopify-zoho",
    "woocommerce-netsuite",
    "woocommerce-salesforce",
    "woocommerce-zoho",
);

/// Where a mapping came from, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Packed into the program under this name.
    Builtin(String),
    /// Read from this file.
    File(PathBuf),
}

impl Origin {
    /// The name that ledgers and errors use: the built-in name, or the file's name without its ending.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Builtin(name) => name.clone(),
            Self::File(path) => path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
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
/// A bare name is looked for as `mappings/NAME.toml` beside the configuration before the copy in the program, so that a deployed
/// layer of mappings can be changed without building the program again.
pub(crate) fn find(name_or_path: &str, base: &Path) -> Result<(Origin, String), Problem> {
    let builtin = text(name_or_path);
    let Some(packed) = builtin else {
        return read(name_or_path, &base.join(name_or_path));
    };
    let beside = base.join("mappings").join(format!("{name_or_path}.toml"));
    if beside.is_file() {
        return read(name_or_path, &beside);
    }
    Ok((Origin::Builtin(name_or_path.to_owned()), packed.to_owned()))
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
    let near = crate::problem::did_you_mean(name, NAMES.iter().copied());
    let known = crate::problem::listed(NAMES.iter().copied());
    format!(
        "no built-in mapping and no readable file `{name}` ({error}){near}; the built-in mappings are {known}, paths are relative to orderbridge.toml"
    )
}
