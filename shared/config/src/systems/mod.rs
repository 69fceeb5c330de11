//! The facts about each destination system that the configuration needs: one file per system, with
//! the same names in it (`WORD`, `KEYS`, `REQUEST_TIMEOUT`, `Settings`, `Settings::read`,
//! `Settings::needs`), and this list.

mod backfill;
pub mod netsuite;
pub mod salesforce;
pub mod zoho;

pub use backfill::Backfill;

use crate::{keys::Key, secret_needs::Needs, section::Section, source::Report};
use std::time::Duration;

macro_rules! systems {
    ($($(#[$about:meta])* $system:ident in $file:ident,)+) => {
        /// The system of a destination.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum System {
            $($(#[$about])* $system,)+
        }

        /// The settings that differ by system. Addresses are `https` (or `http` to this very
        /// machine) and end without a slash.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum SystemSettings {
            $($(#[$about])* $system($file::Settings),)+
        }

        impl System {
            /// Every system.
            pub const ALL: &'static [Self] = &[$(Self::$system),+];

            /// The word of every system, and `unknown` for messages that belong to none: the values
            /// of a label of metrics.
            pub const LABELS: &'static [&'static str] = &[$($file::WORD,)+ "unknown"];

            /// Returns the word in the configuration, which is also the destination adapter's name
            /// and the `system` of a mapping.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$system => $file::WORD,)+
                }
            }

            /// Returns the longest time of one call where the file does not set it.
            #[must_use]
            pub const fn request_timeout(self) -> Duration {
                match self {
                    $(Self::$system => $file::REQUEST_TIMEOUT,)+
                }
            }

            /// Returns the keys of `[destinations.NAME]` that only this system has.
            pub(crate) const fn keys(self) -> &'static [Key] {
                match self {
                    $(Self::$system => $file::KEYS,)+
                }
            }

            /// Reads those keys; returns nothing when a part is missing that has no default.
            pub(crate) fn read(self, section: &Section<'_>, report: &mut Report) -> Option<SystemSettings> {
                match self {
                    $(Self::$system => $file::Settings::read(section, report).map(SystemSettings::$system),)+
                }
            }
        }

        impl SystemSettings {
            /// Returns the keys that the secret of such a destination has to hold.
            pub(crate) fn needs(&self) -> Needs {
                match self {
                    $(Self::$system(settings) => settings.needs(),)+
                }
            }
        }
    };
}

systems! {
    /// `salesforce`.
    Salesforce in salesforce,
    /// `zoho`: Zoho CRM.
    Zoho in zoho,
    /// `netsuite`: Oracle NetSuite.
    NetSuite in netsuite,
}

impl SystemSettings {
    /// Returns how many calls may be made at once, where so many functions, each of which makes one
    /// at least, are more than that.
    #[must_use]
    pub fn calls_for_fewer_than(&self, functions: u32) -> Option<u32> {
        match self {
            Self::NetSuite(settings) => settings.calls_for_fewer_than(functions),
            Self::Salesforce(_) | Self::Zoho(_) => None,
        }
    }
}
