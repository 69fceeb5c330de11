//! The means by which the destination recognises a record: its key, other ways to find it, and the
//! parent whose set it belongs to.

use super::{
    Planner,
    record::{Halt, Pass},
};
use crate::{
    plan::{Field, Find, Key, Scalar, Value},
    spec::{FindSpec, KeySpec},
};
use indexmap::IndexMap;

impl Planner<'_> {
    /// Makes the key and removes its field from `fields`: destinations want it in one place or the
    /// other, never in both.
    pub(super) fn key(
        &self,
        pass: &Pass<'_>,
        spec: &KeySpec,
        fields: &mut IndexMap<String, Field>,
    ) -> Result<Key, Halt> {
        let field = self.key_field(pass, spec)?;
        let from_field = fields
            .shift_remove(&field)
            .and_then(|field| match field.value {
                Value::Literal(Scalar::Text(text)) => Some(text),
                Value::Literal(Scalar::Number(number)) => Some(number.normalize().to_string()),
                _ => None,
            });
        let value = match &spec.value {
            Some(template) => self.text(pass, "key", template)?,
            None => None,
        };
        let value = value.or(from_field).ok_or_else(|| {
            self.fail(
                pass,
                "key",
                format!("{field} came out empty, and a record without its key would be made again and again"),
            )
        })?;
        let provisional = match &spec.provisional {
            Some(template) => self.evaluate(pass, "key.provisional", template)?.is_true(),
            None => false,
        };
        Ok(Key {
            field,
            value,
            provisional,
        })
    }

    pub(super) fn key_field(&self, pass: &Pass<'_>, spec: &KeySpec) -> Result<String, Halt> {
        self.text(pass, "key.field", &spec.field)?.ok_or_else(|| {
            self.fail(
                pass,
                "key.field",
                "it came out empty; name the field that holds the key".to_owned(),
            )
        })
    }

    pub(super) fn find(&self, pass: &Pass<'_>) -> Result<Vec<Find>, Halt> {
        let mut finds = Vec::new();
        for spec in &pass.spec.find {
            match spec {
                FindSpec::Through { record, field } => finds.push(Find::Through {
                    record: record.clone(),
                    field: field.clone(),
                }),
                FindSpec::Field { field, value } => {
                    let (field, value) = (
                        self.text(pass, "find", field)?,
                        self.text(pass, "find", value)?,
                    );
                    finds.extend(
                        field
                            .zip(value)
                            .map(|(field, value)| Find::Field { field, value }),
                    );
                }
            }
        }
        Ok(finds)
    }

    pub(super) fn replaces(&self, pass: &Pass<'_>) -> Result<Option<String>, Halt> {
        let Some(parent) = &pass.spec.replaces else {
            return Ok(None);
        };
        if self.planned.contains(parent.as_str()) {
            return Ok(Some(parent.clone()));
        }
        Err(self.fail(
            pass,
            "replaces",
            format!("the order has no record `{parent}` because of its `when`; give this record the same `when`"),
        ))
    }
}
