//! SuiteQL.

use crate::client::{Answer, Client, QUERY, order, receive, start};
use sandbox::netsuite::{Kind, NetSuite};
use serde_json::{Value, json};

async fn with_customers() -> (NetSuite, Client) {
    let (sandbox, client) = start().await;
    for (external_id, name) in [
        ("WOO_CUST_1", "Doe"),
        ("WOO_CUST_2", "Roe"),
        ("Woo_Cust_3", "Poe"),
    ] {
        client.customer(external_id, name).await;
    }
    client
        .post(
            "/customer",
            json!({"companyName": "Example Ltd", "phone": "+1 555 0100"}),
        )
        .await;
    (sandbox, client)
}

fn column<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let items = answer.body["items"]
        .as_array()
        .unwrap_or_else(|| panic!("rows, not {answer:?}"));
    items
        .iter()
        .map(|row| row[name].as_str().unwrap_or("-"))
        .collect()
}

#[tokio::test]
async fn rows_are_texts_in_lower_case_columns_without_nulls() {
    let (sandbox, client) = with_customers().await;
    let answer = client
        .query(
            "SELECT Id, entityId AS Name, phone FROM customer WHERE isperson = 'F'",
            json!([]),
        )
        .await;
    let id = sandbox.records("customer")[3]["id"].clone();
    assert_eq!(
        answer.body["items"],
        json!([{"links": [], "id": id, "name": "Example Ltd", "phone": "+1 555 0100"}])
    );
    assert_eq!(
        (
            &answer.body["count"],
            &answer.body["hasMore"],
            &answer.body["totalResults"]
        ),
        (&json!(1), &json!(false), &json!(1))
    );
    let persons = client
        .query(
            "SELECT c.id, c.phone FROM customer c WHERE c.isperson = 'T'",
            json!([]),
        )
        .await;
    assert!(persons.body["items"][0].get("phone").is_none());
    assert_eq!(sandbox.calls().of(Kind::Query), 2);
}

#[tokio::test]
async fn conditions() {
    let (_sandbox, client) = with_customers().await;
    for (condition, params, names) in [
        (
            "externalid IN (?, ?)",
            json!(["WOO_CUST_2", "WOO_CUST_1"]),
            vec!["Jane Doe", "Jane Roe"],
        ),
        ("externalid = ?", json!(["woo_cust_3"]), vec![]),
        (
            "LOWER(externalid) = LOWER(?)",
            json!(["WOO_CUST_3"]),
            vec!["Jane Poe"],
        ),
        (
            "UPPER(lastname) = 'DOE' OR lastname = 'Roe' AND firstname = 'John'",
            json!([]),
            vec!["Jane Doe"],
        ),
        (
            "(lastname = 'Doe' OR lastname = 'Roe') AND NOT lastname = 'Roe'",
            json!([]),
            vec!["Jane Doe"],
        ),
        ("externalid IS NULL", json!([]), vec!["Example Ltd"]),
        (
            "lastname IS NOT NULL AND lastname <> 'Doe' AND lastname != 'Poe'",
            json!([]),
            vec!["Jane Roe"],
        ),
        // The last name of a company is null, so it is neither in nor out.
        (
            "lastname NOT IN ('Doe', 'Roe')",
            json!([]),
            vec!["Jane Poe"],
        ),
        ("lastname IN ('Doe', ?)", json!([""]), vec!["Jane Doe"]),
        ("id >= ? AND id < 649", json!(["648"]), vec!["Jane Roe"]),
        ("companyname = 'It''s'", json!([]), vec![]),
    ] {
        let answer = client
            .query(
                &format!("SELECT altname FROM customer WHERE {condition}"),
                params,
            )
            .await;
        assert_eq!(column(&answer, "altname"), names, "{condition}");
    }
}

