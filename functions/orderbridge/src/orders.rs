//! The ledger: the history of an order.

use crate::{
    cli::OrdersCommand,
    records,
    report::{Failed, json, line, table},
};
use ports::{LedgerEntry, LedgerFilter, State};

/// Runs `orderbridge orders`.
pub(crate) async fn run(command: OrdersCommand) -> Result<(), Failed> {
    match command {
        OrdersCommand::List {
            place,
            route,
            state,
            limit,
            json: as_json,
        } => {
            let filter = LedgerFilter {
                route,
                state: state.as_deref().map(parse_state).transpose()?,
                limit: Some(limit),
                ..LedgerFilter::default()
            };
            let entries = records::at(&place).await?.ledger.list(&filter).await?;
            if as_json {
                json(&entries)
            } else {
                list(&entries)
            }
        }
        OrdersCommand::Show {
            place,
            order,
            json: as_json,
        } => {
            let filter = LedgerFilter {
                called: Some(order.clone()),
                ..LedgerFilter::default()
            };
            let entries = records::at(&place).await?.ledger.list(&filter).await?;
            if entries.is_empty() {
                return Err(Failed::new(format!(
                    "the ledger knows no order {order}, neither by id, nor by number, nor by a record of it; was its webhook accepted (see the server's log), or is it still waiting?"
                )));
            }
            if as_json {
                json(&entries)
            } else {
                entries.iter().try_for_each(show)
            }
        }
    }
}

fn list(entries: &[LedgerEntry]) -> Result<(), Failed> {
    let row = |entry: &LedgerEntry| {
        let note = entry
            .last_error
            .clone()
            .unwrap_or_else(|| match entry.warnings.len() {
                0 => String::new(),
                count => format!("{count} warning(s)"),
            });
        vec![
            entry.key.order.clone(),
            entry.key.route.clone(),
            entry.state.as_str().to_owned(),
            entry.updated.to_string(),
            note,
        ]
    };
    table(
        &["ORDER", "ROUTE", "STATE", "CHANGED", "NOTE"],
        entries.iter().map(row).collect(),
    );
    Ok(())
}

fn show(entry: &LedgerEntry) -> Result<(), Failed> {
    line(&format!(
        "order {} on route {}: {}",
        entry.key.order,
        entry.key.route,
        entry.state.as_str()
    ));
    line(&format!(
        "  first seen {}, last changed {}",
        entry.first_seen, entry.updated
    ));
    if let Some(delivered) = &entry.delivered {
        let version = delivered.version.modified.map_or_else(
            || "without a modification time".to_owned(),
            |time| format!("as of {time}"),
        );
        line(&format!("  delivered {} the state {version}", delivered.at));
        for record in &delivered.records {
            line(&format!(
                "    {} = {} {}",
                record.name, record.object, record.id
            ));
        }
    }
    if let Some(error) = &entry.last_error {
        line(&match entry.state {
            State::Rejected => format!(
                "  rejected: {error}; the whole story: orderbridge dead list --order {}",
                entry.key.order
            ),
            _ => format!(
                "  last error, after {} failed tries: {error}",
                entry.attempts
            ),
        });
    }
    entry
        .warnings
        .iter()
        .for_each(|warning| line(&format!("  note: {warning}")));
    Ok(())
}

fn parse_state(text: &str) -> Result<State, Failed> {
    State::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| {
            let known: Vec<&str> = State::ALL.into_iter().map(State::as_str).collect();
            Failed::new(format!("no state {text}; there are {}", known.join(", ")))
        })
}
