//! Reading back: what the account holds of plans, by the queries with which delivering reads, and
//! one for what stands in the head of an order.

use crate::{
    client::Client,
    deletions, lines,
    lookups::LookupCache,
    orders::{self, Held as Order},
    owner::Existing,
    payload::{self, LINES, Link, Targets},
    read::{self, Snapshot},
    row::Row,
    rules,
    suiteql::Query,
};
use destination::{Change, Difference, Failure, Held, Reading, RecordReading, per_plan, shown};
use jiff::Timestamp;
use mapping::{
    Plan,
    plan::{Record, When},
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The number of plans in one query.
const PLANS_PER_CALL: usize = 200;
/// The fields in the head of an order that can be compared, with their columns.
const HEAD: [(&str, &str); 4] = [
    ("memo", "t.memo"),
    ("tranDate", "TO_CHAR(t.trandate, 'YYYY-MM-DD')"),
    ("otherRefNum", "t.otherrefnum"),
    ("currency", "t.currency"),
];
/// The column of the last change; how the account's zone shows in it is documented nowhere, so it
/// is taken for UTC.
const MODIFIED: &str = "TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified";
/// The system notes' number of the kinds of transaction.
pub(crate) const TRANSACTIONS: i32 = -30;

/// The heads of orders by their external ids in lower case.
type Heads = BTreeMap<String, Row>;

/// Reads back what the account holds of the plans.
pub(crate) async fn read(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Vec<Result<Reading, Failure>> {
    let mut readings = Vec::new();
    for chunk in plans.chunks(PLANS_PER_CALL) {
        readings.extend(per_plan(
            chunk.len(),
            read_chunk(client, cache, chunk).await,
        ));
    }
    readings
}

async fn read_chunk(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Result<Vec<Result<Reading, Failure>>, Failure> {
    // Of a plan in doubt, the order is read whether the ledger knows it or not.
    let plans: Vec<Plan> = plans.iter().map(|plan| plan.to_be_read()).collect();
    let lent: Vec<&Plan> = plans.iter().collect();
    let known = read::read(client, cache, &lent).await?;
    let heads = heads(client, &plans).await?;
    let mut readings: Vec<Result<Reading, Failure>> = plans
        .iter()
        .map(|plan| read::check(plan).and_then(|()| reading(plan, &known, &heads)))
        .collect();
    deletions::tell(client, &plans, &mut readings).await?;
    tell_authors(client, &mut readings).await?;
    Ok(readings)
}

/// Reads the heads of the plans' orders.
async fn heads(client: &Client<'_>, plans: &[Plan]) -> Result<Heads, Failure> {
    let records = plans.iter().flat_map(|plan| &plan.records);
    let orders = records.filter(|record| orders::is_order(record));
    let keys: BTreeSet<&str> = orders
        .filter_map(|order| Some(order.key.as_ref()?.value.as_str()))
        .collect();
    if keys.is_empty() {
        return Ok(Heads::new());
    }
    let rows = client.query(&question(&keys)).await?;
    let by_key = |row: Row| Some((row.text("key")?.to_ascii_lowercase(), row));
    Ok(rows.into_iter().filter_map(by_key).collect())
}

fn question(keys: &BTreeSet<&str>) -> Query {
    let mut columns = vec!["t.id".to_owned(), "t.externalid AS key".to_owned()];
    columns.push(MODIFIED.to_owned());
    let head = |(field, column): &(&str, &str)| format!("{column} AS {}", field.to_lowercase());
    columns.extend(HEAD.iter().map(head));
    let (columns, marks) = (columns.join(", "), vec!["?"; keys.len()].join(", "));
    Query {
        text: format!(
            "SELECT {columns} FROM transaction t WHERE t.externalid IN ({marks}) ORDER BY t.id"
        ),
        params: keys.iter().map(|key| (*key).to_owned()).collect(),
    }
}

fn reading(plan: &Plan, known: &Snapshot, heads: &Heads) -> Result<Reading, Failure> {
    let mut links: BTreeMap<String, Link> = BTreeMap::new();
    let mut records = Vec::new();
    for record in &plan.records {
        let (existing, _) = known.existing(record, plan, &BTreeSet::new());
        let order = known.order(record);
        let head = head_of(record, heads);
        let id = existing.map(|existing| existing.row.id());
        if let Some(id) = id.or_else(|| head.map(Row::id)) {
            links.insert(record.name.clone(), Link::Id(id));
        }
        let targets = Targets {
            links: &links,
            found: &known.found,
            shared: &known.shared,
        };
        let Ok(body) = payload::body(record, targets, |field| field.on == When::Always)? else {
            continue;
        };
        let held = match (existing, order, head) {
            (Some(existing), ..) => of_customer(record, &body.fields, existing),
            (None, Some(order), Some(head)) => of_order(&body.fields, order, head),
            _ => Held::Absent,
        };
        records.push(RecordReading::of(record, held));
    }
    Ok(Reading { records })
}

fn head_of<'a>(record: &Record, heads: &'a Heads) -> Option<&'a Row> {
    let key = record.key.as_ref().filter(|_| orders::is_order(record))?;
    heads.get(&key.value.to_ascii_lowercase())
}

fn of_customer(record: &Record, fields: &Map<String, Json>, existing: Existing<'_>) -> Held {
    let is_anothers = record
        .key
        .as_ref()
        .is_some_and(|key| existing.is_of_another(key));
    let differs = |(name, planned): (&String, &Json)| {
        let is_compared = rules::is_comparable(&record.object, name) && !is_anothers;
        (is_compared && !existing.row.says(name, planned)).then(|| {
            let found = existing.row.text(name).unwrap_or_default();
            Difference::new(name, shown(planned), found)
        })
    };
    Held::Found {
        id: existing.row.id(),
        differences: fields.iter().filter_map(differs).collect(),
        changed: Change::default(),
    }
}

fn of_order(fields: &Map<String, Json>, order: &Order, head: &Row) -> Held {
    let mut differences = Vec::new();
    for (name, _) in HEAD {
        if let Some(planned) = fields.get(name).filter(|planned| !head.says(name, planned)) {
            let found = head.text(name).unwrap_or_default();
            differences.push(Difference::new(name, shown(planned), found));
        }
    }
    let wanted = fields.get(LINES).and_then(|lines| lines.get("items"));
    if let Some(wanted) = wanted.and_then(Json::as_array) {
        differences.extend(of_lines(order, wanted, fields));
    }
    Held::Found {
        id: head.id(),
        differences,
        changed: Change {
            by: None,
            at: head.text("modified").and_then(|text| instant(&text)),
            is_ours: None,
        },
    }
}

/// Compares lines: what would be changed, added or taken away is a difference.
fn of_lines(order: &Order, wanted: &[Json], fields: &Map<String, Json>) -> Vec<Difference> {
    let about = order.circumstances(fields);
    let Some(change) = lines::change(&order.lines, wanted, about) else {
        return Vec::new();
    };
    let key_of = |item: &Json| item.get("line").and_then(Json::as_u64);
    let mut all = Vec::new();
    for item in &change.items {
        let Some(key) = key_of(item) else {
            all.push(Difference::new(LINES, shown(item), String::new()));
            continue;
        };
        let line = order.lines.iter().find(|line| line.key == key);
        for (name, planned) in item.as_object().into_iter().flatten() {
            if name != "line" && !planned.is_null() {
                let found = line.and_then(|line| line.row.text(name));
                let place = format!("{LINES}[{key}].{name}");
                all.push(Difference::new(
                    &place,
                    shown(planned),
                    found.unwrap_or_default(),
                ));
            }
        }
    }
    let kept: BTreeSet<u64> = change.items.iter().filter_map(key_of).collect();
    let gone = |line: &&lines::Line| {
        change.replaces && !kept.contains(&line.key) && !line.is_discount_of(about.discount_item)
    };
    for line in order.lines.iter().filter(gone) {
        let place = format!("{LINES}[{}]", line.key);
        all.push(Difference::new(&place, String::new(), line.to_string()));
    }
    all
}

/// Asks the system notes who changed the orders that are not as planned. A role that is not the
/// administrator's sees only its own notes, so that nothing is told of a change by somebody else.
async fn tell_authors(
    client: &Client<'_>,
    readings: &mut [Result<Reading, Failure>],
) -> Result<(), Failure> {
    let mut changes: BTreeMap<String, &mut Change> = BTreeMap::new();
    let records = readings.iter_mut().flatten();
    for record in records.flat_map(|reading| &mut reading.records) {
        if let Held::Found {
            id,
            differences,
            changed,
        } = &mut record.held
            && !differences.is_empty()
            && changed.at.is_some()
        {
            changes.insert(id.clone(), changed);
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = changes.keys().cloned().collect();
    let marks = vec!["?"; ids.len()].join(", ");
    let text = format!(
        "SELECT sn.recordid AS recordid, TO_CHAR(sn.date, 'YYYY-MM-DD HH24:MI:SS') AS at, BUILTIN.DF(sn.name) AS who FROM systemnote sn \
         WHERE sn.recordtypeid = {TRANSACTIONS} AND sn.recordid IN ({marks}) ORDER BY sn.date DESC"
    );
    let rows = match client.query(&Query { text, params: ids }).await {
        Err(failure) if !failure.is_transient() => return Ok(()),
        rows => rows?,
    };
    // The newest note comes first.
    for row in &rows {
        let changed = row.text("recordid").and_then(|id| changes.remove(&id));
        let at = row.text("at").and_then(|text| instant(&text));
        if let (Some(changed), Some(at)) = (changed, at)
            && changed
                .at
                .is_none_or(|last| last.duration_since(at).as_secs() <= 1)
        {
            changed.by = row.text("who");
        }
    }
    Ok(())
}

/// Reads an instant as the queries above write it.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    format!("{}Z", text.replace(' ', "T")).parse().ok()
}
