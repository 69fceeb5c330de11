use super::*;

fn row(columns: &Json) -> Row {
    Row::new(columns.clone()).unwrap()
}

/// Returns a line with one piece of this item at 10.00.
fn there(key: u64, item: &str) -> Line {
    Line {
        key,
        row: row(
            &json!({"item": item, "itemtype": "InvtPart", "quantity": "1", "rate": "10", "amount": "10.00", "description": item}),
        ),
        is_member: false,
    }
}

fn at_work(key: u64, item: &str, columns: &Json) -> Line {
    let mut line = there(key, item);
    let Json::Object(more) = columns else {
        return line;
    };
    let mut all = json!({"item": item, "itemtype": "InvtPart", "quantity": "3", "amount": "30.00", "description": item});
    more.iter()
        .for_each(|(name, value)| all[name] = value.clone());
    line.row = row(&all);
    line
}

fn wanted(item: &str, quantity: u32, amount: &str) -> Json {
    json!({"item": {"id": item}, "quantity": quantity, "rate": 10, "amount": amount.parse::<f64>().unwrap(), "price": {"id": "-1"}, "description": item})
}

fn of(there: &[Line], wanted: &[Json]) -> Change {
    change(there, wanted, Circumstances::default()).unwrap()
}

#[test]
fn lines_that_are_as_they_should_be_are_not_sent() {
    let lines = [there(1, "101"), there(2, "102")];
    assert_eq!(
        of(&lines, &[wanted("101", 1, "10"), wanted("102", 1, "10")]),
        Change::default()
    );
    assert_eq!(
        of(
            &lines,
            &[wanted("102", 1, "10.0"), wanted("101", 1, "10.00")]
        ),
        Change::default(),
        "in whatever order"
    );
}

#[test]
fn a_line_that_differs_is_sent_with_its_key_and_nothing_else() {
    let lines = [there(1, "101"), there(4, "102")];
    let change = of(&lines, &[wanted("101", 1, "10"), wanted("102", 2, "20")]);
    assert_eq!(
        change.items,
        [json!({"line": 4, "quantity": 2, "rate": 10, "amount": 20.0, "price": {"id": "-1"}})]
    );
    assert!(!change.replaces && change.warnings.is_empty());

    let mut renamed = wanted("101", 1, "10");
    renamed["description"] = json!("new");
    renamed["location"] = json!({"id": "2"});
    let change = of(&lines, &[renamed, wanted("102", 1, "10")]);
    assert_eq!(
        change.items,
        [json!({"line": 1, "description": "new", "location": {"id": "2"}})]
    );

    let mut uneven = wanted("101", 3, "10");
    uneven.as_object_mut().unwrap().remove("rate");
    let change = of(&lines, &[uneven, wanted("102", 1, "10")]);
    assert_eq!(
        change.items,
        [json!({"line": 1, "quantity": 3, "amount": 10.0, "price": {"id": "-1"}, "rate": null})],
        "the old rate would count more than the new amount"
    );
}

#[test]
fn what_is_new_is_added_and_what_went_is_not_among_those_that_stay() {
    let lines = [there(1, "101"), there(2, "102")];
    let change = of(&lines, &[wanted("102", 1, "10"), wanted("103", 1, "10")]);
    assert!(change.replaces);
    assert_eq!(change.items, [json!({"line": 2}), wanted("103", 1, "10")]);

    let change = of(&lines, &[wanted("101", 1, "10")]);
    assert!(change.replaces);
    assert_eq!(change.items, [json!({"line": 1})]);
    assert_eq!(
        change.warnings,
        ["line 2 (item 102) was taken away, because the shop's order does not have it"],
        "it may have been the staff's"
    );
}

