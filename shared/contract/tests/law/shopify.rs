//! A shop of Shopify: `total_price` is everything that was ever sold, `current_total_price` what is
//! left of it; a `refunds` entry has things, money, or both.

use crate::{Case, Told};
use serde_json::{Value, json};

struct Line {
    /// Of one, without tax.
    net: i64,
    /// On one.
    tax: i64,
    sold: i64,
    current: i64,
}

struct Shop<'a> {
    case: &'a Case,
    lines: Vec<Line>,
    refunds: Vec<Value>,
    /// Money given back for things, and beyond their value.
    money: i64,
    goodwill: i64,
    is_cancelled: bool,
    is_refunded: bool,
}

impl Shop<'_> {
    fn sum(&self, of: fn(&Line) -> i64) -> i64 {
        self.lines.iter().map(of).sum()
    }

    fn beside(&self) -> i64 {
        self.case.shipping + self.tip()
    }

    fn tip(&self) -> i64 {
        if self.case.extra.0 == 3 {
            self.case.extra.1
        } else {
            0
        }
    }

    fn total(&self) -> i64 {
        self.sum(|line| (line.net + line.tax) * line.sold) + self.beside()
    }

    fn current(&self) -> i64 {
        self.sum(|line| (line.net + line.tax) * line.current) + self.beside()
    }

    /// What came back and was not paid back yet.
    fn owed(&self) -> i64 {
        self.total() - self.current() - self.money
    }

    /// Older versions tell nothing of the current state but what the refunds say.
    fn is_old(&self) -> bool {
        self.case.extra.0 == 4
    }

    fn take_out(&mut self, line: u8, size: u8) -> Vec<Value> {
        let at = usize::from(line) % self.lines.len();
        let included = self.case.tax_included;
        let text = |units: i64| self.case.text(units);
        let line = &self.lines[at];
        let quantity = i64::from(size).min(line.current);
        if quantity == 0 {
            return Vec::new();
        }
        let subtotal = (line.net + if included { line.tax } else { 0 }) * quantity;
        let item = json!({"line_item_id": at + 1, "quantity": quantity, "subtotal": text(subtotal), "total_tax": text(line.tax * quantity)});
        self.lines[at].current -= quantity;
        vec![item]
    }

    fn refund(&mut self, items: Vec<Value>, money: i64) {
        let transaction = json!({"kind": "refund", "status": "success", "amount": self.case.text(money), "currency": self.case.currency()});
        let transactions = if money > 0 {
            vec![transaction]
        } else {
            Vec::new()
        };
        if !items.is_empty() || money > 0 {
            self.refunds
                .push(json!({"id": 300 + self.refunds.len(), "refund_line_items": items, "transactions": transactions}));
        }
    }

    fn happens(&mut self, (event, line, size): (u8, u8, u8)) {
        if self.is_cancelled || self.is_refunded {
            return;
        }
        match event {
            // An edit; in newer versions it need not be told but by the line's current quantity.
            // After money for nothing it must be, or nobody could tell which was for what.
            0 => {
                let items = self.take_out(line, size);
                if self.is_old() || self.goodwill > 0 || self.case.extra.0.is_multiple_of(2) {
                    self.refund(items, 0);
                }
            }
            // A return, its money at once or later.
            1 | 2 => {
                let owed = self.owed();
                let items = self.take_out(line, size);
                let money = if event == 1 { self.owed() - owed } else { 0 };
                self.money += money;
                self.refund(items, money);
            }
            3 => {
                let money = self.owed() * i64::from(size) / 5;
                self.money += money;
                self.refund(Vec::new(), money);
            }
            // Money for nothing, once nothing is owed: only then does anybody know what it is.
            4 if self.owed() == 0 => {
                let money = (self.current() - self.goodwill).max(0) * i64::from(size) / 6;
                self.goodwill += money;
                self.refund(Vec::new(), money);
            }
            // Another thing is taken.
            5 => {
                let Line { net, tax, .. } = self.lines[0];
                self.lines.push(Line {
                    net,
                    tax,
                    sold: 1,
                    current: 1,
                });
            }
            6 => {
                for at in 0..self.lines.len() {
                    let at = u8::try_from(at).unwrap();
                    let items = self.take_out(at, u8::MAX);
                    self.refund(items, 0);
                }
                self.is_cancelled = true;
            }
            7 => {
                let items = if size.is_multiple_of(2) {
                    self.take_out(line, u8::MAX)
                } else {
                    Vec::new()
                };
                let money = self.total() - self.money - self.goodwill;
                self.refund(items, money);
                self.is_refunded = true;
            }
            _ => {}
        }
    }
}

/// The order after everything that happened to it.
pub(crate) fn told(case: &Case) -> Told {
    let lines = case.lines.iter().map(|(price, quantity, percent)| Line {
        // Hundreds of minor units, so that every share of a tax is exact.
        net: price * 100,
        tax: price * percent,
        sold: *quantity,
        current: *quantity,
    });
    let mut shop = Shop {
        case,
        lines: lines.collect(),
        refunds: Vec::new(),
        money: 0,
        goodwill: 0,
        is_cancelled: false,
        is_refunded: false,
    };
    case.events.iter().for_each(|event| shop.happens(*event));
    let is_lost = shop.is_cancelled || shop.is_refunded;
    let worth = if is_lost {
        shop.total()
    } else {
        shop.current() - shop.goodwill
    };
    Told {
        worth: case.money(worth),
        body: body(&shop),
    }
}

fn body(shop: &Shop<'_>) -> Value {
    let case = shop.case;
    let text = |units: i64| case.text(units);
    let lines = shop.lines.iter().enumerate().map(|(index, line)| {
        let price = line.net + if case.tax_included { line.tax } else { 0 };
        let mut item = json!({
            "id": index + 1, "name": "Thing", "sku": format!("SKU-{index}"), "product_id": 50 + index, "variant_id": 60 + index, "price": text(price), "quantity": line.sold,
            "tax_lines": [{"title": "VAT", "price": text(line.tax * line.sold)}], "discount_allocations": [],
        });
        if !shop.is_old() {
            item["current_quantity"] = json!(line.current);
        }
        item
    });
    let status = match () {
        () if shop.is_refunded => "refunded",
        () if shop.money + shop.goodwill > 0 => "partially_refunded",
        () => "paid",
    };
    let lowered = if case.extra.0 == 5 { shop.goodwill } else { 0 };
    let mut body = json!({
        "id": 7, "name": "#7", "currency": case.currency(), "taxes_included": case.tax_included, "financial_status": status, "created_at": "2026-05-01T10:00:00-04:00",
        "cancelled_at": if shop.is_cancelled { json!("2026-05-02T10:00:00-04:00") } else { Value::Null }, "email": "ann@example.com", "customer": {"id": 5, "first_name": "Ann", "last_name": "Lee"},
        "total_price": text(shop.total()), "total_tax": text(shop.sum(|line| line.tax * line.sold)), "total_tip_received": text(shop.tip()), "line_items": lines.collect::<Vec<_>>(),
        "shipping_lines": [{"id": 80, "code": "std", "title": "Standard", "price": text(case.shipping), "discounted_price": text(case.shipping), "discount_allocations": []}],
        "refunds": shop.refunds, "test": false,
    });
    if !shop.is_old() {
        let current = if shop.is_cancelled || shop.is_refunded {
            0
        } else {
            shop.current() - lowered
        };
        body["current_total_price"] = json!(text(current));
        body["current_total_tax"] = json!(text(shop.sum(|line| line.tax * line.current)));
    }
    body
}
