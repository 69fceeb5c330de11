//! Questions to Zoho, and reading their answers.

use crate::{
    coql::{PAGE, Query},
    error,
    row::Row,
};
use destination::{Failure, json::list};
use reqwest::Method;
use serde_json::{Value, json};

/// A question to Zoho.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// A query for the records that meet its conditions.
    Query(Query),
    /// One record with its lines, which COQL does not show.
    Record {
        module: String,
        id: String,
        field: String,
    },
    /// The records of a module that were deleted ("Get Deleted Records").
    Deleted { module: String },
}

impl Question {
    /// Returns the method, the path below the version, and the body.
    pub(crate) fn request(&self, offset: usize) -> (Method, String, Option<Value>) {
        match self {
            Self::Query(query) => (
                Method::POST,
                "/coql".to_owned(),
                Some(json!({ "select_query": query.text(offset) })),
            ),
            Self::Record { module, id, field } => {
                (Method::GET, format!("/{module}/{id}?fields={field}"), None)
            }
            Self::Deleted { module } => {
                let page = offset / PAGE + 1;
                let path = format!("/{module}/deleted?type=all&per_page={PAGE}&page={page}");
                (Method::GET, path, None)
            }
        }
    }

    /// Adds the question to a failure, for the dead letter.
    pub(crate) fn quoted_in(&self, failure: Failure) -> Failure {
        let (method, path, body) = self.request(0);
        let body = body.map(|body| format!("\n{body:#}")).unwrap_or_default();
        Failure {
            request: Some(format!("{method} {path}{body}")),
            ..failure
        }
    }

    /// Returns whether the status may only mean that the record no longer exists.
    pub(crate) fn is_gone(&self, status: u16) -> bool {
        matches!(self, Self::Record { .. }) && matches!(status, 400 | 404)
    }
}

/// The rows of one answer.
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) has_more: bool,
}

/// Reads the answer to a question.
pub(crate) fn page(
    operation: &'static str,
    status: u16,
    body: &Value,
    question: &Question,
) -> Result<Page, Failure> {
    let has_more = !matches!(question, Question::Record { .. })
        && body.pointer("/info/more_records").and_then(Value::as_bool) == Some(true);
    match status {
        // Nothing found: no body at all.
        204 => Ok(Page {
            rows: Vec::new(),
            has_more,
        }),
        200 if body.get("data").is_some_and(Value::is_array) => Ok(Page {
            rows: list(body, "data")
                .iter()
                .cloned()
                .filter_map(Row::new)
                .collect(),
            has_more,
        }),
        status if question.is_gone(status) && is_about_an_id(body) => Ok(Page {
            rows: Vec::new(),
            has_more,
        }),
        status => Err(error::of_part(operation, status, body)),
    }
}

/// Returns whether a refusal is about the id: Zoho answers 400 with `INVALID_DATA` to the id of a
/// deleted record, where it does not answer 204.
fn is_about_an_id(body: &Value) -> bool {
    let code = body
        .get("code")
        .or_else(|| body.pointer("/data/0/code"))
        .and_then(Value::as_str);
    code == Some("INVALID_DATA")
}
