//! Dead letters: what could not be delivered, and what to do with it.

use crate::{
    cli::{DeadCommand, DeadFilter, ManyDead},
    orders::existing,
    report::{Failed, json, print, table},
};
use ports::{DeadLetter, DeadLetterFilter, DeadLetters};

/// `orderbridge dead`.
pub(crate) async fn run(command: DeadCommand) -> Result<(), Failed> {
    match command {
        DeadCommand::List {
            data,
            filter,
            limit,
            json: as_json,
        } => {
            let letters = existing(&data)?.list(&query(filter, Some(limit))).await?;
            if as_json { json(&letters) } else { list(&letters) }
        }
        DeadCommand::Show { data, id, json: as_json } => {
            let letter = existing(&data)?.get(&id).await?.ok_or_else(|| unknown(&id))?;
            if as_json { json(&letter) } else { show(&letter) }
        }
        DeadCommand::Replay(which) => replay(which).await,
        DeadCommand::Drop(which) => discard(which).await,
    }
}

async fn replay(which: ManyDead) -> Result<(), Failed> {
    let store = existing(&which.data)?;
    let mut count = 0_usize;
    for id in ids(&store, which).await? {
        count += usize::from(store.replay(&id).await?);
    }
    print(&format!(
        "{count} put back into the queue; a running server delivers them through the present mapping, and never over a newer state"
    ));
    Ok(())
}

async fn discard(which: ManyDead) -> Result<(), Failed> {
    let store = existing(&which.data)?;
    let mut count = 0_usize;
    for id in ids(&store, which).await? {
        count += usize::from(store.discard(&id).await?);
    }
    print(&format!("{count} dropped"));
    Ok(())
}

/// The oldest first, so that replayed states of one order come back in the order in which they were accepted.
async fn ids(store: &impl DeadLetters, which: ManyDead) -> Result<Vec<String>, Failed> {
    if let Some(id) = which.id {
        return if store.get(&id).await?.is_some() {
            Ok(vec![id])
        } else {
            Err(unknown(&id))
        };
    }
    let letters = store.list(&query(which.filter, None)).await?;
    Ok(letters.into_iter().rev().map(|letter| letter.id).collect())
}

fn query(filter: DeadFilter, limit: Option<usize>) -> DeadLetterFilter {
    DeadLetterFilter {
        route: filter.route,
        order: filter.order,
        class: filter.class,
        limit,
    }
}

fn list(letters: &[DeadLetter]) -> Result<(), Failed> {
    let row = |letter: &DeadLetter| {
        let order = letter.message.order.clone().unwrap_or_else(|| "-".to_owned());
        vec![
            letter.id.clone(),
            order,
            letter.message.route.clone(),
            letter.class.clone(),
            letter.died.to_string(),
            letter.reason.clone(),
        ]
    };
    table(
        &["ID", "ORDER", "ROUTE", "CLASS", "DIED", "REASON"],
        letters.iter().map(row).collect(),
    );
    Ok(())
}

fn show(letter: &DeadLetter) -> Result<(), Failed> {
    let message = &letter.message;
    let order = message.order.as_deref().unwrap_or("(no order id)");
    print(&format!(
        "dead letter {}: order {order} on route {} ({})",
        letter.id, message.route, message.topic
    ));
    print(&format!(
        "  class {}, died {} after {} tries; accepted {}, replayed {} times",
        letter.class, letter.died, letter.attempts, message.accepted, message.replays
    ));
    if let Some(mapping) = &letter.mapping {
        print(&format!("  mapping: {mapping}"));
    }
    print(&format!("  reason: {}", letter.reason));
    for (title, text) in [("attempted request", &letter.request), ("answer", &letter.response)] {
        if let Some(text) = text {
            print(&format!("\n{title}:\n{text}"));
        }
    }
    print(&format!("\npayload:\n{}", String::from_utf8_lossy(&message.body)));
    print(&format!("\nafter a fix: orderbridge dead replay {}", letter.id));
    Ok(())
}

fn unknown(id: &str) -> Failed {
    Failed::new(format!(
        "no dead letter {id}; was it replayed or dropped? See orderbridge dead list"
    ))
}
