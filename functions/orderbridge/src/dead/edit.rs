//! A dead letter's payload in the operator's editor.

use super::args::EditArgs;
use crate::{
    place::Opened,
    report::{Failed, line},
};
use operator::{LetterView, dead};
use serde_json::Value;
use std::{io::Write, path::Path, process::Command};
use tempfile::NamedTempFile;

/// Runs `orderbridge dead edit`.
pub(crate) async fn run(args: &EditArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let view = super::letter(&opened, &args.id).await?;
    let before = view.body_text();
    let file = write(&before)?;
    edit(file.path())?;
    let after = std::fs::read_to_string(file.path())
        .map_err(|error| Failed::new(format!("the edited copy cannot be read: {error}")))?;
    if after == before {
        line("nothing was changed, and nothing was replayed");
        return Ok(());
    }
    let body = match check(&after, &view, &opened) {
        Ok(body) => body,
        Err(failed) => return Err(kept(file, &failed)),
    };
    if !dead::replay_edited(&opened.records, &args.id, body.into()).await? {
        return Err(super::unknown(std::slice::from_ref(&args.id), &opened));
    }
    line(&format!(
        "the edited copy was put into the queue; {} it",
        opened.records.deliverer
    ));
    line(&format!(
        "the dead letter keeps what the shop sent; once the order is delivered: {}",
        opened.hints.command(&["dead", "drop", &args.id, "--yes"])
    ));
    Ok(())
}

/// Writes a copy that only this user can read: it holds personal data.
fn write(text: &str) -> Result<NamedTempFile, Failed> {
    let file = tempfile::Builder::new()
        .prefix("orderbridge-")
        .suffix(".json")
        .tempfile();
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(file)
    });
    written.map_err(|error| Failed::new(format!("no copy can be written to edit: {error}")))
}

fn edit(file: &Path) -> Result<(), Failed> {
    let said = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    });
    let said = said.unwrap_or_else(|| "vi".to_owned());
    let words = shlex::split(&said).unwrap_or_default();
    let Some((program, rest)) = words.split_first() else {
        return Err(Failed::new("EDITOR names no program"));
    };
    let ended = Command::new(program).args(rest).arg(file).status();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failed::new(format!(
            "the editor {program} ended with {status}; nothing was replayed"
        ))),
        Err(error) => Err(Failed::new(format!(
            "the editor {program} does not start: {error}; set EDITOR"
        ))),
    }
}

/// Returns the edited body without the blanks that were added for the editor. It must still be of
/// the same order: everything that is known of that hangs on its id.
fn check(text: &str, view: &LetterView, opened: &Opened) -> Result<Vec<u8>, Failed> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Failed::new(format!("the edited copy is no JSON: {error}")))?;
    let body = serde_json::to_vec(&value)
        .map_err(|error| Failed::new(format!("the edited copy cannot be written: {error}")))?;
    let message = &view.letter.message;
    let store = opened
        .config
        .as_ref()
        .and_then(|config| config.store(&message.store));
    if let (Some(store), Some(order)) = (store, &message.order) {
        let found = sources::source(store.platform).peek(&body).order_id;
        if found.as_ref() != Some(order) {
            let found = found.as_deref().unwrap_or("none");
            return Err(Failed::new(format!(
                "the edited copy is of another order: its id is {found}, and the dead letter's is {order}"
            )));
        }
    }
    Ok(body)
}

/// Keeps the copy, so that no work is lost, and says where.
fn kept(file: NamedTempFile, failed: &Failed) -> Failed {
    let place = file.into_temp_path().keep();
    let place = place.map_or_else(
        |_| String::new(),
        |path| {
            format!(
                "; it is in {}, which holds personal data: delete it",
                path.display()
            )
        },
    );
    Failed::new(format!("{failed}; nothing was replayed{place}"))
}
