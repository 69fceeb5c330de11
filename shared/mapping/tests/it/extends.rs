//! Mappings that state only their differences from another one: the result of both, and the
//! messages where they do not fit.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{Mapping, Overrides, Problem, plan::When};
use serde_json::{Value, json};
use std::{fs, path::Path};
use support::{plain, sample};

const BASE: &str = r#"
system = "zoho"
[vars]
shop = "Acme"
stages = { completed = "Won", other = "Open" }
[[warning]]
name = "no_phone"
when = "{{ true }}"
text = "first"
[[record]]
name = "contact"
object = "Contacts"
key = { field = "Email", provisional = "{{ true }}" }
find = [{ field = "Email", value = "{{ customer.email }}" }]
[record.fields]
Email = "{{ customer.email }}"
Phone = { value = "{{ customer.phone }}", max = 5 }
City = { value = "{{ billing.city }}", on = "blank" }
[[record]]
name = "deal"
object = "Deals"
key = "Order"
[record.fields]
Order = "{{ order.id }}"
Name = { value = "{{ vars.shop }} {{ order.number }}", max = 120 }
Contact = { ref = "contact" }
[[record.fields.Items]]
for_each = "lines"
each = { code = "{{ line.code }}", name = "{{ line.name }}" }
[[record.fields.Items]]
for_each = "fees"
as = "fee"
each = { name = "{{ fee.name }}" }
"#;

/// Creates a folder with the base as `base.toml`, and this text as `own.toml`.
fn folder(own: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("base.toml"), BASE).unwrap();
    fs::write(folder.path().join("own.toml"), own).unwrap();
    folder
}

fn load(folder: &Path, name: &str) -> Result<Mapping, Vec<Problem>> {
    Mapping::load(name, folder, &Overrides::default())
}

/// Returns the plan of the sample order by a mapping over the base.
fn planned(own: &str) -> Value {
    let folder = folder(&format!("extends = \"base.toml\"\n{own}"));
    let mapping = load(folder.path(), "own.toml").unwrap();
    let plan = mapping.plan(&sample()).unwrap();
    let mut planned = plain(&plan);
    planned["warnings"] = plan.warnings.into();
    planned
}

