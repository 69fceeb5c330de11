//! What our permission set grants, and whether the integration user has it.

use super::PERMISSION_SET;
use crate::{client::Client, row::Row};
use destination::Failure;
use std::collections::BTreeMap;

/// The permission set as it is now.
#[derive(Debug, Default)]
pub(super) struct Rights {
    /// The id of the integration user.
    pub(super) user: String,
    /// The id of the permission set, where there is one.
    pub(super) set: Option<String>,
    pub(super) is_assigned: bool,
    /// By object in lower case.
    pub(super) objects: BTreeMap<String, Grant>,
    /// By `object.field` in lower case.
    pub(super) fields: BTreeMap<String, Grant>,
}

/// One line of the permission set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) reads: bool,
    pub(super) edits: bool,
    pub(super) creates: bool,
}

impl Rights {
    /// Reads the permission set with the rights of the maker; `own` is the integration user.
    pub(super) async fn read(own: &Client<'_>, maker: &Client<'_>) -> Result<Self, Failure> {
        let user = own.user_id().await?;
        let of_set = |parent: &str| format!("{parent}.Name = '{PERMISSION_SET}'");
        let query = |name: &str, text: String| (name.to_owned(), text);
        let rows = maker
            .query(&[
                query(
                    "set",
                    format!("SELECT Id FROM PermissionSet WHERE Name = '{PERMISSION_SET}'"),
                ),
                query(
                    "assignment",
                    format!(
                        "SELECT Id FROM PermissionSetAssignment WHERE {} AND AssigneeId = '{user}'",
                        of_set("PermissionSet")
                    ),
                ),
                query(
                    "objects",
                    format!(
                        "SELECT Id, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit FROM ObjectPermissions WHERE {}",
                        of_set("Parent")
                    ),
                ),
                query(
                    "fields",
                    format!(
                        "SELECT Id, Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE {}",
                        of_set("Parent")
                    ),
                ),
            ])
            .await?;
        let of = |name: &str| rows.get(name).map(Vec::as_slice).unwrap_or_default();
        Ok(Self {
            set: of("set").first().map(|row| row.id().to_owned()),
            is_assigned: !of("assignment").is_empty(),
            objects: grants(of("objects"), "SobjectType"),
            fields: grants(of("fields"), "Field"),
            user,
        })
    }

    pub(super) fn field(&self, object: &str, name: &str) -> Option<&Grant> {
        self.fields
            .get(&format!("{object}.{name}").to_ascii_lowercase())
    }

    pub(super) fn object(&self, object: &str) -> Option<&Grant> {
        self.objects.get(&object.to_ascii_lowercase())
    }
}

fn grants(rows: &[Row], by: &str) -> BTreeMap<String, Grant> {
    let is = |row: &Row, name: &str| row.get(name).as_bool() == Some(true);
    let grant = |row: &Row| {
        let grant = Grant {
            id: row.id().to_owned(),
            reads: is(row, "PermissionsRead"),
            edits: is(row, "PermissionsEdit"),
            creates: is(row, "PermissionsCreate"),
        };
        Some((row.text(by)?.to_ascii_lowercase(), grant))
    };
    rows.iter().filter_map(grant).collect()
}
