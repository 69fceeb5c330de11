//! Asks an account for all that the plans of its routes need.

use super::{codes, companion, custom, features, fields, named_items, steps};
use crate::{
    client::Client,
    error::{Cause, Refusal},
    lookups, read,
    row::Row,
    suiteql::Query,
};
use ::setup::{Item, Remedy, State};
use destination::{Class, Failure};
use mapping::{Plan, plan::Lookup};
use std::collections::BTreeSet;

/// The difference of the clocks, in seconds, that somebody should know of: calls that are signed
/// may be at most five minutes off.
const NOTABLE_SKEW: i64 = 60;

/// Returns what the plans need and what of it is there: the login, the queries and records that a
/// delivery asks and writes, with the role's permissions, the fields, the features and the items.
pub(crate) async fn items(client: &Client<'_>, plans: &[&Plan]) -> Vec<Item> {
    let questions = match questions(plans) {
        Ok(questions) => questions,
        Err(failure) => return vec![wrong("mapping", &failure, Remedy::Nothing)],
    };
    let mut items = vec![login(client).await];
    if client.connection.is_kept_out() {
        return items;
    }
    for (table, query) in questions {
        items.push(match client.query(&query).await {
            Ok(_) => Item::good(
                table,
                "the role may query it, and the columns of the mapping are there",
            ),
            Err(failure) => {
                let remedy = match failure.class {
                    Class::Authentication => steps::queries(&table_names(&table)),
                    _ => Remedy::Nothing,
                };
                wrong(&table, &failure, remedy)
            }
        });
        if client.connection.is_kept_out() {
            return items;
        }
    }
    for object in objects(plans) {
        items.push(reach(client, object).await);
    }
    items.extend(language(client));
    items.extend(fields::items(client, plans, &custom::of(plans)).await);
    items.extend(features::items(client, plans).await);
    items.extend(named_items::items(client, plans).await);
    items.extend(codes::shared(client, plans).await);
    items.extend(currencies(client, plans).await);
    items.extend(at_once(client).await);
    items.extend(companion::item(client).await);
    items
}

/// Asks for NetSuite's time, for which no permission is needed: the keys, the address and both
/// clocks are good or not.
async fn login(client: &Client<'_>) -> Item {
    let now = client.connection.clock.now();
    match client.server_time().await {
        Ok(told) => {
            let ahead = told.map_or(0, |told| told.duration_since(now).as_secs());
            let found = "logged in".to_owned();
            match ahead.abs() {
                ..=NOTABLE_SKEW => Item::good("login", found),
                seconds => Item::open(
                    "login",
                    State::Advice,
                    format!(
                        "logged in, but this machine's clock is {seconds} seconds off NetSuite's, which takes signatures that are at most 300 seconds off"
                    ),
                    Remedy::ByHand(vec!["set the machine's clock by a time server".to_owned()]),
                ),
            }
        }
        Err(refusal) if refusal.cause == Cause::BadLogin => {
            wrong("login", &refusal.failure, Remedy::Nothing)
        }
        Err(refusal) => Item::open(
            "login",
            State::Unknown,
            refusal.failure.to_string(),
            Remedy::Nothing,
        ),
    }
}

/// Looks whether the role may see a kind of record and make one: the first is asked for with one
/// row, the second begun as a form, which saves nothing. What the form says of its fields is of no
/// interest.
async fn reach(client: &Client<'_>, object: &str) -> Item {
    let subject = format!("{object} records");
    if let Err(refusal) = client.first_of(object).await
        && refusal.cause == Cause::Forbidden
    {
        return wrong(&subject, &refusal.failure, steps::role(object, "Full"));
    }
    match client.begin_form(object, &serde_json::json!({})).await {
        Err(Refusal { failure, cause }) if is_about_access(&failure) => {
            let remedy = match cause {
                Cause::Forbidden => steps::role(object, "Full"),
                _ => Remedy::Nothing,
            };
            wrong(&subject, &failure, remedy)
        }
        _ => Item::good(
            subject,
            "the role may see them, and the account takes calls that write",
        ),
    }
}

