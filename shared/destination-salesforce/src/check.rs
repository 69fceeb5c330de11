use crate::{
    client::Client,
    fit::{Fit, choices, field, fit},
    needs::{Need, Needs, ObjectNeed},
    row, soql,
};
use destination::Finding;
use mapping::Plan;
use serde_json::Value;

/// The field for the currency of a record's amounts.
const CURRENCY: &str = "CurrencyIsoCode";

/// Logs in and asks for a description of every object that the plan writes: do the fields exist,
/// may they be written, and is the key fit for exactly-once?
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    match client.renewed_token().await {
        Ok(token) => {
            let needs = Needs::of([plan]);
            let mut findings = vec![Finding::good(format!(
                "logged in; calls go to {}",
                token.base_url
            ))];
            let written = needs
                .objects
                .iter()
                .filter(|(_, need)| need.is_of_records());
            for (object, need) in written {
                findings.extend(check_object(client, object, need).await);
            }
            findings.extend(shared_codes(client, &needs).await);
            findings
        }
        Err(failure) => vec![Finding::bad(failure.to_string())],
    }
}

async fn check_object(client: &Client<'_>, object: &str, need: &ObjectNeed) -> Vec<Finding> {
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
    let unfit = need.fields.iter().filter_map(|(name, need)| {
        let sentence = sentence(
            &format!("{object}.{name}"),
            need,
            fit(&described, name, need),
        )?;
        Some(Finding::bad(sentence))
    });
    findings.extend(unfit);
    if findings.is_empty() {
        findings.push(Finding::good(format!(
            "{object}: all fields of the mapping are there and may be written"
        )));
    }
    let about = about(client, object, need, &described).await;
    findings.extend(about.into_iter().map(|(_, finding)| finding));
    findings
}

/// Returns the findings about what the org makes of such records as a whole, each with its topic.
pub(crate) async fn about(
    client: &Client<'_>,
    object: &str,
    need: &ObjectNeed,
    described: &Value,
) -> Vec<(&'static str, Finding)> {
    let accounts = match object.eq_ignore_ascii_case("Account") {
        true => person_accounts(client, described, need).await,
        false => None,
    };
    let findings = [
        ("currencies", currencies(described, object, need)),
        ("states and countries", picklists(described, object, need)),
        ("record types", accounts),
    ];
    let found = findings.into_iter();
    found
        .filter_map(|(topic, finding)| Some((topic, finding?)))
        .collect()
}

/// Returns what is wrong with a field, and what to do; `None` where nothing is.
fn sentence(field: &str, need: &Need, fit: Fit) -> Option<String> {
    Some(match fit {
        Fit::Good | Fit::Narrow { .. } => return None,
        Fit::Absent if need.is_key => format!(
            "{field}, the key, is not there, or hidden from the integration user: create it as Text with External ID and Unique"
        ),
        Fit::Absent => format!(
            "{field} is not there, or hidden from the integration user: create it, or give the user's permission set read and edit access to it"
        ),
        Fit::Calculated | Fit::ReadOnly => format!(
            "{field} cannot be written by the integration user: it is read-only, or field-level security forbids it"
        ),
        Fit::NotKey { .. } => format!(
            "{field}, the key, must be both External ID and Unique, or orders may double: tick both in the field's settings"
        ),
        Fit::WrongType { is } => format!(
            "{field} has the type {is}, which the mapping's values do not fit: name another field in the mapping"
        ),
        Fit::TooShort { length } => format!(
            "{field} holds {length} characters, and texts of the mapping are longer: make the field longer"
        ),
    })
}

/// Returns a finding where the org has picklists of states and countries (only then are there
/// fields for their codes) and the mapping writes words there.
fn picklists(described: &Value, object: &str, need: &ObjectNeed) -> Option<Finding> {
    let has_codes = |name: &&str| {
        name.ends_with("Country") && field(described, &format!("{name}Code")).is_some()
    };
    let written = need.written().find(has_codes)?;
    Some(Finding::good(format!(
        "{object}: the org has picklists of states and countries, which refuse a {written} that is not among their integration values, such as a code: set address_codes = true in [routes.vars]"
    )))
}

/// Returns a finding where the org has both kinds of accounts and new ones are not of the kind that
/// the mapping writes.
async fn person_accounts(
    client: &Client<'_>,
    described: &Value,
    need: &ObjectNeed,
) -> Option<Finding> {
    field(described, "IsPersonAccount")?;
    let written = |name: &str| need.written().any(|written| written == name);
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
pub(crate) async fn shared_codes(client: &Client<'_>, needs: &Needs) -> Option<Finding> {
    if !needs.refuses_shared_codes {
        return None;
    }
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
fn currencies(described: &Value, object: &str, need: &ObjectNeed) -> Option<Finding> {
    let names = choices(field(described, CURRENCY)?);
    let writes = |name: &str| need.written().any(|written| written == name);
    if !writes("Amount") || writes(CURRENCY) {
        return None;
    }
    Some(Finding::good(format!(
        "{object}: the org has several currencies ({}), and amounts go out without one, which is the integration user's: set multi_currency = true in [routes.vars]",
        names.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(fields: &[&str]) -> ObjectNeed {
        let need = |name: &&str| {
            let is_written = true;
            let need = Need {
                is_written,
                ..Need::default()
            };
            ((*name).to_owned(), need)
        };
        ObjectNeed {
            is_written: true,
            fields: fields.iter().map(need).collect(),
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
            currencies(described, "Opportunity", &written(fields))
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
