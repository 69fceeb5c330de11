use crate::client::{Client, fields, refresh_form, start, start_with};
use sandbox::zoho::{Kind, Options, Zoho};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_refresh_gives_a_token_and_where_to_use_it() {
    let (sandbox, client) = start().await;
    for answer in [
        client.form(&refresh_form()).await,
        client.form_in_query(&refresh_form()).await,
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["api_domain"], sandbox.url());
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!(answer.body["expires_in"], 3600);
        let token = answer.body["access_token"].as_str().unwrap();
        let client = client.with_authorization(&format!("Zoho-oauthtoken {token}"));
        assert_eq!(client.get("/Contacts?fields=Email").await.status, 204);
    }
    assert_eq!(
        (sandbox.calls().of(Kind::Token), sandbox.calls().total),
        (3, 2)
    );
}

/// Zoho answers a login that fails with status 200.
#[tokio::test]
async fn a_refused_login_has_status_200_and_an_error() {
    let (_sandbox, client) = start().await;
    for (field, error) in [
        ("client_id", "invalid_client"),
        ("client_secret", "invalid_client_secret"),
        ("grant_type", "unsupported_grant_type"),
        ("refresh_token", "invalid_code"),
    ] {
        let mut form = refresh_form();
        form.iter_mut().find(|(name, _)| *name == field).unwrap().1 = "wrong";
        let answer = client.form(&form).await;
        assert_eq!(
            (answer.status, &answer.body),
            (200, &json!({"error": error}))
        );
    }
}

#[tokio::test]
async fn the_eleventh_token_in_ten_minutes_is_denied() {
    let (_sandbox, client) = start().await;
    for _ in 1..10 {
        assert_eq!(client.form(&refresh_form()).await.status, 200);
    }
    let denied = client.form(&refresh_form()).await;
    assert_eq!(
        (denied.status, &denied.body["error"]),
        (400, &json!("Access Denied"))
    );
}

#[tokio::test]
async fn the_oldest_token_ends_when_an_eleventh_is_active() {
    let (_sandbox, oldest) = start_with(Options {
        token_requests: None,
        ..Options::default()
    })
    .await;
    for _ in 1..10 {
        assert_eq!(oldest.form(&refresh_form()).await.status, 200);
    }
    assert_eq!(oldest.get("/Contacts?fields=Email").await.status, 204);
    assert_eq!(oldest.form(&refresh_form()).await.status, 200);
    assert_eq!(
        oldest.get("/Contacts?fields=Email").await.error(),
        (401, "INVALID_TOKEN")
    );
}

#[tokio::test]
async fn tokens_end() {
    let (sandbox, client) = start().await;
    sandbox.expire_tokens();
    assert_eq!(
        client.get("/Contacts?fields=Email").await.error(),
        (401, "INVALID_TOKEN")
    );

    let options = Options {
        token_calls: Some(1),
        ..Options::default()
    };
    let (_sandbox, client) = start_with(options).await;
    assert_eq!(client.get("/Contacts?fields=Email").await.status, 204);
    assert_eq!(client.get("/Contacts?fields=Email").await.status, 401);

    let options = Options {
        token_lifetime: Some(Duration::ZERO),
        ..Options::default()
    };
    let (_sandbox, client) = start_with(options).await;
    assert_eq!(client.get("/Contacts?fields=Email").await.status, 401);
}

#[tokio::test]
async fn only_zohos_own_scheme_in_the_header_counts() {
    let (_sandbox, client) = start().await;
    for (authorization, expected) in [
        ("", "AUTHENTICATION_FAILURE"),
        ("Bearer 1000.sandbox.1", "AUTHENTICATION_FAILURE"),
        ("Zoho-oauthtoken 1000.sandbox.99", "INVALID_TOKEN"),
    ] {
        let answer = client
            .with_authorization(authorization)
            .get("/Contacts?fields=Email")
            .await;
        assert_eq!(answer.error(), (401, expected), "{authorization}");
    }
}

#[tokio::test]
async fn scopes_are_needed() {
    let scopes = [
        "ZohoCRM.modules.contacts.CREATE",
        "zohocrm.modules.READ",
        "ZohoCRM.settings.fields.READ",
    ];
    let (_sandbox, client) = start_with(Options {
        scopes: scopes.map(String::from).into(),
        ..Options::default()
    })
    .await;
    assert_eq!(
        client
            .insert("Contacts", json!([{"Last_Name": "Doe"}]))
            .await
            .status,
        201
    );
    assert_eq!(
        client.get("/Accounts?fields=Account_Name").await.status,
        204
    );
    assert_eq!(
        client.get("/settings/fields?module=Deals").await.status,
        200
    );
    let update = json!({"data": [{"id": "1"}]});
    for refused in [
        client
            .insert("Accounts", json!([{"Account_Name": "X"}]))
            .await,
        client.send("PUT", "/Contacts", Some(&update)).await,
        client.send("DELETE", "/Contacts/1", None).await,
        client
            .query("select id from Contacts where id is not null")
            .await,
    ] {
        assert_eq!(refused.error(), (401, "OAUTH_SCOPE_MISMATCH"));
    }
}

#[tokio::test]
async fn what_staff_write_needs_no_token_and_is_no_change() {
    let sandbox = Zoho::start(Options::default()).await.unwrap();
    let id = sandbox
        .create(
            "Accounts",
            &fields(&json!({"Account_Name": "Example Trading Ltd"})),
        )
        .unwrap();
    let refused = sandbox
        .create("Accounts", &fields(&json!({"Phone": "555"})))
        .unwrap_err();
    assert!(refused.starts_with("MANDATORY_NOT_FOUND"), "{refused}");
    assert!(
        sandbox
            .create("Boats", &fields(&json!({})))
            .unwrap_err()
            .starts_with("INVALID_MODULE")
    );
    assert_eq!(sandbox.records("Accounts")[0]["id"], id);
    assert!(sandbox.changes().is_empty());
    let client = Client::log_in(sandbox.url()).await;
    assert_eq!(client.get(&format!("/Accounts/{id}")).await.status, 200);
}
