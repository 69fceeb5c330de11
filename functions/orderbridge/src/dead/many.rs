//! What becomes of several dead letters at once. Which and how many is said first.

use super::args::ManyArgs;
use crate::{
    place::Opened,
    report::{Failed, line, table},
};
use operator::dead::{self, Selected};
use ports::{LetterGroup, in_one_line};

/// Runs `orderbridge dead replay`.
pub(crate) async fn replay(args: &ManyArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let selected = selected(args, &opened).await?;
    if args.dry_run {
        line("nothing was done");
        return Ok(());
    }
    if args.all && !args.yes {
        return Err(needs_yes(
            args,
            "replay",
            "all of them would be put back",
            &opened,
        ));
    }
    let done = dead::replay(&opened.records, &selected).await?;
    line(&format!(
        "{} put back into the queue; {} them through the present mapping, and never over a newer state",
        done.done, opened.records.deliverer
    ));
    if done.superseded > 0 {
        line(&format!(
            "{} of them will change nothing: the destination holds the same or a newer state of the order",
            done.superseded
        ));
    }
    tidy(&opened, done.gone).await;
    Ok(())
}

/// Runs `orderbridge dead drop`.
pub(crate) async fn discard(args: &ManyArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let selected = selected(args, &opened).await?;
    if args.dry_run {
        line("nothing was done");
        return Ok(());
    }
    if !args.yes && !selected.ids.is_empty() {
        let what = "they would be gone for good, and with them the only copy of what the shop sent";
        return Err(needs_yes(args, "drop", what, &opened));
    }
    let done = dead::discard(&opened.records, &selected).await?;
    line(&format!("{} dropped", done.done));
    tidy(&opened, done.gone).await;
    Ok(())
}

/// Chooses the letters, and says which these are.
async fn selected(args: &ManyArgs, opened: &Opened) -> Result<Selected, Failed> {
    let choice = args.choice(opened).await?;
    let selected = dead::select(&opened.records, &choice).await?;
    if !selected.unknown.is_empty() {
        return Err(super::unknown(&selected.unknown, opened));
    }
    let row = |group: &LetterGroup| {
        vec![
            group.count().to_string(),
            group.key.id.clone(),
            group.key.text.clone(),
        ]
    };
    table(
        &["LETTERS", "GROUP", "REASON"],
        selected.groups.iter().map(row).collect(),
    );
    let superseded = match selected.superseded {
        0 => String::new(),
        count => format!(", {count} of them superseded"),
    };
    line(&format!("{} dead letters{superseded}", selected.ids.len()));
    Ok(selected)
}

fn needs_yes(args: &ManyArgs, verb: &str, what: &str, opened: &Opened) -> Failed {
    let mut words = vec!["dead", verb];
    words.extend(args.words());
    words.push("--yes");
    Failed::new(format!(
        "nothing was done: {what}; to do it: {}",
        opened.hints.command(&words)
    ))
}

/// Tidies the dead-letter queue. The command's work is done by now, and must not look as if it had
/// failed.
async fn tidy(opened: &Opened, gone: u64) {
    if gone > 0 {
        line(&format!(
            "{gone} were gone: somebody else replayed or dropped them meanwhile"
        ));
    }
    if let Err(error) = opened.records.letters.tidy().await {
        tracing::warn!(
            error = in_one_line(&error),
            "the dead-letter queue still shows letters that are dealt with, and its alarm stays; orderbridge dead list clears them away"
        );
    }
}
