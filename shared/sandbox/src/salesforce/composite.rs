//! `POST /composite`. Rules: REST API Developer Guide, "Composite".

use super::{
    answer::Answer,
    error::ApiError,
    request::Call,
    subrequest::{self, Place, Subrequest},
    world::World,
};
use serde_json::{Value, json};

const MOST_SUBREQUESTS: usize = 25;
const MOST_QUERIES: usize = 5;

/// Carries out up to 25 sub-requests in the order in which they are written (`collateSubrequests`
/// is accepted and has no effect).
pub(super) fn handle(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let body = call.fields()?;
    let all_or_none = match body.get("allOrNone") {
        None => false,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            return Err(ApiError::request(
                "JSON_PARSER_ERROR",
                "allOrNone must be true or false",
            ));
        }
    };
    if let Some(unknown) = body.keys().find(|name| {
        !matches!(
            name.as_str(),
            "allOrNone" | "collateSubrequests" | "compositeRequest"
        )
    }) {
        return Err(ApiError::request(
            "JSON_PARSER_ERROR",
            format!("Unrecognized field \"{unknown}\""),
        ));
    }
    let entries = subrequest::read(body.get("compositeRequest"), Place::Composite)?;
    if entries.len() > MOST_SUBREQUESTS {
        let error = ApiError::request(
            "LIMIT_EXCEEDED",
            "The request can’t contain more than 25 operations.",
        );
        return Ok(Answer::with_status(
            400,
            json!({"compositeResponse": [Answer::from(error).into_entry(&Value::Null)]}),
        ));
    }
    if entries.iter().filter(|entry| is_query(entry)).count() > MOST_QUERIES {
        return Err(ApiError::request(
            "LIMIT_EXCEEDED",
            "The request can’t contain more than 5 query or sObject Collections operations.",
        ));
    }
    let (answers, _) = subrequest::run(world, call, &entries, all_or_none, Place::Composite);
    Ok(Answer::ok(json!({"compositeResponse": answers})))
}

fn is_query(entry: &Subrequest) -> bool {
    matches!(entry.path().get(4), Some(&("query" | "queryAll")))
}
