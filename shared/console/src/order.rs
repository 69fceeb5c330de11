use crate::{
    act::{Confirm, Field},
    desk::feed,
    moment::Moment,
    orders,
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
use operator::{
    LetterView,
    story::{self, RouteStory},
};
use ports::{Happened, Origin};
use reconcile::resend;
use serde::Deserialize;

/// An order, by the shop's id or number or by the id of a record of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Called {
    #[serde(default)]
    id: String,
}

#[derive(Template)]
#[template(path = "order.html")]
struct Order {
    shell: Shell,
    name: String,
    facts: Vec<(&'static str, String)>,
    routes: Vec<Route>,
    resend: String,
    tells_waiting: bool,
}

/// The order on one route.
struct Route {
    name: String,
    state: Tag,
    sentences: Vec<String>,
    letters: Vec<Letter>,
    facts: Vec<(&'static str, String)>,
    records: Vec<(String, String, String)>,
    notes: Vec<String>,
    history: Vec<Line>,
}

/// A dead letter of it.
struct Letter {
    id: String,
    reason: String,
}

/// A line of the timeline.
struct Line {
    at: Moment,
    what: String,
    tone: &'static str,
}

/// Answers `GET /order`: all of one order.
pub(crate) async fn show(
    visit: Visit,
    Query(called): Query<Called>,
) -> Result<impl IntoResponse, Trouble> {
    let stories = stories(&visit, &called.id).await?;
    let first = stories.first();
    let id = first.map_or(called.id.as_str(), |story| story.order.as_str());
    let number = stories.iter().find_map(|story| story.number.as_deref());
    let mut facts = Vec::new();
    if number.is_some_and(|number| number != id) {
        facts.push(("Id in the shop", id.to_owned()));
    }
    if let Some(seen) = stories.iter().filter_map(|story| story.first_seen).min() {
        facts.push(("First seen", visit.moment(seen).short));
    }
    Ok(Page(Order {
        name: orders::name(number, id),
        facts,
        resend: orders::link(id).replacen("/order?", "/order/resend?", 1),
        tells_waiting: stories.iter().all(|story| story.tells_waiting),
        routes: stories.iter().map(|story| route(&visit, story)).collect(),
        shell: visit.shell(Section::Orders),
    }))
}

async fn stories(visit: &Visit, called: &str) -> Result<Vec<RouteStory>, Trouble> {
    let (desk, setup) = (visit.desk(), (visit.desk().setup)());
    let stories = story::story(&desk.records, Some(&setup.config), called).await?;
    if stories.is_empty() || called.trim().is_empty() {
        return Err(Trouble::missing(
            format!("Nothing is known of an order {called}"),
            "No order has this id or number, and no record of one has it as its id. Was its webhook accepted? The store's row on the first page says when one last was.",
        ));
    }
    Ok(stories)
}

fn route(visit: &Visit, story: &RouteStory) -> Route {
    let time = |at| visit.moment(at).short;
    let mut facts = Vec::new();
    let way = [&story.store, &story.destination];
    let way: Vec<&str> = way.into_iter().flatten().map(String::as_str).collect();
    facts.push(("Way", way.join(" → ")));
    if story.total.is_some() {
        let total = orders::total(story.total.clone(), story.currency.clone());
        facts.push(("Total", total));
    }
    let mut records = Vec::new();
    if let Some(held) = &story.delivered {
        facts.push(("Delivered", time(held.at)));
        if let Some(modified) = held.modified {
            facts.push(("As of", time(modified)));
        }
        facts.extend(held.mapping.clone().map(|mapping| ("Mapping", mapping)));
        let row = |record: &ports::RecordRef| {
            let (name, object, id) = (&record.name, &record.object, &record.id);
            (name.clone(), object.clone(), id.clone())
        };
        records = held.records.iter().map(row).collect();
    }
    if story.attempts > 0 {
        facts.push(("Failed tries", story.attempts.to_string()));
    }
    Route {
        name: story.route.clone(),
        state: story.standing.map_or(Tag::plain("nothing came"), Tag::of),
        sentences: sentences(visit, story),
        letters: story.letters.iter().map(letter).collect(),
        facts,
        records,
        notes: story.warnings.clone(),
        history: story
            .history
            .iter()
            .map(|event| line(visit, event))
            .collect(),
    }
}

fn letter(view: &LetterView) -> Letter {
    Letter {
        id: view.letter.id.clone(),
        reason: view.letter.reason.clone(),
    }
}

/// Returns how it stands, for a person.
fn sentences(visit: &Visit, story: &RouteStory) -> Vec<String> {
    // A letter says in full what the ledger says in short.
    let reason = story.reason.iter().filter(|_| story.letters.is_empty());
    let mut sentences: Vec<String> = reason.cloned().collect();
    for wait in &story.waiting {
        let mut text = format!("Waiting since {}", visit.moment(wait.since).short);
        if let Some(before) = wait.before.filter(|before| *before > 0) {
            text.push_str(&format!(", {before} before it"));
        }
        if let Some(next) = wait.next_try.filter(|next| *next > visit.now) {
            text.push_str(&format!(", next try {}", visit.moment(next).short));
        }
        if let Some(in_hand) = orders::in_hand(visit, wait.in_hand_until) {
            text.push_str(&format!(", {in_hand}"));
        }
        sentences.push(text);
    }
    if let (Some(circuit), Some(destination)) = (&story.circuit, &story.destination) {
        sentences.push(format!(
            "{destination} is left alone until {}: {}",
            visit.moment(circuit.until).short,
            circuit.reason
        ));
    }
    sentences
}

fn line(visit: &Visit, event: &ports::Event) -> Line {
    let tone = match event.what {
        Happened::Delivered => "good",
        Happened::Tried => "wait",
        Happened::Rejected | Happened::FoundGone => "bad",
        _ => "",
    };
    let what = event.what.as_str();
    Line {
        at: visit.precise(event.at),
        what: match event.times {
            0 | 1 => what.to_owned(),
            times => format!("{what}, {times} times"),
        },
        tone,
    }
}

/// What the form of a resend says.
#[derive(Debug, Deserialize)]
pub(crate) struct Again {
    id: String,
    force: Option<String>,
}

/// Answers `GET /order/resend`: asks.
pub(crate) async fn ask_resend(
    visit: Visit,
    Query(called): Query<Called>,
) -> Result<impl IntoResponse, Trouble> {
    let stories = stories(&visit, &called.id).await?;
    let routes: Vec<&str> = stories.iter().map(|story| story.route.as_str()).collect();
    Ok(Page(Confirm {
        lines: vec![
            format!(
                "It is asked for in its shop and takes its way again, on {}. Where the shop cannot be asked, its newest dead letter is replayed.",
                routes.join(", ")
            ),
            "Nothing is doubled: what the destination holds already stays as it is.".to_owned(),
        ],
        action: "/order/resend",
        fields: vec![Field::hidden("id", called.id.clone())],
        check: Some((
            "force",
            "Write it even where nothing has changed, or where its record is gone",
        )),
        button: "Send it again".to_owned(),
        is_destructive: false,
        back: orders::link(&called.id),
        question: format!("Send order {} again?", called.id),
        shell: visit.shell(Section::Orders),
    }))
}

/// Answers `POST /order/resend`.
pub(crate) async fn resend_now(
    visit: Visit,
    Form(again): Form<Again>,
) -> Result<Redirect, Trouble> {
    let (ports, setup) = (visit.desk().ports(), (visit.desk().setup)());
    let origin = if again.force.is_some() {
        Origin::Forced
    } else {
        Origin::Read
    };
    let resent = resend(&setup.shops, &feed(&ports), &again.id, None, origin).await?;
    let Some(from) = resent.from else {
        return Err(Trouble::refused(
            format!("Order {} could not be sent again", again.id),
            "Neither a shop that can be asked nor a dead letter has it. A shop can be asked where its secret has the credentials of its API; otherwise save the order once more in the shop.",
        ));
    };
    let mut said = format!(
        "Order {}: from the {from}, {} message(s) put into the queue; {} them.",
        again.id,
        resent.queued,
        visit.desk().records.deliverer
    );
    if let Some(note) = resent.note {
        said.push_str(&format!(" The shop could not be asked: {note}."));
    }
    Ok(visit.done(&orders::link(&again.id), said))
}
