//! What is traded: things, shipping and money, in the way in which shops keep book of them. All
//! amounts are in cents of the order's currency.

use crate::dice::Dice;

/// Product codes that every destination sells, each with its price.
const PRODUCTS: &[(&str, u64)] = &[
    ("woo-polo", 2_000),
    ("woo-beanie", 1_800),
    ("PROD-XYZ", 9_999),
    ("101", 4_999),
    ("102", 2_500),
];

/// The currency that every destination keeps its amounts in.
pub(crate) const HOME: &str = "USD";
/// So many dollars a unit of any other currency is to a shop that keeps its books in them: a whole
/// number, so that sums stay sums.
pub(crate) const RATE: u64 = 2;

/// Everything that has to do with money in a state of an order.
#[derive(Clone, Debug)]
pub(crate) struct Trade {
    pub(crate) currency: &'static str,
    pub(crate) lines: Vec<Line>,
    pub(crate) shipping: u64,
    /// Of the shipping so much was taken back.
    pub(crate) shipping_gone: u64,
    /// What the customer paid in all.
    pub(crate) paid: u64,
    pub(crate) returns: Vec<Return>,
    /// Whether the shop takes goodwill off its current total; Shopify's pages do not say which it
    /// does.
    pub(crate) lowers_total: bool,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) code: &'static str,
    pub(crate) price: u64,
    /// How much of it was ever ordered.
    pub(crate) sold: u64,
    /// How much of that is no part of the order any more: taken out, come back, called off.
    pub(crate) gone: u64,
}

/// Things that left the order, money that went back, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Return {
    /// Lines by their id, and how much of each.
    pub(crate) goods: Vec<(u64, u64)>,
    pub(crate) shipping: u64,
    /// None was to move, where that is `None`.
    pub(crate) money: Option<u64>,
    /// Money for nothing that came back.
    pub(crate) is_goodwill: bool,
}

impl Line {
    /// One of the products on sale.
    pub(super) fn draw(dice: &Dice, id: u64) -> Self {
        let (code, price) = *dice.pick(PRODUCTS);
        Self {
            id,
            code,
            price,
            sold: dice.between(1, 4),
            gone: 0,
        }
    }

    pub(crate) fn left(&self) -> u64 {
        self.sold - self.gone
    }
}

impl Trade {
    /// What is ordered first. Most orders are in the destinations' currency.
    pub(super) fn draw(dice: &Dice) -> Self {
        Self {
            currency: if dice.chance(850) {
                HOME
            } else {
                *dice.pick(&["EUR", "GBP"])
            },
            lines: (1..=dice.between(1, 3))
                .map(|id| Line::draw(dice, id))
                .collect(),
            shipping: *dice.pick(&[0, 0, 495, 1_250]),
            shipping_gone: 0,
            paid: 0,
            returns: Vec::new(),
            lowers_total: dice.chance(500),
        }
    }

    /// All that was ever ordered.
    pub(crate) fn sold(&self) -> u64 {
        self.lines
            .iter()
            .map(|line| line.price * line.sold)
            .sum::<u64>()
            + self.shipping
    }

    /// What is still in the order.
    pub(crate) fn left(&self) -> u64 {
        self.lines
            .iter()
            .map(|line| line.price * line.left())
            .sum::<u64>()
            + self.shipping
            - self.shipping_gone
    }

    /// What is no part of it any more.
    pub(crate) fn gone(&self) -> u64 {
        self.sold() - self.left()
    }

    /// All money that went back.
    pub(crate) fn money_back(&self) -> u64 {
        self.returns.iter().filter_map(|back| back.money).sum()
    }

    /// The part of it that went back for nothing.
    pub(crate) fn goodwill(&self) -> u64 {
        let goodwill = self.returns.iter().filter(|back| back.is_goodwill);
        goodwill.filter_map(|back| back.money).sum()
    }

