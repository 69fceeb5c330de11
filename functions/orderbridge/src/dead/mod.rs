//! Dead letters: orders that could not be delivered, and what to do with them.

mod args;
mod edit;
mod list;
mod many;
mod show;

pub(crate) use args::DeadCommand;

use crate::{place::Opened, report::Failed};
use operator::LetterView;

/// Runs `orderbridge dead`.
pub(crate) async fn run(command: DeadCommand) -> Result<(), Failed> {
    match command {
        DeadCommand::List(args) => list::run(&args).await,
        DeadCommand::Show(args) => show::run(&args).await,
        DeadCommand::Replay(args) => many::replay(&args).await,
        DeadCommand::Drop(args) => many::discard(&args).await,
        DeadCommand::Edit(args) => edit::run(&args).await,
    }
}

/// Returns the dead letter with this id.
pub(crate) async fn letter(opened: &Opened, id: &str) -> Result<LetterView, Failed> {
    let found = operator::dead::letter(&opened.records, id).await?;
    found.ok_or_else(|| unknown(&[id.to_owned()], opened))
}

fn unknown(ids: &[String], opened: &Opened) -> Failed {
    Failed::new(format!(
        "no dead letter {}; was it replayed or dropped? See {}",
        ids.join(", "),
        opened.hints.command(&["dead", "list", "--ungrouped"])
    ))
}
