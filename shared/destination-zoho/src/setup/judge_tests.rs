use super::*;
use serde_json::json;

/// Creates a field as Zoho describes it, with these properties in the place of a text's.
fn field(name: &str, more: Json) -> Json {
    let mut field = json!({
        "id": format!("id of {name}"), "api_name": name, "data_type": "text", "json_type": "string", "length": 120,
        "custom_field": true, "unique": {}, "operation_type": {"api_create": true},
    });
    for (key, value) in more.as_object().unwrap() {
        field[key] = value.clone();
    }
    field
}

fn unique(name: &str) -> Json {
    field(name, json!({"unique": {"casesensitive": "false"}}))
}

fn key(name: &str) -> Needs {
    let mut needs = Needs::default();
    needs.keys.insert(name.to_owned(), 20);
    needs
}

fn written(name: &str, kind: Kind) -> Needs {
    let mut needs = Needs::default();
    needs.written.insert(name.to_owned(), kind);
    needs
}

/// Returns the one judgement of a module with these fields.
fn of(own: &[Json], maker: Option<&[Json]>, needs: &Needs) -> Judged {
    let name = "Deals";
    let judged = Module { name, own, maker }.judge(needs);
    assert_eq!(judged.len(), 1, "{judged:#?}");
    judged.into_iter().next().unwrap()
}

fn says(judged: &Judged, state: State, part: &str) {
    let line = judged.item.to_string();
    assert!(
        judged.item.state == state && line.contains(part),
        "{state:?}, {part}: {judged:#?}"
    );
}

#[test]
fn a_key_is_good_only_where_zoho_keeps_it_unique_and_lets_it_be_written() {
    let name = "Shop_Order_ID";
    says(
        &of(&[unique(name)], None, &key(name)),
        State::Good,
        "unique",
    );
    let external = field(name, json!({"external": {"type": "org"}}));
    says(&of(&[external], None, &key(name)), State::Good, "unique");

    let judged = of(&[field(name, json!({}))], None, &key(name));
    says(&judged, State::Wrong, "this one allows them");
    let id = format!("id of {name}");
    assert_eq!(judged.change, Some(Change::MakeUnique { id }));

    let standard = field(name, json!({"custom_field": false}));
    let judged = of(&[standard], None, &key(name));
    says(
        &judged,
        State::Wrong,
        "tick \"Do not allow duplicate values\"",
    );
    assert_eq!(judged.change, None);

    let mut closed = unique(name);
    closed["operation_type"] = json!({"api_create": false});
    says(
        &of(&[closed], None, &key(name)),
        State::Wrong,
        "Set Permission",
    );

    let typed = field(name, json!({"data_type": "textarea", "unique": {}}));
    let judged = of(&[typed], None, &key(name));
    says(
        &judged,
        State::Wrong,
        "of the type textarea, which does not change",
    );

    let short = field(
        name,
        json!({"length": 10, "unique": {"casesensitive": "false"}}),
    );
    let judged = of(&[short], None, &key(name));
    says(
        &judged,
        State::Wrong,
        "takes 10 characters, and an order's has 20",
    );
    assert!(matches!(judged.change, Some(Change::Lengthen { .. })));
}

#[test]
fn a_key_that_is_not_there_is_made_while_there_is_room() {
    let name = "Shop_Order_ID";
    let judged = of(&[unique("One")], None, &key(name));
    says(&judged, State::Missing, "labelled \"Shop Order ID\"");
    let made = NewField::text(name, 255, true);
    assert_eq!(judged.change, Some(Change::Create(made)));

    let judged = of(&[unique("One"), unique("Two")], None, &key(name));
    says(
        &judged,
        State::Missing,
        "One and Two already allow no duplicates",
    );
    assert_eq!(judged.change, None);
    let judged = of(
        &[unique("One"), unique("Two"), field(name, json!({}))],
        None,
        &key(name),
    );
    says(
        &judged,
        State::Wrong,
        "One and Two already allow no duplicates",
    );
}

#[test]
fn what_only_the_other_user_sees_is_hidden_and_not_made_again() {
    let name = "Shop_Order_ID";
    let all = [unique(name)];
    for needs in [key(name), written(name, Kind::Text(3))] {
        let judged = of(&[], Some(&all), &needs);
        says(
            &judged,
            State::Wrong,
            "hidden from the user who delivers orders",
        );
        assert_eq!(judged.change, None);
    }
}

#[test]
fn without_a_key_of_ones_own_there_is_advice() {
    let name = field("Deal_Name", json!({"custom_field": false}));
    let judged = of(&[name], None, &key("Deal_Name"));
    says(&judged, State::Advice, "name it as order_field");
}

#[test]
fn a_written_field_must_be_there_take_the_value_and_be_open() {
    let name = "Shop_Total";
    let judged = of(&[], None, &written(name, Kind::Number));
    says(&judged, State::Missing, "create it as Decimal");
    assert!(matches!(judged.change, Some(Change::Create(_))));
    let judged = of(&[], None, &written(name, Kind::Link));
    says(&judged, State::Missing, "take it out of the mapping");
    assert_eq!(judged.change, None, "nobody knows where it leads");

    let texts = [field(name, json!({}))];
    let judged = of(&texts, None, &written(name, Kind::Number));
    says(
        &judged,
        State::Wrong,
        "of the type text, which does not change",
    );
    let judged = of(&texts, None, &written(name, Kind::Text(121)));
    says(
        &judged,
        State::Wrong,
        "takes 120 characters, and the mapping writes 121",
    );
    let closed = [field(
        name,
        json!({"operation_type": {"api_create": false}}),
    )];
    let judged = of(&closed, None, &written(name, Kind::Text(1)));
    says(&judged, State::Wrong, "cannot be written");
    let good = Module {
        name: "Deals",
        own: &texts,
        maker: None,
    };
    assert_eq!(good.judge(&written(name, Kind::Text(120))), []);
}

#[test]
fn a_stage_that_the_picklist_lacks_is_named_with_those_that_it_has() {
    let mut needs = Needs::default();
    needs.texts.insert(("Stage".to_owned(), "Sold".to_owned()));
    let choices = json!([{"actual_value": "Won"}, {"display_value": "Lost"}]);
    let stage = field(
        "Stage",
        json!({"data_type": "picklist", "pick_list_values": choices}),
    );
    let judged = of(&[stage], None, &needs);
    says(&judged, State::Wrong, "the field has no choice \"Sold\"");
    says(&judged, State::Wrong, "map \"Sold\" to one of Won, Lost");
}
