use crate::{
    chart::Chart,
    moment::Moment,
    page::{Page, Trouble},
    shell::{Section, Shell, Visit},
    tag::Tag,
};
use askama::Template;
use axum::response::IntoResponse;
use config::Config;
use operator::{
    heard,
    orders::{OrderFilter, page},
    status::{DestinationStatus, Need, Status, StoreStatus, status},
};

/// The hours of the chart.
const HOURS: usize = 24;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    shell: Shell,
    heading: String,
    needs: Vec<Told>,
    /// What goes by by itself.
    passing: Vec<String>,
    onboarding: Vec<First>,
    destinations: Vec<Destination>,
    stores: Vec<Store>,
    chart: Option<Chart>,
    unknown: Vec<&'static str>,
}

/// Something that needs the operator.
struct Told {
    about: String,
    text: String,
    link: Option<String>,
    /// The command that shows more or mends it.
    command: String,
}

/// A store of which nothing was heard yet.
struct First {
    name: String,
    platform: &'static str,
    address: String,
    note: Option<&'static str>,
    step: Tag,
    waiting: &'static str,
}

struct Destination {
    name: String,
    system: &'static str,
    state: Tag,
    sentence: String,
    waiting: u64,
    oldest: Option<Moment>,
    dead: u64,
    budget: String,
}

struct Store {
    name: String,
    platform: &'static str,
    last: Option<Moment>,
    accepted: String,
    refused: String,
    state: Tag,
    sentence: String,
}

/// Answers `GET /`: what needs the operator first, then the whole.
pub(crate) async fn show(visit: Visit) -> Result<impl IntoResponse, Trouble> {
    let (desk, setup) = (visit.desk(), (visit.desk().setup)());
    let whole = status(&desk.records, &setup.config, visit.now).await?;
    let is_empty = is_empty(&visit, &whole).await?;
    let hours = hours(&visit, &setup.config).await?;
    let needs: Vec<Told> = whole.needs_a_person.iter().map(told).collect();
    let passing = passing(&visit, &whole);
    let mut unknown = Vec::new();
    if hours.is_none() && desk.address.is_none() {
        unknown.push("How many webhooks came in which hour is not known here: only a server on one machine (orderbridge serve) counts them. In a stack, its dashboard in CloudWatch shows them.");
    }
    if whole
        .destinations
        .iter()
        .any(|one| one.oldest.is_none() && one.waiting > 0)
    {
        unknown.push("A queue of AWS tells roughly how many messages wait, and neither which nor since when.");
    }
    Ok(Page(Home {
        heading: match needs.len() {
            0 if !passing.is_empty() => "Nothing needs you yet".to_owned(),
            0 if is_empty => "Waiting for the first order".to_owned(),
            0 => "All is well".to_owned(),
            1 => "1 thing needs you".to_owned(),
            count => format!("{count} things need you"),
        },
        needs,
        passing,
        onboarding: onboarding(&visit, &setup.config, &whole, is_empty),
        destinations: whole
            .destinations
            .iter()
            .map(|one| destination(&visit, one))
            .collect(),
        stores: whole.stores.iter().map(|one| store(&visit, one)).collect(),
        chart: hours.map(|hours| Chart::of(&hours, visit.now, &desk.zone)),
        unknown,
        shell: visit.shell(Section::Home),
    }))
}

/// Returns whether no order has ever come.
async fn is_empty(visit: &Visit, whole: &Status) -> Result<bool, Trouble> {
    let is_heard = whole
        .stores
        .iter()
        .any(|store| store.last_webhook.is_some());
    let is_waiting = whole.destinations.iter().any(|one| one.waiting > 0);
    if is_heard || is_waiting || !whole.dead.is_empty() {
        return Ok(false);
    }
    let records = &visit.desk().records;
    let any = page(records, None, &OrderFilter::default(), None, 1).await?;
    Ok(any.items.is_empty())
}

/// Returns the webhooks of all stores by hour; `None` where nobody counts them.
async fn hours(visit: &Visit, config: &Config) -> Result<Option<Vec<u64>>, Trouble> {
    let mut sums: Option<Vec<u64>> = None;
    for store in config.stores.keys() {
        let checkpoints = visit.desk().records.checkpoints.as_ref();
        let Some(heard) = heard::of(checkpoints, store).await? else {
            continue;
        };
        let sums = sums.get_or_insert_with(|| vec![0; HOURS]);
        let hours = heard.by_hour(visit.now, HOURS);
        sums.iter_mut()
            .zip(hours)
            .for_each(|(sum, hour)| *sum += hour);
    }
    Ok(sums)
}

