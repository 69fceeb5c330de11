//! Dead letters: orders that could not be delivered, and what to do with them.

use crate::{
    cli::{DeadCommand, DeadFilter, ManyDead},
    records,
    report::{Failed, json, line, print, table},
};
use operator::Records;
use ports::{
    DeadLetter, DeadLetterFilter, Delivered, LedgerEntry, LedgerKey, Version, in_one_line,
};
use serde::Serialize;

/// Runs `orderbridge dead`.
pub(crate) async fn run(command: DeadCommand) -> Result<(), Failed> {
    match command {
        DeadCommand::List {
            place,
            filter,
            limit,
            json: as_json,
        } => {
            let records = records::at(&place).await?;
            let letters = records.letters.list(&query(filter, Some(limit))).await?;
            let letters = with_standing(&records, letters).await?;
            if as_json {
                json(&letters)
            } else {
                list(&letters)
            }
        }
        DeadCommand::Show {
            place,
            id,
            json: as_json,
        } => {
            let letter = records::at(&place)
                .await?
                .letters
                .get(&id)
                .await?
                .ok_or_else(|| unknown(&id))?;
            if as_json {
                json(&letter)
            } else {
                show(&letter)
            }
        }
        DeadCommand::Replay(which) => replay(which).await,
        DeadCommand::Drop(which) => discard(which).await,
    }
}

async fn replay(which: ManyDead) -> Result<(), Failed> {
    let records = records::at(&which.place).await?;
    let (mut count, mut superseded) = (0_usize, 0_usize);
    for id in ids(&records, which).await? {
        let letter = records.letters.get(&id).await?;
        let standing = with_standing(&records, letter.into_iter().collect()).await?;
        if records.letters.replay(&id).await? {
            count += 1;
            superseded += standing.iter().filter(|known| known.superseded).count();
        }
    }
    print(&format!(
        "{count} put back into the queue; {} them through the present mapping, and never over a newer state",
        records.deliverer
    ));
    if superseded > 0 {
        print(&format!(
            "{superseded} of them will change nothing: the destination holds the same or a newer state of the order"
        ));
    }
    tidy(&records).await;
    Ok(())
}

async fn discard(which: ManyDead) -> Result<(), Failed> {
    let records = records::at(&which.place).await?;
    let mut count = 0_usize;
    for id in ids(&records, which).await? {
        count += usize::from(records.letters.discard(&id).await?);
    }
    print(&format!("{count} dropped"));
    tidy(&records).await;
    Ok(())
}

/// Tidies the dead-letter queue. The command's work is done by now, and must not look as if it had
/// failed.
async fn tidy(records: &Records) {
    if let Err(error) = records.letters.tidy().await {
        tracing::warn!(
            error = in_one_line(&error),
            "the dead-letter queue still shows letters that are dealt with, and its alarm stays; orderbridge dead list clears them away"
        );
    }
}

/// Returns the ids of the chosen letters, the oldest first, so that replayed states of one order
/// come back in the order in which they were accepted.
async fn ids(records: &Records, which: ManyDead) -> Result<Vec<String>, Failed> {
    if let Some(id) = which.id {
        return if records.letters.get(&id).await?.is_some() {
            Ok(vec![id])
        } else {
            Err(unknown(&id))
        };
    }
    let letters = records.letters.list(&query(which.filter, None)).await?;
    Ok(letters.into_iter().rev().map(|letter| letter.id).collect())
}

fn query(filter: DeadFilter, limit: Option<usize>) -> DeadLetterFilter {
    DeadLetterFilter {
        route: filter.route,
        order: filter.order,
        class: filter.class,
        limit,
        ..DeadLetterFilter::default()
    }
}

/// A dead letter, and whether it still matters.
#[derive(Serialize)]
struct Standing {
    #[serde(flatten)]
    letter: DeadLetter,
    /// Whether the destination holds the same or a newer state of the order: then a replay is
    /// harmless and changes nothing.
    superseded: bool,
}

/// Looks up what has been delivered of the orders in the meantime.
async fn with_standing(
    records: &Records,
    letters: Vec<DeadLetter>,
) -> Result<Vec<Standing>, Failed> {
    let key = |letter: &DeadLetter| LedgerKey {
        route: letter.message.route.clone(),
        order: letter.message.order.clone().unwrap_or_default(),
    };
    let keys: Vec<LedgerKey> = letters.iter().map(key).collect();
    let entries = records.ledger.load(&keys).await?;
    let standing = |(letter, entry): (DeadLetter, Option<LedgerEntry>)| {
        let delivered = entry.and_then(|entry| entry.delivered);
        let superseded = delivered.is_some_and(|delivered| is_superseded(&letter, &delivered));
        Standing { letter, superseded }
    };
    Ok(letters.into_iter().zip(entries).map(standing).collect())
}

fn is_superseded(letter: &DeadLetter, delivered: &Delivered) -> bool {
    let version = Version {
        modified: letter.message.modified,
        accepted: letter.message.accepted,
    };
    !delivered.version.is_older_than(&version)
}

fn list(letters: &[Standing]) -> Result<(), Failed> {
    let row = |Standing { letter, superseded }: &Standing| {
        let order = letter
            .message
            .order
            .clone()
            .unwrap_or_else(|| "-".to_owned());
        let class = if *superseded {
            format!("{} (superseded)", letter.class)
        } else {
            letter.class.clone()
        };
        vec![
            letter.id.clone(),
            order,
            letter.message.route.clone(),
            class,
            letter.died.to_string(),
            letter.reason.clone(),
        ]
    };
    table(
        &["ID", "ORDER", "ROUTE", "CLASS", "DIED", "REASON"],
        letters.iter().map(row).collect(),
    );
    if letters.iter().any(|letter| letter.superseded) {
        print(
            "superseded: the destination holds the same or a newer state of the order; drop the dead letter, or replay it, which changes nothing",
        );
    }
    Ok(())
}

fn show(letter: &DeadLetter) -> Result<(), Failed> {
    let message = &letter.message;
    let order = message.order.as_deref().unwrap_or("(no order id)");
    line(&format!(
        "dead letter {}: order {order} on route {} ({})",
        letter.id, message.route, message.topic
    ));
    line(&format!(
        "  class {}, died {} after {} tries; accepted {}, replayed {} times",
        letter.class, letter.died, letter.attempts, message.accepted, message.replays
    ));
    if let Some(mapping) = &letter.mapping {
        line(&format!("  mapping: {mapping}"));
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
    print(&format!(
        "\npayload:\n{}",
        String::from_utf8_lossy(&message.body)
    ));
    print(&format!(
        "\nafter a fix: orderbridge dead replay {}",
        letter.id
    ));
    Ok(())
}

fn unknown(id: &str) -> Failed {
    Failed::new(format!(
        "no dead letter {id}; was it replayed or dropped? See orderbridge dead list"
    ))
}
