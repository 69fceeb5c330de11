use crate::{Platform, Store, name::bad_name, section::Section, source::Report};

/// `[stores.NAME]`; nothing when a part is missing that has no default.
pub(crate) fn read(name: &str, section: &Section<'_>, report: &mut Report) -> Option<Store> {
    report.0.extend(section.unknown_keys());
    report
        .0
        .extend(bad_name("store", name).map(|message| section.problem_here(message)));
    let platform = report.keep(section.choice("platform", Platform::ALL, Platform::as_str));
    let secret = report.keep(section.text("secret"));
    Some(Store {
        name: name.to_owned(),
        platform: platform?,
        secret: secret?.to_owned(),
        line: section.line(),
    })
}