fn told(need: &Need) -> Told {
    let link = match need.about {
        "dead" => Some(format!("/dead/group?id={}", need.name)),
        "store" if need.command.iter().any(|word| word == "reconcile") => {
            Some("/reconcile".to_owned())
        }
        _ => None,
    };
    Told {
        about: match need.about {
            "dead" => "Dead letters".to_owned(),
            about => format!("{about} {}", need.name),
        },
        text: need.text.clone(),
        command: match need.command.as_slice() {
            [] => String::new(),
            _ if link.is_some() => String::new(),
            words => format!("orderbridge {}", words.join(" ")),
        },
        link,
    }
}

/// Returns the destinations that are left alone and not yet for so long that they need a person.
fn passing(visit: &Visit, whole: &Status) -> Vec<String> {
    let needs = |name: &str| {
        let mut needs = whole.needs_a_person.iter();
        needs.any(|need| need.about == "destination" && need.name == name)
    };
    let told = |one: &DestinationStatus| {
        let circuit = one.circuit.as_ref()?;
        Some(format!(
            "{} has been left alone since {}: {}. {} wait for it; it is tried again by itself, and nothing is lost.",
            one.destination,
            visit.moment(circuit.since).short,
            circuit.reason,
            one.waiting
        ))
    };
    let away = whole.destinations.iter();
    away.filter(|one| !needs(&one.destination))
        .filter_map(told)
        .collect()
}

/// Returns what is to be done for the first order. Stores that were heard of need it no more.
fn onboarding(visit: &Visit, config: &Config, whole: &Status, is_empty: bool) -> Vec<First> {
    let desk = visit.desk();
    let base = config.public_url.as_ref().or(desk.address.as_ref());
    let first = |store: &&StoreStatus| is_empty && store.last_webhook.is_none();
    let shown = |store: &StoreStatus| {
        let is_pinged = store.pinged.is_some();
        let sends_pings = store.platform == "woocommerce";
        First {
            name: store.store.clone(),
            platform: store.platform,
            address: match base {
                Some(base) => format!("{base}/webhooks/{}", store.store),
                None => format!("https://your-host/webhooks/{}", store.store),
            },
            note: config.public_url.is_none().then_some(
                "That is this machine's own address. Shops reach it through your TLS proxy: use the proxy's name, and say it in the configuration as public_url.",
            ),
            step: match (is_pinged, sends_pings) {
                (true, _) => Tag::good("the shop reaches us"),
                (false, true) => Tag::wait("waiting for the first ping"),
                (false, false) => Tag::wait("waiting for the first order"),
            },
            waiting: match (is_pinged, sends_pings) {
                (true, _) => "Its ping came. Now for the first order: place one, or save one in the shop.",
                (false, true) => "WooCommerce sends a ping when the webhook is saved.",
                (false, false) => "Place an order, or save one in the shop.",
            },
        }
    };
    whole.stores.iter().filter(first).map(shown).collect()
}

fn destination(visit: &Visit, status: &DestinationStatus) -> Destination {
    let (state, sentence) = match &status.circuit {
        Some(circuit) => (
            Tag::bad("left alone"),
            format!(
                "until {}: {}",
                visit.moment(circuit.until).short,
                circuit.reason
            ),
        ),
        None => (Tag::good("well"), String::new()),
    };
    Destination {
        name: status.destination.clone(),
        system: status.system,
        state,
        sentence,
        waiting: status.waiting,
        oldest: status.oldest.map(|at| visit.moment(at)),
        dead: status.dead,
        budget: status.budget.as_ref().map_or_else(String::new, |budget| {
            format!("{} % of {} calls", budget.percent(), budget.limit)
        }),
    }
}

fn store(visit: &Visit, status: &StoreStatus) -> Store {
    let counts = status.webhooks_24h.as_ref();
    let number =
        |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
    let (state, sentence) = match (status.webhook_alive, &status.webhook_wrong) {
        (_, Some(wrong)) => (Tag::bad("off"), wrong.clone()),
        (Some(true), None) => (Tag::good("on"), String::new()),
        _ => (Tag::plain("not asked"), String::new()),
    };
    Store {
        name: status.store.clone(),
        platform: status.platform,
        last: status.last_webhook.map(|at| visit.moment(at)),
        accepted: number(counts.map(|counts| counts.accepted)),
        refused: number(counts.map(operator::heard::Counts::all_refused)),
        state,
        sentence,
    }
}
