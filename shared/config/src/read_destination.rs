use crate::{
    Destination, System, keys,
    name::bad_name,
    read_delivery::{self, General},
    section::Section,
    source::Report,
};

/// Reads `[destinations.NAME]`; returns nothing when a part is missing that has no default.
pub(crate) fn read(
    name: &str,
    section: &Section<'_>,
    general: General,
    report: &mut Report,
) -> Option<Destination> {
    report
        .0
        .extend(bad_name("destination", name).map(|message| section.problem_here(message)));
    let secret = report.keep(section.text("secret"));
    let system = report.keep(section.choice("system", System::ALL, System::as_str));
    let defaults = system.map_or(general.delivery, |system| general.of(system));
    let delivery = match report
        .keep(section.table("delivery", keys::DELIVERY))
        .flatten()
    {
        Some(overrides) => read_delivery::read(&overrides, defaults, report),
        None => defaults,
    };
    // Which other keys are allowed depends on the system; without it they cannot be judged.
    let system = system?;
    let section = section.clone().allowing(system.keys());
    report.0.extend(section.unknown_keys());
    let settings = system.read(&section, report);
    Some(Destination {
        name: name.to_owned(),
        system,
        secret: secret?.to_owned(),
        delivery,
        settings: settings?,
        line: section.line(),
    })
}
