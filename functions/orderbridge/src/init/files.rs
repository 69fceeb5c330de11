use crate::report::Failed;
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

/// The two files, neither of which is there yet.
pub(super) struct Files {
    pub(super) config: PathBuf,
    pub(super) secrets: PathBuf,
}

impl Files {
    pub(super) fn new(folder: &Path) -> Result<Self, Failed> {
        let files = Self {
            config: folder.join("orderbridge.toml"),
            secrets: folder.join("secrets.toml"),
        };
        for file in [&files.config, &files.secrets] {
            // A link that leads nowhere is there as well.
            if file.symlink_metadata().is_ok() {
                return Err(Failed::new(format!(
                    "{} is there already, and nothing is overwritten; name another folder with --folder",
                    file.display()
                )));
            }
        }
        Ok(files)
    }

    /// Writes both, the secrets for this user alone.
    pub(super) fn write(&self, config: &str, secrets: &str) -> Result<(), Failed> {
        if let Some(folder) = self.config.parent() {
            let made = fs::create_dir_all(folder);
            made.map_err(|error| failed(folder, &error))?;
        }
        create(&self.secrets, secrets, true)?;
        create(&self.config, config, false)
    }
}

fn create(file: &Path, text: &str, is_private: bool) -> Result<(), Failed> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let written = options
        .open(file)
        .and_then(|mut new| new.write_all(text.as_bytes()));
    written.map_err(|error| failed(file, &error))
}

fn failed(file: &Path, error: &std::io::Error) -> Failed {
    Failed::new(format!("{} cannot be written: {error}", file.display()))
}

/// Returns a webhook secret: 48 hexadecimal digits from the machine's randomness.
pub(super) fn random() -> Result<String, Failed> {
    let mut random = [0_u8; 24];
    getrandom::fill(&mut random)
        .map_err(|error| Failed::new(format!("the machine gives no random numbers: {error}")))?;
    Ok(hex::encode(random))
}
