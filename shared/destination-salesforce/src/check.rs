use crate::{client::Client, lookups, row, soql};
use destination::Finding;
use mapping::{Plan, plan::Record};
use serde_json::Value;
use std::collections::BTreeMap;

/// The field for the currency of a record's amounts.
const CURRENCY: &str = "CurrencyIsoCode";

/// Logs in and asks for a description of every object that the plan writes: do the fields exist,
/// may they be written, and is the key fit for exactly-once?
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    match client.renewed_token().await {
        Ok(token) => {
            let mut findings = vec![Finding::good(format!(
                "logged in; calls go to {}",
                token.base_url
            ))];
            for (object, records) in by_object(plan) {
                findings.extend(check_object(client, object, &records).await);
            }
            findings.extend(shared_codes(client, plan).await);
            findings
        }
        Err(failure) => vec![Finding::bad(failure.to_string())],
    }
}

fn by_object(plan: &Plan) -> BTreeMap<&str, Vec<&Record>> {
    let mut objects: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &plan.records {
        objects.entry(&record.object).or_default().push(record);
    }
    objects
}

async fn check_object(client: &Client<'_>, object: &str, records: &[&Record]) -> Vec<Finding> {
    if let Err(failure) = soql::name(object) {
        return vec![Finding::bad(failure.to_string())];
    }
    let described = match client.describe(object).await {
        Ok(described) => described,
        Err(failure) => {
            return vec![Finding::bad(format!(
                "{object}: {failure}. Does the object exist, and may the integration user see it?"
            ))];
        }
    };
    let mut findings = Vec::new();
    if described.get("createable").and_then(Value::as_bool) == Some(false) {
        findings.push(Finding::bad(format!(
            "{object}: the integration user may not create such records; give it the right"
        )));
    }
    let mut fields: Vec<&str> = records
        .iter()
        .flat_map(|record| record.fields.keys())
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    fields.dedup();
    findings.extend(
        fields
            .into_iter()
            .filter_map(|name| check_field(&described, object, name)),
    );
    let mut keys: Vec<&str> = records
        .iter()
        .filter_map(|record| Some(record.key.as_ref()?.field.as_str()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    findings.extend(
        keys.into_iter()
            .filter_map(|name| check_key(&described, object, name)),
    );
    if findings.is_empty() {
        findings.push(Finding::good(format!(
            "{object}: all fields of the mapping are there and may be written"
        )));
    }
    findings.extend(currencies(&described, object, records));
    findings.extend(picklists(&described, object, records));
    if object.eq_ignore_ascii_case("Account") {
        findings.extend(person_accounts(client, &described, records).await);
    }
    findings
}

/// Returns a finding where the org has picklists of states and countries (only then are there
/// fields for their codes) and the mapping writes words there.
fn picklists(described: &Value, object: &str, records: &[&Record]) -> Option<Finding> {
    let has_codes = |name: &&str| {
        name.ends_with("Country") && field(described, &format!("{name}Code")).is_some()
    };
    let written = records
        .iter()
        .flat_map(|record| record.fields.keys())
        .map(String::as_str)
        .find(has_codes)?;
    Some(Finding::good(format!(
        "{object}: the org has picklists of states and countries, which refuse a {written} that is not among their integration values, such as a code: set address_codes = true in [routes.vars]"
    )))
}

/// Returns a finding where the org has both kinds of accounts and new ones are not of the kind that
/// the mapping writes.
async fn person_accounts(
    client: &Client<'_>,
    described: &Value,
    records: &[&Record],
) -> Option<Finding> {
    field(described, "IsPersonAccount")?;
    let written = |name: &str| {
        records
            .iter()
            .any(|record| record.fields.contains_key(name))
    };
    if written("RecordTypeId") {
        return None;
    }
    let is_default = |info: &&Value| {
        info.get("defaultRecordTypeMapping")
            .and_then(Value::as_bool)
            == Some(true)
    };
    let infos = described.get("recordTypeInfos").and_then(Value::as_array)?;
    let default = infos
        .iter()
        .find(is_default)?
        .get("recordTypeId")?
        .as_str()?;
    let query = "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true";
    let rows = client
        .query(&[("recordtype".to_owned(), query.to_owned())])
        .await
        .ok()?;
    let is_person = rows
        .values()
        .flatten()
        .any(|row| row::same_id(row.id(), default));
    let advice = "say which record type is meant with RecordTypeId in [routes.set.account], or make it the default of the integration user's profile";
    match (is_person, written("LastName")) {
        (true, false) => Some(Finding::bad(format!(
            "Account: new accounts are person accounts by default, which take no Name: set person_accounts = true in [routes.vars], or {advice}"
        ))),
        (false, true) => Some(Finding::bad(format!(
            "Account: new accounts are business accounts by default, which take no LastName: {advice}, or set person_accounts = false in [routes.vars]"
        ))),
        _ => None,
    }
}

/// Returns a finding about codes that several active products share, where the mapping looks
/// products up: orders of such products are refused, unless the mapping chooses one.
async fn shared_codes(client: &Client<'_>, plan: &Plan) -> Option<Finding> {
    plan.lookups()
        .find(|lookup| lookups::is_product(&lookup.object) && lookup.several.is_reject())?;
    let query = "SELECT ProductCode, COUNT(Id) products FROM Product2 WHERE IsActive = true AND ProductCode != null GROUP BY ProductCode ORDER BY COUNT(Id) DESC LIMIT 10";
    let rows = client
        .query(&[("product2".to_owned(), query.to_owned())])
        .await
        .ok()?;
    let shared = rows.values().flatten().filter(|row| {
        row.get("products")
            .as_u64()
            .is_some_and(|products| products > 1)
    });
    let codes: Vec<&str> = shared.filter_map(|row| row.text("ProductCode")).collect();
    (!codes.is_empty()).then(|| {
        Finding::bad(format!(
            "Product2: several active products share the code {}: orders of it are refused; give each a code of its own, or set several_products in [routes.vars]",
            codes.join(", ")
        ))
    })
}

/// Returns a finding with the org's active currencies, where it has several and the mapping writes
/// amounts without one. Only such an org has the field (Object Reference, "CurrencyIsoCode").
fn currencies(described: &Value, object: &str, records: &[&Record]) -> Option<Finding> {
    let choices = field(described, CURRENCY)?
        .get("picklistValues")
        .and_then(Value::as_array)?;
    let has_amounts = records
        .iter()
        .any(|record| record.fields.contains_key("Amount"));
    if !has_amounts
        || records
            .iter()
            .any(|record| record.fields.contains_key(CURRENCY))
    {
        return None;
    }
    let is_active = |choice: &&Value| choice.get("active").and_then(Value::as_bool) != Some(false);
    let names: Vec<&str> = choices
        .iter()
        .filter(is_active)
        .filter_map(|choice| choice.get("value")?.as_str())
        .collect();
    Some(Finding::good(format!(
        "{object}: the org has several currencies ({}), and amounts go out without one, which is the integration user's: set multi_currency = true in [routes.vars]",
        names.join(", ")
    )))
}

fn check_field(described: &Value, object: &str, name: &str) -> Option<Finding> {
    let Some(field) = field(described, name) else {
        return Some(Finding::bad(format!(
            "{object}.{name} is not there, or hidden from the integration user: create it, or give the user's permission set read and edit access to it"
        )));
    };
    // A compound key such as Account (by its external id) is described under another name; only
    // what can be read here is checked.
    let is_writable = field.get("createable").and_then(Value::as_bool) != Some(false);
    (!is_writable).then(|| {
        Finding::bad(format!(
            "{object}.{name} cannot be written by the integration user: it is read-only, or field-level security forbids it"
        ))
    })
}

fn check_key(described: &Value, object: &str, name: &str) -> Option<Finding> {
    let Some(field) = field(described, name) else {
        return Some(Finding::bad(format!(
            "{object}.{name}, the key, is not there, or hidden from the integration user: create it as Text with External ID and Unique"
        )));
    };
    let is = |property: &str| field.get(property).and_then(Value::as_bool) == Some(true);
    let is_good = is("externalId") && is("unique");
    (!is_good).then(|| {
        Finding::bad(format!(
            "{object}.{name}, the key, must be both External ID and Unique, or orders may double: tick both in the field's settings"
        ))
    })
}

fn field<'a>(described: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = described.get("fields").and_then(Value::as_array)?.iter();
    fields.find(|field| {
        field
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|known| known.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapping::plan::{Field, Scalar, Value as Planned, When};
    use serde_json::json;

    fn opportunity(fields: &[&str]) -> Record {
        let field = |name: &&str| {
            let value = Planned::Literal(Scalar::Text("x".to_owned()));
            let on = When::Always;
            ((*name).to_owned(), Field { value, on })
        };
        Record {
            name: "opportunity".to_owned(),
            index: 0,
            object: "Opportunity".to_owned(),
            key: None,
            find: Vec::new(),
            replaces: None,
            together: Vec::new(),
            options: Default::default(),
            fields: fields.iter().map(field).collect(),
        }
    }

    #[test]
    fn the_active_currencies_are_told_where_amounts_go_out_without_one() {
        // Object Reference, "CurrencyIsoCode": a picklist that only an org with several currencies
        // has.
        let choices = json!([{"value": "USD", "active": true}, {"value": "JPY", "active": false}, {"value": "EUR", "active": true}]);
        let several = json!({"fields": [{"name": "CurrencyIsoCode", "picklistValues": choices}]});
        let one = json!({"fields": [{"name": "Amount"}]});
        let told = |described: &Value, fields: &[&str]| {
            currencies(described, "Opportunity", &[&opportunity(fields)])
        };
        let finding = told(&several, &["Amount"]).unwrap();
        assert!(
            finding.ok && finding.text.contains("several currencies (USD, EUR)"),
            "{finding:?}"
        );
        assert_eq!(
            told(&several, &["Amount", "CurrencyIsoCode"]),
            None,
            "the mapping says it"
        );
        assert_eq!(told(&several, &["Name"]), None, "no amount");
        assert_eq!(told(&one, &["Amount"]), None);
    }
}