/// Returns the tables of a query: orders are read along with their customers.
fn table_names(table: &str) -> String {
    match table.starts_with("transaction") {
        true => "transaction and customer".to_owned(),
        false => table.to_owned(),
    }
}

fn is_about_access(failure: &Failure) -> bool {
    failure.class == Class::Authentication || failure.is_transient()
}

/// Tells the language of the account, where it had to be found out.
fn language(client: &Client<'_>) -> Option<Item> {
    let language = client.language();
    if language == client.connection.settings.language {
        return None;
    }
    let language = language.unwrap_or_default();
    let step = format!(
        "set language = \"{language}\" in the destination's settings, and no first call is refused"
    );
    Some(Item::open(
        "language",
        State::Advice,
        format!("the account speaks {language}"),
        Remedy::ByHand(vec![step]),
    ))
}

/// Tells the currencies that orders could be in, where the mapping lets an order take its
/// customer's. A role that may not see them is no fault.
async fn currencies(client: &Client<'_>, plans: &[&Plan]) -> Option<Item> {
    plans.iter().find_map(|plan| plan.bare_currency.as_ref())?;
    let query = Query::of("SELECT id, name FROM currency ORDER BY id");
    let rows = client.query(&query).await.ok()?;
    let named = |row: &Row| format!("{} = {}", row.id(), row.text("name").unwrap_or_default());
    let names: Vec<String> = rows.iter().map(named).collect();
    (names.len() > 1).then(|| {
        Item::open(
            "currencies",
            State::Advice,
            format!(
                "the account has the currencies {}, and an order takes its customer's",
                names.join(", ")
            ),
            Remedy::ByHand(vec![
                "for a shop with several, name them in vars.currencies by these internal ids, such as { EUR = \"4\" }".to_owned(),
            ]),
        )
    })
}

/// Compares the calls at once with those that the account takes, which only administrators are
/// told.
async fn at_once(client: &Client<'_>) -> Option<Item> {
    let (ours, limit) = (
        client.connection.settings.calls_at_once,
        client.calls_at_once().await?,
    );
    let found = format!(
        "the account takes {limit} calls at once from all integrations together, and ours are up to {ours}"
    );
    if u64::from(ours) <= limit {
        return Some(Item::good("calls at once", found));
    }
    let step = format!(
        "set calls_at_once = {} or less for the destination",
        limit.max(1)
    );
    let remedy = Remedy::ByHand(vec![step]);
    Some(Item::open("calls at once", State::Advice, found, remedy))
}

/// Returns the kinds of record that the plans write.
fn objects<'a>(plans: &[&'a Plan]) -> BTreeSet<&'a str> {
    plans
        .iter()
        .flat_map(|plan| &plan.records)
        .map(|record| record.object.as_str())
        .collect()
}

/// Returns the queries that deliveries of the plans would make, each with its tables. Plans of one
/// mapping ask the same ones, which are made once.
fn questions(plans: &[&Plan]) -> Result<Vec<(String, Query)>, Failure> {
    let mut questions: Vec<(String, Query)> = Vec::new();
    for plan in plans {
        read::check(plan)?;
        let lookups: Vec<&Lookup> = plan.lookups().collect();
        let tables = [
            read::questions(&[plan], read::Columns::Standard)?,
            lookups::questions(&lookups)?,
        ]
        .concat();
        let mut asked: Vec<(String, Query)> = tables
            .into_iter()
            .filter_map(|(table, question)| Some((table, question.query()?)))
            .collect();
        asked.extend(
            read::question_of_orders(plan)?
                .map(|query| ("transaction and transactionline".to_owned(), query)),
        );
        for (table, query) in asked {
            let is_known = questions
                .iter()
                .any(|(known, other)| *known == table && other.text == query.text);
            if !is_known {
                questions.push((table, query));
            }
        }
    }
    Ok(questions)
}

/// Returns the item of a failed question. What passes by itself says nothing about the account.
fn wrong(subject: &str, failure: &Failure, remedy: Remedy) -> Item {
    let passes = failure.is_transient() && failure.class != Class::Authentication;
    let state = if passes { State::Unknown } else { State::Wrong };
    Item::open(subject, state, failure.to_string(), remedy)
}