    /// What the shop owes the customer for what left the order after it was paid.
    pub(super) fn owed(&self) -> u64 {
        (self.paid + self.goodwill()).saturating_sub(self.money_back() + self.left())
    }

    /// The customer pays what is missing.
    pub(super) fn settle(&mut self) {
        self.paid = self
            .paid
            .max(self.left() + self.money_back() - self.goodwill());
    }

    /// What things are worth that left the order.
    pub(crate) fn worth_of(&self, back: &Return) -> u64 {
        let price = |id: u64| {
            self.lines
                .iter()
                .find(|line| line.id == id)
                .map_or(0, |line| line.price)
        };
        back.goods
            .iter()
            .map(|(id, quantity)| price(*id) * quantity)
            .sum::<u64>()
            + back.shipping
    }

    pub(super) fn add_line(&mut self, dice: &Dice) {
        let id = self
            .lines
            .iter()
            .map(|line| line.id)
            .max()
            .unwrap_or_default()
            + 1;
        self.lines.push(Line::draw(dice, id));
    }

    /// Some or all of a line leave the order; `None` where none has anything left.
    pub(super) fn take_out(&mut self, dice: &Dice) -> Option<Return> {
        let there: Vec<usize> = (0..self.lines.len())
            .filter(|place| self.lines[*place].left() > 0)
            .collect();
        if there.is_empty() {
            return None;
        }
        let line = &mut self.lines[*dice.pick(&there)];
        let quantity = dice.between(1, line.left());
        line.gone += quantity;
        Some(Return {
            goods: vec![(line.id, quantity)],
            ..Return::default()
        })
    }

    /// Everything leaves the order.
    pub(super) fn take_all(&mut self) -> Return {
        let mut all = Return {
            shipping: self.shipping - self.shipping_gone,
            ..Return::default()
        };
        for line in self.lines.iter_mut().filter(|line| line.left() > 0) {
            all.goods.push((line.id, line.left()));
            line.gone = line.sold;
        }
        self.shipping_gone = self.shipping;
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade() -> Trade {
        let line = |id, price, sold| Line {
            id,
            code: "101",
            price,
            sold,
            gone: 0,
        };
        Trade {
            currency: HOME,
            lines: vec![line(1, 1_000, 2), line(2, 500, 1)],
            shipping: 300,
            shipping_gone: 0,
            paid: 0,
            returns: Vec::new(),
            lowers_total: false,
        }
    }

    #[test]
    fn what_leaves_before_the_payment_is_owed_to_nobody() {
        let mut trade = trade();
        trade.lines[0].gone = 1;
        trade.settle();
        assert_eq!(
            (trade.sold(), trade.left(), trade.paid, trade.owed()),
            (2_800, 1_800, 1_800, 0)
        );
    }

    #[test]
    fn what_leaves_after_it_is_owed_but_for_what_is_taken_in_its_place() {
        let mut trade = trade();
        trade.settle();
        trade.lines[0].gone = 2;
        assert_eq!(trade.owed(), 2_000);
        trade.lines[1].sold = 3;
        trade.settle();
        assert_eq!((trade.paid, trade.owed()), (2_800, 1_000));
    }

    #[test]
    fn goodwill_is_owed_to_nobody() {
        let mut trade = trade();
        trade.settle();
        trade.returns.push(Return {
            money: Some(200),
            is_goodwill: true,
            ..Return::default()
        });
        trade.settle();
        assert_eq!(
            (
                trade.paid,
                trade.owed(),
                trade.money_back(),
                trade.goodwill()
            ),
            (2_800, 0, 200, 200)
        );
    }

    #[test]
    fn everything_can_leave() {
        let mut trade = trade();
        trade.lines[0].gone = 1;
        let all = trade.take_all();
        assert_eq!(
            (all.goods.clone(), trade.worth_of(&all), trade.left()),
            (vec![(1, 1), (2, 1)], 1_800, 0)
        );
    }
}
