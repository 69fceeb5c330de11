//! From a checked mapping and an order to a plan.

mod carry;
mod charges;
mod currency;
mod gone;
mod json;
mod record;
mod scope;
mod shorten;
mod value;

pub(crate) use scope::known_names;

use crate::{
    NoPlan, Plan, PlanError,
    grammar::{RecordSpec, SentenceSpec, Spec},
    plan::{EmptySet, Find, Record},
    template::Engine,
};
use carry::Carry;
use charges::Charges;
use currency::Money;
use indexmap::IndexMap;
use order::Order;
use scope::Scope;
use std::{borrow::Cow, collections::BTreeSet};

/// Plans one order.
pub(crate) fn plan(
    mapping: &str,
    spec: &Spec,
    engine: &Engine,
    order: &Order,
) -> Result<Plan, NoPlan> {
    let mut planner = Planner::new(mapping, engine, &order.id);
    let scope_of = |order: &Order| Scope::new(order, &spec.vars, engine.uses_raw());
    let as_sent = scope_of(order);
    planner.skip_or_refuse(spec, &as_sent)?;
    let (order, bare_currency) = planner.money(spec, order, &as_sent)?;
    let order = &planner.without_marketplace_tax(spec, order, &as_sent)?;
    let scope = match order {
        Cow::Borrowed(_) => as_sent,
        Cow::Owned(changed) => scope_of(changed),
    };
    let scope = planner.charges(spec, scope, order)?;
    for record in &spec.records {
        planner.add(record, &scope)?;
    }
    planner.warnings.extend(planner.carry.warning());
    planner.drop_finds_through_absent_records();
    let emptied = if order.lines_given {
        planner.emptied(spec, &scope)
    } else {
        Vec::new()
    };
    let context = scope.value();
    for warning in &spec.warnings {
        let text = planner.sentence(warning, &context)?;
        planner.warnings.extend(text);
    }
    Ok(Plan {
        order: order.id.clone(),
        records: planner.records,
        emptied,
        known: IndexMap::new(),
        in_doubt: false,
        bare_currency,
        warnings: planner.warnings,
    })
}

/// What the variables say of the destination's own currency.
pub(crate) fn home_currency(spec: &Spec, engine: &Engine) -> Option<String> {
    let scope = Scope::new(&Order::example(), &spec.vars, engine.uses_raw());
    currency::home(spec.currency.as_ref()?, engine, &scope.value())
        .ok()
        .flatten()
}

/// Plans what becomes of the record of an order that is no longer in the shop; nothing where the
/// mapping says nothing of that.
pub(crate) fn plan_gone(
    mapping: &str,
    spec: &Spec,
    engine: &Engine,
    id: &str,
) -> Result<Option<Plan>, PlanError> {
    let Some(gone) = &spec.gone else {
        return Ok(None);
    };
    let order = gone::order(id);
    let mut planner = Planner::new(mapping, engine, id);
    let record = planner.gone(
        spec,
        gone,
        &Scope::new(&order, &spec.vars, engine.uses_raw()),
    )?;
    Ok(record.map(|record| Plan {
        order: id.to_owned(),
        records: vec![record],
        emptied: Vec::new(),
        known: IndexMap::new(),
        in_doubt: false,
        bare_currency: None,
        warnings: Vec::new(),
    }))
}

/// The work on one order.
struct Planner<'a> {
    engine: &'a Engine,
    mapping: &'a str,
    order: &'a str,
    /// Names of the records that are in the plan so far: what a `ref` may point to.
    planned: BTreeSet<&'a str>,
    records: Vec<Record>,
    warnings: Vec<String>,
    carry: Carry,
}

impl<'a> Planner<'a> {
    fn new(mapping: &'a str, engine: &'a Engine, order: &'a str) -> Self {
        Self {
            engine,
            mapping,
            order,
            planned: BTreeSet::new(),
            records: Vec::new(),
            warnings: Vec::new(),
            carry: Carry::default(),
        }
    }
}

