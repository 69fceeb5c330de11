use crate::{
    act::{Confirm, Field},
    moment::Moment,
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
};
use askama::Template;
use axum::{
    Form,
    extract::Query,
    response::{IntoResponse, Redirect},
};
use jiff::Timestamp;
use operator::{
    Cursor, LetterView,
    dead::{self, Choice, DeadFilter, Selected},
};
use ports::LetterGroup;
use serde::Deserialize;
use std::collections::BTreeMap;
use url::form_urlencoded::Serializer;

/// The lines of a page.
const LINES: usize = 50;

#[derive(Template)]
#[template(path = "dead.html")]
struct Groups {
    shell: Shell,
    total: String,
    groups: Vec<GroupLine>,
}

struct GroupLine {
    id: String,
    class: String,
    text: String,
    count: u64,
    routes: Vec<(String, u64)>,
    newest: Moment,
}

/// Answers `GET /dead`: the groups of letters that the same thing would mend.
pub(crate) async fn groups(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let groups = dead::groups(&visit.desk().records, &DeadFilter::default()).await?;
    let count: u64 = groups.iter().map(LetterGroup::count).sum();
    let line = |group: LetterGroup| GroupLine {
        count: group.count(),
        newest: visit.moment(group.newest),
        id: group.key.id,
        class: group.key.class,
        text: group.key.text,
        routes: group.routes.into_iter().collect(),
    };
    Ok(Page(Groups {
        total: letters(count),
        groups: groups.into_iter().map(line).collect(),
        shell: visit.shell(Section::Dead),
    }))
}

/// A group, and the position in its list.
#[derive(Debug, Deserialize)]
pub(crate) struct GroupWanted {
    #[serde(default)]
    id: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "group.html")]
struct Group {
    shell: Shell,
    id: String,
    class: String,
    text: String,
    count: u64,
    routes: Vec<(String, u64)>,
    oldest: Moment,
    newest: Moment,
    /// The reason of the last letter, in full.
    reason: String,
    letters: Vec<Line>,
    next: Option<String>,
}

struct Line {
    id: String,
    order: String,
    route: String,
    mapping: String,
    note: String,
    died: Moment,
}

/// Answers `GET /dead/group`: a group and its letters.
pub(crate) async fn group(
    visit: Visit,
    Query(wanted): Query<GroupWanted>,
) -> Result<impl IntoResponse, Trouble> {
    let records = &visit.desk().records;
    let filter = in_group(&wanted.id);
    let after = (!wanted.after.is_empty()).then(|| wanted.after.parse::<Cursor>());
    let after = after
        .transpose()
        .map_err(|error| Trouble::refused("No such page", error.to_string()))?;
    let groups = dead::groups(records, &filter).await?;
    let found = dead::page(records, &filter, after.as_ref(), LINES).await?;
    let Some(group) = groups.into_iter().next() else {
        return Err(Trouble::missing(
            "No dead letter is in this group",
            "They were replayed or dropped; see Dead letters for what there is now.",
        ));
    };
    let example = records.letters.get(&group.example).await?;
    let mappings = (visit.desk().setup)().mappings();
    let next = found.next.map(|next| {
        let mut query = Serializer::new(String::new());
        query.append_pair("id", &wanted.id);
        query.append_pair("after", &next.to_string());
        format!("/dead/group?{}", query.finish())
    });
    Ok(Page(Group {
        shell: visit.shell(Section::Dead),
        count: group.count(),
        oldest: visit.moment(group.oldest),
        newest: visit.moment(group.newest),
        id: group.key.id,
        class: group.key.class,
        text: group.key.text,
        routes: group.routes.into_iter().collect(),
        reason: example.map(|letter| letter.reason).unwrap_or_default(),
        letters: found
            .items
            .iter()
            .map(|view| line(&visit, view, &mappings))
            .collect(),
        next,
    }))
}

fn line(visit: &Visit, view: &LetterView, mappings: &BTreeMap<String, String>) -> Line {
    let letter = &view.letter;
    let mut notes = Vec::new();
    if view.superseded {
        notes.push("superseded".to_owned());
    }
    if view.is_of_another_mapping(mappings) {
        notes.push("not the present mapping".to_owned());
    }
    if letter.earlier > 0 {
        notes.push(format!("in place of {} earlier", letter.earlier));
    }
    if letter.message.replays > 0 {
        notes.push(format!("replayed {} times", letter.message.replays));
    }
    Line {
        id: letter.id.clone(),
        order: order(view),
        route: letter.message.route.clone(),
        mapping: letter.mapping.clone().unwrap_or_default(),
        note: notes.join(", "),
        died: visit.moment(letter.died),
    }
}

/// Returns what a letter's order is called.
pub(crate) fn order(view: &LetterView) -> String {
    let order = view.letter.message.order.clone();
    order.unwrap_or_else(|| "without an id".to_owned())
}

fn in_group(id: &str) -> DeadFilter {
    DeadFilter {
        group: Some(id.to_owned()),
        ..DeadFilter::default()
    }
}

/// Some letters, as an address or a form names them: one by its id, or a group.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chosen {
    id: String,
    group: String,
    /// The time at which the operator was asked: what died later was not agreed to.
    asked: Option<Timestamp>,
}

