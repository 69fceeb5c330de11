//! The change to an order's record when the order is no longer in the shop. Only its id is known
//! then, so only the key and the fields of `[gone]` are planned.

use super::{Planner, record::Pass};
use crate::{
    PlanError,
    plan::Record,
    scope::Scope,
    spec::{GoneSpec, Spec},
};
use indexmap::IndexMap;
use order::{Order, Status, StatusKind};

/// The status that the order has while `[gone]` is planned.
const TRASH: &str = "trash";

/// Creates an order from its id, which is all that is known of it.
pub(super) fn order(id: &str) -> Order {
    Order {
        id: id.to_owned(),
        number: id.to_owned(),
        status: Status::new(StatusKind::Trashed, TRASH),
        lines: Vec::new(),
        lines_given: false,
        ..Order::example()
    }
}

impl Planner<'_> {
    /// Plans the record with the fields of `[gone]`; `None` where no field has a value, or where
    /// the route has no such record.
    pub(super) fn gone(
        &mut self,
        spec: &Spec,
        gone: &GoneSpec,
        scope: &Scope,
    ) -> Result<Option<Record>, PlanError> {
        let Some(record) = spec
            .records
            .iter()
            .find(|record| record.name == gone.record)
        else {
            return Ok(None);
        };
        let pass = Pass::alone(record, scope.clone().value());
        let is_made = self
            .is_made(&pass)
            .map_err(|halt| halt.into_error(self, &gone.record))?;
        let fields = self
            .values(&pass, &gone.fields)
            .map_err(|halt| halt.into_error(self, &gone.record))?;
        if !is_made || fields.is_empty() {
            return Ok(None);
        }
        let made = self
            .keyed(&pass, fields)
            .map_err(|halt| halt.into_error(self, &gone.record))?;
        Ok(made)
    }

    /// Makes the record with its key, whose value may come from one of the mapping's fields.
    fn keyed(
        &mut self,
        pass: &Pass<'_>,
        fields: IndexMap<String, crate::plan::Field>,
    ) -> Result<Option<Record>, super::record::Halt> {
        let Some(key) = &pass.spec.key else {
            return Ok(None);
        };
        let name = self.key_field(pass, key)?;
        let own: Vec<_> = pass
            .spec
            .fields
            .iter()
            .filter(|field| field.name == name)
            .collect();
        let mut with_key = self.values(pass, own)?;
        let key = self.key(pass, key, &mut with_key)?;
        let object = self.object(pass)?;
        Ok(Some(Record {
            name: pass.spec.name.clone(),
            index: 0,
            object,
            key: Some(key),
            find: Vec::new(),
            replaces: None,
            together: Vec::new(),
            options: IndexMap::new(),
            fields,
        }))
    }
}
