use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use ports::{PortError, in_one_line};
use reconcile::Problem;

/// A page as an answer.
pub(crate) struct Page<T>(pub(crate) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => Html(text).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page of the console could not be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The reason for which there is no page: what happened, and what to do.
#[derive(Debug)]
pub(crate) struct Trouble {
    status: StatusCode,
    what: String,
    todo: String,
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    what: &'a str,
    todo: &'a str,
}

impl Trouble {
    /// Creates the trouble of something that is not there, or not any more.
    pub(crate) fn missing(what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            what: what.into(),
            todo: todo.into(),
        }
    }

    /// Creates the trouble of something that was asked for and cannot be done.
    pub(crate) fn refused(what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            what: what.into(),
            todo: todo.into(),
        }
    }
}

impl From<PortError> for Trouble {
    fn from(error: PortError) -> Self {
        tracing::warn!(
            error = in_one_line(&error),
            "the console could not read or write the records"
        );
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            what: "The records could not be read or written".to_owned(),
            todo: format!(
                "{}. Nothing may have been done: look again before you repeat it.",
                in_one_line(&error)
            ),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Store(error) => error.into(),
            Problem::Shop { .. } => Self::refused(
                format!("The shop could not be asked: {}", in_one_line(&problem)),
                "Nothing was put into the queue. Try again when the shop answers.",
            ),
            Problem::Busy { .. } | Problem::Stalled { .. } => {
                Self::refused("It could not be put into the queue", format!("{problem}."))
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (what, todo) = (&self.what, &self.todo);
        let page = TroublePage { what, todo };
        (self.status, Page(page)).into_response()
    }
}
