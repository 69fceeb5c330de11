//! The occasion on which fields are written: each field by its own `on`, the parts of one value
//! together.

use super::{
    Planner,
    record::{Halt, Pass},
};
use crate::{
    plan::{Field, Scalar, Value, When},
    spec::{FieldSpec, OnSpec},
};
use indexmap::IndexMap;

impl Planner<'_> {
    /// Returns the values that have several parts, each with the names of its parts. Where at least
    /// one part is there, the parts that came out null are added as null, so that nothing of an
    /// older value stays beside the new one; a value without any part is left alone.
    pub(super) fn together(
        &self,
        pass: &Pass<'_>,
        fields: &mut IndexMap<String, Field>,
    ) -> Result<Vec<Vec<String>>, Halt> {
        let mut together = Vec::new();
        for spec in &pass.spec.together {
            let names = spec
                .fields
                .iter()
                .map(|name| self.text(pass, "together", name));
            let names: Vec<String> = names
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .filter(|name| !pass.spec.removed.contains(name))
                .collect();
            if !names.iter().any(|name| fields.contains_key(name)) {
                continue;
            }
            for name in &names {
                let own = pass.spec.fields.iter().find(|field| field.name == *name);
                let Some(own) = own else {
                    return Err(self.fail(
                        pass,
                        "together",
                        format!("`{name}` is no field of the record"),
                    ));
                };
                let word = own
                    .on
                    .as_ref()
                    .or(spec.on.as_ref())
                    .or(pass.spec.on.as_ref());
                let Some(on) = self.word(pass, name, word)? else {
                    fields.shift_remove(name);
                    continue;
                };
                let empty = || Field {
                    value: Value::Literal(Scalar::Null),
                    on,
                };
                fields.entry(name.clone()).or_insert_with(empty).on = on;
            }
            together.push(names);
        }
        if !together.is_empty() {
            let place = |name: &str| pass.spec.fields.iter().position(|field| field.name == name);
            fields.sort_by_cached_key(|name, _| place(name));
        }
        Ok(together)
    }

    /// Evaluates the field's own `on`, else the record's; `None` where the field is left out.
    pub(super) fn on(&self, pass: &Pass<'_>, field: &FieldSpec) -> Result<Option<When>, Halt> {
        self.word(
            pass,
            &field.name,
            field.on.as_ref().or(pass.spec.on.as_ref()),
        )
    }

    fn word(
        &self,
        pass: &Pass<'_>,
        field: &str,
        spec: Option<&OnSpec>,
    ) -> Result<Option<When>, Halt> {
        match spec {
            None => Ok(Some(When::Always)),
            Some(OnSpec::Fixed(when)) => Ok(*when),
            Some(OnSpec::Template(template)) => {
                let word = self.evaluate(pass, field, template)?.to_string();
                OnSpec::when(&word).map_err(|reason| self.fail(pass, field, reason))
            }
        }
    }
}
