//! The mapping lab: what the present mapping, or another one, would change at orders, and the
//! present one applied to those that were looked at.

mod apply;
mod compare;

pub(crate) use apply::{Look, apply_now, ask};

use crate::{
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
};
use askama::Template;
use axum::{Form, extract::Query, response::IntoResponse};
use compare::{Compared, compare};
use config::Config;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// The number of orders that are compared where nobody says another one, and the most.
const ORDERS: usize = 200;
const MOST_ORDERS: usize = 1000;

/// The orders that are compared: the word in an address, and the words for a person.
const FROM: [(&str, &str); 3] = [
    (LAST, "the last orders of the shop"),
    (LETTERS, "dead letters"),
    (WAITING, "waiting orders"),
];
const LAST: &str = "last";
const LETTERS: &str = "letters";
const WAITING: &str = "waiting";

/// What is to be compared. Without `of` nothing is yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    route: String,
    of: String,
    n: String,
}

/// The same, under a mapping that is tried.
#[derive(Debug, Deserialize)]
pub(crate) struct Tried {
    #[serde(flatten)]
    wanted: Wanted,
    mapping: String,
}

#[derive(Template)]
#[template(path = "lab.html")]
struct Lab {
    shell: Shell,
    routes: Vec<String>,
    from: [(&'static str, &'static str); 3],
    wanted: Wanted,
    compared: Option<Compared>,
    /// The mapping that is tried, or with which trying begins, where something was compared.
    mapping: String,
    /// What is wrong with it.
    wrong: Vec<String>,
}

impl Wanted {
    /// Returns the same with everything said that can be.
    fn completed(self, config: &Config) -> Self {
        let first = config.routes.first().map(|route| route.name.clone());
        Self {
            route: if self.route.is_empty() {
                first.unwrap_or_default()
            } else {
                self.route
            },
            n: if self.n.is_empty() {
                ORDERS.to_string()
            } else {
                self.n
            },
            ..self
        }
    }

    fn most(&self) -> Result<usize, Trouble> {
        let number = self.n.trim().parse::<usize>().ok();
        let number = number.filter(|number| (1..=MOST_ORDERS).contains(number));
        number.ok_or_else(|| {
            Trouble::refused(
                format!("{} is no number of orders", self.n),
                format!("Compare 1 to {MOST_ORDERS} orders; the command orderbridge diff takes any number."),
            )
        })
    }

    /// Returns the path of the page on which this is to be compared again.
    fn back(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("route", &self.route);
        query.append_pair("n", &self.n);
        format!("/lab?{}", query.finish())
    }
}

/// Answers `GET /lab`: asks what to compare, or compares it under the present mapping.
pub(crate) async fn show(
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<impl IntoResponse, Trouble> {
    page(visit, wanted, None).await
}

/// Answers `POST /lab`: compares it under a mapping that is tried. Changes nothing.
pub(crate) async fn show_tried(
    visit: Visit,
    Form(tried): Form<Tried>,
) -> Result<impl IntoResponse, Trouble> {
    // A browser ends the lines of a text with two characters.
    let text = tried.mapping.replace("\r\n", "\n");
    page(visit, tried.wanted, Some(text)).await
}

async fn page(visit: Visit, wanted: Wanted, tried: Option<String>) -> Result<Page<Lab>, Trouble> {
    let setup = (visit.desk().setup)();
    let wanted = wanted.completed(&setup.config);
    let routes = setup.config.routes.iter();
    let mut page = Lab {
        shell: visit.shell(Section::Lab),
        routes: routes.map(|route| route.name.clone()).collect(),
        from: FROM,
        compared: None,
        mapping: String::new(),
        wrong: Vec::new(),
        wanted,
    };
    if page.wanted.of.is_empty() {
        return Ok(Page(page));
    }
    let configured = setup.config.route(&page.wanted.route);
    let configured = configured.ok_or_else(|| no_route(&page.wanted.route))?;
    let mapping = match &tried {
        Some(text) => match routes::tried_mapping(&setup.config, configured, text) {
            Ok(mapping) => Some(mapping),
            Err(problems) => {
                page.wrong = problems.iter().map(str::to_owned).collect();
                page.mapping = text.clone();
                return Ok(Page(page));
            }
        },
        None => None,
    };
    page.compared = Some(compare(&visit, &setup, configured, &page.wanted, mapping).await?);
    page.mapping = match tried {
        Some(text) => text,
        // What cannot be read any more begins empty.
        None => routes::text_to_try(&setup.config, configured).unwrap_or_default(),
    };
    Ok(Page(page))
}

fn no_route(name: &str) -> Trouble {
    Trouble::missing(
        format!("There is no route {name}"),
        "It may have been renamed in the configuration; open Mapping lab again.",
    )
}
