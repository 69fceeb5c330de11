use super::{
    args::ShowArgs,
    list::{in_hand, name, total},
};
use crate::{
    place::Opened,
    report::{Failed, json, line},
};
use operator::{
    orders::Standing,
    story::{Circuit, RouteStory, Wait, story},
};
use serde_json::Value;

/// Runs `orderbridge orders show`.
pub(crate) async fn run(args: &ShowArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let stories = story(&opened.records, opened.config.as_ref(), &args.order).await?;
    if stories.is_empty() {
        return Err(Failed::new(format!(
            "no order {} is known here, neither by id, nor by number, nor by a record of it. An order that waits untried is found by its id. Was its webhook accepted (see {})? If it is in the shop, {} fetches it",
            args.order,
            opened.hints.command(&["status"]),
            opened
                .hints
                .command(&["sync", "--store", "STORE", &args.order]),
        )));
    }
    if args.json {
        let stories: Vec<Value> = stories.iter().map(RouteStory::to_json).collect();
        return json(&stories);
    }
    let mut before = None;
    for story in &stories {
        if before != Some(&story.order) {
            head(story, &stories);
            before = Some(&story.order);
        }
        show(story, &opened);
    }
    Ok(())
}

/// Prints what is the same on all routes.
fn head(story: &RouteStory, stories: &[RouteStory]) {
    let same = || stories.iter().filter(|one| one.order == story.order);
    let number = same().find_map(|one| one.number.as_deref());
    let mut text = format!("order {}", name(number, Some(&story.order)));
    if let Some(store) = same().find_map(|one| one.store.as_ref()) {
        text.push_str(&format!(" of store {store}"));
    }
    let amount = same().find(|one| one.total.is_some());
    if let Some(one) = amount {
        let amount = total(one.total.as_deref(), one.currency.as_deref());
        text.push_str(&format!(", {amount}"));
    }
    line(&text);
}

fn show(story: &RouteStory, opened: &Opened) {
    let times = &opened.times;
    let state = story.standing.map_or("never came here", Standing::as_str);
    let to = story.destination.as_ref();
    let to = to.map(|name| format!(" to {name}")).unwrap_or_default();
    line(&format!("  route {}{to}: {state}", story.route));
    for wait in &story.waiting {
        line(&format!("    {}", waits(wait, story, opened)));
    }
    if !story.tells_waiting {
        line("    whether a state of it waits is not known: SQS does not tell");
    }
    if let (Some(first), Some(updated)) = (story.first_seen, story.updated) {
        line(&format!(
            "    first seen {}, last changed {}",
            times.ago(first),
            times.ago(updated)
        ));
    }
    if let Some(held) = &story.delivered {
        let as_of = held.modified.map_or_else(
            || "without a modification time".to_owned(),
            |at| format!("as of {}", times.at(at)),
        );
        line(&format!(
            "    delivered {} the state {as_of}",
            times.ago(held.at)
        ));
        for record in &held.records {
            line(&format!(
                "      {} = {} {}",
                record.name, record.object, record.id
            ));
        }
    }
    failure(story, opened);
    for warning in &story.warnings {
        line(&format!("    note: {warning}"));
    }
    for event in &story.history {
        let times_in_a_row = match event.times {
            1 => String::new(),
            count => format!(", {count} times"),
        };
        line(&format!(
            "    {}  {}{times_in_a_row}",
            times.at(event.at),
            event.what.as_str()
        ));
    }
}

fn failure(story: &RouteStory, opened: &Opened) {
    if let Some(reason) = &story.reason
        && story.standing != Some(Standing::Rejected)
    {
        line(&format!(
            "    last try failed, the {}. in a row: {reason}",
            story.attempts
        ));
    }
    for view in &story.letters {
        let letter = &view.letter;
        let superseded = if view.superseded { "superseded; " } else { "" };
        line(&format!(
            "    dead letter {} ({superseded}group {}), {}: {}",
            letter.id,
            view.group.id,
            opened.times.ago(letter.died),
            letter.reason
        ));
        line(&format!(
            "      the whole story: {}",
            opened.hints.command(&["dead", "show", &letter.id])
        ));
        line(&format!(
            "      after a fix: {}",
            opened.hints.command(&["dead", "replay", &letter.id])
        ));
    }
}

/// `waiting since 14:02, 46 before it; sales left alone until 14:05: credentials refused`.
fn waits(wait: &Wait, story: &RouteStory, opened: &Opened) -> String {
    let times = &opened.times;
    let mut text = format!("waiting since {}", times.at(wait.since));
    match wait.before {
        Some(0) => text.push_str(", none before it"),
        Some(before) => text.push_str(&format!(", {before} before it")),
        None => {}
    }
    if let Some(next) = wait.next_try {
        text.push_str(&format!("; next try {}", times.at(next)));
    }
    if let Some(in_hand) = in_hand(wait.in_hand_until, times) {
        text.push_str(&format!("; {in_hand}"));
    }
    if let (Some(Circuit { until, reason, .. }), Some(destination)) =
        (&story.circuit, &story.destination)
    {
        text.push_str(&format!(
            "; {destination} left alone until {}: {reason}",
            times.at(*until)
        ));
    }
    text
}
