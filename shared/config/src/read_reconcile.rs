use crate::{Deleted, Problem, Reconcile, keys, section::Section, source::Report};
use std::{ops::RangeInclusive, time::Duration};

/// The word that switches something off.
const OFF: &str = "off";
/// The range of `every`: a shop is asked no more often than every minute, and a comparison less
/// than once a day helps nobody.
const EVERY: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(24);
/// The range of `overlap`. The platform's least is longer than the shortest here: see `sources`.
const OVERLAP: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(14 * 24);
/// The range of `verify_window`: what is older is closed in most accounts.
const WINDOW: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(60 * 24);

/// Reads `[stores.NAME.reconcile]`, or returns its defaults.
pub(crate) fn read(store: &Section<'_>, report: &mut Report) -> Reconcile {
    let default = Reconcile {
        line: store.line(),
        ..Reconcile::default()
    };
    let table = store.table("reconcile", keys::RECONCILE);
    let Some(section) = report.keep(table).flatten() else {
        return default;
    };
    report.0.extend(section.unknown_keys());
    let mut time = |name, default, range| {
        report
            .keep(section.duration(name, default, range))
            .unwrap_or(default)
    };
    let (overlap, verify_window) = (
        time("overlap", default.overlap, OVERLAP),
        time("verify_window", default.verify_window, WINDOW),
    );
    Reconcile {
        every: report.keep(every(&section)).unwrap_or(default.every),
        overlap,
        verify: report.keep(verify(&section)).unwrap_or(default.verify),
        verify_window,
        deleted: report.keep(deleted(&section)).unwrap_or(default.deleted),
        line: section.line_of("overlap"),
    }
}

fn every(section: &Section<'_>) -> Result<Option<Duration>, Problem> {
    let default = Duration::from_mins(15);
    match section
        .value("every")
        .and_then(|value| value.get_ref().as_str())
    {
        Some(OFF) => Ok(None),
        _ => section.duration("every", default, EVERY).map(Some),
    }
}

fn verify(section: &Section<'_>) -> Result<bool, Problem> {
    let word = |is_daily| if is_daily { "daily" } else { OFF };
    match section.value("verify") {
        None => Ok(true),
        Some(_) => section.choice("verify", &[true, false], word),
    }
}

fn deleted(section: &Section<'_>) -> Result<Deleted, Problem> {
    let word = |deleted| match deleted {
        Deleted::Leave => "leave",
        Deleted::Recreate => "recreate",
    };
    let name = "deleted_in_destination";
    match section.value(name) {
        None => Ok(Deleted::Leave),
        Some(_) => section.choice(name, &[Deleted::Leave, Deleted::Recreate], word),
    }
}
