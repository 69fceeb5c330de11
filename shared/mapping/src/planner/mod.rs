//! The planner: from a checked mapping and an order to a plan.

mod carry;
mod charges;
mod currency;
mod gone;
mod identity;
mod lookup;
mod money;
mod on;
mod record;
mod shorten;
mod value;

use crate::{
    NoPlan, Plan, PlanError,
    plan::{EmptySet, Find, Record},
    scope::Scope,
    spec::{RecordSpec, SentenceSpec, Spec},
    template::Engine,
};
use carry::Carry;
use indexmap::IndexMap;
use order::Order;
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

/// Returns the destination's own currency, as the variables name it.
pub(crate) fn home_currency(spec: &Spec, engine: &Engine) -> Option<String> {
    let scope = Scope::new(&Order::example(), &spec.vars, engine.uses_raw());
    currency::home(spec.currency.as_ref()?, engine, &scope.value())
        .ok()
        .flatten()
}

/// Plans the change to the record of an order that is no longer in the shop; `None` where the
/// mapping has none for it.
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
    /// Names of the records that are in the plan so far, to which a `ref` may point.
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

    /// Returns the text of a `[[skip]]`, `[[refuse]]` or `[[warning]]` for the order; `None` where
    /// it does not apply.
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

    /// Drops the finds through records that `when` left out. They are known only at the end, as
    /// `find` may name a later record.
    fn drop_finds_through_absent_records(&mut self) {
        let planned = &self.planned;
        for record in &mut self.records {
            record.find.retain(|find| match find {
                Find::Through { record, .. } => planned.contains(record.as_str()),
                Find::Field { .. } => true,
            });
        }
    }

    /// Returns the sets that `replaces` speaks of and that have no member. A record whose `object`
    /// depends on a member has no set to empty.
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

    /// Returns whether a route's variables switch the record off. Such a record has no set to empty
    /// either: children that are there did not come from this mapping.
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
