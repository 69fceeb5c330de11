use crate::{
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
    tag::Tag,
};
use askama::Template;
use axum::response::IntoResponse;
use operator::status::{Status, StoreStatus, status};

#[derive(Template)]
#[template(path = "reconcile.html")]
struct Reconcile {
    shell: Shell,
    stores: Vec<Store>,
}

struct Store {
    name: String,
    state: Tag,
    sentence: String,
    facts: Vec<(&'static str, String)>,
}

/// Answers `GET /reconcile`: what the last comparison of each store by itself came to.
pub(crate) async fn show(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let setup = (visit.desk().setup)();
    let whole = status(&visit.desk().records, &setup.config, visit.now).await?;
    let stores = whole.stores.iter();
    Ok(Page(Reconcile {
        stores: stores.map(|one| store(&visit, &whole, one)).collect(),
        shell: visit.shell(Section::Reconcile),
    }))
}

fn store(visit: &Visit, whole: &Status, store: &StoreStatus) -> Store {
    let needs: Vec<&str> = whole
        .needs_a_person
        .iter()
        .filter(|need| need.about == "store" && need.name == store.store)
        .map(|need| need.text.as_str())
        .collect();
    let mut facts = Vec::new();
    if let Some(until) = store.compared_until {
        facts.push(("Compared until", visit.moment(until).short));
    }
    if let (Some(gone), Some(differs)) = (store.gone, store.differs) {
        facts.push(("Records gone from a destination", gone.to_string()));
        facts.push(("Orders otherwise there", differs.to_string()));
    }
    if let Some(is_alive) = store.webhook_alive {
        let said = if is_alive { "on" } else { "off" };
        facts.push(("The shop's webhook to us", said.to_owned()));
    }
    if !needs.is_empty() {
        facts.push(("Needs you", needs.join("; ")));
    }
    let state = match (&store.compared, needs.is_empty()) {
        (None, _) => Tag::plain("not compared yet"),
        (Some(_), true) => Tag::good("well"),
        (Some(_), false) => Tag::bad("needs you"),
    };
    let sentence = store.compared.clone().unwrap_or_else(|| {
        "No comparison has ended. A store is compared by itself where its secret can read the shop's orders and its `every` is not \"off\".".to_owned()
    });
    Store {
        name: store.store.clone(),
        state,
        sentence,
        facts,
    }
}
