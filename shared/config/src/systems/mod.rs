//! What the configuration knows of each destination system: one file per system, with the same
//! names in it (`WORD`, `KEYS`, `REQUEST_TIMEOUT`, `Settings`, `Settings::read`,
//! `Settings::needs`), and this list.

pub mod netsuite;
pub mod salesforce;
pub mod zoho;

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

            /// The word of every system, and `unknown` for what belongs to none: the values of a
            /// label of metrics.
            pub const LABELS: &'static [&'static str] = &[$($file::WORD,)+ "unknown"];

            /// The word in the configuration; the same as the destination adapter's name and the
            /// `system` of a mapping.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$system => $file::WORD,)+
                }
            }

            /// The longest that one call may take where the file does not say.
            #[must_use]
            pub const fn request_timeout(self) -> Duration {
                match self {
                    $(Self::$system => $file::REQUEST_TIMEOUT,)+
                }
            }

            /// The keys of `[destinations.NAME]` that only this system has.
            pub(crate) const fn keys(self) -> &'static [Key] {
                match self {
                    $(Self::$system => $file::KEYS,)+
                }
            }

            /// Reads those keys; nothing when a part is missing that has no default.
            pub(crate) fn read(self, section: &Section<'_>, report: &mut Report) -> Option<SystemSettings> {
                match self {
                    $(Self::$system => $file::Settings::read(section, report).map(SystemSettings::$system),)+
                }
            }
        }

        impl SystemSettings {
            /// What the secret of such a destination has to hold.
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
    /// Divides the calls at once of the account, where it bounds them, among so many functions that
    /// know nothing of one another. Answers how many calls there are where they are fewer than the
    /// functions: each makes one at least.
    pub fn share_calls(&mut self, functions: u32) -> Option<u32> {
        match self {
            Self::NetSuite(settings) => settings.share_calls(functions),
            Self::Salesforce(_) | Self::Zoho(_) => None,
        }
    }
}
