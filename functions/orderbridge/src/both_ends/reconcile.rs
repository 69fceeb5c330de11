use super::ReconcileArgs;
use super::{Ends, end_progress, progress};
use crate::report::{Failed, json, line};
use ::reconcile::{Entry, Report, Request, RouteReport, Shop, reconcile};
use std::{fmt::Write as _, path::Path};

/// The window, where none is named: a weekend and some days.
const SINCE: &str = "7d";
/// The number of orders of a list that are named on a terminal.
const NAMED: usize = 10;

/// Runs `orderbridge reconcile`.
pub(crate) async fn run(args: &ReconcileArgs) -> Result<(), Failed> {
    let store = args.store.as_deref();
    let ends = Ends::open_readable(&args.ends, store).await?;
    let mut reports = Vec::new();
    for shop in &ends.shops {
        reports.push(compare(&ends, shop, args).await?);
    }
    if let Some(file) = &args.csv {
        write_csv(file, &reports)?;
    }
    if args.ends.json {
        match reports.as_slice() {
            [report] => json(report)?,
            all => json(&all)?,
        }
    } else {
        reports.iter().for_each(|report| show(report, &ends));
    }
    if reports.iter().all(Report::agrees) {
        return Ok(());
    }
    Err(Failed::new(
        "shop and destinations do not agree (see above); --repair puts what is missing or behind into the queue",
    ))
}

async fn compare(ends: &Ends, shop: &Shop, args: &ReconcileArgs) -> Result<Report, Failed> {
    let since = args.since.as_deref().unwrap_or(SINCE);
    let request = Request {
        window: ends.window(since, args.until.as_deref())?,
        verify: args.verify,
        repair: args.repair,
        recreate: false,
        compared_since: None,
    };
    let mut turn = ends.turn("reconcile", &shop.name).await?;
    let (feed, told) = (ends.feed(), progress(&shop.name));
    let work = reconcile(shop, &feed, request, &mut turn, &told);
    let done = tokio::select! {
        done = work => done.map_err(Failed::from),
        _ = tokio::signal::ctrl_c() => Err(Failed::new(
            "stopped; what was put into the queue until then stays there",
        )),
    };
    end_progress();
    turn.end().await?;
    done
}

/// `shop 300 orders / 15,025.49 USD; sales 297 orders / 14,875.50 USD: missing 1020, 1021, 1022`.
fn show(report: &Report, ends: &Ends) {
    for note in &report.notes {
        line(&format!("note: {note}"));
    }
    line(&format!(
        "store {}, changed from {} to {}",
        report.store, report.since, report.until
    ));
    for route in &report.routes {
        line(&format!(
            "  {}: shop {}; {} {}{}",
            route.route,
            report.shop,
            route.destination,
            route.held(),
            rest(route)
        ));
        for one in route.differs.iter().flatten() {
            line(&format!(
                "    order {} {}: expected {:?}, found {:?}{}",
                one.number,
                one.field,
                one.expected,
                one.found,
                author(one.by.as_deref(), one.at)
            ));
        }
        for unread in &route.unread {
            line(&format!("    not read: {unread}"));
        }
    }
    if report.repaired > 0 {
        line(&format!(
            "  {} put into the queue; {} them",
            report.repaired, ends.deliverer
        ));
    }
}

/// Returns what the sentence about a route ends with: the orders that do not agree.
fn rest(route: &RouteReport) -> String {
    let none = Vec::new();
    let differing: Vec<Entry> = {
        let mut orders: Vec<Entry> = Vec::new();
        for one in route.differs.iter().flatten() {
            if !orders.iter().any(|known| known.order == one.order) {
                orders.push(Entry {
                    order: one.order.clone(),
                    number: one.number.clone(),
                    ..Entry::default()
                });
            }
        }
        orders
    };
    let lists = [
        ("missing", &route.missing),
        ("behind", &route.behind),
        ("waiting", &route.waiting),
        ("rejected", &route.rejected),
        ("gone", route.gone.as_ref().unwrap_or(&none)),
        ("differs", &differing),
    ];
    let mut text = String::new();
    for (word, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let numbers: Vec<&str> = list
            .iter()
            .take(NAMED)
            .map(|one| one.number.as_str())
            .collect();
        let link = if text.is_empty() { ": " } else { "; " };
        // Writing to a text does not fail.
        let _ = write!(text, "{link}{word} {}", numbers.join(", "));
        if list.len() > NAMED {
            let _ = write!(text, " and {} more", list.len() - NAMED);
        }
    }
    if !route.unread.is_empty() {
        let link = if text.is_empty() { ": " } else { "; " };
        let _ = write!(text, "{link}{} not read", route.unread.len());
    }
    if text.is_empty() {
        text.push_str(": they agree");
        if !route.skipped.is_empty() {
            let _ = write!(text, " ({} rightly not delivered)", route.skipped.len());
        }
    }
    text
}

/// `, changed by Jane Doe at 2026-11-29T10:00:00Z`, as far as it is known.
pub(super) fn author(by: Option<&str>, at: Option<jiff::Timestamp>) -> String {
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
    if by.is_empty() && at.is_empty() {
        return String::new();
    }
    format!(", changed{by}{at}")
}

/// Writes one row for each order and route.
fn write_csv(file: &Path, reports: &[Report]) -> Result<(), Failed> {
    let failed = |error: csv::Error| Failed::new(format!("{}: {error}", file.display()));
    let mut out = csv::Writer::from_path(file).map_err(failed)?;
    let head = [
        "store",
        "route",
        "destination",
        "standing",
        "order",
        "number",
        "total",
        "currency",
    ];
    out.write_record(head).map_err(failed)?;
    for report in reports {
        for route in &report.routes {
            for (standing, list) in lists(route) {
                for one in list {
                    let total = one.total.map(|total| total.to_string()).unwrap_or_default();
                    out.write_record(
                        [
                            &report.store,
                            &route.route,
                            &route.destination,
                            standing,
                            &one.order,
                            &one.number,
                            &total,
                            &one.currency,
                        ]
                        .map(|cell: &str| cell),
                    )
                    .map_err(failed)?;
                }
            }
        }
    }
    out.flush()
        .map_err(|error| Failed::new(format!("{}: {error}", file.display())))
}

fn lists(route: &RouteReport) -> Vec<(&'static str, &[Entry])> {
    let gone = route.gone.as_deref().unwrap_or_default();
    vec![
        ("agree", &route.agree),
        ("missing", &route.missing),
        ("behind", &route.behind),
        ("waiting", &route.waiting),
        ("rejected", &route.rejected),
        ("skipped", &route.skipped),
        ("gone", gone),
    ]
}
