//! A copy of a folder's data, while a server runs over it.

use crate::{
    assemble,
    cli::BackupArgs,
    records,
    report::{Failed, line},
};
use ports::SystemClock;
use std::sync::Arc;

/// Runs `orderbridge backup`.
pub(crate) async fn run(args: &BackupArgs) -> Result<(), Failed> {
    let config = args.config.load_if_there()?;
    let folder = args.data.folder(config.as_ref());
    if !records::is_any(&folder)? {
        return Err(records::none(&folder));
    }
    let store = assemble::open(&folder, Arc::new(SystemClock))?;
    let written = store.back_up(&args.file).await;
    let bytes = written.map_err(|error| Failed::of(&error))?;
    line(&format!(
        "{} holds everything of {} as it was just now, {bytes} bytes; it holds personal data",
        args.file.display(),
        folder.display()
    ));
    Ok(())
}
