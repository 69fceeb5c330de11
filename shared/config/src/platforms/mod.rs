//! What the configuration knows of each shop platform: one file per platform, with the same four
//! names in it (`WORD`, `TOPICS`, `PATIENCE`, `needs`), and this list.

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

            /// The word of every platform, and `unknown` for what belongs to none: the values of a
            /// label of metrics.
            pub const LABELS: &'static [&'static str] = &[$($file::WORD,)+ "unknown"];

            /// The word in the configuration; the same as the source adapter's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$platform => $file::WORD,)+
                }
            }

            /// How long the answer to one of its webhooks may take, the way there and back
            /// included.
            #[must_use]
            pub const fn patience(self) -> Duration {
                match self {
                    $(Self::$platform => $file::PATIENCE,)+
                }
            }

            /// What a route's `topics` may hold.
            pub(crate) const fn topics(self) -> Topics {
                match self {
                    $(Self::$platform => $file::TOPICS,)+
                }
            }

            /// What the secret of a store has to hold.
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
