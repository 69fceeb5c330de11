//! Amounts beside the lines, for destinations that add up lines: each becomes a line with a product
//! or an item that the mapping names. A warning lists the amounts without one, and their effect on
//! the sum.

use crate::{
    charge::{CHARGE, Charge, ChargeKind},
    scope::{Scope, charge},
    spec::ChargesSpec,
    template::Engine,
};
use minijinja::Value;
use order::{Balance, Money, Order, currency, text};

/// The charges of an order: those that have a product, and the warning about those that have none.
#[derive(Default)]
pub(super) struct Charges {
    pub(super) with_code: Vec<Value>,
    pub(super) warning: Option<String>,
}

/// An amount for which no product stands.
struct Uncovered {
    charge: Charge,
    variables: Vec<String>,
}

impl Charges {
    /// Sorts the amounts of an order into those with a product and those without. `balance` is the
    /// order's balance.
    pub(super) fn of(
        spec: &ChargesSpec,
        engine: &Engine,
        scope: &Scope,
        order: &Order,
        balance: &Balance,
    ) -> Result<Self, (String, String)> {
        let failed = |key: &str| {
            let key = key.to_owned();
            move |reason| (key, reason)
        };
        if let Some(when) = &spec.when
            && !engine
                .evaluate(when, &scope.clone().value())
                .map_err(failed("when"))?
                .is_true()
        {
            return Ok(Self::default());
        }
        let mut charges = Self::default();
        let mut uncovered = Vec::new();
        for amount in amounts(order, balance) {
            let kind = amount.kind;
            let at = ChargeKind::ALL.iter().position(|known| *known == kind);
            let (code, variables) = match at.and_then(|at| spec.codes.get(at)?.as_ref()) {
                Some((template, variables)) => {
                    let context =
                        Scope::with_item(&scope.clone().value(), CHARGE, charge(&amount, None));
                    (
                        engine
                            .evaluate(template, &context)
                            .map_err(failed(kind.as_str()))?,
                        variables.clone(),
                    )
                }
                None => (Value::from(()), Vec::new()),
            };
            match () {
                // `false`: it is left out on purpose, such as where the destination calculates its
                // taxes itself.
                () if code.kind() == minijinja::value::ValueKind::Bool && !code.is_true() => {}
                () if code.is_none() || code.to_string().trim().is_empty() => {
                    uncovered.push(Uncovered {
                        charge: amount,
                        variables,
                    })
                }
                () => charges.with_code.push(charge(&amount, Some(code))),
            }
        }
        charges.warning = warning(spec, order, balance, &uncovered);
        Ok(charges)
    }
}

/// Returns every amount beside the lines that is not zero. A line without a quantity cannot become
/// a line in a destination, so its amount belongs here, too.
fn amounts(order: &Order, balance: &Balance) -> Vec<Charge> {
    let names = |names: Vec<&str>| text::join(&names, ", ");
    let mut amounts = shipping(order);
    let mut add = |kind, total: Money, name: String| amounts.push(Charge::new(kind, total, name));
    add(
        ChargeKind::Tax,
        balance.tax,
        names(order.taxes.iter().map(|tax| tax.title.as_str()).collect()),
    );
    add(
        ChargeKind::Fee,
        balance.fees,
        names(order.fees.iter().map(|fee| fee.name.as_str()).collect()),
    );
    add(
        ChargeKind::Discount,
        -balance.discounts,
        names(
            order
                .discounts
                .iter()
                .map(|discount| discount.code.as_str())
                .collect(),
        ),
    );
    add(
        ChargeKind::Refund,
        -balance.refunded,
        names(
            order
                .refunds
                .iter()
                .map(|refund| refund.reason.as_str())
                .collect(),
        ),
    );
    add(
        ChargeKind::Difference,
        balance.difference + without_quantity(order),
        String::new(),
    );
    amounts.retain(|charge| !charge.total.is_zero());
    amounts
}

/// Returns one charge per way of shipping, and one for the rest of the shipping total, for payloads
/// that state only the sum.
fn shipping(order: &Order) -> Vec<Charge> {
    let of_way = |way: &order::ShippingLine| Charge {
        method: way.method.clone(),
        ..Charge::new(ChargeKind::Shipping, way.total, way.title.clone())
    };
    let mut charges: Vec<Charge> = order.shipping_lines.iter().map(of_way).collect();
    let told: Money = charges.iter().map(|charge| charge.total).sum();
    charges.push(Charge::new(
        ChargeKind::Shipping,
        order.shipping_total - told,
        String::new(),
    ));
    charges
}

fn without_quantity(order: &Order) -> Money {
    let lines = order.lines.iter().filter(|line| line.quantity.is_zero());
    lines.map(|line| line.total).sum()
}

/// Returns the warning about the amount by which the destination's sum will miss the order's worth,
/// and how to mend that.
fn warning(
    spec: &ChargesSpec,
    order: &Order,
    balance: &Balance,
    uncovered: &[Uncovered],
) -> Option<String> {
    let low: Money = uncovered
        .iter()
        .map(|uncovered| uncovered.charge.total)
        .sum();
    if low.is_zero() {
        return None;
    }
    let shown = |amount: Money| currency::written(amount, &order.currency);
    let mut parts: Vec<String> = Vec::new();
    for Uncovered { charge, variables } in uncovered {
        let amount = shown(charge.total.abs());
        let what = match charge.kind {
            ChargeKind::Shipping => format!("shipping {amount} has"),
            ChargeKind::Tax => format!("tax {amount} has"),
            ChargeKind::Fee => format!("fees {amount} have"),
            ChargeKind::Discount => format!("discount {amount} has"),
            ChargeKind::Refund => format!("{amount} that was given back has"),
            ChargeKind::Difference => {
                format!("{amount} that is neither line, shipping, tax, fee nor discount has")
            }
        };
        let mend = if variables.is_empty() {
            String::new()
        } else {
            format!(" (set {})", variables.join(" or "))
        };
        parts.push(format!("{what} no product to stand for it{mend}"));
    }
    let without = order
        .lines
        .iter()
        .filter(|line| line.quantity.is_zero() && !line.total.is_zero())
        .count();
    if without > 0 {
        parts.push(format!(
            "{without} of its lines have the quantity 0, which no line can have there"
        ));
    }
    Some(format!(
        "The {}'s amount will be {} {} than the {} {} that the order is worth: {}.",
        spec.of,
        shown(low.abs()),
        if low > Money::ZERO { "lower" } else { "higher" },
        shown(balance.worth),
        order.currency,
        parts.join("; ")
    ))
}
