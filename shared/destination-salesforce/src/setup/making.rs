//! The changes themselves, each its own call: what was made before stays where a later one is
//! refused, and the next run goes on there.

use super::{
    Change, PERMISSION_SET, refusal,
    rights::{Grant, Rights},
    survey,
};
use crate::{
    client::{Client, Headers},
    payload::{self, Refused, Written},
    products::{self, Catalogue},
};
use ::setup::Made;
use destination::{Class, Failure};
use mapping::plan::Lookup;
use serde_json::{Map, Value, json};

/// The permission set licence of users with the licence Salesforce Integration.
const LICENCE: &str = "SalesforceAPIIntegrationPsl";

/// Carries out one change with the rights of the maker. What is there already is left as it is.
pub(super) async fn carry_out(
    own: &Client<'_>,
    maker: &Client<'_>,
    change: &Change,
) -> Result<Made, Failure> {
    match change {
        Change::CreateSet => match Rights::read(own, maker).await?.set {
            Some(_) => Ok(Made::WasThere),
            None => create_set(maker).await.map(|_| Made::Done),
        },
        Change::GrantObject { object, creates } => grant_object(own, maker, object, *creates).await,
        Change::CreateField {
            object,
            name,
            metadata,
        } => create_field(own, maker, object, name, metadata).await,
        Change::RedefineField {
            object,
            name,
            metadata,
        } => change_field(maker, object, name, metadata).await,
        Change::GrantField { object, name } => grant_field(own, maker, object, name).await,
        Change::Assign => assign(own, maker).await,
        Change::ActivateBook(id) => maker
            .change(
                &format!("/sobjects/Pricebook2/{id}"),
                &json!({"IsActive": true}),
            )
            .await
            .map(|()| Made::Done),
        Change::CreateProduct(lookup) => create_product(maker, lookup).await,
    }
}

async fn create_set(maker: &Client<'_>) -> Result<String, Failure> {
    let body = json!({"Name": PERMISSION_SET, "Label": PERMISSION_SET});
    maker.create("/sobjects/PermissionSet", &body).await
}

/// Returns the id of the permission set, which is made where there is none.
async fn set_of(rights: &Rights, maker: &Client<'_>) -> Result<String, Failure> {
    match &rights.set {
        Some(id) => Ok(id.clone()),
        None => create_set(maker).await,
    }
}

async fn grant_object(
    own: &Client<'_>,
    maker: &Client<'_>,
    object: &str,
    creates: bool,
) -> Result<Made, Failure> {
    let rights = Rights::read(own, maker).await?;
    let present = rights.object(object);
    let (had_create, had_edit) =
        present.map_or((false, false), |grant| (grant.creates, grant.edits));
    let wanted = json!({
        "PermissionsRead": true, "PermissionsCreate": creates || had_create, "PermissionsEdit": creates || had_edit,
    });
    let owner = json!({"SobjectType": object});
    grant(&rights, maker, "ObjectPermissions", present, owner, wanted).await
}

async fn grant_field(
    own: &Client<'_>,
    maker: &Client<'_>,
    object: &str,
    name: &str,
) -> Result<Made, Failure> {
    let rights = Rights::read(own, maker).await?;
    let present = rights.field(object, name);
    if present.is_some_and(|grant| grant.reads && grant.edits) {
        return Ok(Made::WasThere);
    }
    let wanted = json!({"PermissionsRead": true, "PermissionsEdit": true});
    let owner = json!({"SobjectType": object, "Field": format!("{object}.{name}")});
    grant(&rights, maker, "FieldPermissions", present, owner, wanted).await
}

/// Writes one line of the permission set: a new one with its owner, or a change of what it allows.
async fn grant(
    rights: &Rights,
    maker: &Client<'_>,
    table: &str,
    present: Option<&Grant>,
    owner: Value,
    wanted: Value,
) -> Result<Made, Failure> {
    let set = set_of(rights, maker).await?;
    let mut body = json!({ "ParentId": set });
    if let (Some(body), Value::Object(owner), Value::Object(wanted)) =
        (body.as_object_mut(), owner, wanted.clone())
    {
        body.extend(owner.into_iter().chain(wanted));
    }
    let write = async || match present {
        Some(present) => maker
            .change(&format!("/sobjects/{table}/{}", present.id), &wanted)
            .await
            .map(|()| Made::Done),
        None => made(maker.create(&format!("/sobjects/{table}"), &body).await),
    };
    match write().await {
        // The set is assigned already, and the user's licence does not allow what it is to grant.
        Err(failure) if refusal::is_licence(&failure) => {
            assign_licence(maker, &rights.user).await?;
            write().await
        }
        written => written,
    }
}

