use crate::{
    client::{RECORDS, SUITEQL},
    lookups::{self, LookupResults, Shared},
    payload::{self, Body, Link, Targets},
    prepared, read, rules,
};
use destination::{Failure, RequestPreview};
use mapping::{
    Plan,
    plan::{Lookup, Record},
};
use std::collections::BTreeMap;

/// Returns the calls that a plan would become in an account that holds nothing of it yet. Ids that
/// are not known yet stand in angle brackets.
pub(crate) fn preview(plan: &Plan) -> Vec<RequestPreview> {
    requests(plan).unwrap_or_else(|failure| {
        vec![RequestPreview {
            method: "POST",
            path: RECORDS.to_owned(),
            body: None,
            note: Some(format!("would not be sent: {failure}")),
        }]
    })
}

fn requests(plan: &Plan) -> Result<Vec<RequestPreview>, Failure> {
    read::check(plan)?;
    let mut requests = questions(plan)?;
    let found =
        LookupResults::placeholders(plan.lookups().filter(|lookup| lookups::is_askable(lookup)));
    let (mut links, shared) = (BTreeMap::new(), Shared::new());
    for record in &plan.records {
        let targets = Targets {
            links: &links,
            found: &found,
            shared: &shared,
        };
        match payload::body(record, targets, |_| true)? {
            Ok(body) => requests.push(creation(record, &body)),
            Err(warning) => {
                requests.push(left_out(record, warning));
                continue;
            }
        }
        let external_id = record
            .key
            .as_ref()
            .map(|key| key.value.as_str())
            .unwrap_or_default();
        links.insert(
            record.name.clone(),
            Link::Id(format!("<{} {external_id}>", record.object)),
        );
    }
    Ok(requests)
}

fn questions(plan: &Plan) -> Result<Vec<RequestPreview>, Failure> {
    let lookups: Vec<&Lookup> = plan.lookups().collect();
    let questions = [
        read::questions(&[plan], read::Columns::All)?,
        lookups::questions(&lookups)?,
    ]
    .concat();
    let queries = questions
        .iter()
        .filter_map(|(table, question)| Some((table, question.query()?)));
    let request = |(table, query): (&String, crate::suiteql::Query)| RequestPreview {
        method: "POST",
        path: format!("{SUITEQL}?limit=1000&offset=0"),
        body: Some(query.json()),
        note: Some(format!(
            "asks about the {table} of up to ten orders at once; what is remembered is not asked"
        )),
    };
    Ok(queries.map(request).collect())
}

fn creation(record: &Record, body: &Body) -> RequestPreview {
    let (object, external_id) = (
        &record.object,
        record
            .key
            .as_ref()
            .map(|key| key.value.as_str())
            .unwrap_or_default(),
    );
    let mut note = match rules::read_first(object) {
        Some(_) => "where it is there already, what differs is sent by PATCH, and nothing where nothing does".to_owned(),
        None if body.replace().is_empty() => format!("where it is there already, PATCH {object}/eid:{external_id} is sent instead"),
        None => format!(
            "where it is there already, PATCH {object}/eid:{external_id} is sent instead, with those lines only that differ, by their `line` keys, and with {} where one is new or goes",
            body.replace()
        ),
    };
    for warning in &body.warnings {
        note.push_str("; ");
        note.push_str(warning);
    }
    RequestPreview {
        method: "POST",
        path: format!("{RECORDS}/{object}"),
        body: Some(prepared::new_record(record, body)),
        note: Some(note),
    }
}

fn left_out(record: &Record, warning: String) -> RequestPreview {
    RequestPreview {
        method: "POST",
        path: format!("{RECORDS}/{}", record.object),
        body: None,
        note: Some(format!("would be left out: {warning}")),
    }
}
