use crate::{
    act::Confirm,
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
    tag::Tag,
};
use askama::Template;
use axum::response::{IntoResponse, Redirect};
use setup::{Item, Made, Open, Remedy, Side, State, make};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetUp {
    shell: Shell,
    heading: &'static str,
    sides: Vec<Shown>,
    open: Open,
}

struct Shown {
    name: String,
    items: Vec<Row>,
}

struct Row {
    state: Tag,
    subject: String,
    found: String,
    change: Option<String>,
    steps: Vec<String>,
}

/// Answers `GET /setup`: what destinations and shops lack, as they say now.
pub(crate) async fn show(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let plans = plans(&visit).await;
    let open = Open::of(plans.iter().flat_map(|(_, items)| items));
    let sides = plans.into_iter().map(|(side, items)| Shown {
        name: side.name,
        items: items.into_iter().map(row).collect(),
    });
    Ok(Page(SetUp {
        heading: match (open.to_make, open.by_hand) {
            (0, 0) => "Nothing is missing",
            _ => "What is missing for orders to be delivered",
        },
        sides: sides.collect(),
        open,
        shell: visit.shell(Section::SetUp),
    }))
}

/// Answers `GET /setup/apply`: asks.
pub(crate) async fn ask_apply(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let mut lines = Vec::new();
    for (side, items) in plans(&visit).await {
        for item in items {
            if let Remedy::Api(change) = item.remedy {
                lines.push(format!("{}: {}: {change}", side.name, item.subject));
            }
        }
    }
    if lines.is_empty() {
        return Err(Trouble::refused(
            "There is nothing to make",
            "What is missing, if anything is, has to be made by hand: Set-up has the steps.",
        ));
    }
    Ok(Page(Confirm {
        question: format!("Make {}?", things(lines.len())),
        lines,
        action: "/setup/apply",
        fields: Vec::new(),
        check: None,
        button: "Make it".to_owned(),
        is_destructive: false,
        back: "/setup".to_owned(),
        shell: visit.shell(Section::SetUp),
    }))
}

/// Answers `POST /setup/apply`: makes one thing after the other. Nobody else makes anything
/// meanwhile: two at once would make a webhook twice.
pub(crate) async fn apply(visit: Visit) -> Result<Redirect, Trouble> {
    let Ok(_turn) = visit.office.making.try_lock() else {
        return Err(Trouble::refused(
            "It is being made already",
            "Somebody else pressed the button a moment ago: look at Set-up in a while.",
        ));
    };
    let (mut done, mut refused) = (0, Vec::new());
    for side in &(visit.desk().setup)().sides {
        let report = make(side.setup.as_ref(), |_, _| ()).await;
        for (item, made) in report.made {
            match made {
                Made::Done | Made::WasThere => done += 1,
                Made::Refused { why, .. } => {
                    refused.push(format!("{}: {}: {why}", side.name, item.subject));
                }
            }
        }
    }
    let mut said = format!("{} made.", things(done));
    if !refused.is_empty() {
        said.push_str(&format!(" Refused: {}.", refused.join("; ")));
    }
    Ok(visit.done("/setup", said))
}

/// Asks each side.
async fn plans(visit: &Visit) -> Vec<(Side, Vec<Item>)> {
    let setup = (visit.desk().setup)();
    let mut plans = Vec::new();
    for side in &setup.sides {
        plans.push((side.clone(), side.setup.plan().await));
    }
    plans
}

fn row(item: Item) -> Row {
    let state = match (&item.remedy, item.state) {
        (_, State::Good) => Tag::good("good"),
        (_, State::Advice) => Tag::plain("to note"),
        (Remedy::Api(_), _) => Tag::wait("to make"),
        (_, State::Unknown) => Tag::bad("not known"),
        _ => Tag::bad("by hand"),
    };
    let (change, steps) = match item.remedy {
        Remedy::Nothing => (None, Vec::new()),
        Remedy::Api(change) => (Some(change), Vec::new()),
        Remedy::ByHand(steps) => (None, steps),
    };
    Row {
        state,
        subject: item.subject,
        found: item.found,
        change,
        steps,
    }
}

fn things(count: usize) -> String {
    match count {
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    }
}
