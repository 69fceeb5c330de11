//! Permission sets: who may write them, what they take, and what they grant. Rules: Object
//! Reference, "PermissionSet", "FieldPermissions", "PermissionSetAssignment".

use super::{
    administration::Right,
    error::ApiError,
    store::{Record, Store},
    value::Cell,
    world::World,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The objects of set-up, and the right that writing them needs.
const OBJECTS: &[(&str, Right)] = &[
    ("PermissionSet", Right::ManagePermissionSets),
    ("ObjectPermissions", Right::ManagePermissionSets),
    ("FieldPermissions", Right::ManagePermissionSets),
    ("PermissionSetAssignment", Right::AssignPermissionSets),
    ("PermissionSetLicense", Right::AssignPermissionSets),
    ("PermissionSetLicenseAssign", Right::AssignPermissionSets),
];

/// What the integration user has by permission sets.
pub(super) struct Granted {
    objects: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl Granted {
    pub(super) fn of(store: &Store) -> Self {
        let is_ours = |record: &&Record| record.text("AssigneeId") == Some(store.author());
        let sets: BTreeSet<&str> = store
            .of("PermissionSetAssignment")
            .filter(is_ours)
            .filter_map(|record| record.text("PermissionSetId"))
            .collect();
        let names = |object: &str, field: &str, right: &str| {
            let is_granted = |record: &&Record| {
                record.cell(right) == Some(&Cell::Flag(true))
                    && record
                        .text("ParentId")
                        .is_some_and(|parent| sets.contains(parent))
            };
            let granted = store.of(object).filter(is_granted);
            granted
                .filter_map(|record| record.text(field).map(str::to_owned))
                .collect()
        };
        Self {
            objects: names("ObjectPermissions", "SobjectType", "PermissionsCreate"),
            fields: names("FieldPermissions", "Field", "PermissionsRead"),
        }
    }

    pub(super) fn creates(&self, object: &str) -> bool {
        self.objects.contains(object)
    }

    /// Returns whether a field is granted, by `Object.Field`.
    pub(super) fn reads(&self, field: &str) -> bool {
        self.fields.contains(field)
    }
}

pub(super) fn is_set_up(object: &str) -> bool {
    OBJECTS.iter().any(|(name, _)| *name == object)
}

/// Checks a request that creates or changes a record of set-up; any other object is no concern of
/// this.
pub(super) fn check(
    world: &World,
    object: &str,
    fields: &Map<String, Value>,
    creating: bool,
) -> Result<(), ApiError> {
    let Some((_, right)) = OBJECTS.iter().find(|(name, _)| *name == object) else {
        return Ok(());
    };
    if world.backstage.lacks(*right) {
        let message = "insufficient access rights on object id";
        return Err(ApiError::row(
            "INSUFFICIENT_ACCESS_OR_READONLY",
            message,
            [],
        ));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = |record: &Record, names: &[&str]| {
        names
            .iter()
            .all(|name| record.text(name) == Some(text(name)))
    };
    let key: &[&str] = match object {
        "FieldPermissions" => &["ParentId", "Field"],
        "ObjectPermissions" => &["ParentId", "SobjectType"],
        "PermissionSetAssignment" => &["AssigneeId", "PermissionSetId"],
        "PermissionSetLicenseAssign" => &["AssigneeId", "PermissionSetLicenseId"],
        _ => &[],
    };
    let is_twice = !key.is_empty() && world.store.of(object).any(|record| same(record, key));
    if creating && is_twice {
        let message =
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
        return Err(ApiError::row("DUPLICATE_VALUE", message, []));
    }
    match object {
        "FieldPermissions" if creating => check_field(world, text("Field")),
        "PermissionSetAssignment" => {
            let set = text("PermissionSetId");
            let granted = objects_of(world, set);
            check_licence(world, text("AssigneeId"), set, granted.as_deref())
        }
        "ObjectPermissions" if creating => {
            let assigned = world.store.of("PermissionSetAssignment");
            let mut assigned =
                assigned.filter(|record| record.text("PermissionSetId") == Some(text("ParentId")));
            let user = assigned.find_map(|record| record.text("AssigneeId"));
            let granted = Some(text("SobjectType"));
            user.map_or(Ok(()), |user| {
                check_licence(world, user, text("ParentId"), granted)
            })
        }
        _ => Ok(()),
    }
}

/// Checks that there is such a field, and that it has permissions: a required one has none.
fn check_field(world: &World, name: &str) -> Result<(), ApiError> {
    let (object, field) = name.split_once('.').unwrap_or_default();
    let whole = &world.backstage.whole;
    let field = whole.object(object).and_then(|object| object.field(field));
    if field.is_some_and(|field| !field.required) {
        return Ok(());
    }
    let message = format!("Field Name: bad value for restricted picklist field: {name}");
    let code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
    Err(ApiError::row(code, message, ["Field"]))
}

/// Returns an object that a permission set grants.
fn objects_of(world: &World, set: &str) -> Option<String> {
    let mut granted = world.store.of("ObjectPermissions");
    let granted = granted.find(|record| record.text("ParentId") == Some(set))?;
    granted.text("SobjectType").map(str::to_owned)
}

/// Checks that the licence of the user allows a permission set which grants this object.
fn check_licence(
    world: &World,
    user: &str,
    set: &str,
    granted: Option<&str>,
) -> Result<(), ApiError> {
    let is_licensed = world
        .store
        .of("PermissionSetLicenseAssign")
        .any(|record| record.text("AssigneeId") == Some(user));
    match granted {
        Some(object) if world.backstage.given.has_integration_licence && !is_licensed => {
            let message = format!(
                "Can't assign permission set \"{set}\" to user \"{user}\". The user license doesn't allow the permission: Read {object}s"
            );
            Err(ApiError::row("FIELD_INTEGRITY_EXCEPTION", message, []))
        }
        _ => Ok(()),
    }
}
