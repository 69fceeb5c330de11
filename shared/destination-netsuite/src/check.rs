use crate::{
    client::Client,
    lookups, read,
    row::Row,
    suiteql::{self, Query, Question},
};
use destination::{Class, Failure, Finding};
use mapping::{
    Plan,
    plan::{Lookup, Scalar, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// The number of codes shared by several items that are named.
const NAMED: usize = 5;

/// Makes the queries that a delivery would make, which tries the login, the role's permissions, and
/// every table and column of the mapping. Also checks whether the items that the mapping names by
/// id exist, and whether those that it looks for are told apart by their codes.
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    let questions = match questions(plan) {
        Ok(questions) => questions,
        Err(failure) => return vec![Finding::bad(failure.to_string())],
    };
    if let Err(failure) = client.log_in().await {
        return vec![Finding::bad(failure.to_string())];
    }
    let mut findings = Vec::new();
    for (table, query) in questions {
        match client.query(&query).await {
            Ok(_) => findings.push(Finding::good(format!(
                "{table}: the role may query it, and the columns of the mapping are there"
            ))),
            Err(failure) => {
                findings.push(Finding::bad(format!("{table}: {failure}")));
                if client.connection.is_kept_out() {
                    return findings;
                }
            }
        }
    }
    findings.extend(check_items(client, &named_items(plan)).await);
    findings.extend(shared_codes(client, plan).await);
    findings.extend(currencies(client, plan).await);
    findings.extend(check_writing(client, plan).await);
    findings
}

/// Returns a finding with the currencies that orders could be in, where the mapping lets an order
/// take its customer's. A role that may not see them is no fault.
async fn currencies(client: &Client<'_>, plan: &Plan) -> Option<Finding> {
    plan.bare_currency.as_ref()?;
    let query = Query {
        text: "SELECT id, name FROM currency ORDER BY id".to_owned(),
        params: Vec::new(),
    };
    let rows = client.query(&query).await.ok()?;
    let named = |row: &Row| format!("{} = {}", row.id(), row.text("name").unwrap_or_default());
    let names: Vec<String> = rows.iter().map(named).collect();
    (names.len() > 1).then(|| {
        Finding::good(format!(
            "the account has the currencies {}, and an order takes its customer's: for a shop with several, name them in vars.currencies by these internal ids, such as {{ EUR = \"4\" }}",
            names.join(", ")
        ))
    })
}

/// Checks whether the account takes writes from us at all, and in which language: a form is begun
/// and nothing is saved. What the form says of its fields is of no interest.
async fn check_writing(client: &Client<'_>, plan: &Plan) -> Option<Finding> {
    let object = &plan.records.first()?.object;
    let written = client.begin_form(object).await;
    let language = client.language();
    match written.map_err(Failure::from) {
        Err(failure) if failure.class == Class::Authentication || failure.is_transient() => {
            Some(Finding::bad(format!("{object}: {failure}")))
        }
        _ if language != client.connection.settings.language => Some(Finding::good(format!(
            "the account speaks {0}; with language = \"{0}\" in the destination's settings no first call is refused",
            language.unwrap_or_default()
        ))),
        _ => Some(Finding::good(format!(
            "{object}: the account takes calls that write"
        ))),
    }
}

fn questions(plan: &Plan) -> Result<Vec<(String, Query)>, Failure> {
    read::check(plan)?;
    let lookups: Vec<&Lookup> = plan.lookups().collect();
    let tables = [read::questions(&[plan])?, lookups::questions(&lookups)?].concat();
    let mut questions: Vec<(String, Query)> = tables
        .into_iter()
        .filter_map(|(table, question)| Some((table, question.query()?)))
        .collect();
    questions.extend(
        read::question_of_orders(plan)?
            .map(|query| ("transaction and transactionline".to_owned(), query)),
    );
    Ok(questions)
}

/// Returns findings about codes that several active items share, in the columns in which the
/// mapping looks for items. An order that has such a code is refused.
async fn shared_codes(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    let items = plan
        .lookups()
        .filter(|lookup| lookup.object.eq_ignore_ascii_case("item"));
    let texts = items
        .flat_map(|lookup| lookup.conditions.iter())
        .filter(|(_, value)| matches!(value, Scalar::Text(_)));
    let columns: BTreeSet<String> = texts
        .map(|(column, _)| column.to_ascii_lowercase())
        .filter(|column| column != "isinactive")
        .collect();
    let mut findings = Vec::new();
    for column in columns {
        let Ok(name) = suiteql::name(suiteql::column_of(&column)) else {
            continue;
        };
        let code = if suiteql::is_any_case(&column) {
            format!("LOWER({name})")
        } else {
            name.to_owned()
        };
        let query = Query {
            text: format!(
                "SELECT {code} AS code, COUNT(*) AS items FROM item WHERE isinactive = 'F' AND {name} IS NOT NULL GROUP BY {code} ORDER BY items DESC"
            ),
            params: Vec::new(),
        };
        // Only a warning: where the query fails, the orders themselves will tell.
        let Ok(rows) = client.first_rows(&query, NAMED).await else {
            continue;
        };
        let shared = rows
            .iter()
            .filter(|row| row.text("items").is_some_and(|items| items != "1"));
        let named: Vec<String> = shared
            .map(|row| {
                format!(
                    "{} ({} items)",
                    row.text("code").unwrap_or_default(),
                    row.text("items").unwrap_or_default()
                )
            })
            .collect();
        if !named.is_empty() {
            findings.push(Finding::good(format!(
                "item: several active items share one {name}, and an order with it is refused: {}; give each its own, make the others inactive, or name the right one in vars.items",
                named.join(", ")
            )));
        }
    }
    findings
}

async fn check_items(client: &Client<'_>, ids: &BTreeSet<String>) -> Vec<Finding> {
    if ids.is_empty() {
        return Vec::new();
    }
    let rows = match items(ids) {
        Ok(query) => client.query(&query).await,
        Err(failure) => Err(failure),
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(failure) => return vec![Finding::bad(format!("item: {failure}"))],
    };
    let states: BTreeMap<String, bool> = rows
        .iter()
        .map(|row| (row.id(), row.text("isinactive").as_deref() == Some("T")))
        .collect();
    let finding = |id: &String| match states.get(id) {
        Some(false) => Finding::good(format!("item {id}, which the mapping names, is there")),
        Some(true) => Finding::bad(format!(
            "item {id}, which the mapping names, is inactive; activate it, or name another one in [routes.vars]"
        )),
        None => Finding::bad(format!(
            "item {id}, which the mapping names, is not there or hidden from the role; name the internal id of an item in [routes.vars]"
        )),
    };
    ids.iter().map(finding).collect()
}

fn items(ids: &BTreeSet<String>) -> Result<Query, Failure> {
    let mut question = Question::new("item")?;
    question.select("isinactive")?;
    question.or_in("id", false, &ids.iter().cloned().collect::<Vec<_>>())?;
    question
        .query()
        .ok_or_else(|| Failure::permanent(Class::Mapping, "map", "no item is named"))
}

/// Returns the ids of items that stand in the plan itself: `item = { id = "123" }` in a line.
fn named_items(plan: &Plan) -> BTreeSet<String> {
    fn inside(name: &str, value: &Value, ids: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                match fields.get("id") {
                    Some(Value::Literal(Scalar::Text(id))) if name == "item" && is_id(id) => {
                        _ = ids.insert(id.clone())
                    }
                    _ => {}
                }
                fields
                    .iter()
                    .for_each(|(name, value)| inside(name, value, ids));
            }
            Value::List(items) => items.iter().for_each(|item| inside("", item, ids)),
            Value::Literal(_) | Value::Ref(_) | Value::Lookup(_) => {}
        }
    }
    let mut ids = BTreeSet::new();
    for (name, field) in plan.records.iter().flat_map(|record| &record.fields) {
        inside(name, &field.value, &mut ids);
    }
    ids
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
