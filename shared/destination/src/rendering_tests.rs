use super::*;
use crate::Class;
use mapping::plan::{Field, Missing, Several};
use serde_json::json;

/// A system that knows the record `customer` and the product `A`.
#[derive(Default)]
struct System {
    left_out: Vec<(usize, String)>,
}

impl Dialect for System {
    fn reference(&mut self, record: &str) -> Option<Json> {
        (record == "customer").then(|| json!({"id": "7"}))
    }

    fn found(&mut self, lookup: &Lookup) -> Result<Json, Gap> {
        match lookup.conditions.get("code") {
            Some(Scalar::Text(code)) if code == "A" => Ok(json!({"id": "a"})),
            _ if lookup.missing == Missing::Skip => Err(Gap::LeftOut("no such product".to_owned())),
            _ => Err(Failure::permanent(Class::Mapping, "map", "no such product").into()),
        }
    }

    fn list(
        &mut self,
        _place: &str,
        members: Vec<Json>,
        left_out: Vec<(usize, String)>,
    ) -> Result<Json, Gap> {
        self.left_out.extend(left_out);
        Ok(members.into())
    }
}

fn product(code: &str, missing: Missing) -> Value {
    Value::Lookup(Lookup {
        object: "Product".to_owned(),
        conditions: [("code".to_owned(), Scalar::Text(code.to_owned()))]
            .into_iter()
            .collect(),
        missing,
        several: Several::Reject,
        create: Default::default(),
    })
}

fn object(fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().cloned();
    Value::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

#[test]
fn what_is_absent_goes_without_its_neighbours_and_takes_an_empty_object_along() {
    let mut system = System::default();
    let value = object(&[
        ("customer", Value::Ref("customer".to_owned())),
        ("lead", Value::Ref("lead".to_owned())),
        ("partner", object(&[("of", Value::Ref("lead".to_owned()))])),
        ("nothing", object(&[])),
    ]);
    let rendered = render(&mut system, "order", &value);
    assert_eq!(
        rendered,
        Ok(json!({"customer": {"id": "7"}, "nothing": {}}))
    );
}

#[test]
fn a_line_that_is_left_out_is_told_and_one_that_is_refused_refuses_the_list() {
    let mut system = System::default();
    let lines = |codes: &[&str], missing: Missing| {
        let line = |code: &&str| object(&[("product", product(code, missing))]);
        Value::List(codes.iter().map(line).collect())
    };
    let skipped = lines(&["A", "B", "A"], Missing::Skip);
    let rendered = render(&mut system, "order.lines", &skipped);
    assert_eq!(
        rendered,
        Ok(json!([{"product": {"id": "a"}}, {"product": {"id": "a"}}]))
    );
    assert_eq!(system.left_out, [(1, "no such product".to_owned())]);
    let refused = lines(&["A", "B"], Missing::Reject);
    let rendered = render(&mut system, "order.lines", &refused);
    assert!(matches!(rendered, Err(Gap::Refused(_))), "{rendered:?}");
}

#[test]
fn a_field_for_blank_ones_is_due_only_where_every_part_of_its_value_is_blank() {
    let field = |on: When, value: Scalar| Field {
        value: Value::Literal(value),
        on,
    };
    let text = || Scalar::Text("x".to_owned());
    let record = Record {
        name: "account".to_owned(),
        index: 0,
        object: "Account".to_owned(),
        key: None,
        find: Vec::new(),
        replaces: None,
        together: vec![vec!["street".to_owned(), "city".to_owned()]],
        options: Default::default(),
        fields: [
            ("name", field(When::Always, text())),
            ("source", field(When::Create, text())),
            ("street", field(When::Blank, text())),
            ("city", field(When::Blank, Scalar::Null)),
            ("phone", field(When::Blank, text())),
        ]
        .into_iter()
        .map(|(name, field)| (name.to_owned(), field))
        .collect(),
    };
    let due = |blank: &[&str]| -> Vec<&str> {
        let names = record.fields.keys().map(String::as_str);
        names
            .filter(|name| is_due(&record, name, |part| blank.contains(&part)))
            .collect()
    };
    assert_eq!(due(&["street", "city"]), ["name", "street"]);
    assert_eq!(due(&["street", "phone"]), ["name", "phone"]);
    assert!(!is_due(&record, "unknown", |_| true));
}
