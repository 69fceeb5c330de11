//! Set-up by API: fields that are hidden until they are granted, rights, licences.

use crate::client::{Client, start, start_with};
use sandbox::salesforce::{Administration, Options, Right};
use serde_json::{Value, json};

const FIELD: &str = "Opportunity.Shop_Id__c";

fn definition() -> Value {
    let metadata = json!({"label": "Shop Id", "type": "Text", "length": 40, "externalId": true, "unique": true});
    json!({"FullName": FIELD, "Metadata": metadata})
}

async fn create_field(client: &Client) -> crate::client::Answer {
    let path = "/tooling/sobjects/CustomField";
    client.post(path, definition()).await
}

async fn sees(client: &Client) -> bool {
    let described = client.get("/sobjects/Opportunity/describe").await.body;
    let fields = described["fields"].as_array().unwrap().clone();
    fields.iter().any(|field| field["name"] == "Shop_Id__c")
}

#[tokio::test]
async fn a_new_field_is_hidden_until_an_assigned_permission_set_grants_it() {
    let (sandbox, client) = start().await;
    let made = create_field(&client).await;
    assert_eq!((made.status, &made.body["success"]), (201, &json!(true)));
    assert_eq!(
        create_field(&client).await.error(),
        (400, "DUPLICATE_DEVELOPER_NAME")
    );
    assert!(!sees(&client).await, "not even its creator sees it");
    let query = "/tooling/query?q=SELECT+Id,NamespacePrefix+FROM+CustomField+WHERE+TableEnumOrId='Opportunity'+AND+DeveloperName='Shop_Id'";
    let listed = client.get(query).await.body;
    assert_eq!(listed["records"][0]["Id"], made.body["id"], "{listed}");

    let set = json!({"Name": "shop", "Label": "shop"});
    let set = client.post("/sobjects/PermissionSet", set).await.id();
    let grant = json!({
        "ParentId": set, "SobjectType": "Opportunity", "Field": FIELD, "PermissionsRead": true, "PermissionsEdit": true,
    });
    let granted = client
        .post("/sobjects/FieldPermissions", grant.clone())
        .await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let twice = client.post("/sobjects/FieldPermissions", grant).await;
    assert_eq!(twice.error(), (400, "DUPLICATE_VALUE"));
    assert!(!sees(&client).await, "nobody has the set");
    let user = sandbox.records("User").remove(0)["Id"].clone();
    let assignment = json!({"AssigneeId": user, "PermissionSetId": set});
    let path = "/sobjects/PermissionSetAssignment";
    assert_eq!(client.post(path, assignment).await.status, 201);
    assert!(sees(&client).await);

    let path = format!("/tooling/sobjects/CustomField/{}", made.id());
    let mut longer = definition();
    longer["Metadata"]["length"] = json!(255);
    assert_eq!(client.patch(&path, longer).await.status, 204);
    let order = json!({"Name": "x", "StageName": "x", "CloseDate": "2026-01-01", "Shop_Id__c": "x".repeat(200)});
    assert_eq!(
        client.post("/sobjects/Opportunity", order).await.status,
        201
    );
}

#[tokio::test]
async fn what_cannot_be_granted_or_made_is_refused() {
    let (_sandbox, client) = start().await;
    let set = json!({"Name": "shop", "Label": "shop"});
    let set = client.post("/sobjects/PermissionSet", set).await.id();
    for field in ["Opportunity.Nothing__c", "Opportunity.StageName"] {
        let grant = json!({"ParentId": set, "SobjectType": "Opportunity", "Field": field, "PermissionsRead": true});
        let refused = client.post("/sobjects/FieldPermissions", grant).await;
        assert_eq!(
            refused.error(),
            (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
            "{field}"
        );
    }
    let mut incomplete = definition();
    incomplete["Metadata"] = json!({"type": "Text", "length": 40});
    let path = "/tooling/sobjects/CustomField";
    let refused = client.post(path, incomplete).await;
    assert_eq!(refused.error(), (400, "FIELD_INTEGRITY_EXCEPTION"));
}

#[tokio::test]
async fn who_lacks_a_right_is_refused_by_its_name() {
    let lacks = vec![Right::CustomizeApplication, Right::ViewSetup];
    let (sandbox, client) = start_with(Options {
        administration: Administration {
            lacks,
            ..Administration::default()
        },
        ..Options::default()
    })
    .await;
    assert_eq!(
        create_field(&client).await.error(),
        (403, "INSUFFICIENT_ACCESS")
    );
    let query = "/tooling/query?q=SELECT+Id+FROM+CustomField";
    assert_eq!(client.get(query).await.error(), (400, "INVALID_TYPE"));
    let query = "/query?q=SELECT+Id+FROM+PermissionSet";
    assert_eq!(client.get(query).await.error(), (400, "INVALID_TYPE"));
    sandbox.take_rights(&[]);
    assert_eq!(create_field(&client).await.status, 201);
}
