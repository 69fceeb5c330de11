//! The look-up of a record that exists in the destination.

use super::value::{Stop, Values, scalar};
use crate::{
    plan::{Lookup, Missing, Scalar, Several, Value},
    problem::alternatives,
    spec::{LookupSpec, ValueSpec},
    template::Template,
};
use indexmap::IndexMap;
use minijinja::Value as Context;

impl Values<'_> {
    /// Makes a look-up from its specification.
    pub(super) fn lookup(&mut self, spec: &LookupSpec, context: &Context) -> Result<Lookup, Stop> {
        let object = self
            .engine
            .evaluate(&spec.object, context)
            .map_err(Stop::Fail)?
            .to_string();
        let missing = self.missing(spec.missing.as_ref(), context)?;
        let several = self.several(spec.several.as_ref(), context)?;
        let mut conditions = IndexMap::with_capacity(spec.conditions.len());
        for (path, condition) in &spec.conditions {
            match self.condition(condition, context)? {
                None => {}
                Some(Scalar::Text(text)) if text.trim().is_empty() => {
                    return Err(nothing_to_look_for(&object, path, missing));
                }
                Some(scalar) => _ = conditions.insert(path.clone(), scalar),
            }
        }
        if conditions.is_empty() {
            return Err(Stop::Fail(format!(
                "the look-up of {object} has no condition left, and would find any record"
            )));
        }
        let create = if missing == Missing::Create {
            self.scalars(&spec.create, context)?
        } else {
            IndexMap::new()
        };
        Ok(Lookup {
            object,
            conditions,
            missing,
            several,
            create,
        })
    }

    /// Evaluates a condition: unlike in a field, a blank text is not the same as null.
    fn condition(&self, spec: &ValueSpec, context: &Context) -> Result<Option<Scalar>, Stop> {
        match spec {
            ValueSpec::Literal(scalar) => Ok(Some(scalar.clone())),
            ValueSpec::Template { template, .. } => {
                let value = self
                    .engine
                    .evaluate(template, context)
                    .map_err(Stop::Fail)?;
                scalar(&value).map_err(Stop::Fail)
            }
            _ => Err(Stop::Fail(
                "a condition of a look-up is a template or a literal".to_owned(),
            )),
        }
    }

    fn scalars(
        &mut self,
        specs: &[(String, ValueSpec)],
        context: &Context,
    ) -> Result<IndexMap<String, Scalar>, Stop> {
        let mut scalars = IndexMap::with_capacity(specs.len());
        for (name, spec) in specs {
            if let Some(Value::Literal(scalar)) = self.value(spec, context)? {
                scalars.insert(name.clone(), scalar);
            }
        }
        Ok(scalars)
    }

    fn missing(&self, template: Option<&Template>, context: &Context) -> Result<Missing, Stop> {
        let words = [
            ("reject", Missing::Reject),
            ("skip", Missing::Skip),
            ("create", Missing::Create),
        ];
        self.one_of("missing", template, &words, context)
    }

    fn several(&self, template: Option<&Template>, context: &Context) -> Result<Several, Stop> {
        let words = [Several::Reject, Several::Oldest, Several::Newest]
            .map(|several| (several.as_str(), several));
        self.one_of("several", template, &words, context)
    }

    /// Returns the meaning of the word to which the template renders, or the default where there is
    /// no template.
    fn one_of<T: Copy + Default>(
        &self,
        key: &str,
        template: Option<&Template>,
        words: &[(&str, T)],
        context: &Context,
    ) -> Result<T, Stop> {
        let Some(template) = template else {
            return Ok(T::default());
        };
        let word = self
            .engine
            .evaluate(template, context)
            .map_err(Stop::Fail)?
            .to_string();
        let found = words.iter().find(|(known, _)| *known == word.trim());
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            Stop::Fail(format!(
                "`{key}` came out as `{}`; it is {}",
                word.trim(),
                alternatives(&known)
            ))
        })
    }
}

/// Stops at a condition with an empty text: looking for it would find any record that has none
/// there, and creating one would create one for every such order.
fn nothing_to_look_for(object: &str, path: &str, missing: Missing) -> Stop {
    let what = format!("the look-up of {object} has an empty {path}");
    if missing == Missing::Skip {
        return Stop::LeaveOut(what);
    }
    Stop::Fail(format!(
        "{what}; give it one in the shop (for a product, its SKU), name a product that stands in for lines without one (in the built-in mappings vars.custom_product or \
         vars.custom_item), or set missing = \"skip\" (vars.missing_product) to deliver without it"
    ))
}