/// Returns the problems of a mapping over the base, without the folder.
fn told(own: &str) -> String {
    let folder = folder(own);
    let problems = load(folder.path(), "own.toml").err().unwrap_or_default();
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines
        .join("\n")
        .replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn a_mapping_without_a_word_of_its_own_is_the_one_that_it_extends() {
    assert_eq!(
        planned(""),
        json!({
            "contact": { "Email": "john.doe@example.com", "Phone": "555-…", "City": "Anytown" },
            "deal": {
                "Order": "12345", "Name": "Acme 12345", "Contact": "-> contact",
                "Items": [{ "code": "101", "name": "Product A" }, { "code": "102", "name": "Product B" }],
            },
            "warnings": ["contact.Phone was shortened to 5 characters", "first"],
        })
    );
}

#[test]
fn tables_merge_key_by_key_and_any_other_value_is_replaced() {
    let planned = planned(
        r#"
vars.shop = "EU"
[[record]]
name = "contact"
[record.fields]
Phone = { max = 4 }
City  = "Berlin"
Tag   = "web"
[[record]]
name = "deal"
[record.fields]
Contact = { value = "{{ customer.name }}" }
[[record.fields.Items]]
each.code = "{{ line.sku }}"
each.price = "{{ line.total }}"
[[record.fields.Items]]
for_each = "taxes"
as       = "tax"
each     = { name = "{{ tax.title }}" }
"#,
    );
    assert_eq!(
        planned["contact"],
        json!({ "Email": "john.doe@example.com", "Phone": "555…", "City": "Berlin", "Tag": "web" })
    );
    assert_eq!(planned["deal"]["Name"], "EU 12345");
    assert_eq!(planned["deal"]["Contact"], "John Doe");
    assert_eq!(
        planned["deal"]["Items"][0].to_string(),
        r#"{"name":"Product A","price":49.99}"#
    );
}

#[test]
fn an_empty_list_empties_the_one_that_is_there() {
    let planned = planned("[[record]]\nname = \"deal\"\n[record.fields]\nItems = []");
    assert_eq!(planned["deal"]["Items"], json!([]));
}

/// These are the words by which a field says what kind of value it is.
#[test]
fn a_field_that_is_called_as_a_kind_of_value_leaves_the_others() {
    for name in ["value", "ref", "first", "lookup", "object", "for_each"] {
        let own = format!("[[record]]\nname = \"contact\"\nfields.{name} = \"x\"");
        assert_eq!(
            planned(&own)["contact"],
            json!({ "Email": "john.doe@example.com", "Phone": "555-…", "City": "Anytown", name: "x" })
        );
    }
}

/// A field may stand in the base as a plain value, without a table that options merge with.
#[test]
fn options_alone_refine_a_plain_value() {
    let planned = planned(
        r#"
[[record]]
name = "contact"
[record.fields]
Email = { max = 5, on = "create" }
[[record]]
name = "deal"
[[record.fields.Items]]
each.code = { max = 2 }
"#,
    );
    assert_eq!(planned["contact"]["Email"], "john…");
    assert_eq!(planned["deal"]["Items"][0]["code"], "1…");
}

#[test]
fn options_alone_refine_the_plain_values_of_built_in_mappings() {
    let own = "extends = \"woocommerce-netsuite\"\n[[record]]\nname = \"customer\"\n[record.fields]\nemail = { max = 5 }\nphone = { on = \"blank\" }";
    let mapping = Mapping::parse("own.toml", own, &Overrides::default()).unwrap();
    let plan = mapping.plan(&sample()).unwrap();
    assert_eq!(plain(&plan)["customer"]["email"], "john…");
    let phone = &plan.record("customer").unwrap().fields["phone"];
    assert_eq!(phone.on, When::Blank);
}

#[test]
fn what_is_new_comes_last_or_where_it_says() {
    let planned = planned(
        r#"
[[record]]
name   = "campaign"
before = "contact"
object = "Campaigns"
key    = "Name"
fields = { Name = "Web" }
[[record]]
name   = "task"
object = "Tasks"
key    = "Subject"
fields = { Subject = "Call" }
[[warning]]
name   = "earlier"
before = "no_phone"
text   = "before it"
[[warning]]
text   = "last"
"#,
    );
    let names: Vec<&String> = planned.as_object().unwrap().keys().collect();
    assert_eq!(names, ["campaign", "contact", "deal", "task", "warnings"]);
    assert_eq!(
        planned["warnings"].to_string(),
        r#"["contact.Phone was shortened to 5 characters","before it","first","last"]"#
    );
}

#[test]
fn what_is_removed_is_gone_and_may_be_written_anew() {
    let removed = planned(
        r#"
remove = ["record.contact.fields.Phone", "warning.no_phone", "record.deal.fields.Contact", "record.deal.fields.Items.fee"]
"#,
    );
    assert_eq!(
        removed["contact"],
        json!({ "Email": "john.doe@example.com", "City": "Anytown" })
    );
    assert_eq!(removed["warnings"], json!([]));
    assert_eq!(removed["deal"]["Items"].as_array().unwrap().len(), 2);
    let anew = planned(
        r#"
remove = ["record.contact"]
[[record]]
name   = "contact"
before = "deal"
object = "Leads"
key    = "Email"
fields = { Email = "{{ customer.email }}" }
"#,
    );
    assert_eq!(anew["contact"], json!({ "Email": "john.doe@example.com" }));
}

#[test]
fn a_problem_is_told_with_the_file_and_the_line_that_it_stands_in() {
    let cases = [
        (
            "extends = \"base.toml\"\n[[record]]\nname = \"deal\"\nfields.Name = \"{{ order.nmber }}\"",
            "own.toml:4: deal.Name: `order` has no `nmber`",
        ),
        // The base's template reads a variable that is no longer there.
        (
            "extends = \"base.toml\"\nremove = [\"vars.shop\"]",
            "base.toml:25: deal.Name: `vars` has no `shop`",
        ),
        (
            "extends = \"base.toml\"\nremove = [\"record.contact\"]",
            "base.toml:26: `ref` names `contact`, which is no record",
        ),
        (
            "extends = \"base.toml\"\nremove = [\"record.contct\"]",
            "own.toml:2: `remove` names `record.contct`, which the extended mapping does not have; there it has `contact`, `deal`",
        ),
        (
            "extends = \"base.toml\"\nremove = [\"\"]",
            "own.toml:2: `remove` has ``, which is no path",
        ),
        (
            "extends = \"base.toml\"\nremove = 1",
            "own.toml:2: `remove` is a number",
        ),
        (
            "remove = [\"vars\"]\nsystem = \"zoho\"",
            "own.toml:1: `remove` takes away what the extended mapping has, and this one has no `extends`",
        ),
        (
            "extends = \"base.toml\"\n[[record]]\nname = \"x\"\nbefore = \"del\"\nobject = \"X\"\nkey = \"K\"\nfields.K = 1",
            "own.toml:4: `before` names `del`, which the extended mapping does not have (did you mean `deal`?)",
        ),
        (
            "extends = \"base.toml\"\n[[record]]\nname = \"deal\"\nbefore = \"contact\"",
            "own.toml:4: unknown key `before` in [[record]] deal",
        ),
        (
            "extends = 1",
            "own.toml:1: `extends` is a number; name a built-in mapping",
        ),
        (
            "extends = \"woocomerce-zoho\"",
            "own.toml:1: `extends`: no built-in mapping and no readable file `woocomerce-zoho`",
        ),
        (
            "extends = \"own.toml\"",
            "own.toml:1: `extends` goes round in a circle: own -> own.toml",
        ),
    ];
    for (own, expected) in cases {
        let told = told(own);
        assert!(told.contains(expected), "{own}\n{told}");
    }
}

#[test]
fn a_mapping_extends_one_that_extends_one_and_no_more() {
    let folder = folder("extends = \"base.toml\"\nvars.shop = \"own\"");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "third.toml",
        "extends = \"own.toml\"\nvars.shop = \"third\"",
    );
    write("fourth.toml", "extends = \"third.toml\"");
    let third = load(folder.path(), "third.toml").unwrap();
    assert_eq!(
        plain(&third.plan(&sample()).unwrap())["deal"]["Name"],
        "third 12345"
    );
    let fourth = load(folder.path(), "fourth.toml").unwrap_err();
    assert!(
        fourth[0]
            .to_string()
            .contains("own.toml:1: `extends` names `base.toml`, and would be the third step"),
        "{}",
        fourth[0]
    );
}