#[tokio::test]
async fn order_and_pages() {
    let (_sandbox, client) = with_customers().await;
    let sorted = client
        .query(
            "SELECT lastname FROM customer ORDER BY lastname DESC, id",
            json!([]),
        )
        .await;
    assert_eq!(column(&sorted, "lastname"), ["-", "Roe", "Poe", "Doe"]);
    let body = json!({"q": "SELECT lastname FROM customer ORDER BY lastname"});
    let page = |query: &str| {
        client
            .request("POST", &format!("{QUERY}?{query}"), Some(&body))
            .header("prefer", "transient")
    };
    let second = receive(page("limit=2&offset=2")).await.unwrap();
    assert_eq!(column(&second, "lastname"), ["Roe", "-"]);
    assert_eq!(
        (&second.body["offset"], &second.body["totalResults"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(
        receive(page("limit=2")).await.unwrap().body["hasMore"],
        true
    );
    assert_eq!(
        receive(page("limit=2000")).await.unwrap().error(),
        (400, "INVALID_PARAMETER")
    );
}

#[tokio::test]
async fn items_and_orders() {
    let (_sandbox, client) = with_customers().await;
    let items = client
        .query(
            "SELECT id, itemid FROM item WHERE itemid IN (?, ?, ?)",
            json!(["woo-polo", "101", "Woo-Polo"]),
        )
        .await;
    assert_eq!(column(&items, "id"), ["1501", "1503"]);
    client
        .post("/salesOrder", order("WOO_ORDER_1", "WOO_CUST_1"))
        .await;
    let orders = client
        .query(
            "SELECT id, externalid, entity, trandate, foreigntotal, recordtype, status FROM transaction",
            json!([]),
        )
        .await;
    let row = &orders.body["items"][0];
    let shown: Vec<&Value> = ["entity", "trandate", "foreigntotal", "recordtype", "status"]
        .map(|name| &row[name])
        .into();
    assert_eq!(shown, ["647", "10/26/2023", "84.98", "salesorder", "A"]);
    let lists = client
        .query("SELECT name FROM currency WHERE id = 4", json!([]))
        .await;
    assert_eq!(column(&lists, "name"), ["Euro"]);
}

#[tokio::test]
async fn orders_with_their_lines_and_customers() {
    let (sandbox, client) = with_customers().await;
    client
        .post("/salesOrder", order("WOO_ORDER_1", "WOO_CUST_1"))
        .await;
    let id = sandbox.records("salesOrder")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(sandbox.fulfil(&id, Some(1)));
    let text = "SELECT t.id AS order_id, tl.id AS line, tl.quantity, tl.foreignamount AS amount, tl.quantityshiprecv AS shipped, c.lastname AS name FROM transaction t \
                JOIN transactionline tl ON tl.transaction = t.id LEFT JOIN customer c ON t.entity = c.id WHERE t.externalid IN (?, ?) AND (tl.iscogs = 'F' OR tl.iscogs IS NULL) \
                AND tl.mainline = 'F' ORDER BY t.id, tl.linesequencenumber DESC";
    let answer = client
        .query(text, json!(["WOO_ORDER_1", "WOO_ORDER_2"]))
        .await;
    assert_eq!(column(&answer, "line"), ["2", "1"]);
    assert_eq!(column(&answer, "name"), ["Doe", "Doe"]);
    assert!(
        column(&answer, "quantity")
            .iter()
            .all(|quantity| quantity.starts_with('-')),
        "{answer:?}"
    );
    assert!(
        column(&answer, "amount")
            .iter()
            .all(|amount| amount.starts_with('-')),
        "{answer:?}"
    );
    assert_eq!(column(&answer, "shipped")[0], "0");
    let main = client
        .query(
            "SELECT foreignamount FROM transactionline WHERE mainline = 'T'",
            json!([]),
        )
        .await;
    assert!(!column(&main, "foreignamount")[0].starts_with('-'));
    let all = client
        .query(
            "SELECT c.id, t.id AS order_id FROM customer c LEFT JOIN transaction t ON t.entity = c.id",
            json!([]),
        )
        .await;
    assert_eq!(column(&all, "order_id"), [id.as_str(), "-", "-", "-"]);
    let only = client
        .query(
            "SELECT c.id FROM customer c JOIN transaction t ON t.entity = c.id",
            json!([]),
        )
        .await;
    assert_eq!(column(&only, "id").len(), 1);
}

#[tokio::test]
async fn rows_are_counted_by_what_they_have_in_common() {
    let (_sandbox, client) = with_customers().await;
    let answer = client
        .query(
            "SELECT isperson, COUNT(*) AS n FROM customer GROUP BY isperson ORDER BY n DESC",
            json!([]),
        )
        .await;
    assert_eq!(
        (column(&answer, "isperson"), column(&answer, "n")),
        (vec!["T", "F"], vec!["3", "1"])
    );
}

#[tokio::test]
async fn queries_that_are_refused() {
    let (_sandbox, client) = with_customers().await;
    for (query, params) in [
        ("SELECT id FROM opportunity", json!([])),
        ("SELECT nickname FROM customer", json!([])),
        ("SELECT x.id FROM customer", json!([])),
        ("SELECT id FROM customer WHERE", json!([])),
        ("SELECT id FROM customer; SELECT id FROM item", json!([])),
        ("DELETE FROM customer", json!([])),
        ("SELECT id FROM customer WHERE id = ?", json!([])),
        ("SELECT id FROM customer WHERE id = ?", json!(["1", "2"])),
        ("SELECT id FROM customer WHERE id = ?", json!(["one"])),
        ("SELECT id FROM customer LIMIT 5", json!([])),
        ("SELECT DISTINCT id FROM customer", json!([])),
        ("SELECT id FROM customer GROUP BY", json!([])),
        (
            "SELECT id FROM customer UNION ALL SELECT id FROM item",
            json!([]),
        ),
        ("SELECT c.id FROM customer c JOIN item i", json!([])),
        (
            "SELECT c.id FROM customer c JOIN item i ON c.id > i.id",
            json!([]),
        ),
        (
            "SELECT c.id FROM customer c JOIN item i ON c.id = c.id",
            json!([]),
        ),
        (
            "SELECT id FROM customer c JOIN item i ON c.id = i.id",
            json!([]),
        ),
        ("SELECT id FROM customer, item", json!([])),
        ("SELECT * FROM customer", json!([])),
        ("SELECT SUM(id) AS s FROM customer", json!([])),
        (
            "SELECT id FROM customer WHERE id IN (SELECT id FROM item)",
            json!([]),
        ),
    ] {
        let answer = client.query(query, params).await;
        assert_eq!(answer.error(), (400, "INVALID_PARAMETER"), "{query}");
    }
    let negated = format!(
        "SELECT id FROM customer WHERE {} id = 1",
        "NOT ".repeat(3_000)
    );
    assert_eq!(
        client.query(&negated, json!([])).await.error(),
        (400, "INVALID_PARAMETER")
    );
    let deep = format!(
        "SELECT id FROM customer WHERE {}id = 1{}",
        "(".repeat(3_000),
        ")".repeat(3_000)
    );
    assert_eq!(
        client.query(&deep, json!([])).await.error(),
        (400, "INVALID_PARAMETER")
    );
    for (parts, status) in [(2, 200), (20_000, 200)] {
        let wide = format!(
            "SELECT id FROM customer WHERE {}",
            vec!["(id=1 AND NOT id=2)"; parts].join(" OR ")
        );
        assert_eq!(
            client.query(&wide, json!([])).await.status,
            status,
            "{parts}"
        );
    }
    let long = format!(
        "SELECT id FROM customer WHERE id IN ({})",
        vec!["?"; 1_001].join(",")
    );
    assert_eq!(
        client.query(&long, json!(vec!["1"; 1_001])).await.error(),
        (400, "INVALID_PARAMETER")
    );
}

#[tokio::test]
async fn a_query_must_be_transient_and_its_body_complete() {
    let (_sandbox, client) = with_customers().await;
    let good = json!({"q": "SELECT id FROM item"});
    let without = receive(client.request("POST", QUERY, Some(&good)))
        .await
        .unwrap();
    assert_eq!(without.error(), (400, "INVALID_HEADER"));
    for body in [
        json!({}),
        json!({"q": 5}),
        json!({"q": "SELECT id FROM item", "limit": 5}),
        json!({"q": "SELECT id FROM item", "params": "a"}),
    ] {
        let request = client
            .request("POST", QUERY, Some(&body))
            .header("prefer", "transient");
        assert_eq!(
            receive(request).await.unwrap().error(),
            (400, "INVALID_CONTENT"),
            "{body}"
        );
    }
    assert_eq!(client.get(QUERY).await.error(), (405, "METHOD_NOT_ALLOWED"));
}
