use crate::{section::Section, source::Report};

/// How orders are written that nobody waits for, because they were read from the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backfill {
    /// `batches`: as many at a time as the system takes.
    Batches,
    /// `single`: as those that were posted.
    Single,
}

impl Backfill {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::Batches, Self::Single];

    /// Returns the word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Single => "single",
        }
    }

    /// Reads the key `backfill`, which may be left out.
    pub(super) fn read(section: &Section<'_>, report: &mut Report, default: Self) -> Option<Self> {
        match section.value("backfill") {
            Some(_) => report.keep(section.choice("backfill", Self::ALL, Self::as_str)),
            None => Some(default),
        }
    }
}
