use crate::{
    moment::Moment,
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
    tag::Tag,
};
use askama::Template;
use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use jiff::{SignedDuration, Timestamp};
use operator::{
    Cursor,
    orders::{OrderFilter, OrderLine, Standing},
    story,
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// The lines of a page.
const LINES: usize = 50;
/// The times that a list may reach back.
const SINCE: [(&str, i64); 4] = [
    ("1 hour", 1),
    ("24 hours", 24),
    ("7 days", 7 * 24),
    ("30 days", 30 * 24),
];

/// What is asked for. An empty value means any.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    find: String,
    store: String,
    route: String,
    state: String,
    since: String,
    after: String,
}

#[derive(Template)]
#[template(path = "orders.html")]
struct Orders {
    shell: Shell,
    find: String,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    /// Why there are no rows.
    nothing: &'static str,
    next: Option<String>,
    tells_waiting: bool,
}

/// A choice among words.
struct Choice {
    name: &'static str,
    label: &'static str,
    options: Vec<String>,
    chosen: String,
}

struct Row {
    link: String,
    name: String,
    store: String,
    route: String,
    state: Tag,
    sentence: String,
    total: String,
    changed: Moment,
}

/// Answers `GET /orders`: the list, or the order itself where the text that is looked for is its
/// number, its id or the id of a record of it.
pub(crate) async fn list(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let (desk, setup) = (visit.desk(), (visit.desk().setup)());
    let find = wanted.find.trim();
    if !find.is_empty() && wanted.after.is_empty() {
        let stories = story::story(&desk.records, Some(&setup.config), find).await?;
        if !stories.is_empty() {
            return Ok(Redirect::to(&link(find)).into_response());
        }
    }
    let filter = wanted.filter(visit.now)?;
    let after = (!wanted.after.is_empty()).then(|| wanted.after.parse::<Cursor>());
    let after = after
        .transpose()
        .map_err(|error| Trouble::refused("No such page", error.to_string()))?;
    let found = operator::orders::page(
        &desk.records,
        Some(&setup.config),
        &filter,
        after.as_ref(),
        LINES,
    )
    .await?;
    let rows = found.items.into_iter().map(|line| row(&visit, line));
    let page = Orders {
        shell: visit.shell(Section::Orders),
        find: find.to_owned(),
        rows: rows.collect(),
        nothing: wanted.nothing(),
        next: found.next.map(|next| wanted.page(&next)),
        tells_waiting: found.tells_waiting,
        choices: choices(&setup.config, &wanted),
    };
    Ok(Page(page).into_response())
}

/// Returns the path of an order's page.
pub(crate) fn link(called: &str) -> String {
    let query = Serializer::new(String::new())
        .append_pair("id", called)
        .finish();
    format!("/order?{query}")
}

impl Wanted {
    fn filter(&self, now: Timestamp) -> Result<OrderFilter, Trouble> {
        let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let unknown = |what: &str, name: &str| {
            let todo = format!("There is no {what} {name}; choose one from the list.");
            Trouble::refused(format!("No such {what}"), todo)
        };
        let standing = match some(&self.state) {
            None => None,
            Some(word) => Some(Standing::of(&word).ok_or_else(|| unknown("state", &word))?),
        };
        let since = match some(&self.since) {
            None => None,
            Some(word) => {
                let known = SINCE.iter().find(|(known, _)| *known == word);
                let (_, hours) = known.ok_or_else(|| unknown("time", &word))?;
                now.checked_sub(SignedDuration::from_hours(*hours)).ok()
            }
        };
        Ok(OrderFilter {
            store: some(&self.store),
            route: some(&self.route),
            standing,
            since,
            until: None,
            text: some(&self.find),
        })
    }

    fn nothing(&self) -> &'static str {
        let given = [&self.store, &self.route, &self.state, &self.since];
        if !self.after.is_empty() {
            return "That was the last of them.";
        }
        if !self.find.trim().is_empty() {
            return "No order is called this, no record has this id, and no reason or note says it. Was its webhook accepted? The store's row on the first page says when one last was.";
        }
        if given.iter().any(|text| !text.is_empty()) {
            return "No order is like this.";
        }
        "No order has come yet."
    }

    /// Returns the path of the page that goes on from a position.
    fn page(&self, after: &Cursor) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("find", &self.find),
            ("store", &self.store),
            ("route", &self.route),
            ("state", &self.state),
            ("since", &self.since),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("after", &after.to_string());
        format!("/orders?{}", query.finish())
    }
}

fn choices(config: &config::Config, wanted: &Wanted) -> Vec<Choice> {
    let choice = |name, label, options: Vec<String>, chosen: &str| Choice {
        name,
        label,
        options,
        chosen: chosen.to_owned(),
    };
    let stores = config.stores.keys().cloned().collect();
    let routes = config.routes.iter().map(|route| route.name.clone());
    let states = Standing::ALL.map(|one| one.as_str().to_owned()).to_vec();
    let since = SINCE.map(|(word, _)| word.to_owned()).to_vec();
    vec![
        choice("state", "State", states, &wanted.state),
        choice("store", "Store", stores, &wanted.store),
        choice("route", "Route", routes.collect(), &wanted.route),
        choice("since", "In the last", since, &wanted.since),
    ]
}

/// Returns that a worker has an order in hand. Where the worker died, the order comes back then.
pub(crate) fn in_hand(visit: &Visit, until: Option<Timestamp>) -> Option<String> {
    let until = until.filter(|until| *until > visit.now)?;
    Some(format!(
        "in hand until {} at most",
        visit.moment(until).short
    ))
}

fn row(visit: &Visit, line: OrderLine) -> Row {
    let id = line.order.clone().unwrap_or_default();
    let mut sentences: Vec<String> = line.reason.into_iter().collect();
    if let Some(next) = line.next_try.filter(|next| *next > visit.now) {
        sentences.push(format!("next try {}", visit.moment(next).short));
    }
    sentences.extend(in_hand(visit, line.in_hand_until));
    match line.warnings.len() {
        0 => {}
        1 => sentences.push("1 note".to_owned()),
        count => sentences.push(format!("{count} notes")),
    }
    Row {
        link: link(&id),
        name: name(line.number.as_deref(), &id),
        store: line.store.unwrap_or_default(),
        route: line.route,
        state: Tag::of(line.standing),
        sentence: sentences.join("; "),
        total: total(line.total, line.currency),
        changed: visit.moment(line.at),
    }
}

/// Returns what a person calls an order.
pub(crate) fn name(number: Option<&str>, id: &str) -> String {
    match number {
        Some(number) => number.to_owned(),
        None if id.is_empty() => "without an id".to_owned(),
        None => id.to_owned(),
    }
}

/// Returns an amount with its currency.
pub(crate) fn total(total: Option<String>, currency: Option<String>) -> String {
    let parts = [total, currency];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
