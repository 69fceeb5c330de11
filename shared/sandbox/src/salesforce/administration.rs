use super::{
    permissions,
    schema::{Object, Schema},
    store::Store,
    tooling,
};
use std::sync::Arc;

/// What the org was set up with before the integration user came: what that user sees, and what
/// whoever calls may set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administration {
    /// Whether the custom fields that the built-in mappings need exist.
    pub has_shop_fields: bool,
    /// Fields that exist and are hidden from the integration user, as `Opportunity.Shop_Id__c`.
    pub hidden_fields: Vec<String>,
    /// Fields that were deleted and keep their names, as `Opportunity.Shop_Id__c`.
    pub deleted_fields: Vec<String>,
    /// Objects of which the integration user may make no records before a permission set says so.
    pub closed_objects: Vec<String>,
    /// The rights that whoever calls lacks.
    pub lacks: Vec<Right>,
    /// Whether the integration user has the licence Salesforce Integration, which takes a
    /// permission set for objects only after its permission set licence.
    pub has_integration_licence: bool,
    /// The number of custom fields that an object takes.
    pub most_custom_fields: usize,
    /// The number of external ids that an object takes.
    pub most_external_ids: usize,
}

/// A right to set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// View Setup and Configuration: without it, the objects of set-up are not there.
    ViewSetup,
    /// Customize Application: custom fields.
    CustomizeApplication,
    /// Manage Profiles and Permission Sets.
    ManagePermissionSets,
    /// Assign Permission Sets.
    AssignPermissionSets,
}

impl Default for Administration {
    fn default() -> Self {
        Self {
            has_shop_fields: true,
            hidden_fields: Vec::new(),
            deleted_fields: Vec::new(),
            closed_objects: Vec::new(),
            lacks: Vec::new(),
            has_integration_licence: false,
            most_custom_fields: 500,
            most_external_ids: 25,
        }
    }
}

/// The org behind what the integration user sees of it.
#[derive(Debug)]
pub(super) struct Backstage {
    pub(super) given: Administration,
    /// All objects and fields, hidden ones included.
    pub(super) whole: Schema,
    /// The objects of the Tooling API.
    pub(super) tooling: Arc<Schema>,
}

impl Backstage {
    pub(super) fn new(given: Administration, whole: Schema) -> Self {
        let tooling = whole.seen(|object| object.name == tooling::FIELDS, |_, _| true);
        Self {
            given,
            tooling: Arc::new(tooling),
            whole,
        }
    }

    pub(super) fn lacks(&self, right: Right) -> bool {
        self.given.lacks.contains(&right)
    }

    /// Shows the integration user what it may see by now.
    pub(super) fn show(&self, store: &mut Store) {
        let granted = permissions::Granted::of(store);
        let is_shown = |object: &Object| {
            object.name != tooling::FIELDS
                && !(self.lacks(Right::ViewSetup) && permissions::is_set_up(&object.name))
        };
        let is_closed = |object: &Object| {
            let closed = &self.given.closed_objects;
            closed.contains(&object.name) && !granted.creates(&object.name)
        };
        let mut seen = self.whole.seen(is_shown, |object, field| {
            let name = format!("{}.{}", object.name, field.name);
            !self.given.hidden_fields.contains(&name) || granted.reads(&name)
        });
        seen.close(is_closed);
        store.show(Arc::new(seen));
    }
}
