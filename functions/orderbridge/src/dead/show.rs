use super::args::ShowArgs;
use crate::{
    place::Opened,
    report::{Failed, json, line, print},
};
use operator::LetterView;
use ports::Origin;

/// Runs `orderbridge dead show`.
pub(crate) async fn run(args: &ShowArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let view = super::letter(&opened, &args.id).await?;
    if args.json {
        return json(&view);
    }
    show(&view, &opened);
    Ok(())
}

fn show(view: &LetterView, opened: &Opened) {
    let (letter, times) = (&view.letter, &opened.times);
    let message = &letter.message;
    let order = message.order.as_deref().unwrap_or("(no order id)");
    line(&format!(
        "dead letter {}: order {order} on route {} ({})",
        letter.id, message.route, message.topic
    ));
    line(&format!(
        "  class {}, group {}, died {} after {} tries; accepted {}, replayed {} times",
        letter.class,
        view.group.id,
        times.ago(letter.died),
        letter.attempts,
        times.ago(message.accepted),
        message.replays
    ));
    if let Some(mapping) = &letter.mapping {
        let mappings = opened.mappings();
        let now = mappings.get(&message.route).filter(|now| *now != mapping);
        let now = now.map(|now| format!(", another one than now: {now}"));
        line(&format!("  mapping: {mapping}{}", now.unwrap_or_default()));
    }
    if message.origin == Origin::Edited {
        line("  edited: not what the shop sent, whose own letter stands beside it");
    }
    if letter.earlier > 0 {
        line(&format!(
            "  it has taken the place of {} earlier letters of the order",
            letter.earlier
        ));
    }
    if view.superseded {
        line("  superseded: the destination holds the same or a newer state of the order");
    }
    line(&format!("  reason: {}", letter.reason));
    for (title, text) in [
        ("attempted request", &letter.request),
        ("answer", &letter.response),
    ] {
        if let Some(text) = text {
            print(&format!("\n{title}:\n{text}"));
        }
    }
    print(&format!("\npayload:\n{}", view.body_text()));
    let id = letter.id.as_str();
    let command = |words: &[&str]| opened.hints.command(words);
    line("");
    line(&format!(
        "what the mapping makes of it now: {}",
        command(&["preview", "--letter", id])
    ));
    line(&format!(
        "after a fix: {}",
        command(&["dead", "replay", id])
    ));
    line(&format!(
        "to change what the shop sent: {}",
        command(&["dead", "edit", id])
    ));
}
