//! What a client can ask of the account itself, and what a role may not reach.

use crate::client::start_with;
use sandbox::netsuite::{CustomField, Options};
use serde_json::json;

const SYSTEM: &str = "/services/rest/system/v1";

#[tokio::test]
async fn the_time_is_told_to_all_and_the_limits_to_administrators() {
    let (_sandbox, client) = start_with(Options::default()).await;
    let time = client.get(&format!("{SYSTEM}/serverTime")).await;
    let told = time.body["serverTime"].as_str().unwrap();
    assert!(
        told.ends_with(".000Z") && told.parse::<jiff::Timestamp>().is_ok(),
        "{told}"
    );
    let limits = client.get(&format!("{SYSTEM}/governanceLimits")).await;
    assert_eq!(limits.error(), (403, "INSUFFICIENT_PERMISSION"));
}

#[tokio::test]
async fn custom_fields_and_features_are_tables() {
    let (_sandbox, client) = start_with(Options {
        custom_fields: vec![
            CustomField::text("salesOrder", "custbody_shop", 300),
            CustomField::checkbox("item", "custcol_gift"),
        ],
        one_world: true,
        ..Options::default()
    })
    .await;
    let fields = client
        .query(
            "SELECT scriptid, fieldvaluetype FROM customfield WHERE LOWER(scriptid) IN (?, ?)",
            json!(["custbody_shop", "custcol_gift"]),
        )
        .await;
    let row = |number: usize, id: &str, kind: &str| {
        let row = &fields.body["items"][number];
        assert_eq!(
            (&row["scriptid"], &row["fieldvaluetype"]),
            (&json!(id), &json!(kind))
        );
    };
    let is_first = fields.body["items"][0]["scriptid"] == "CUSTBODY_SHOP";
    row(usize::from(!is_first), "CUSTBODY_SHOP", "Free-Form Text");
    row(usize::from(is_first), "CUSTCOL_GIFT", "Check Box");
    let features = client
        .query(
            "SELECT isactive FROM companyfeaturesetup WHERE id = ?",
            json!(["SUBSIDIARIES"]),
        )
        .await;
    assert_eq!(features.body["items"][0]["isactive"], "T");
}

#[tokio::test]
async fn a_kind_of_record_out_of_the_roles_reach_is_refused_and_no_table() {
    let (_sandbox, client) = start_with(Options {
        out_of_reach: vec!["customer".to_owned()],
        ..Options::default()
    })
    .await;
    let refused = (403, "INSUFFICIENT_PERMISSION");
    assert_eq!(client.get("/customer?limit=1").await.error(), refused);
    let form = [(
        "Accept",
        "application/vnd.oracle.resource+json; type=create-form",
    )];
    let form = client.post_with("/customer", json!({}), &form).await;
    assert_eq!(form.error(), refused);
    let query = client.query("SELECT id FROM customer", json!([])).await;
    assert!(
        query.text().contains("Record 'customer' was not found"),
        "{query:?}"
    );
    assert_eq!(client.get("/salesOrder?limit=1").await.status, 200);
}
