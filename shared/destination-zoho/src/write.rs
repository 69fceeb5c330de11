//! One step of a round: the records that all plans have in one module, in one upsert per hundred.

use crate::{
    Parts,
    error::{self, ApiError},
    existing::{self, FoundBy, Presence},
    item::{self, Built, Item},
    lookups,
    progress::{Place, Progress, Step, is_shut},
    read::Snapshot,
    rules,
};
use destination::{Class, Failure};
use mapping::plan::Record;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The number of records per call ("Upsert Records").
const MOST_RECORDS: usize = 100;

/// Writes the step. Every record of it is settled afterwards, or its plan has ended.
pub(crate) async fn write(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
    known: &Snapshot,
    step: &Step,
) {
    for mut items in requests(build(plans, known, step)) {
        items.retain(|item| is_wanted(plans, item));
        if items.is_empty() {
            continue;
        }
        let _locks = match rules::is_shared(&step.module) {
            true => parts.key_locks.lock(new_keys(&step.module, &items)).await,
            false => Vec::new(),
        };
        let results = send(parts, &step.module, &items).await;
        for (item, result) in items.iter().zip(results) {
            settle(parts, plans, known, &step.module, item, result);
        }
    }
}

/// Returns whether a plan that has the item still goes on: after a refusal of everything, such as
/// for too many calls, none does.
fn is_wanted(plans: &[Progress<'_>], item: &Item) -> bool {
    let mut members = item.members.iter().filter_map(|place| plans.get(place.0));
    members.any(Progress::is_live)
}

/// Builds the items for the records of the step. Records that need no write are settled.
pub(crate) fn build(plans: &mut [Progress<'_>], known: &Snapshot, step: &Step) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for place in &step.members {
        let Some(progress) = plans.get_mut(place.0) else {
            continue;
        };
        let Some(record) = progress.plan.records.get(place.1) else {
            continue;
        };
        match item::build(progress, known, *place, record) {
            Built::Nothing(id) => progress.written(place.1, id),
            Built::LeftOut(warning) => {
                progress.warn(warning);
                progress.leave_out(place.1);
            }
            Built::Write(item) => {
                // An order's own record is never merged with another order's: it goes into a
                // request of its own.
                let identity = item.identity().filter(|_| rules::is_shared(&step.module));
                let twin = identity.as_ref().and_then(|identity| places.get(identity));
                if let Some(other) = twin.and_then(|twin| items.get_mut(*twin)) {
                    other.merge(item);
                    continue;
                }
                places.extend(identity.map(|identity| (identity, items.len())));
                items.push(item);
            }
        }
    }
    items.iter_mut().for_each(Item::drop_what_is_empty_already);
    items
}

/// Groups items that may stand in one request: looked for by the same fields, with the same
/// options, none twice.
pub(crate) fn requests(items: Vec<Item>) -> Vec<Vec<Item>> {
    let mut requests: Vec<(Vec<Item>, HashSet<String>)> = Vec::new();
    for item in items {
        let key = item.key();
        let fits = |(request, keys): &&mut (Vec<Item>, HashSet<String>)| {
            let is_alike = request
                .first()
                .is_some_and(|first| first.checks == item.checks && first.options == item.options);
            request.len() < MOST_RECORDS
                && is_alike
                && key.as_ref().is_none_or(|key| !keys.contains(key))
        };
        match requests.iter_mut().find(fits) {
            Some((request, keys)) => {
                request.push(item);
                keys.extend(key);
            }
            None => requests.push((vec![item], key.into_iter().collect())),
        }
    }
    requests.into_iter().map(|(request, _)| request).collect()
}

/// Returns the path and the body of a request. Where the mapping gives no `trigger`, the
/// organisation's own automations run as if a person had saved the record.
pub(crate) fn request(module: &str, items: &[Item]) -> (String, Value) {
    let data: Vec<&serde_json::Map<String, Value>> = items.iter().map(|item| &item.body).collect();
    let checks = items
        .first()
        .map(|item| item.checks.as_slice())
        .unwrap_or_default();
    let mut body = json!({"data": data, "duplicate_check_fields": checks});
    if let (Some(body), Some(first)) = (body.as_object_mut(), items.first()) {
        body.extend(first.options.clone());
    }
    (format!("/{module}/upsert"), body)
}

/// Returns the id in the result of a record that was written.
pub(crate) fn written_id(result: &Value) -> Option<String> {
    if result.get("code").and_then(Value::as_str) != Some("SUCCESS") {
        return None;
    }
    let id = result.pointer("/details/id")?;
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    error::is_id(&id).then_some(id)
}

/// Sends the items and returns their results, in their order. Where Zoho refuses a whole request
/// because of its content, each half is tried by itself, so that only the bad item suffers.
async fn send(parts: &Parts<'_>, module: &str, items: &[Item]) -> Vec<Result<Value, Failure>> {
    let (path, body) = request(module, items);
    let failure = match parts.client.write(&path, &body).await {
        Ok(results) => return results.into_iter().map(Ok).collect(),
        Err(failure) => failure,
    };
    let is_about_data = matches!(
        failure.class,
        Class::TooLarge | Class::Validation | Class::Unknown
    );
    if !failure.is_transient() && is_about_data && items.len() > 1 {
        let (left, right) = items.split_at(items.len() / 2);
        let mut results = Box::pin(send(parts, module, left)).await;
        results.extend(Box::pin(send(parts, module, right)).await);
        return results;
    }
    items.iter().map(|_| Err(failure.clone())).collect()
}

fn settle(
    parts: &Parts<'_>,
    plans: &mut [Progress<'_>],
    known: &Snapshot,
    module: &str,
    item: &Item,
    result: Result<Value, Failure>,
) {
    let result = match result {
        Ok(result) => result,
        Err(failure) => return fail_call(plans, module, item, &failure),
    };
    if let Some(id) = written_id(&result) {
        let is_update = result.get("action").and_then(Value::as_str) == Some("update");
        for place in &item.members {
            let Some(progress) = plans.get_mut(place.0) else {
                continue;
            };
            if item.id.is_none() && is_update && has_lines(progress, place.1) {
                put_lines_right(progress, place.1, &id);
                continue;
            }
            let was_there = item.id.is_some() || is_update;
            warn_of_taking_over(progress, place.1, was_there.then_some(id.as_str()));
            progress.written(place.1, id.clone());
        }
        return;
    }
    for place in &item.members {
        if let Some(progress) = plans.get_mut(place.0) {
            refuse(parts, progress, known, *place, (module, item, &result));
        }
    }
}

fn has_lines(progress: &Progress<'_>, position: usize) -> bool {
    let record = progress.plan.records.get(position);
    record.is_some_and(|record| existing::lines_field(record).is_some())
}

/// Asks for another round, which reads all lines: the record came into being after it was looked
/// for, such as by an upsert whose answer was lost, so our lines were added to those that it had.
fn put_lines_right(progress: &mut Progress<'_>, position: usize, id: &str) {
    let text = "Zoho made the record a moment before, and may have its lines twice; they are put right with the next try";
    let mut hints = progress.hints.clone();
    hints.ids.insert(position, id.to_owned());
    progress.try_again(
        Failure::transient(Class::Conflict, "write", text),
        hints,
        false,
    );
}

/// Warns of a record that was there, was found by its name, and is not the ledger's. A name is a
/// weak key: the record may have been another order's, or made by hand.
fn warn_of_taking_over(progress: &mut Progress<'_>, position: usize, taken: Option<&str>) {
    let (Some(id), Some(record)) = (taken, progress.plan.records.get(position)) else {
        return;
    };
    let system = rules::system_check(&record.object);
    let is_weak = !rules::is_shared(&record.object)
        && record.key.as_ref().is_some_and(|key| key.field == system);
    if is_weak && progress.plan.known.get(&record.name).map(String::as_str) != Some(id) {
        let (name, module) = (&record.name, &record.object);
        progress.warn(format!(
            "{name}: Zoho already had the record {id} of {module} with the same {system}, and it was updated; if it is not this order's, make a field that allows no duplicates the key (vars.order_field)"
        ));
    }
}

/// Fails the plan of a refused record, unless Zoho's answer makes another try worth it.
fn refuse(
    parts: &Parts<'_>,
    progress: &mut Progress<'_>,
    known: &Snapshot,
    place: Place,
    (module, item, result): (&str, &Item, &Value),
) {
    let position = place.1;
    let Some(record) = progress.plan.records.get(position) else {
        return;
    };
    let error = error::error_of(result).unwrap_or_default();
    let failure = with_request(
        explained(record, &error, result),
        module,
        std::slice::from_ref(item),
    );
    let mut hints = progress.hints.clone();
    if error.code == "INVALID_DATA" && error.path == "id" {
        hints.ids.remove(&position);
        hints.gone.insert(position);
        return progress.try_again(failure, hints, false);
    }
    if let Some(id) = holder_of_key(record, module, &error) {
        hints.ids.insert(position, id);
        return progress.try_again(failure, hints, false);
    }
    let is_the_orders = |id: &&String| matches!(known.presence(place), Presence::There(it) if it.id == **id && it.found != FoundBy::Field);
    if let Some(id) = item
        .id
        .as_ref()
        .filter(|_| error.code == "CONVERTED_RECORD")
        .filter(is_the_orders)
    {
        // Neither it nor what it became is ours to change, and a second one would show the staff an
        // order that they are already working on.
        progress.warn(format!(
            "{}: the record {id} of {module} was converted in Zoho, and converted records cannot be changed: what changed in the shop since is to be entered at what it became",
            record.name
        ));
        return progress.written(position, id.clone());
    }
    if !failure.is_transient() && item.members.len() > 1 {
        // Two orders of the batch share the record, and only one of them may be to blame.
        return progress.try_again(failure, hints, true);
    }
    if is_about_a_link(&error) && forget_lookups(parts, record, known) {
        return progress.try_again(failure, hints, false);
    }
    progress.fail(failure);
}

/// Returns the failure of a record, with the mapping's own names.
fn explained(record: &Record, error: &ApiError, result: &Value) -> Failure {
    let failure = match error.code.as_str() {
        "SUCCESS" => error::unreadable("write"),
        _ => error::of_record("write", 400, result),
    };
    let name = &record.name;
    let place = |path: &str| {
        if path.is_empty() {
            name.clone()
        } else {
            format!("{name}.{path}")
        }
    };
    Failure {
        message: format!("{}: {}", place(&error.path), failure.message),
        place: Some(place(failure.place.as_deref().unwrap_or_default())),
        ..failure
    }
}

/// Returns the record that already has our key, which is the one to write to. A duplicate of any
/// other field, or in another module, is somebody else's record.
fn holder_of_key(record: &Record, module: &str, error: &ApiError) -> Option<String> {
    let (id, other) = error
        .duplicate
        .as_ref()
        .filter(|_| error.code == "DUPLICATE_DATA")?;
    let is_key = record
        .key
        .as_ref()
        .is_some_and(|key| key.field == error.path);
    (is_key && other.as_deref().is_none_or(|other| other == module)).then(|| id.clone())
}

fn is_about_a_link(error: &ApiError) -> bool {
    error.code == "INVALID_DATA"
        && (error.path.ends_with(".id") || error.message.contains("id given"))
}

/// Forgets the cached look-ups of the record, one of which may lead nowhere any more, and returns
/// whether there were any.
fn forget_lookups(parts: &Parts<'_>, record: &Record, known: &Snapshot) -> bool {
    let remembered = lookups::of(record).filter(|lookup| {
        known
            .found
            .get(lookup)
            .is_some_and(|found| found.remembered)
    });
    let keys: Vec<String> = remembered.map(lookups::key).collect();
    parts.cache.forget(&keys);
    !keys.is_empty()
}

/// Fails the plans of an item after its whole call failed; all plans, where the next call would
/// fare no better.
fn fail_call(plans: &mut [Progress<'_>], module: &str, item: &Item, failure: &Failure) {
    let is_shut = is_shut(failure);
    for (place, progress) in plans.iter_mut().enumerate() {
        let is_member = item.members.iter().any(|(plan, _)| *plan == place);
        if is_member {
            let failure = with_request(failure.clone(), module, std::slice::from_ref(item));
            let hints = progress.hints.clone();
            let may_be_anothers = !failure.is_transient() && item.members.len() > 1;
            if may_be_anothers {
                progress.try_again(failure, hints, true)
            } else {
                progress.fail(failure)
            }
        } else if is_shut {
            progress.fail(failure.clone());
        }
    }
}

/// Adds the request to a failure, for the dead letter.
fn with_request(failure: Failure, module: &str, items: &[Item]) -> Failure {
    let (path, body) = request(module, items);
    failure.with_request("POST", &path, &body)
}

fn new_keys<'a>(module: &'a str, items: &'a [Item]) -> impl Iterator<Item = String> + 'a {
    let new = items.iter().filter(|item| item.id.is_none());
    new.filter_map(move |item| Some(format!("{module} {}", item.key()?)))
}
