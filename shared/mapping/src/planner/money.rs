//! An order's money as the mapping wants it: its currency, its tax, and the amounts beside the
//! lines.

use super::{
    Planner,
    charges::Charges,
    currency::{self, Money},
};
use crate::{PlanError, scope::Scope, spec::Spec};
use order::Order;
use std::borrow::Cow;

impl Planner<'_> {
    /// Returns the order in the currency in which it goes out, and that currency where the
    /// destination must be asked whether it is its own.
    pub(super) fn money<'o>(
        &mut self,
        spec: &Spec,
        order: &'o Order,
        scope: &Scope,
    ) -> Result<(Cow<'o, Order>, Option<String>), PlanError> {
        let Some(currency) = &spec.currency else {
            return Ok((Cow::Borrowed(order), None));
        };
        let decided = currency::decide(currency, self.engine, order, &scope.clone().value());
        match decided.map_err(|reason| self.failure("order", "currency", reason))? {
            Money::AsTheyAre => Ok((Cow::Borrowed(order), None)),
            Money::IfHome(currency, note) => {
                self.warnings.extend(note);
                Ok((Cow::Borrowed(order), Some(currency)))
            }
            Money::InBooks(books, note) => {
                self.warnings.push(note);
                let order = Order {
                    raw: order.raw.clone(),
                    ..books.clone()
                };
                Ok((Cow::Owned(order), None))
            }
        }
    }

    /// Returns the order without the tax that a marketplace pays, where the mapping leaves that tax
    /// out; either way a note states the amount.
    pub(super) fn without_marketplace_tax<'o>(
        &mut self,
        spec: &Spec,
        order: Cow<'o, Order>,
        scope: &Scope,
    ) -> Result<Cow<'o, Order>, PlanError> {
        let Some(template) = spec
            .marketplace_tax
            .as_ref()
            .filter(|_| !order.marketplace_tax.is_zero())
        else {
            return Ok(order);
        };
        let word = self.engine.evaluate(template, &scope.clone().value());
        let word = word
            .map_err(|reason| self.failure("order", "marketplace_tax", reason))?
            .to_string();
        let tax = format!(
            "{} {} of the order's tax is collected and paid by the marketplace that sold it",
            order::currency::written(order.marketplace_tax, &order.currency),
            order.currency
        );
        match word.as_str() {
            "leave_out" => {
                self.warnings.push(format!("{tax}, and was left out."));
                let mut order = order.into_owned();
                order.total -= order.marketplace_tax;
                order.tax_total -= order.marketplace_tax;
                Ok(Cow::Owned(order))
            }
            "keep" => {
                self.warnings.push(format!(
                    "{tax}, and is in the amount as if it were the shop's (set vars.marketplace_tax = \"leave_out\" to deliver without it)."
                ));
                Ok(order)
            }
            other => Err(self.failure(
                "order",
                "marketplace_tax",
                format!("it came out as `{other}`; it is `keep` or `leave_out`"),
            )),
        }
    }

    /// Returns the scope with the amounts beside the lines in it.
    pub(super) fn charges(
        &mut self,
        spec: &Spec,
        scope: Scope,
        order: &Order,
    ) -> Result<Scope, PlanError> {
        let Some(charges) = &spec.charges else {
            return Ok(scope);
        };
        let too_large = || {
            self.failure(
                "order",
                "total",
                "its amounts are too large to be added up".to_owned(),
            )
        };
        let balance = order.balance().ok_or_else(too_large)?;
        let charges = Charges::of(charges, self.engine, &scope, order, &balance);
        let charges = charges.map_err(|(key, reason)| self.failure("charges", &key, reason))?;
        self.warnings.extend(charges.warning);
        Ok(scope.with_charges(charges.with_code))
    }
}
