use crate::PayloadError;
use crate::payload::{Object, digits};
use serde_json::{Map, Value};

fn fields(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn ids_are_positive_whole_numbers_however_written() {
    for (written, id) in [
        ("17", Some("17")),
        (" 0017 ", Some("17")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("0", None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1e3", None),
        ("123456789012345678901", None),
    ] {
        assert_eq!(digits(written).as_deref(), id, "{written}");
    }
    let order = fields(r#"{"a": 9007199254740993, "b": "9007199254740993", "c": true}"#);
    let order = Object::root(&order);
    assert_eq!(order.id("a"), Some("9007199254740993".to_owned()));
    assert_eq!((order.id("a"), None), (order.id("b"), order.id("c")));
}

#[test]
fn amounts_are_exact_and_null_says_nothing() {
    let order = fields(
        r#"{"number": 10.10, "text": "10.10", "null": null, "blank": " ", "words": "ten", "flag": true}"#,
    );
    let order = Object::root(&order);
    assert_eq!(
        order.amount("number").unwrap(),
        order.amount("text").unwrap()
    );
    assert_eq!(order.amount_or_zero("text").unwrap().to_string(), "10.10");
    for nothing in ["null", "blank", "absent"] {
        assert_eq!(order.amount(nothing), Ok(None), "{nothing}");
        assert_eq!(order.quantity(nothing), Ok(None), "{nothing}");
    }
    for wrong in ["words", "flag"] {
        assert_eq!(
            order.amount(wrong).unwrap_err().problem,
            "not a decimal number"
        );
        assert!(order.quantity(wrong).is_err());
    }
}

#[test]
fn noise_is_rounded_only_where_the_shop_stores_fewer_decimals() {
    let order = fields(r#"{"lines": [{"total": 110.69999999999999, "exact": "0.12345"}]}"#);
    let strict = Object::root(&order).list("lines").unwrap();
    assert!(
        strict[0]
            .amount("total")
            .unwrap_err()
            .problem
            .starts_with("too precise")
    );
    assert!(strict[0].quantity("total").unwrap().is_some());
    let tolerant = Object::root(&order)
        .storing_decimals(4)
        .list("lines")
        .unwrap();
    assert_eq!(
        tolerant[0]
            .amount_or_zero("total")
            .unwrap()
            .normalize()
            .to_string(),
        "110.7"
    );
    assert_eq!(
        tolerant[0].amount_or_zero("exact").unwrap().to_string(),
        "0.12345"
    );
}

#[test]
fn a_list_is_a_list_and_php_has_more_ways_to_write_one() {
    let order = fields(
        r#"{"list": [{"id": 1}], "gaps": {"2": {"id": 1}}, "empty": {}, "false": false, "blank": "", "words": "no", "mixed": [{}, 1]}"#,
    );
    let order = Object::root(&order);
    for (key, strict, php) in [
        ("list", Some(1), Some(1)),
        ("gaps", None, Some(1)),
        ("empty", Some(0), Some(0)),
        ("absent", Some(0), Some(0)),
        ("false", None, Some(0)),
        ("blank", None, Some(0)),
        ("words", None, None),
        ("mixed", None, None),
    ] {
        assert_eq!(
            order.list(key).map(|items| items.len()).ok(),
            strict,
            "{key}"
        );
        assert_eq!(
            order.php_list(key).map(|items| items.len()).ok(),
            php,
            "{key}"
        );
    }
}

#[test]
fn an_error_names_the_path_from_the_order() {
    let order = fields(r#"{"billing": {"lines": [{}, {"tax": {"total": "x"}}]}}"#);
    let lines = Object::root(&order)
        .object("billing")
        .list("lines")
        .unwrap();
    let error = lines[1]
        .object("tax")
        .amount("total")
        .unwrap_err()
        .in_order("17");
    let expected = PayloadError::Field {
        order: "17".to_owned(),
        field: "billing.lines[1].tax.total".to_owned(),
        problem: "not a decimal number".to_owned(),
    };
    assert_eq!(error, expected);
}

#[test]
fn texts_are_cleaned_and_the_first_that_says_something_counts() {
    let order = fields(r#"{"name": " Jane ", "sku": 101, "null": null, "list": []}"#);
    let order = Object::root(&order);
    assert_eq!(
        (order.text("name").as_str(), order.text("sku").as_str()),
        ("Jane", "101")
    );
    assert_eq!(
        (order.text("null"), order.text("list")),
        (String::new(), String::new())
    );
    assert_eq!(order.first_text(&["null", "absent", "sku", "name"]), "101");
    assert!(
        order.has("list")
            && !order.has("null")
            && !order.is_empty()
            && order.object("absent").is_empty()
    );
}
