//! The record service: `/services/rest/record/v1`.

use super::{
    account::Account,
    answer::Answer,
    check::Checker,
    error::Problem,
    property,
    request::{Call, Identifier, RECORDS, invalid_parameter},
    schema::{PropertyKind, Shape},
    store::Record,
    value::Cells,
    view::{self, Wish},
    write::{self, Circumstances},
};
use http::{HeaderName, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// A valid body, and the warnings about it for the answer's headers.
struct Content {
    cells: Cells,
    warnings: Vec<String>,
}

/// Answers `POST /{record}`.
pub(super) fn create(
    account: &mut Account,
    call: &Call<'_>,
    shape: &Shape,
) -> Result<Answer, Problem> {
    let replace = replaced(call, shape)?;
    let content = content(account, call, shape)?;
    let id = store(account, shape, None, content.cells, &replace, None)?;
    Ok(written(account, shape, id, &content.warnings))
}

/// Answers `POST /{record}` as a form: it shows the record as it would begin, and keeps nothing. It
/// does not tell the values that are still missing.
pub(super) fn form(
    account: &mut Account,
    call: &Call<'_>,
    shape: &Shape,
) -> Result<Answer, Problem> {
    replaced(call, shape)?;
    let cells = content(account, call, shape)?.cells;
    let record = Record {
        cells,
        ..account.books.store.blank(shape)
    };
    Ok(Answer::singular(view::plain(&record).into()))
}

/// Answers `PUT /{record}/eid:{external id}`: creates the record or changes it, and does not tell
/// which.
pub(super) fn upsert(
    account: &mut Account,
    call: &Call<'_>,
    shape: &Shape,
    identifier: &str,
) -> Result<Answer, Problem> {
    let Identifier::External(external_id) = Identifier::parse(identifier)? else {
        let detail = "PUT is available for external identifiers only: use eid:.";
        return Err(Problem::new(400, "INVALID_REQUEST", detail).in_url(call.request.path()));
    };
    property::check_external_id(&external_id, "externalId")?;
    let replace = replaced(call, shape)?;
    let content = content(account, call, shape)?;
    let record = account
        .books
        .store
        .by_external_id(shape, &external_id)
        .cloned();
    let id = store(
        account,
        shape,
        record,
        content.cells,
        &replace,
        Some(&external_id),
    )?;
    Ok(written(account, shape, id, &content.warnings))
}

/// Answers `PATCH /{record}/{id}`.
pub(super) fn update(
    account: &mut Account,
    call: &Call<'_>,
    shape: &Shape,
    identifier: &str,
) -> Result<Answer, Problem> {
    let replace = replaced(call, shape)?;
    let content = content(account, call, shape)?;
    let record = find(account, shape, identifier)?;
    let id = store(account, shape, Some(record), content.cells, &replace, None)?;
    Ok(written(account, shape, id, &content.warnings))
}

/// Answers `DELETE /{record}/{id}`.
pub(super) fn delete(
    account: &mut Account,
    call: &Call<'_>,
    shape: &Shape,
    identifier: &str,
) -> Result<Answer, Problem> {
    call.allow(&[])?;
    let record = find(account, shape, identifier)?;
    write::delete(&mut account.books, &record)?;
    Ok(Answer::no_content())
}

/// Answers `GET /{record}/{id}`.
pub(super) fn read(
    account: &Account,
    call: &Call<'_>,
    shape: &Shape,
    identifier: &str,
) -> Result<Answer, Problem> {
    call.allow(&["fields", "expandSubResources", "simpleEnumFormat"])?;
    let record = find(account, shape, identifier)?;
    write::check_lock(&account.books, &record)?;
    let is_true = |name: &str| call.parameter(name) == Some("true");
    let wish = Wish {
        url: &account.url,
        expand: is_true("expandSubResources"),
        simple: is_true("simpleEnumFormat"),
        fields: call.parameter("fields").map(String::from),
    };
    Ok(Answer::singular(view::answer(
        &account.books,
        shape,
        &record,
        &wish,
    )))
}

/// Answers `GET /{record}` with ids and links only. The sandbox does not have the filter `q`.
pub(super) fn list(account: &Account, call: &Call<'_>, shape: &Shape) -> Result<Answer, Problem> {
    call.allow(&["limit", "offset"])?;
    let (limit, offset) = call.page()?;
    let ids: Vec<u64> = account
        .books
        .store
        .of(&shape.name)
        .map(|record| record.id)
        .collect();
    let entry = |id: &u64| json!({"links": view::links(&account.url, &format!("{}/{id}", shape.name)), "id": id.to_string()});
    let items: Vec<Value> = ids.iter().skip(offset).take(limit).map(entry).collect();
    Ok(Answer::collection(json!({
        "links": [], "count": items.len(), "hasMore": offset + items.len() < ids.len(), "offset": offset, "totalResults": ids.len(), "items": items,
    })))
}

fn find(account: &Account, shape: &Shape, identifier: &str) -> Result<Record, Problem> {
    let store = &account.books.store;
    let record = match Identifier::parse(identifier)? {
        Identifier::Internal(id) => store.get(&shape.name, id),
        Identifier::External(external_id) => store.by_external_id(shape, &external_id),
    };
    record.cloned().ok_or_else(Problem::no_record)
}

fn content(account: &Account, call: &Call<'_>, shape: &Shape) -> Result<Content, Problem> {
    let body = call.object()?;
    let mut checker = Checker::new(&account.books, call.request)?;
    let cells = checker.cells(shape, &body, "")?;
    Ok(Content {
        cells,
        warnings: checker.warnings,
    })
}

/// Returns the sublists that `?replace=` names. With `replaceSelectedFields` it may name fields as
/// well, which are cleared by a null as always.
fn replaced(call: &Call<'_>, shape: &Shape) -> Result<Vec<String>, Problem> {
    call.allow(&["replace", "replaceSelectedFields"])?;
    let fields_too = call.parameter("replaceSelectedFields") == Some("true");
    let mut names = Vec::new();
    for name in call
        .parameter("replace")
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty())
    {
        match shape.property(name) {
            Some(property) if fields_too || property.kind == PropertyKind::Lines => {
                names.push(property.name.clone())
            }
            _ => {
                return Err(invalid_parameter(
                    "replace",
                    format!("Invalid sublist name {name}."),
                ));
            }
        }
    }
    Ok(names)
}

fn store(
    account: &mut Account,
    shape: &Shape,
    record: Option<Record>,
    cells: Cells,
    replace: &[String],
    external_id: Option<&str>,
) -> Result<u64, Problem> {
    let about = Circumstances {
        policy: &Arc::clone(&account.policy),
        today: account.today(),
        replace,
        external_id,
    };
    match record {
        Some(record) => write::update(&mut account.books, about, record, cells),
        None => write::create(&mut account.books, about, &shape.name, cells),
    }
}

/// Returns a 204 without a body; the id is only in `Location`.
fn written(account: &Account, shape: &Shape, id: u64, warnings: &[String]) -> Answer {
    let location = format!("{}{RECORDS}/{}/{id}", account.url, shape.name);
    let answer = Answer::no_content().header(header::LOCATION, location);
    warnings.iter().fold(answer, |answer, warning| {
        answer.header(HeaderName::from_static("warning"), warning)
    })
}
