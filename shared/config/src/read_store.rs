use crate::{Platform, Store, name::bad_name, read_reconcile, section::Section, source::Report};
use std::time::Duration;

/// The range of `silence`: a shop that is quiet for less is only quiet, and a warning after more
/// than a quarter of a year helps nobody.
const SILENCE: std::ops::RangeInclusive<Duration> =
    Duration::from_hours(1)..=Duration::from_hours(90 * 24);

/// Reads `[stores.NAME]`; returns nothing when a part is missing that has no default.
pub(crate) fn read(name: &str, section: &Section<'_>, report: &mut Report) -> Option<Store> {
    report.0.extend(section.unknown_keys());
    report
        .0
        .extend(bad_name("store", name).map(|message| section.problem_here(message)));
    let platform = report.keep(section.choice("platform", Platform::ALL, Platform::as_str));
    let secret = report.keep(section.text("secret"));
    let silence = section
        .value("silence")
        .and_then(|_| report.keep(section.duration("silence", *SILENCE.start(), SILENCE)));
    let reconcile = read_reconcile::read(section, report);
    Some(Store {
        name: name.to_owned(),
        platform: platform?,
        secret: secret?.to_owned(),
        silence,
        reconcile,
        line: section.line(),
    })
}
