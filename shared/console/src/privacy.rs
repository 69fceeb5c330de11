use crate::{
    act::{Confirm, Field},
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
    tag::Tag,
};
use askama::Template;
use axum::{
    Form,
    extract::Query,
    response::{IntoResponse, Redirect},
};
use operator::privacy::what_is_left;
use ports::SubjectRequest;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy {
    shell: Shell,
    requests: Vec<Request>,
}

struct Request {
    id: String,
    title: String,
    state: Tag,
    facts: Vec<(&'static str, String)>,
    records: Vec<ports::HeldRecord>,
    /// What is still to be done, while something is.
    left: Option<&'static str>,
}

/// Answers `GET /privacy`.
pub(crate) async fn list(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let requests = visit.desk().records.privacy.requests().await?;
    let requests = requests.into_iter().map(|one| request(&visit, one));
    Ok(Page(Privacy {
        requests: requests.collect(),
        shell: visit.shell(Section::Privacy),
    }))
}

fn request(visit: &Visit, request: SubjectRequest) -> Request {
    let mut facts = vec![
        ("Store", request.store.clone()),
        ("Received", visit.moment(request.received).short),
    ];
    facts.extend(request.customer.clone().map(|id| ("Customer", id)));
    if !request.orders.is_empty() {
        facts.push(("Orders", request.orders.join(", ")));
    }
    if let Some(reason) = &request.held_back {
        facts.push(("Nothing was removed", reason.clone()));
    } else if request.kind != "access" {
        facts.push((
            "Removed here",
            format!(
                "{} waiting message(s), {} dead letter(s), the texts of {} ledger entries",
                request.waiting_removed, request.dead_removed, request.ledger_redacted
            ),
        ));
    }
    if let Some(done) = request.done {
        facts.push(("Done", visit.moment(done).short));
    }
    let title = match request.kind.as_str() {
        "access" => "A customer asks what is kept",
        "redact_customer" => "A customer wants to be forgotten",
        "redact_order" => "An order is to be forgotten",
        "redact_store" => "A shop is to be forgotten",
        other => other,
    };
    Request {
        title: title.to_owned(),
        state: if request.done.is_some() {
            Tag::good("done")
        } else {
            Tag::bad("open")
        },
        facts,
        left: request.done.is_none().then(|| what_is_left(&request)),
        id: request.id,
        records: request.records,
    }
}

/// A request by its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    id: String,
}

/// Answers `GET /privacy/done`: asks.
pub(crate) async fn ask_done(
    visit: Visit,
    Query(named): Query<Named>,
) -> Result<impl IntoResponse, Trouble> {
    let requests = visit.desk().records.privacy.requests().await?;
    let found = requests.iter().find(|request| request.id == named.id);
    let request = found.ok_or_else(missing)?;
    let mut lines = vec![format!("Mark it as done {}.", what_is_left(request))];
    let records = request.records.iter();
    lines.extend(records.map(|held| {
        let (record, order) = (&held.record, &held.order);
        format!(
            "{}: {} {} of order {order}",
            held.destination, record.object, record.id
        )
    }));
    Ok(Page(Confirm {
        question: format!("Is the request of store {} dealt with?", request.store),
        lines,
        action: "/privacy/done",
        fields: vec![Field::hidden("id", request.id.clone())],
        check: None,
        button: "It is done".to_owned(),
        is_destructive: false,
        back: "/privacy".to_owned(),
        shell: visit.shell(Section::Privacy),
    }))
}

/// Answers `POST /privacy/done`.
pub(crate) async fn done(visit: Visit, Form(named): Form<Named>) -> Result<Redirect, Trouble> {
    if !visit
        .desk()
        .records
        .privacy
        .done(&named.id, visit.now)
        .await?
    {
        return Err(missing());
    }
    Ok(visit.done("/privacy", "The request is marked as done.".to_owned()))
}

fn missing() -> Trouble {
    Trouble::missing(
        "There is no such request",
        "See Privacy for the requests that there are.",
    )
}
