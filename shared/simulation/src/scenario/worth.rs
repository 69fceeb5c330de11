//! What a shop says of an order in a state: what is in it, whether it is lost, and what it is worth
//! now. It is what destinations must come to hold.

use super::{
    Target,
    life::State,
    shop::{self, UNKNOWN},
    trade::{HOME, Line, RATE},
};
use config::Platform;

/// An amount in cents, and its currency.
pub(crate) type Amount = (u64, &'static str);

/// The currency beside dollars that a NetSuite with several of them is told about.
pub(crate) const SECOND: &str = "EUR";

impl State {
    /// Whether nothing comes of the order any more: it was called off, or all of its money went
    /// back. It keeps what was lost.
    pub(crate) fn is_lost(&self, platform: Platform) -> bool {
        self.status == "cancelled" || self.is_given_back(platform)
    }

    /// Whether all money went back. Magento closes an order too where the shipping was kept.
    pub(crate) fn is_given_back(&self, platform: Platform) -> bool {
        let (total, back) = (self.trade.left(), self.trade.money_back());
        match platform {
            Platform::WooCommerce => self.status == "refunded" || (total > 0 && back >= total),
            Platform::Magento => {
                (self.status == "refunded" && (back == 0 || back >= total))
                    || (total > 0 && back >= total)
            }
            Platform::Shopify => {
                self.status == "refunded" || (self.trade.paid > 0 && back >= self.trade.paid)
            }
        }
    }

    /// The lines that are in the order, each with its quantity. What is lost is what was sold; of
    /// what Magento gave back, what was not called off before. Where everything came back to a
    /// Shopify shop and its money has not followed, it stands beside what was sold.
    pub(crate) fn lines(&self, platform: Platform) -> Vec<(&Line, u64)> {
        let as_sold = match platform {
            Platform::Magento => self.status == "cancelled",
            Platform::WooCommerce => self.is_lost(platform),
            Platform::Shopify => {
                self.is_lost(platform) || self.trade.lines.iter().all(|line| line.left() == 0)
            }
        };
        let quantity = |line: &Line| if as_sold { line.sold } else { line.left() };
        let lines = self.trade.lines.iter().map(|line| (line, quantity(line)));
        lines.filter(|(_, quantity)| *quantity > 0).collect()
    }

    /// Whether one of these lines is of a product that no destination sells.
    pub(crate) fn has_unknown(&self, platform: Platform) -> bool {
        let first = self.trade.lines.first().map(|line| line.id);
        self.poison
            && self
                .lines(platform)
                .iter()
                .any(|(line, _)| Some(line.id) == first)
    }

    /// The code of a line's product, before anything stands for it.
    pub(crate) fn code(&self, line: &Line) -> &'static str {
        let is_first = self
            .trade
            .lines
            .first()
            .is_some_and(|first| first.id == line.id);
        if self.poison && is_first {
            UNKNOWN
        } else {
            line.code
        }
    }

    /// What the order is worth in its own currency.
    pub(crate) fn worth(&self, platform: Platform) -> u64 {
        let trade = &self.trade;
        match platform {
            Platform::WooCommerce if self.is_lost(platform) => trade.left(),
            Platform::WooCommerce => trade.left() - trade.money_back(),
            Platform::Magento if self.status == "cancelled" => trade.sold(),
            Platform::Magento if self.is_lost(platform) => trade.left(),
            Platform::Magento => trade.left() - trade.money_back(),
            Platform::Shopify if self.is_lost(platform) => trade.sold(),
            // Things may leave after a goodwill that was more than what is left is worth.
            Platform::Shopify => trade.left().saturating_sub(trade.goodwill()),
        }
    }

    /// What a destination must come to hold; `None` where it cannot take the order's currency and
    /// has to say so.
    pub(crate) fn worth_at(&self, target: &Target, platform: Platform) -> Option<Amount> {
        let (worth, currency) = (self.worth(platform), self.trade.currency);
        match () {
            () if currency == HOME => Some((worth, HOME)),
            () if target.several_currencies && currency == SECOND => Some((worth, SECOND)),
            () if target.converts && platform == Platform::Magento => Some((worth * RATE, HOME)),
            () => None,
        }
    }

    /// What the stage of a deal or the memo of a sales order contains.
    pub(crate) fn status_word(&self, system: &str, platform: Platform) -> String {
        let is_lost = self.is_lost(platform);
        match (system, self.status) {
            ("netsuite", _) if is_lost => format!("({})", shop::word(platform, self)),
            ("netsuite", _) => " Order #".to_owned(),
            _ if is_lost => "Closed Lost".to_owned(),
            (_, "pending") => match (system, platform) {
                ("salesforce", Platform::Shopify) => "New Order",
                ("salesforce", Platform::Magento) => "Prospecting",
                _ => "Negotiation/Review",
            }
            .to_owned(),
            _ => "Closed Won".to_owned(),
        }
    }
}
