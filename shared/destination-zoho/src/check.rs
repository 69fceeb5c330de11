use crate::{client::Client, coql::Query, existing, question::Question, rules};
use destination::{Failure, Finding, json::list};
use mapping::{
    Plan,
    plan::{Record, Scalar, Value},
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Logs in and asks for the fields of every module that the plan writes: do they exist, may they be
/// written, do they take the plan's choices, and is the key fit for exactly-once?
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    let token = match client.renewed_token().await {
        Ok(token) => token,
        Err(failure) => return vec![Finding::bad(failure.to_string())],
    };
    let mut findings = vec![Finding::good(format!(
        "logged in; calls go to {}",
        token.base_url
    ))];
    for (module, needs) in needs(plan) {
        findings.extend(check_module(client, &module, &needs).await);
    }
    findings.extend(check_queries(client, plan).await);
    findings.extend(check_currencies(client, plan).await);
    findings
}

/// Returns a finding where the organisation has several currencies and the mapping writes amounts
/// without one.
async fn check_currencies(client: &Client<'_>, plan: &Plan) -> Option<Finding> {
    let has = |name: &str| {
        plan.records
            .iter()
            .any(|record| record.fields.contains_key(name))
    };
    if has("Currency") || !(has("Amount") || has("Ordered_Items")) {
        return None;
    }
    let told = client.organisation().await.ok().flatten()?;
    let has_several = told.get("mc_status").and_then(Json::as_bool) == Some(true);
    has_several.then(|| {
        Finding::good("the organisation has several currencies, and amounts go out without one, as if they were in its own: set multi_currency = true in [routes.vars]".to_owned())
    })
}

/// The plan's needs in one module.
#[derive(Default)]
struct Needs {
    fields: BTreeSet<String>,
    keys: BTreeSet<String>,
    /// Fields by which look-ups tell records apart.
    codes: BTreeSet<String>,
    /// Texts for fields that may be picklists.
    texts: BTreeSet<(String, String)>,
}

fn needs(plan: &Plan) -> BTreeMap<String, Needs> {
    let mut modules: BTreeMap<String, Needs> = BTreeMap::new();
    for record in &plan.records {
        let needs = modules.entry(record.object.clone()).or_default();
        needs
            .keys
            .extend(record.key.iter().map(|key| key.field.clone()));
        needs.keys.extend(
            existing::ways(record)
                .into_iter()
                .map(|(field, _)| field.to_owned()),
        );
        for (name, field) in &record.fields {
            add(needs, name, &field.value);
        }
        add_lines(record, &mut modules);
    }
    for lookup in plan.lookups() {
        let needs = modules.entry(lookup.object.clone()).or_default();
        let direct = lookup
            .conditions
            .keys()
            .filter(|field| !field.contains('.') && *field != "id");
        needs.codes.extend(
            lookup
                .several
                .is_reject()
                .then(|| direct.clone().cloned())
                .into_iter()
                .flatten(),
        );
        needs
            .fields
            .extend(direct.chain(lookup.create.keys()).cloned());
    }
    modules
}

/// Adds the needs of a record's lines. They are described as a module of their own, named like the
/// field.
fn add_lines(record: &Record, modules: &mut BTreeMap<String, Needs>) {
    let Some(field) = existing::lines_field(record) else {
        return;
    };
    let Some(Value::List(lines)) = record.fields.get(field).map(|field| &field.value) else {
        return;
    };
    let needs = modules.entry(field.to_owned()).or_default();
    for line in lines {
        if let Value::Object(fields) = line {
            fields
                .iter()
                .for_each(|(name, value)| add(needs, name, value));
        }
    }
}

fn add(needs: &mut Needs, name: &str, value: &Value) {
    needs.fields.insert(name.to_owned());
    if let Value::Literal(Scalar::Text(text)) = value {
        needs.texts.insert((name.to_owned(), text.clone()));
    }
}

async fn check_module(client: &Client<'_>, module: &str, needs: &Needs) -> Vec<Finding> {
    if let Err(failure) = rules::name(module) {
        return vec![Finding::bad(failure.to_string())];
    }
    let described = match client.fields(module).await {
        Ok(described) => described,
        Err(failure) => {
            return vec![Finding::bad(format!(
                "{module}: {failure} Does the module exist, may the user see it, and has the refresh token the scope ZohoCRM.settings.fields.READ?"
            ))];
        }
    };
    let mut findings: Vec<Finding> = needs
        .fields
        .iter()
        .filter_map(|name| check_field(&described, module, name))
        .collect();
    findings.extend(
        needs
            .texts
            .iter()
            .filter_map(|(name, text)| check_choice(&described, module, name, text)),
    );
    findings.extend(
        needs
            .codes
            .iter()
            .filter_map(|name| check_code(&described, module, name)),
    );
    findings.extend(
        needs
            .keys
            .iter()
            .filter_map(|name| check_key(&described, module, name)),
    );
    if findings.iter().all(|finding| finding.ok) {
        findings.push(Finding::good(format!(
            "{module}: all fields of the mapping are there and may be written"
        )));
    }
    findings
}

