use crate::client::{refresh_form, start};
use sandbox::zoho::{Effect, Fault, Kind};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn refusals_look_like_zohos() {
    let (sandbox, client) = start().await;
    for (effect, expected) in [
        (Effect::Status(500), (500, "INTERNAL_ERROR")),
        (Effect::Status(503), (503, "SERVICE_UNAVAILABLE")),
        (Effect::Status(403), (403, "NO_PERMISSION")),
        (Effect::RequestLimit, (429, "TOO_MANY_REQUESTS")),
        (Effect::ExpireTokens, (401, "INVALID_TOKEN")),
    ] {
        sandbox.fault(Fault::new(effect.clone()));
        assert_eq!(
            client.get("/Contacts?fields=Email").await.error(),
            expected,
            "{effect:?}"
        );
    }
    sandbox.fault(Fault::new(Effect::Html));
    let page = client.get("/Contacts?fields=Email").await;
    assert_eq!(page.status, 503);
    assert!(page.body.as_str().unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn logins_fail_in_their_own_way() {
    let (sandbox, client) = start().await;
    sandbox.fault(Fault::new(Effect::RefuseLogin));
    assert_eq!(
        client.get("/Contacts?fields=Email").await.status,
        204,
        "it waits for a login"
    );
    let refused = client.form(&refresh_form()).await;
    assert_eq!(
        (refused.status, refused.body),
        (200, json!({"error": "invalid_code"}))
    );
    sandbox.fault(Fault::new(Effect::RequestLimit).on(Kind::Token));
    let denied = client.form(&refresh_form()).await;
    assert_eq!(
        (denied.status, &denied.body["error"]),
        (400, &json!("Access Denied"))
    );
}

#[tokio::test]
async fn a_locked_record_fails_alone() {
    let (sandbox, client) = start().await;
    sandbox.fault(Fault::new(Effect::LockRow).on(Kind::Upsert));
    let items = json!([{"Account_Name": "A"}, {"Account_Name": "B"}, {"Account_Name": "C"}]);
    let answer = client
        .upsert("Accounts", items.clone(), &["Account_Name"])
        .await;
    assert_eq!(
        (answer.status, answer.codes()),
        (207, vec!["RECORD_LOCKED", "SUCCESS", "SUCCESS"])
    );
    assert_eq!(answer.details()["action"], "record_locking");
    assert_eq!(
        client
            .upsert("Accounts", items, &["Account_Name"])
            .await
            .status,
        200
    );
    assert_eq!(sandbox.records("Accounts").len(), 3);
}

#[tokio::test]
async fn answers_get_lost_before_and_after_the_work() {
    let (sandbox, client) = start().await;
    let body = json!({"data": [{"Account_Name": "A"}]});
    for (effect, written) in [
        (Effect::DropBeforeWork, 0),
        (Effect::DropAfterCommit, 1),
        (Effect::TruncateAnswer, 2),
    ] {
        sandbox.fault(Fault::new(effect.clone()).on(Kind::Insert));
        let answer = client.try_send("POST", "/Accounts", Some(&body)).await;
        assert!(answer.is_err(), "{effect:?}: {answer:?}");
        assert_eq!(sandbox.records("Accounts").len(), written, "{effect:?}");
    }
    sandbox.fault(Fault::new(Effect::StatusAfterCommit(500)));
    let answer = client.send("POST", "/Accounts", Some(&body)).await;
    assert_eq!(answer.error(), (500, "INTERNAL_ERROR"));
    assert_eq!(sandbox.records("Accounts").len(), 3);
    assert_eq!(sandbox.changes().len(), 3);
}

#[tokio::test]
async fn faults_strike_their_kind_as_often_as_asked() {
    let (sandbox, client) = start().await;
    sandbox.fault(
        Fault::new(Effect::Status(503))
            .on(Kind::Insert)
            .times(2)
            .after(1),
    );
    let mut seen = Vec::new();
    for name in ["A", "B", "C", "D"] {
        assert_eq!(client.get("/Leads?fields=Email").await.status, 204);
        seen.push(
            client
                .insert("Accounts", json!([{"Account_Name": name}]))
                .await
                .status,
        );
    }
    assert_eq!(seen, [201, 503, 503, 201]);
    sandbox.fault(Fault::new(Effect::Status(500)));
    sandbox.clear_faults();
    assert_eq!(client.get("/Leads?fields=Email").await.status, 204);
}

/// Whatever is sent, there is an answer that names the fault.
#[tokio::test]
async fn nonsense_is_refused_and_harms_nobody() {
    let (sandbox, client) = start().await;
    let deep: serde_json::Value =
        serde_json::from_str(&format!("{}{}", "[".repeat(100), "]".repeat(100))).unwrap();
    let huge: serde_json::Value = serde_json::from_str("1e400").unwrap();
    let values = [
        json!(null),
        json!(true),
        huge.clone(),
        json!("☃"),
        json!([]),
        json!({}),
        json!([{}]),
        deep,
        json!({"id": huge}),
    ];
    let mut bodies: Vec<serde_json::Value> = values.to_vec();
    for value in &values {
        bodies.push(json!({"data": value, "duplicate_check_fields": value}));
        bodies.push(json!({"select_query": value, "__composite_requests": value}));
        bodies.push(json!({"data": [value], "trigger": value}));
        let line = json!({"id": value, "Product_Name": value, "Quantity": value, "Line_Tax": [{"name": "Vat", "percentage": value}], "_delete": value});
        let fields = json!({"id": value, "Email": value, "Owner": value, "Tag": value, "Account_Name": value, "Ordered_Items": [line], "Subject": "S"});
        bodies.push(json!({"data": [fields]}));
        bodies.push(
            json!({"__composite_requests": [{"method": value, "uri": value, "body": value, "headers": value, "sub_request_id": value}]}),
        );
    }
    for path in [
        "/Contacts",
        "/Sales_Orders",
        "/Contacts/upsert",
        "/Sales_Orders/upsert",
        "/coql",
        "/__composite_requests",
        "/",
        "//",
        "/%ff",
        "/☃",
    ] {
        for method in ["POST", "PUT", "GET", "DELETE"] {
            for body in &bodies {
                let answer = client.send(method, path, Some(body)).await;
                assert!(
                    matches!(answer.status, 204 | 400 | 404),
                    "{method} {path} {body}: {answer:?}"
                );
            }
        }
    }
    assert!(sandbox.changes().is_empty());
}

#[tokio::test]
async fn an_answer_can_be_late_and_the_port_can_close() {
    let (sandbox, client) = start().await;
    sandbox.fault(Fault::new(Effect::Delay(Duration::from_millis(200))));
    let begun = Instant::now();
    client.get("/Leads?fields=Email").await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    sandbox.stop().await;
    assert!(
        client
            .try_send("GET", "/Leads?fields=Email", None)
            .await
            .is_err()
    );
}