/// Creates a field, and grants it at once: until then nobody sees it.
async fn create_field(
    own: &Client<'_>,
    maker: &Client<'_>,
    object: &str,
    name: &str,
    metadata: &Value,
) -> Result<Made, Failure> {
    let body = json!({"FullName": format!("{object}.{name}"), "Metadata": metadata});
    let created = made(maker.create("/tooling/sobjects/CustomField", &body).await)?;
    if created == Made::WasThere && field_id(maker, object, name).await?.is_none() {
        return Ok(refusal::deleted_field(object, name));
    }
    match grant_field(own, maker, object, name).await {
        Ok(_) => Ok(created),
        Err(failure) => Ok(refusal::half_made_field(object, name, &failure)),
    }
}

async fn change_field(
    maker: &Client<'_>,
    object: &str,
    name: &str,
    metadata: &Map<String, Value>,
) -> Result<Made, Failure> {
    let Some(id) = field_id(maker, object, name).await? else {
        let text = format!("{object}.{name} is not there any more; run the set-up again");
        return Err(Failure::permanent(Class::Mapping, "set up", text));
    };
    let body = json!({"FullName": format!("{object}.{name}"), "Metadata": metadata});
    maker
        .change(&format!("/tooling/sobjects/CustomField/{id}"), &body)
        .await
        .map(|()| Made::Done)
}

async fn field_id(maker: &Client<'_>, object: &str, name: &str) -> Result<Option<String>, Failure> {
    let rows = maker
        .tooling_query(&survey::question(object, &[name]))
        .await?;
    let own = rows
        .iter()
        .find(|row| row.text("NamespacePrefix").is_none());
    Ok(own.map(|row| row.id().to_owned()))
}

/// Assigns the permission set, after the licence that some users need before it.
async fn assign(own: &Client<'_>, maker: &Client<'_>) -> Result<Made, Failure> {
    let rights = Rights::read(own, maker).await?;
    if rights.is_assigned {
        return Ok(Made::WasThere);
    }
    let set = set_of(&rights, maker).await?;
    let body = json!({"AssigneeId": rights.user, "PermissionSetId": set});
    let path = "/sobjects/PermissionSetAssignment";
    match made(maker.create(path, &body).await) {
        Err(failure) if refusal::is_licence(&failure) => {
            assign_licence(maker, &rights.user).await?;
            made(maker.create(path, &body).await)
        }
        made => made,
    }
}

async fn assign_licence(maker: &Client<'_>, user: &str) -> Result<(), Failure> {
    let query = format!("SELECT Id FROM PermissionSetLicense WHERE DeveloperName = '{LICENCE}'");
    let rows = maker.query(&[("licence".to_owned(), query)]).await?;
    let Some(licence) = rows.values().flatten().next() else {
        let text = format!(
            "the user's licence does not allow the permission set, and the org has no permission set licence {LICENCE}: give the integration user the licence Salesforce Integration or a full Salesforce licence"
        );
        return Err(Failure::permanent(Class::Validation, "set up", text));
    };
    let body = json!({"AssigneeId": user, "PermissionSetLicenseId": licence.id()});
    made(
        maker
            .create("/sobjects/PermissionSetLicenseAssign", &body)
            .await,
    )
    .map(|_| ())
}

async fn create_product(maker: &Client<'_>, lookup: &Lookup) -> Result<Made, Failure> {
    let catalogue = Catalogue::new(maker.query(&products::questions(&[lookup])?).await?);
    let nodes = catalogue.create(lookup, 0)?;
    let written = payload::write(maker, &[&nodes], &Headers::new()).await?;
    match written
        .into_iter()
        .next()
        .unwrap_or_else(payload::unanswered)
    {
        Written::Yes(_) => Ok(Made::Done),
        Written::No(Refused { failure, .. }) | Written::Halted(failure) => Err(failure),
    }
}

/// Takes what is there already for a success.
fn made(created: Result<String, Failure>) -> Result<Made, Failure> {
    match created {
        Ok(_) => Ok(Made::Done),
        Err(failure) if refusal::is_there(&failure) => Ok(Made::WasThere),
        Err(failure) => Err(failure),
    }
}
