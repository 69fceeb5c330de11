use crate::{Alerts, keys, section::Section, source::Report};

/// Reads `[alerts]`, where there is one.
pub(crate) fn read(top: &Section<'_>, report: &mut Report) -> Option<Alerts> {
    let section = report.keep(top.table("alerts", keys::ALERTS)).flatten()?;
    report.0.extend(section.unknown_keys());
    let secret = report.keep(section.text("secret"))?;
    Some(Alerts {
        secret: secret.to_owned(),
        line: section.line(),
    })
}
