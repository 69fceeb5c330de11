//! The facts about each shop platform that the configuration needs: one file per platform, with the
//! same four names in it (`WORD`, `TOPICS`, `PATIENCE`, `needs`), and this list.

mod magento;
mod shopify;
mod woocommerce;

use crate::{secret_needs::Needs, topics::Topics};
use std::time::Duration;

macro_rules! platforms {
    ($($(#[$about:meta])* $platform:ident in $file:ident,)+) => {
        /// The software of a shop.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Platform {
            $($(#[$about])* $platform,)+
        }

        impl Platform {
            /// Every platform.
            pub const ALL: &'static [Self] = &[$(Self::$platform),+];

            /// The word of every platform, and `unknown` for requests that belong to none: the
            /// values of a label of metrics.
            pub const LABELS: &'static [&'static str] = &[$($file::WORD,)+ "unknown"];

            /// Returns the word in the configuration, which is also the source adapter's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$platform => $file::WORD,)+
                }
            }

            /// Returns the longest time for the answer to one of its webhooks, the way there and
            /// back included.
            #[must_use]
            pub const fn patience(self) -> Duration {
                match self {
                    $(Self::$platform => $file::PATIENCE,)+
                }
            }

            /// Returns the topics that a route's `topics` may hold.
            pub(crate) const fn topics(self) -> Topics {
                match self {
                    $(Self::$platform => $file::TOPICS,)+
                }
            }

            /// Returns the keys that the secret of a store has to hold.
            pub(crate) fn needs(self) -> Needs {
                match self {
                    $(Self::$platform => $file::needs(),)+
                }
            }
        }
    };
}

platforms! {
    /// `woocommerce`.
    WooCommerce in woocommerce,
    /// `shopify`.
    Shopify in shopify,
    /// `magento`: Magento Open Source, Adobe Commerce, Mage-OS.
    Magento in magento,
}