#[test]
fn of_two_lines_of_one_item_each_finds_its_own() {
    let mut lines = [there(1, "101"), there(2, "101")];
    lines[1].row =
        row(&json!({"item": "101", "quantity": "5", "amount": "50.00", "description": "engraved"}));
    let mut engraved = wanted("101", 6, "60");
    engraved["description"] = json!("engraved");
    let change = of(&lines, &[engraved.clone(), wanted("101", 1, "10")]);
    assert_eq!(change.items.len(), 1);
    assert_eq!(
        (&change.items[0]["line"], &change.items[0]["quantity"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(of(&lines, &[engraved]).items.len(), 1, "the plain one went");
}

#[test]
fn what_is_fulfilled_or_billed_stays_and_is_told() {
    for column in ["shipped", "billed"] {
        let lines = [at_work(1, "101", &json!({column: "-2"})), there(2, "102")];
        let gone = of(&lines, &[wanted("102", 1, "10")]);
        assert!(
            gone.items.is_empty()
                && gone.warnings[0].starts_with("line 1 (item 101) is fulfilled or billed"),
            "{gone:?}"
        );

        let less = of(&lines, &[wanted("101", 1, "10"), wanted("102", 1, "10")]);
        assert!(
            less.items.is_empty() && less.warnings[0].contains("2 of it are fulfilled"),
            "{less:?}"
        );

        let enough = of(&lines, &[wanted("101", 2, "20"), wanted("102", 1, "10")]);
        assert_eq!(
            (&enough.items[0]["quantity"], enough.warnings.len()),
            (&json!(2), 0)
        );
    }
}

#[test]
fn the_members_of_a_group_stay_and_go_with_it() {
    let member = |key| Line {
        is_member: true,
        ..there(key, "201")
    };
    let lines = [there(1, "200"), member(2), member(3), there(4, "101")];
    assert_eq!(
        of(&lines, &[wanted("200", 1, "10"), wanted("101", 1, "10")]),
        Change::default()
    );
    let change = of(&lines, &[wanted("200", 1, "10")]);
    assert_eq!(
        change.items,
        [json!({"line": 1}), json!({"line": 2}), json!({"line": 3})]
    );
    assert_eq!(
        of(&lines, &[wanted("101", 1, "10")]).items,
        [json!({"line": 4})]
    );
}

#[test]
fn lines_are_closed_and_opened_again() {
    let lines = [there(1, "101")];
    let mut closed = wanted("101", 1, "10");
    closed["isClosed"] = json!(true);
    let with = |wanted: &Json, reopens, is_closed| {
        let about = Circumstances {
            reopens,
            is_closed,
            discount_item: None,
        };
        change(&lines, std::slice::from_ref(wanted), about)
            .unwrap()
            .items
    };
    assert_eq!(
        with(&closed, false, false),
        [json!({"line": 1, "isClosed": true})]
    );
    assert!(with(&closed, false, true).is_empty());
    assert_eq!(
        with(&wanted("101", 1, "10"), true, true),
        [json!({"line": 1, "isClosed": false})]
    );
    assert!(
        with(&wanted("101", 1, "10"), false, true).is_empty(),
        "what staff has closed stays closed"
    );
}

#[test]
fn a_discount_on_the_whole_order_is_no_line() {
    let mut lines = vec![there(1, "101"), there(2, "900")];
    lines[1].row = row(&json!({"item": "900", "itemtype": "Discount", "amount": "-5"}));
    let with = |item| {
        let about = Circumstances {
            discount_item: item,
            ..Circumstances::default()
        };
        change(&lines, &[wanted("101", 1, "10")], about).unwrap()
    };
    assert_eq!(with(Some("900")), Change::default());
    assert!(with(None).replaces);
}

#[test]
fn lines_that_do_not_name_their_item_cannot_be_compared() {
    let unnamed = json!({"item": {"externalId": "MUG"}, "quantity": 1});
    assert_eq!(
        change(&[there(1, "101")], &[unnamed], Circumstances::default()),
        None
    );
}

#[test]
fn a_text_with_a_quote_before_it_is_the_same() {
    let mut line = there(1, "101");
    line.row =
        row(&json!({"item": "101", "quantity": "1", "amount": "10", "description": "'=SUM"}));
    let mut formula = wanted("101", 1, "10");
    formula["description"] = json!("=SUM");
    assert_eq!(of(&[line], &[formula]), Change::default());
}

#[test]
fn ten_thousand_lines_of_one_item_are_compared_at_once() {
    let lines: Vec<Line> = (1..=10_000).map(|key| there(key, "101")).collect();
    let mut all: Vec<Json> = (0..10_000).map(|_| wanted("101", 1, "10")).collect();
    assert_eq!(of(&lines, &all), Change::default());
    all.pop();
    assert_eq!(of(&lines, &all).items.len(), 9_999);
}