impl Planner<'_> {
    fn skip_or_refuse(&self, spec: &Spec, scope: &Scope) -> Result<(), NoPlan> {
        let context = scope.clone().value();
        for skip in &spec.skips {
            if let Some(reason) = self.sentence(skip, &context)? {
                return Err(NoPlan::Skipped(reason));
            }
        }
        for refusal in &spec.refusals {
            if let Some(reason) = self.sentence(refusal, &context)? {
                return Err(self.failure("order", "refused", reason).into());
            }
        }
        Ok(())
    }

    /// The order in the currency in which it goes out, and that currency where the destination has
    /// to be asked whether it is its own.
    fn money<'o>(
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

    /// The order without the tax that a marketplace pays, where the mapping leaves that out; either
    /// way a note says how much it is.
    fn without_marketplace_tax<'o>(
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

    /// The scope with the amounts beside the lines in it.
    fn charges(&mut self, spec: &Spec, scope: Scope, order: &Order) -> Result<Scope, PlanError> {
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

    /// What a `[[skip]]`, `[[refuse]]` or `[[warning]]` says of the order; nothing where it does
    /// not apply.
    fn sentence(
        &self,
        spec: &SentenceSpec,
        context: &minijinja::Value,
    ) -> Result<Option<String>, PlanError> {
        let fail = |field: &str, reason: String| self.failure(spec.name, field, reason);
        if let Some(when) = &spec.when
            && !self
                .engine
                .evaluate(when, context)
                .map_err(|reason| fail("when", reason))?
                .is_true()
        {
            return Ok(None);
        }
        let text = self
            .engine
            .evaluate(&spec.text, context)
            .map_err(|reason| fail("text", reason))?
            .to_string();
        // A template over several lines is one sentence for the ledger.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// `find` may name a later record, so what `when` has left out is only known at the end.
    fn drop_finds_through_absent_records(&mut self) {
        let planned = &self.planned;
        for record in &mut self.records {
            record.find.retain(|find| match find {
                Find::Through { record, .. } => planned.contains(record.as_str()),
                Find::Field { .. } => true,
            });
        }
    }

    /// The sets that `replaces` speaks of and that got no member. An `object` that only a member
    /// could tell has no set to empty.
    fn emptied(&self, spec: &Spec, scope: &Scope) -> Vec<EmptySet> {
        let context = scope.clone().value();
        let mut emptied: Vec<EmptySet> = Vec::new();
        for record in spec
            .records
            .iter()
            .filter(|record| !self.is_switched_off(record, &context))
        {
            let Some((parent, reference)) = record
                .replaced_set()
                .filter(|(parent, _)| self.planned.contains(parent))
            else {
                continue;
            };
            let Ok(object) = self.engine.evaluate(&record.object, &context) else {
                continue;
            };
            let set = EmptySet {
                object: object.to_string(),
                replaces: parent.to_owned(),
                reference: reference.to_owned(),
            };
            let has_members = self.records.iter().any(|planned| {
                planned.replaces.as_deref() == Some(parent) && planned.object == set.object
            });
            if !has_members && !emptied.contains(&set) {
                emptied.push(set);
            }
        }
        emptied
    }

    /// What a route's variables leave out of the mapping has no set either: whoever put children
    /// there, it was not this mapping.
    fn is_switched_off(&self, record: &RecordSpec, context: &minijinja::Value) -> bool {
        let said = |when| {
            self.engine
                .evaluate(when, context)
                .is_ok_and(|said| !said.is_true())
        };
        record.when_is_a_switch && record.when.as_ref().is_some_and(said)
    }

    fn failure(&self, record: &str, field: &str, reason: String) -> PlanError {
        PlanError {
            mapping: self.mapping.to_owned(),
            record: record.to_owned(),
            field: field.to_owned(),
            order: self.order.to_owned(),
            reason,
        }
    }
}