fn check_field(described: &[Json], module: &str, name: &str) -> Option<Finding> {
    let Some(field) = field(described, name) else {
        return Some(Finding::bad(format!(
            "{module}.{name} is not there, or hidden from the user: create the field, or take it out of the mapping"
        )));
    };
    let is_writable = field
        .pointer("/operation_type/api_create")
        .and_then(Json::as_bool)
        != Some(false);
    (!is_writable).then(|| {
        Finding::bad(format!(
            "{module}.{name} cannot be written: it is read-only, or the user may not edit it"
        ))
    })
}

/// Returns a finding about a text that is none of the choices of a picklist: Zoho refuses it, or
/// adds it to the choices, depending on how the field is set up.
fn check_choice(described: &[Json], module: &str, name: &str, text: &str) -> Option<Finding> {
    let field = field(described, name)?;
    if field.get("data_type").and_then(Json::as_str) != Some("picklist") {
        return None;
    }
    let choices: Vec<&str> = list(field, "pick_list_values")
        .iter()
        .filter_map(|choice| {
            choice
                .get("actual_value")
                .or_else(|| choice.get("display_value"))?
                .as_str()
        })
        .collect();
    let is_missing = !choices.is_empty() && !choices.contains(&text);
    is_missing.then(|| {
        Finding::bad(format!(
            "{module}.{name} has no choice \"{text}\": add it in Zoho, or map it to one of {}",
            choices.join(", ")
        ))
    })
}

fn check_key(described: &[Json], module: &str, name: &str) -> Option<Finding> {
    let Some(field) = field(described, name) else {
        return Some(Finding::bad(format!(
            "{module}.{name}, the key, is not there, or hidden from the user: create it as Single Line with \"Do not allow duplicate values\""
        )));
    };
    let is_set = |name: &str| {
        field
            .get(name)
            .and_then(Json::as_object)
            .is_some_and(|set| !set.is_empty())
    };
    if is_set("unique") || is_set("external") {
        return None;
    }
    if rules::system_check(module) == name {
        return Some(Finding::good(format!(
            "{module}.{name}, the key, is checked by Zoho but not unique; a custom field with \"Do not allow duplicate values\" as key would also stand two programs writing at once"
        )));
    }
    Some(Finding::bad(format!(
        "{module}.{name}, the key, must be a field with \"Do not allow duplicate values\": tick that in the field's settings"
    )))
}

/// Returns a finding about a field by which records are looked up and which Zoho does not keep
/// unique: several records may have the same value there.
fn check_code(described: &[Json], module: &str, name: &str) -> Option<Finding> {
    let field = field(described, name)?;
    let is_unique = field
        .get("unique")
        .and_then(Json::as_object)
        .is_some_and(|set| !set.is_empty());
    let is_text = field.get("data_type").and_then(Json::as_str) == Some("text");
    (is_text && !is_unique).then(|| {
        Finding::good(format!(
            "{module}.{name} may be the same in several records, and an order of such a code is refused: tick \"Do not allow duplicate values\" in the field's settings"
        ))
    })
}

/// Checks whether queries are allowed at all, where the plan needs any, and whether Zoho reads
/// quotes and backslashes as we write them.
async fn check_queries(client: &Client<'_>, plan: &Plan) -> Option<Finding> {
    let asked = plan.lookups().map(|lookup| lookup.object.as_str());
    let searched = plan
        .records
        .iter()
        .filter(|record| existing::needs_search(plan, record, None));
    let module = asked
        .chain(searched.map(|record| record.object.as_str()))
        .next()?;
    if let Err(failure) = ask_for(client, module, "O'Brien").await {
        let advice = match failure.code.as_deref() {
            Some("SYNTAX_ERROR") => "",
            _ => " The mapping needs queries: has the refresh token the scope ZohoCRM.coql.READ?",
        };
        return Some(Finding::bad(format!("{failure}{advice}")));
    }
    let failure = ask_for(client, module, r"a\b").await.err()?;
    Some(Finding::bad(format!(
        "orders with a backslash in a text by which something is looked for (e-mail, company, SKU) will be refused: {failure}"
    )))
}

async fn ask_for(client: &Client<'_>, module: &str, text: &str) -> Result<(), Failure> {
    let mut query = Query::new(module)?;
    query.or_where(rules::system_check(module), &Scalar::Text(text.to_owned()))?;
    client.ask(&[Question::Query(query)]).await.map(|_| ())
}

fn field<'a>(described: &'a [Json], name: &str) -> Option<&'a Json> {
    described
        .iter()
        .find(|field| field.get("api_name").and_then(Json::as_str) == Some(name))
}