impl Chosen {
    fn choice(&self) -> Choice {
        if self.group.is_empty() {
            return Choice::Ids(vec![self.id.clone()]);
        }
        Choice::Matching(DeadFilter {
            until: self.asked,
            ..in_group(&self.group)
        })
    }

    fn back(&self) -> String {
        let mut query = Serializer::new(String::new());
        let (path, id) = if self.group.is_empty() {
            ("/letter", &self.id)
        } else {
            ("/dead/group", &self.group)
        };
        format!("{path}?{}", query.append_pair("id", id).finish())
    }

    fn fields(&self, now: Timestamp) -> Vec<Field> {
        let mut fields = vec![Field::hidden("asked", now.to_string())];
        if self.group.is_empty() {
            fields.push(Field::hidden("id", self.id.clone()));
        } else {
            fields.push(Field::hidden("group", self.group.clone()));
        }
        fields
    }

    /// Returns the page that asks before an act.
    fn confirm(
        &self,
        visit: &Visit,
        act: String,
        lines: Vec<String>,
        action: &'static str,
        is_destructive: bool,
    ) -> Page<Confirm> {
        Page(Confirm {
            question: format!("{act}?"),
            lines,
            action,
            fields: self.fields(visit.now),
            check: None,
            button: act,
            is_destructive,
            back: self.back(),
            shell: visit.shell(Section::Dead),
        })
    }

    async fn select(&self, visit: &Visit) -> Result<Selected, Trouble> {
        let selected = dead::select(&visit.desk().records, &self.choice()).await?;
        if selected.ids.is_empty() {
            return Err(Trouble::missing(
                "There is no such dead letter",
                "It was replayed or dropped, perhaps by somebody else; see Dead letters for what there is now.",
            ));
        }
        Ok(selected)
    }
}

/// Answers `GET /dead/replay`: asks.
pub(crate) async fn ask_replay(
    visit: Visit,
    Query(some): Query<Chosen>,
) -> Result<impl IntoResponse, Trouble> {
    let selected = some.select(&visit).await?;
    let mut lines = told(&selected);
    lines.push("Each goes back into its queue and through the present mapping, and never over a newer state.".to_owned());
    if selected.superseded > 0 {
        lines.push(format!(
            "{} of them will change nothing: the destination holds the same or a newer state of the order.",
            selected.superseded
        ));
    }
    let act = format!("Replay {}", letters(count(&selected)));
    Ok(some.confirm(&visit, act, lines, "/dead/replay", false))
}

/// Answers `POST /dead/replay`.
pub(crate) async fn replay(visit: Visit, Form(some): Form<Chosen>) -> Result<Redirect, Trouble> {
    let selected = some.select(&visit).await?;
    let records = &visit.desk().records;
    let done = dead::replay(records, &selected).await?;
    tidy(&visit).await;
    let mut said = format!(
        "{} put back into the queue; {} them through the present mapping.",
        letters(done.done),
        records.deliverer
    );
    said.push_str(&gone(done.gone));
    Ok(visit.done("/dead", said))
}

/// Answers `GET /dead/drop`: asks.
pub(crate) async fn ask_drop(
    visit: Visit,
    Query(some): Query<Chosen>,
) -> Result<impl IntoResponse, Trouble> {
    let selected = some.select(&visit).await?;
    let mut lines = told(&selected);
    lines.push(
        "They are gone for good, and with them the only copy here of what the shop sent."
            .to_owned(),
    );
    let act = format!("Drop {} for good", letters(count(&selected)));
    Ok(some.confirm(&visit, act, lines, "/dead/drop", true))
}

/// Answers `POST /dead/drop`.
pub(crate) async fn discard(visit: Visit, Form(some): Form<Chosen>) -> Result<Redirect, Trouble> {
    let selected = some.select(&visit).await?;
    let done = dead::discard(&visit.desk().records, &selected).await?;
    tidy(&visit).await;
    let said = format!("{} dropped.{}", letters(done.done), gone(done.gone));
    Ok(visit.done("/dead", said))
}

/// Tidies what else shows dead letters. The act is done by now, and must not look as if it had
/// failed.
pub(crate) async fn tidy(visit: &Visit) {
    if let Err(error) = visit.desk().records.letters.tidy().await {
        tracing::warn!(
            error = ports::in_one_line(&error),
            "the dead-letter queue still shows letters that are dealt with; orderbridge dead list clears them away"
        );
    }
}

fn count(selected: &Selected) -> u64 {
    u64::try_from(selected.ids.len()).unwrap_or(u64::MAX)
}

fn told(selected: &Selected) -> Vec<String> {
    let groups = selected.groups.iter();
    let line = |group: &LetterGroup| format!("{} × {}", group.count(), group.key.text);
    groups.map(line).collect()
}

fn gone(count: u64) -> String {
    match count {
        0 => String::new(),
        count => format!(" {} had been dealt with meanwhile.", letters(count)),
    }
}

pub(crate) fn letters(count: u64) -> String {
    match count {
        1 => "1 letter".to_owned(),
        count => format!("{count} letters"),
    }
}
