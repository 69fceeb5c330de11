use crate::shell::{Shell, Visit};
use askama::Template;
use axum::response::Redirect;

/// The page that asks before an act.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct Confirm {
    pub(crate) shell: Shell,
    pub(crate) question: String,
    /// What the act is about, and what it will do.
    pub(crate) lines: Vec<String>,
    pub(crate) action: &'static str,
    pub(crate) fields: Vec<Field>,
    /// A box that may be ticked: its name and its words.
    pub(crate) check: Option<(&'static str, &'static str)>,
    pub(crate) button: String,
    pub(crate) is_destructive: bool,
    pub(crate) back: String,
}

/// A hidden field of a form.
pub(crate) struct Field {
    name: &'static str,
    value: String,
}

impl Field {
    pub(crate) const fn hidden(name: &'static str, value: String) -> Self {
        Self { name, value }
    }
}

impl Visit {
    /// Leads to a page after an act, which says there what it did.
    pub(crate) fn done(&self, path: &str, said: String) -> Redirect {
        let note = self.office.notes.keep(said);
        let link = if path.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{path}{link}said={note}"))
    }
}
