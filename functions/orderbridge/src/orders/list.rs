use super::args::ListArgs;
use crate::{
    clock::Times,
    place::{Opened, said},
    report::{Failed, json, line, table},
};
use jiff::Timestamp;
use operator::{
    Cursor, Page, known,
    orders::{self, OrderFilter, OrderLine, Standing},
};
use serde_json::Value;

/// Runs `orderbridge orders list`.
pub(crate) async fn run(args: &ListArgs) -> Result<(), Failed> {
    let opened = args.at.open().await?;
    let filter = filter(args, &opened)?;
    let (store, route) = (filter.store.as_deref(), filter.route.as_deref());
    let config = opened.config.as_ref();
    if let Some(unknown) = known::check_orders(&opened.records, config, store, route).await? {
        return Err(Failed::of(&unknown));
    }
    let after = cursor(args.after.as_deref())?;
    let page = orders::page(&opened.records, config, &filter, after.as_ref(), args.limit).await?;
    if args.json {
        let lines: Vec<Value> = page.items.iter().map(OrderLine::to_json).collect();
        return json(&lines);
    }
    show(&page, args, &opened).await
}

fn filter(args: &ListArgs, opened: &Opened) -> Result<OrderFilter, Failed> {
    let (since, until) = args.span.times(opened.times.instant())?;
    let standing = |word: &String| {
        Standing::of(word).ok_or_else(|| {
            let known: Vec<&str> = Standing::ALL.into_iter().map(Standing::as_str).collect();
            Failed::new(format!("no state {word}; there are: {}", known.join(", ")))
        })
    };
    Ok(OrderFilter {
        store: args.store.clone(),
        route: args.route.clone(),
        standing: args.state.as_ref().map(standing).transpose()?,
        since,
        until,
        text: args.text.clone(),
    })
}

/// Reads a position in a list.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Failed> {
    let read = |text: &str| text.parse::<Cursor>();
    text.map(read)
        .transpose()
        .map_err(|error| Failed::of(&error))
}

async fn show(page: &Page<OrderLine>, args: &ListArgs, opened: &Opened) -> Result<(), Failed> {
    let row = |line: &OrderLine| {
        vec![
            name(line.number.as_deref(), line.order.as_deref()),
            line.store.clone().unwrap_or_default(),
            line.route.clone(),
            line.standing.as_str().to_owned(),
            opened.times.ago(line.at),
            total(line.total.as_deref(), line.currency.as_deref()),
            remark(line, &opened.times),
        ]
    };
    table(
        &["ORDER", "STORE", "ROUTE", "STATE", "WHEN", "TOTAL", "NOTE"],
        page.items.iter().map(row).collect(),
    );
    if !page.tells_waiting {
        waiting_is_unknown(opened).await?;
    }
    if let Some(next) = &page.next {
        let mut words = vec!["orders", "list"];
        words.extend(said([
            ("--store", args.store.as_deref()),
            ("--route", args.route.as_deref()),
            ("--state", args.state.as_deref()),
            ("--since", args.span.since.as_deref()),
            ("--until", args.span.until.as_deref()),
            ("--text", args.text.as_deref()),
        ]));
        let (limit, next) = (args.limit.to_string(), next.to_string());
        words.extend(["--limit", &limit, "--after", &next]);
        line(&format!("more: {}", opened.hints.command(&words)));
    }
    Ok(())
}

/// Says how many messages wait where the queue does not tell which.
async fn waiting_is_unknown(opened: &Opened) -> Result<(), Failed> {
    let Some(config) = &opened.config else {
        line("what waits untried is not among them: SQS does not tell which orders these are");
        return Ok(());
    };
    for destination in config.destinations.keys() {
        let depth = opened.records.queue.depth(destination).await?;
        line(&format!(
            "about {depth} messages wait for the system of {destination}; SQS does not tell which orders these are"
        ));
    }
    Ok(())
}

/// Returns what people call an order: its number, and its id where that is another one.
pub(crate) fn name(number: Option<&str>, order: Option<&str>) -> String {
    match (number, order) {
        (Some(number), Some(order)) if number.trim_start_matches('#') != order => {
            format!("{number} (id {order})")
        }
        (Some(number), _) => number.to_owned(),
        (None, order) => order.unwrap_or("-").to_owned(),
    }
}

/// Returns an amount with its currency.
pub(crate) fn total(total: Option<&str>, currency: Option<&str>) -> String {
    let parts: Vec<&str> = total.into_iter().chain(currency).collect();
    parts.join(" ")
}

/// Returns that a worker has an order in hand. Where the worker died, the order comes back then.
pub(super) fn in_hand(until: Option<Timestamp>, times: &Times) -> Option<String> {
    let until = until.filter(|until| *until > times.instant())?;
    Some(format!("in hand until {} at most", times.at(until)))
}

fn remark(line: &OrderLine, times: &Times) -> String {
    let mut parts = Vec::new();
    parts.extend(line.reason.clone());
    let in_hand = in_hand(line.in_hand_until, times);
    match (line.next_try, line.standing) {
        (Some(next), _) => parts.push(format!("next try {}", times.at(next))),
        _ if in_hand.is_some() => parts.extend(in_hand),
        (None, Standing::Retrying) if line.waits == Some(true) => {
            parts.push("next try when its turn comes".to_owned());
        }
        (None, standing) if line.waits == Some(true) && standing != Standing::Waiting => {
            parts.push("a newer state waits".to_owned());
        }
        _ => {}
    }
    match line.warnings.len() {
        0 => {}
        1 => parts.push("1 note".to_owned()),
        count => parts.push(format!("{count} notes")),
    }
    parts.join("; ")
}
