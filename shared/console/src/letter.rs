use crate::{
    dead, orders,
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
};
use askama::Template;
use axum::{
    Form,
    extract::Query,
    response::{IntoResponse, Response},
};
use deliver::{Preview, preview};
use operator::LetterView;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A dead letter by its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    id: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Letter {
    shell: Shell,
    id: String,
    group: String,
    class: String,
    order: String,
    route: String,
    reason: String,
    facts: Vec<(&'static str, String)>,
    notes: Vec<String>,
    order_link: Option<String>,
    now: Now,
    request: Option<String>,
    response: Option<String>,
    payload: String,
}

/// What a letter would become under the present mapping.
#[derive(Default)]
struct Now {
    says: String,
    is_bad: bool,
    notes: Vec<String>,
    requests: Vec<(String, String)>,
}

/// Answers `GET /letter`: one letter, and what would become of it now.
pub(crate) async fn show(
    visit: Visit,
    Query(named): Query<Named>,
) -> Result<impl IntoResponse, Trouble> {
    let view = found(&visit, &named.id).await?;
    let (letter, message) = (&view.letter, &view.letter.message);
    let time = |at| visit.moment(at).short;
    let mut facts = vec![
        (
            "Died",
            format!("{}, after {}", time(letter.died), tries(letter.attempts)),
        ),
        (
            "Came",
            format!("{} ({})", time(message.accepted), message.topic),
        ),
    ];
    if let Some(modified) = message.modified {
        facts.push(("As of", time(modified)));
    }
    facts.extend(
        letter
            .mapping
            .clone()
            .map(|mapping| ("Mapping then", mapping)),
    );
    let mappings = (visit.desk().setup)().mappings();
    if view.is_of_another_mapping(&mappings) {
        let now = mappings.get(&message.route).cloned();
        facts.extend(now.map(|mapping| ("Mapping now", mapping)));
    }
    facts.push(("Destination", message.destination.clone()));
    if message.replays > 0 {
        facts.push(("Replayed", format!("{} times", message.replays)));
    }
    Ok(Page(Letter {
        shell: visit.shell(Section::Dead),
        id: letter.id.clone(),
        group: view.group.id.clone(),
        class: letter.class.clone(),
        order: dead::order(&view),
        route: message.route.clone(),
        reason: letter.reason.clone(),
        facts,
        notes: notes(&view, &mappings),
        order_link: message.order.as_deref().map(orders::link),
        now: now(&visit, &view),
        request: letter.request.clone(),
        response: letter.response.clone(),
        payload: view.body_text(),
    }))
}

fn tries(count: u32) -> String {
    match count {
        1 => "1 try".to_owned(),
        count => format!("{count} tries"),
    }
}

async fn found(visit: &Visit, id: &str) -> Result<LetterView, Trouble> {
    let view = operator::dead::letter(&visit.desk().records, id).await?;
    view.ok_or_else(missing)
}

fn missing() -> Trouble {
    Trouble::missing(
        "There is no such dead letter",
        "It was replayed or dropped, perhaps by somebody else; see Dead letters for what there is now.",
    )
}

fn notes(view: &LetterView, mappings: &BTreeMap<String, String>) -> Vec<String> {
    let mut notes = Vec::new();
    if view.superseded {
        notes.push("Superseded: the destination holds the same or a newer state of the order. Drop this letter, or replay it, which changes nothing.".to_owned());
    }
    if view.is_of_another_mapping(mappings) {
        notes.push(
            "It died under another mapping than the route has now; a replay takes the present one."
                .to_owned(),
        );
    }
    if view.letter.earlier > 0 {
        notes.push(format!(
            "It stands in place of {} earlier of the same order.",
            dead::letters(view.letter.earlier.into())
        ));
    }
    notes
}

fn now(visit: &Visit, view: &LetterView) -> Now {
    let setup = (visit.desk().setup)();
    let message = &view.letter.message;
    let Some(route) = setup.routes.get(&message.route) else {
        return Now {
            says: format!("The configuration has no route {} any more.", message.route),
            is_bad: true,
            ..Now::default()
        };
    };
    let (source, destination) = (route.source.as_ref(), route.destination.as_ref());
    let made = preview(
        source,
        &route.mapping,
        destination,
        &message.topic,
        &message.body,
    );
    match made {
        Ok(Preview::Order {
            records,
            warnings,
            requests,
            ..
        }) => Now {
            says: format!(
                "It becomes {} records and these requests, if {} has what they look up.",
                records.len(),
                message.destination
            ),
            is_bad: false,
            notes: warnings,
            requests: requests
                .iter()
                .map(|request| {
                    let body = request.body.as_ref();
                    let body = body.and_then(|body| serde_json::to_string_pretty(body).ok());
                    let mut text = request.note.clone().unwrap_or_default();
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&body.unwrap_or_default());
                    (format!("{} {}", request.method, request.path), text)
                })
                .collect(),
        },
        Ok(Preview::Skipped { skipped }) => Now {
            says: format!("Nothing would be delivered, rightly: {skipped}"),
            ..Now::default()
        },
        Ok(Preview::Privacy { .. }) => Now {
            says: "It is a request about personal data, not an order.".to_owned(),
            ..Now::default()
        },
        Err(error) => Now {
            says: format!("It would be a dead letter again: {error}"),
            is_bad: true,
            ..Now::default()
        },
    }
}

#[derive(Template)]
#[template(path = "edit.html")]
struct Edit {
    shell: Shell,
    id: String,
    order: String,
    reason: String,
    body: String,
    /// What is wrong with the text.
    wrong: Option<String>,
}

/// Answers `GET /letter/edit`.
pub(crate) async fn edit(
    visit: Visit,
    Query(named): Query<Named>,
) -> Result<impl IntoResponse, Trouble> {
    let view = found(&visit, &named.id).await?;
    let body = view.body_text();
    Ok(form(&visit, view, body, None))
}

fn form(visit: &Visit, view: LetterView, body: String, wrong: Option<String>) -> Page<Edit> {
    Page(Edit {
        shell: visit.shell(Section::Dead),
        id: view.letter.id.clone(),
        order: dead::order(&view),
        reason: view.letter.reason,
        body,
        wrong,
    })
}

/// What the form of an edited letter says.
#[derive(Debug, Deserialize)]
pub(crate) struct Edited {
    id: String,
    body: String,
}

/// Answers `POST /letter/edit`: replays the edited copy, or shows the text again with what is wrong
/// with it.
pub(crate) async fn replay_edited(
    visit: Visit,
    Form(edited): Form<Edited>,
) -> Result<Response, Trouble> {
    let view = found(&visit, &edited.id).await?;
    // A browser ends the lines of a text with two characters.
    let body = edited.body.replace("\r\n", "\n");
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&body) {
        let wrong = format!("Nothing was replayed: this is not JSON ({error}).");
        return Ok(form(&visit, view, body, Some(wrong)).into_response());
    }
    let records = &visit.desk().records;
    let order = dead::order(&view);
    if !operator::dead::replay_edited(records, &edited.id, body.into()).await? {
        return Err(missing());
    }
    dead::tidy(&visit).await;
    let said = format!(
        "Order {order}: the edited copy was put into the queue; {} it through the present mapping. What the shop sent is kept here until you drop it.",
        records.deliverer
    );
    Ok(visit.done("/dead", said).into_response())
}
