//! From a checked mapping and an order to a plan.

mod carry;
mod json;
mod record;
mod scope;
mod shorten;
mod value;

pub(crate) use scope::known_names;

use crate::{
    Plan, PlanError,
    grammar::{RecordSpec, Spec, WarningSpec},
    plan::{EmptySet, Find, Record},
    template::Engine,
};
use carry::Carry;
use indexmap::IndexMap;
use order::Order;
use scope::Scope;
use std::collections::BTreeSet;

/// Plans one order.
pub(crate) fn plan(mapping: &str, spec: &Spec, engine: &Engine, order: &Order) -> Result<Plan, PlanError> {
    let scope = Scope::new(order, &spec.vars, engine.uses_raw());
    let mut planner = Planner {
        engine,
        mapping,
        order: &order.id,
        planned: BTreeSet::new(),
        records: Vec::new(),
        warnings: Vec::new(),
        carry: Carry::default(),
    };
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
        planner.warn(warning, &context)?;
    }
    Ok(Plan {
        order: order.id.clone(),
        records: planner.records,
        emptied,
        known: IndexMap::new(),
        warnings: planner.warnings,
    })
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

impl Planner<'_> {
    fn warn(&mut self, warning: &WarningSpec, context: &minijinja::Value) -> Result<(), PlanError> {
        let fail = |field: &str, reason: String| self.failure("warning", field, reason);
        if let Some(when) = &warning.when
            && !self
                .engine
                .evaluate(when, context)
                .map_err(|reason| fail("when", reason))?
                .is_true()
        {
            return Ok(());
        }
        let text = self
            .engine
            .evaluate(&warning.text, context)
            .map_err(|reason| fail("text", reason))?
            .to_string();
        // A template over several lines is one sentence for the ledger.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            self.warnings.push(text);
        }
        Ok(())
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

    /// The sets that `replaces` speaks of and that got no member. An `object` that only a member could tell has no set to empty.
    fn emptied(&self, spec: &Spec, scope: &Scope) -> Vec<EmptySet> {
        let context = scope.clone().value();
        let mut emptied: Vec<EmptySet> = Vec::new();
        for record in spec.records.iter().filter(|record| !self.is_switched_off(record, &context)) {
            let Some((parent, reference)) = record.replaced_set().filter(|(parent, _)| self.planned.contains(parent)) else {
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
            let has_members = self
                .records
                .iter()
                .any(|planned| planned.replaces.as_deref() == Some(parent) && planned.object == set.object);
            if !has_members && !emptied.contains(&set) {
                emptied.push(set);
            }
        }
        emptied
    }

    /// What a route's variables leave out of the mapping has no set either: whoever put children there, it was not this mapping.
    fn is_switched_off(&self, record: &RecordSpec, context: &minijinja::Value) -> bool {
        let said = |when| self.engine.evaluate(when, context).is_ok_and(|said| !said.is_true());
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
