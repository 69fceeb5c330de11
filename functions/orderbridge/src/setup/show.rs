//! Plans as a person and as a program read them.

use super::SetupArgs;
use crate::{
    place::Hints,
    report::{line, wrapped},
};
use ::setup::{Item, Made, Open, Remedy, Side, State};
use serde::Serialize;

/// The width of the marks.
const INDENT: usize = 10;

/// What was seen of a side, and what was made there.
#[derive(Serialize)]
pub(super) struct Look {
    pub(super) side: String,
    pub(super) items: Vec<Item>,
    pub(super) made: Vec<(Item, Made)>,
}

impl Look {
    pub(super) fn of(side: &Side) -> Self {
        Self {
            side: side.name.clone(),
            items: Vec::new(),
            made: Vec::new(),
        }
    }
}

/// The plan as JSON.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    sides: &'a [Look],
    #[serde(flatten)]
    open: Open,
}

impl<'a> Told<'a> {
    pub(super) const fn of(sides: &'a [Look], open: Open) -> Self {
        Self { sides, open }
    }
}

/// Tells a change as soon as it was tried.
pub(super) fn made(side: &str, item: &Item, made: &Made) {
    let change = match &item.remedy {
        Remedy::Api(change) => change.as_str(),
        _ => "",
    };
    let (mark, rest) = match made {
        Made::Done => ("made", change.to_owned()),
        Made::WasThere => ("was there", String::new()),
        Made::Refused { why, .. } => ("refused", why.clone()),
    };
    let colon = if rest.is_empty() { "" } else { ": " };
    wrapped(
        &format!("{mark:<9} {side}: {}{colon}{rest}", item.subject),
        INDENT,
    );
}

/// Prints what a side needs: a line for each item, and the steps of what is made by hand.
pub(super) fn plan(look: &Look) {
    line("");
    line(&look.side);
    for item in &look.items {
        let mark = mark(item);
        let what = match &item.remedy {
            Remedy::Api(change) => format!("; {change}"),
            _ => String::new(),
        };
        wrapped(
            &format!("  {mark:<7} {}: {}{what}", item.subject, item.found),
            INDENT,
        );
        for (number, step) in (1..).zip(steps(look, item)) {
            wrapped(&format!("{:INDENT$}{number}. {step}", ""), INDENT + 3);
        }
    }
}

/// Returns the steps by hand: those of the plan, else those with which the API's refusal came.
fn steps<'a>(look: &'a Look, item: &'a Item) -> &'a [String] {
    if let Remedy::ByHand(steps) = &item.remedy {
        return steps;
    }
    if !item.is_bad() {
        return &[];
    }
    let mut made = look.made.iter().rev();
    match made.find(|(known, _)| known.subject == item.subject) {
        Some((_, Made::Refused { steps, .. })) => steps,
        _ => &[],
    }
}

fn mark(item: &Item) -> &'static str {
    match (&item.remedy, item.state) {
        (Remedy::Api(_), _) => "make",
        (_, State::Good) => "ok",
        (_, State::Advice) => "note",
        _ => "by hand",
    }
}

/// Prints how much is open, and the command that goes on.
pub(super) fn summary(open: Open, args: &SetupArgs, hints: &Hints) {
    let Open {
        to_make,
        by_hand,
        advice,
    } = open;
    line("");
    if to_make + by_hand == 0 {
        let notes = match advice {
            0 => String::new(),
            notes => format!(" ({notes} to note)"),
        };
        return line(&format!("nothing is missing{notes}"));
    }
    line(&format!(
        "{to_make} to make, {by_hand} by hand, {advice} to note"
    ));
    if args.apply || to_make == 0 {
        return;
    }
    let mut words = vec!["setup", "--apply"];
    let said = [
        ("--url", &args.url),
        ("--only", &args.only),
        ("--as", &args.administrator),
    ];
    for (flag, value) in said {
        if let Some(value) = value {
            words.extend([flag, value]);
        }
    }
    line(&format!("make it: {}", hints.command(&words)));
}
