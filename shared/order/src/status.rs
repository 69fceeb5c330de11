use crate::Money;
use serde::Serialize;

/// The state of an order: one word that all shops share for status maps, and the shop's own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The meaning of the state, whatever the shop calls it. Refunds are taken into account.
    pub kind: StatusKind,
    /// The shop's own word, in lower case (`processing`, `paid`, `holded`). An open set: plugins
    /// add their own words.
    pub name: String,
    /// The meaning that the state would have without any refund.
    pub before_refunds: StatusKind,
}

/// The meaning of an order's state. The status maps of mappings may use this or the shop's own
/// word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// A cart, not yet an order: creates nothing.
    Draft,
    /// Placed, not yet paid.
    Pending,
    /// Paid, being prepared.
    Processing,
    /// Held back by the shop.
    OnHold,
    /// Paid and fulfilled.
    Completed,
    /// Called off.
    Cancelled,
    /// Partly paid back.
    PartiallyRefunded,
    /// Wholly paid back.
    Refunded,
    /// The payment failed.
    Failed,
    /// Moved to the shop's trash: creates nothing.
    Trashed,
    /// A word that the source does not know.
    Other,
}

impl StatusKind {
    /// Returns the word in templates, status maps and JSON: `on_hold`, `partially_refunded`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Trashed => "trashed",
            Self::Other => "other",
        }
    }

    /// Returns whether nothing comes of the order: it was called off, wholly given back, never paid
    /// or thrown away.
    #[must_use]
    pub fn is_lost(self) -> bool {
        matches!(
            self,
            Self::Cancelled | Self::Refunded | Self::Failed | Self::Trashed
        )
    }
}

impl Status {
    /// Creates a state in which nothing was given back, or the shop's word does not depend on it.
    #[must_use]
    pub fn new(kind: StatusKind, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            before_refunds: kind,
        }
    }

    /// Sets the meaning of the state after `refunded` of `total` was given back. Shops leave their
    /// word at `completed` or `processing` while money goes back, so the meaning follows from the
    /// money. A word that itself says that the order is lost stays as it is, and so does a draft.
    #[must_use]
    pub fn after_refunds(self, total: Money, refunded: Money) -> Self {
        let may_change = !self.kind.is_lost() && self.kind != StatusKind::Draft;
        let kind = match self.kind {
            _ if may_change && total > Money::ZERO && refunded >= total => StatusKind::Refunded,
            _ if may_change && refunded > Money::ZERO => StatusKind::PartiallyRefunded,
            kind => kind,
        };
        Self { kind, ..self }
    }

    /// Returns whether the money given back decides what the state means, and not the shop's word.
    #[must_use]
    pub fn is_by_refunds(&self) -> bool {
        self.kind != self.before_refunds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_back_counts_before_the_shops_word() {
        let after = |kind, refunded| {
            Status::new(kind, "word")
                .after_refunds(Money::TEN, Money::from(refunded))
                .kind
        };
        for kind in [
            StatusKind::Pending,
            StatusKind::Processing,
            StatusKind::OnHold,
            StatusKind::Completed,
            StatusKind::Other,
        ] {
            assert_eq!(after(kind, 0), kind);
            assert_eq!(after(kind, 4), StatusKind::PartiallyRefunded);
            assert_eq!(after(kind, 10), StatusKind::Refunded);
            assert_eq!(
                Status::new(kind, "word")
                    .after_refunds(Money::TEN, Money::TEN)
                    .before_refunds,
                kind
            );
        }
        assert_eq!(after(StatusKind::Cancelled, 10), StatusKind::Cancelled);
        assert_eq!(after(StatusKind::Failed, 4), StatusKind::Failed);
    }

    #[test]
    fn an_order_that_cost_nothing_is_not_given_back() {
        let free =
            Status::new(StatusKind::Completed, "completed").after_refunds(Money::ZERO, Money::ZERO);
        assert_eq!(
            (free.kind, free.is_by_refunds()),
            (StatusKind::Completed, false)
        );
    }
}
