use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

/// The reason for which a request never reached a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    ForeignHost,
    NoWayIn,
    WrongToken,
    ForeignOrigin,
    ForeignForm,
    NoForm,
    ReadOnly,
    TooLarge,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Page {
    what: &'static str,
    todo: &'static str,
    is_worth_another_try: bool,
}

impl Refusal {
    /// Returns the word in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ForeignHost => "foreign host",
            Self::NoWayIn => "no session",
            Self::WrongToken => "wrong token",
            Self::ForeignOrigin => "foreign origin",
            Self::ForeignForm => "foreign form",
            Self::NoForm => "no form",
            Self::ReadOnly => "read only",
            Self::TooLarge => "too large",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::NoWayIn => StatusCode::UNAUTHORIZED,
            Self::NoForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// Returns what happened, and what a person can do.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ForeignHost => (
                "The console was called by a foreign name",
                "It answers only on the machine it runs on. Open the address that it printed when it was started.",
            ),
            Self::NoWayIn => (
                "This browser has not been let in",
                "Open the address with the token that the console printed when it was started; each start has a new one.",
            ),
            Self::WrongToken => (
                "The token is not the console's",
                "Open the address that the console printed when it was started last; each start has a new token.",
            ),
            Self::ForeignOrigin => (
                "The form was sent by a foreign page",
                "Nothing was done. Open the console by its own address and try again.",
            ),
            Self::ForeignForm => (
                "The form is not of this session",
                "Nothing was done. The console may have been started anew since the page was opened: open the page again.",
            ),
            Self::NoForm => (
                "What was sent is not one of the console's forms",
                "Nothing was done.",
            ),
            Self::ReadOnly => (
                "The console was opened for reading only",
                "Nothing was done. Start it without --read-only to act.",
            ),
            Self::TooLarge => (
                "What was sent is too large",
                "Nothing was done. An order of this size cannot be edited here.",
            ),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (what, todo) = self.words();
        let page = Page {
            what,
            todo,
            // A link from a foreign page brings no cookie along; one from here does.
            is_worth_another_try: self == Self::NoWayIn,
        };
        let text = page.render().unwrap_or_else(|_| what.to_owned());
        (self.status(), Html(text)).into_response()
    }
}
