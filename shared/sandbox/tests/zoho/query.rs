use crate::client::{Client, start};
use serde_json::{Value, json};

async fn names(client: &Client, query: &str) -> Vec<String> {
    let answer = client.query(query).await;
    if answer.status == 204 {
        assert_eq!(answer.body, json!(""), "no body at all");
        return Vec::new();
    }
    let rows = answer.body["data"]
        .as_array()
        .unwrap_or_else(|| panic!("{query}: {answer:?}"));
    rows.iter()
        .map(|row| row["Product_Name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn products_by_their_codes() {
    let (_sandbox, client) = start().await;
    for (condition, expected) in [
        ("Product_Code = 'woo-polo'", vec!["Polo"]),
        (
            "Product_Code in ('WOO-polo', \"101\", 'no such')",
            vec!["Product A", "Polo"],
        ),
        (
            "(Unit_Price >= 20 and Unit_Price < 49.99)",
            vec!["Product B", "Polo"],
        ),
        (
            "((Unit_Price > 20 and Product_Active = true) and Product_Code not in ('101'))",
            vec!["Product B", "Product X"],
        ),
        (
            "(Product_Name = 'Polo' or Product_Name = 'Beanie')",
            vec!["Polo", "Beanie"],
        ),
        ("Manufacturer is not null", vec![]),
        (
            "(Manufacturer is null and Product_Code = 'TAX')",
            vec!["Tax"],
        ),
    ] {
        assert_eq!(
            names(
                &client,
                &format!("select Product_Name from Products where {condition}")
            )
            .await,
            expected,
            "{condition}"
        );
    }
    assert_eq!(
        names(
            &client,
            "select Product_Name from Products where id is not null limit 2"
        )
        .await,
        ["Product A", "Product B"]
    );
    assert_eq!(
        names(
            &client,
            "select Product_Name from Products where id is not null limit 1, 1"
        )
        .await,
        ["Product B"]
    );
    assert_eq!(
        names(
            &client,
            "select Product_Name from Products where id is not null limit 1 offset 2"
        )
        .await,
        ["Polo"]
    );
}

#[tokio::test]
async fn sorted() {
    let (_sandbox, client) = start().await;
    let products = "select Product_Name from Products where Product_Code in ('101', '102', 'woo-polo', 'PROD-XYZ')";
    for (order, expected) in [
        ("id desc", ["Product X", "Polo", "Product B", "Product A"]),
        (
            "Unit_Price asc, id",
            ["Polo", "Product B", "Product A", "Product X"],
        ),
        (
            "Manufacturer, Product_Name desc",
            ["Product X", "Product B", "Product A", "Polo"],
        ),
    ] {
        let query = format!("{products} order by {order} limit 10");
        assert_eq!(names(&client, &query).await, expected, "{order}");
    }
}

#[tokio::test]
async fn rows_have_an_id_and_say_whether_there_are_more() {
    let (_sandbox, client) = start().await;
    let answer = client
        .query("select Product_Code from Products where id is not null limit 2")
        .await;
    assert_eq!(
        answer.body["info"],
        json!({"count": 2, "more_records": true})
    );
    let id = answer.body["data"][0]["id"].as_str().unwrap();
    assert!(
        id.len() == 19 && id.bytes().all(|byte| byte.is_ascii_digit()),
        "{id}"
    );
}

#[tokio::test]
async fn what_is_written_is_found_at_once_quotes_and_all() {
    let (_sandbox, client) = start().await;
    for name in [r"O'Neil \ Sons", "''", "\"Quoted\" Ltd", "Ünïcode 🧦"] {
        client
            .insert("Accounts", json!([{"Account_Name": name}]))
            .await;
        let doubled = name.replace('\'', "''");
        let answer = client
            .query(&format!(
                "select Account_Name from Accounts where Account_Name = '{doubled}'"
            ))
            .await;
        assert_eq!(answer.body["data"][0]["Account_Name"], json!(name));
    }
}

#[tokio::test]
async fn relations() {
    let (_sandbox, client) = start().await;
    let account = client
        .insert("Accounts", json!([{"Account_Name": "Example Trading Ltd"}]))
        .await
        .id();
    client
        .insert(
            "Contacts",
            json!([{"Last_Name": "Doe", "Account_Name": {"id": account}}]),
        )
        .await;
    let answer = client
        .query(&format!(
            "select Account_Name, Account_Name.Account_Name from Contacts where Account_Name = '{account}'"
        ))
        .await;
    let row = &answer.body["data"][0];
    assert_eq!(row["Account_Name"], json!({"id": account}));
    assert_eq!(row["Account_Name.Account_Name"], "Example Trading Ltd");
}

#[tokio::test]
async fn what_zoho_refuses() {
    let (_sandbox, client) = start().await;
    let many = (0..51)
        .map(|number| format!("'{number}'"))
        .collect::<Vec<_>>()
        .join(", ");
    let in_many = format!("select id from Contacts where Email in ({many})");
    let deep = format!(
        "select id from Contacts where {}Email = 'a'{}",
        "(".repeat(99),
        ")".repeat(99)
    );
    for (query, code) in [
        ("", "SYNTAX_ERROR"),
        ("select id from Contacts", "SYNTAX_ERROR"),
        (
            "select id from Contacts where Email = 'a' or Email = 'b' or Email = 'c'",
            "SYNTAX_ERROR",
        ),
        (
            "select id from Contacts where Email = 'O'Neil'",
            "SYNTAX_ERROR",
        ),
        (
            r"select id from Contacts where Email = 'O\'Neil'",
            "SYNTAX_ERROR",
        ),
        (
            r"select id from Contacts where Email = 'Neil\'",
            "SYNTAX_ERROR",
        ),
        (
            "select id from Contacts where Email = 'open",
            "SYNTAX_ERROR",
        ),
        (
            "select id from Contacts where Email = 'open\\",
            "SYNTAX_ERROR",
        ),
        (
            "select COUNT(id) from Contacts where id is not null",
            "SYNTAX_ERROR",
        ),
        (
            "select id from Contacts where id is not null order Email",
            "SYNTAX_ERROR",
        ),
        (
            "select id from Contacts where id is not null order by Shoe_Size",
            "INVALID_QUERY",
        ),
        (
            "select id from Contacts where Email like 'a%'",
            "SYNTAX_ERROR",
        ),
        (
            "select Shoe_Size from Contacts where id is not null",
            "INVALID_QUERY",
        ),
        ("select id from Contacts where Email > 'a'", "INVALID_QUERY"),
        ("select id from Deals where Amount = '5'", "INVALID_QUERY"),
        (
            "select id from Contacts where id is not null limit many",
            "INVALID_QUERY",
        ),
        (
            "select id from Contacts where id is not null limit 2001",
            "LIMIT_EXCEEDED",
        ),
        (in_many.as_str(), "LIMIT_EXCEEDED"),
        (deep.as_str(), "SYNTAX_ERROR"),
        (
            "select id from Boats where id is not null",
            "INVALID_MODULE",
        ),
        ("sélect ☃", "SYNTAX_ERROR"),
    ] {
        assert_eq!(client.query(query).await.error(), (400, code), "{query}");
    }
    let no_text = client
        .send("POST", "/coql", Some(&json!({"select_query": Value::Null})))
        .await;
    assert_eq!(no_text.error(), (400, "INVALID_DATA"));
}