#[test]
fn a_file_that_takes_the_place_of_a_built_in_mapping_may_extend_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mappings")).unwrap();
    let own = "extends = \"woocommerce-zoho\"\n[[record]]\nname = \"deal\"\nfields.Next_Step = \"Call\"\n";
    fs::write(folder.path().join("mappings/woocommerce-zoho.toml"), own).unwrap();
    let mapping = load(folder.path(), "woocommerce-zoho").unwrap();
    assert_eq!(
        (mapping.name(), mapping.platform()),
        ("woocommerce-zoho", Some("woocommerce"))
    );
    let plan = plain(&mapping.plan(&sample()).unwrap());
    assert_eq!(plan["deal"]["Next_Step"], "Call");
    assert_eq!(plan["deal"]["Type"], "New Business");
}

/// A whole mapping may be called `zoho` from before there was a base of that name.
#[test]
fn a_file_that_is_called_as_a_base_is_none_of_a_built_in_mapping() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mappings")).unwrap();
    fs::write(folder.path().join("mappings/zoho.toml"), BASE).unwrap();
    let deal = |name: &str| {
        let mapping = load(folder.path(), name).unwrap();
        plain(&mapping.plan(&sample()).unwrap())["deal"].clone()
    };
    assert_eq!(deal("woocommerce-zoho")["Type"], "New Business");
    assert_eq!(deal("mappings/zoho.toml")["Name"], "Acme 12345");
    // Files that lie there together find each other.
    let own = "extends = \"zoho\"\nvars.shop = \"Own\"";
    fs::write(folder.path().join("mappings/woocommerce-zoho.toml"), own).unwrap();
    assert_eq!(deal("woocommerce-zoho")["Name"], "Own 12345");
}

#[test]
fn the_version_covers_what_is_extended() {
    let version = |base: &str| {
        let folder = folder("extends = \"base.toml\"");
        fs::write(folder.path().join("base.toml"), base).unwrap();
        load(folder.path(), "own.toml")
            .unwrap()
            .version()
            .to_owned()
    };
    assert_eq!(version(BASE), version(BASE));
    assert_ne!(version(BASE), version(&BASE.replace("Acme", "EU")));
}

#[test]
fn a_text_without_a_folder_extends_what_is_built_in_and_no_file() {
    let parse = |text: &str| Mapping::parse("own.toml", text, &Overrides::default());
    assert!(parse("extends = \"shopify-netsuite\"").is_ok());
    let told = parse("extends = \"Cargo.toml\"").unwrap_err();
    assert!(
        told[0]
            .message
            .contains("it is not looked for in files here"),
        "{}",
        told[0]
    );
}

/// The whole files that the project's pages show: each block that begins with `extends`.
#[test]
fn the_examples_of_the_pages_are_mappings() {
    let pages = [
        include_str!("../../../../README.md"),
        include_str!("../../../../config/mappings/README.md"),
    ];
    for page in pages {
        let (_, example) = page.split_once("```toml\nextends").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let text = format!("extends{example}");
        let own = Mapping::parse("our-mapping.toml", &text, &Overrides::default());
        let own = own.unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        let mut order = sample();
        order.note = Some("Ring twice".to_owned());
        let plan = plain(&own.plan(&order).unwrap());
        let fields = plan["opportunity"].to_string();
        assert!(fields.contains("Ring twice"), "{fields}");
        assert!(plan["contact"].get("Phone").is_none(), "{plan}");
        assert_eq!(plan["opportunity"]["WooCommerce_Order_ID__c"], "12345");
    }
}
