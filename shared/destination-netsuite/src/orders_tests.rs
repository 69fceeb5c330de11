use super::*;
use indexmap::IndexMap;
use mapping::plan::{Field, Key, When};
use serde_json::json;

fn order(key: &str, line: &[&str]) -> Record {
    let line = line.iter().map(|name| {
        (
            (*name).to_owned(),
            Value::Literal(Scalar::Text("1".to_owned())),
        )
    });
    let items = Value::Object(
        [(
            "items".to_owned(),
            Value::List(vec![Value::Object(line.collect())]),
        )]
        .into_iter()
        .collect(),
    );
    Record {
        name: "sales_order".to_owned(),
        index: 0,
        object: "salesOrder".to_owned(),
        key: Some(Key {
            field: "externalId".to_owned(),
            value: key.to_owned(),
            provisional: false,
        }),
        find: Vec::new(),
        replaces: None,
        together: Vec::new(),
        options: IndexMap::new(),
        fields: [(
            "item".to_owned(),
            Field {
                value: items,
                on: When::Always,
            },
        )]
        .into_iter()
        .collect(),
    }
}

#[test]
fn one_question_asks_for_orders_their_lines_and_their_customers() {
    let (first, second) = (
        order(
            "WOO_ORDER_2",
            &["quantity", "location", "custcol_Engraving", "taxCode"],
        ),
        order("WOO_ORDER_1", &[]),
    );
    let query = question(
        &[&first, &second],
        &["externalid".to_owned(), "email".to_owned()],
    )
    .unwrap()
    .unwrap();
    let (select, from) = query.text.split_once(" FROM ").unwrap();
    for column in [
        "tl.foreignamount AS line_amount",
        "tl.location AS line_location",
        "tl.custcol_engraving AS line_custcol_engraving",
        "c.id, c.externalid, c.email",
    ] {
        assert!(select.contains(column), "{select}");
    }
    assert!(
        !select.contains("taxcode"),
        "a column that accounts may not have is not asked for"
    );
    assert_eq!(
        from,
        "transaction t JOIN transactionline tl ON tl.transaction = t.id LEFT JOIN customer c ON c.id = t.entity WHERE t.externalid IN (?, ?) AND tl.mainline = 'F' AND tl.taxline = 'F' \
         AND (tl.iscogs = 'F' OR tl.iscogs IS NULL) ORDER BY t.id, tl.linesequencenumber, tl.id"
    );
    assert_eq!(query.params, ["WOO_ORDER_1", "WOO_ORDER_2"]);
    assert_eq!(question(&[], &[]).unwrap(), None);
    assert!(question(&[&order("WOO_ORDER_1", &["custcol_x; DROP"])], &[]).is_err());
}

#[test]
fn the_rows_are_orders_with_lines_and_customers() {
    let row = |key: &str, line: u64, more: Json| {
        let mut row = json!({
            "links": [], "order_id": "5001", "order_key": "Woo_Order_1", "order_memo": "Order #1", "order_status": "B", "line_key": line.to_string(), "line_item": "101",
            "line_itemtype": "InvtPart", "line_quantity": "-2", "line_amount": "-20.50", "line_rate": "10.25", "id": "647", "email": "jane@example.com",
        });
        row["line_item"] = json!(key);
        more.as_object()
            .into_iter()
            .flatten()
            .for_each(|(name, value)| row[name] = value.clone());
        Row::new(row).unwrap()
    };
    let rows = [
        row("101", 1, json!({})),
        row("200", 2, json!({"line_itemtype": "Group"})),
        row("201", 3, json!({})),
        row("0", 4, json!({"line_itemtype": "EndGroup"})),
        row("102", 5, json!({})),
        row("99", 6, json!({"line_itemtype": "ShipItem"})),
    ];
    let (orders, customers) = learn(&rows);
    assert_eq!(
        customers,
        [Row::new(json!({"links": [], "id": "647", "email": "jane@example.com"})).unwrap()]
    );
    let held = &orders["woo_order_1"];
    assert_eq!(held.customer.as_deref(), Some("647"));
    let seen: Vec<(u64, bool)> = held
        .lines
        .iter()
        .map(|line| (line.key, line.is_member))
        .collect();
    assert_eq!(
        seen,
        [(1, false), (2, false), (3, true), (4, true), (5, false)],
        "shipping is no line"
    );
    assert_eq!(held.lines[0].row.text("quantity").as_deref(), Some("2"));
    assert_eq!(held.lines[0].row.text("amount").as_deref(), Some("20.50"));
    assert!(!held.is_closed() && !held.is_at_work());
}

#[test]
fn a_closed_order_is_told_by_its_status() {
    for (status, closed) in [
        ("H", true),
        ("SalesOrd:H", true),
        ("B", false),
        ("SalesOrd:B", false),
    ] {
        let held = Held {
            status: Some(status.to_owned()),
            ..Held::default()
        };
        assert_eq!(held.is_closed(), closed, "{status}");
    }
}

#[test]
fn who_closed_an_order_is_told_by_its_memo() {
    let held = |memo: &str| Held {
        memo: Some(memo.to_owned()),
        status: Some("H".to_owned()),
        ..Held::default()
    };
    let reopens = |memo: &str| {
        let fields = json!({"memo": "WooCommerce Order #1"});
        held(memo)
            .circumstances(fields.as_object().unwrap())
            .reopens
    };
    assert!(reopens("WooCommerce Order #1 (cancelled)"));
    assert!(
        !reopens("WooCommerce Order #1")
            && !reopens("call before delivery")
            && !reopens("WooCommerce Order #12 (cancelled)")
    );
}
