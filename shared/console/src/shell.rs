//! What is around every page, and what a page is made with.

use crate::{
    access::{Access, Session},
    desk::Desk,
    kept::Kept,
    lab::Look,
    moment::{Moment, precise},
};
use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, request::Parts},
};
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The pages of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Orders,
    Dead,
    Lab,
    Reconcile,
    SetUp,
    Privacy,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Home, "/", "Home"),
        (Self::Orders, "/orders", "Orders"),
        (Self::Dead, "/dead", "Dead letters"),
        (Self::Lab, "/lab", "Mapping lab"),
        (Self::Reconcile, "/reconcile", "Reconcile"),
        (Self::SetUp, "/setup", "Set-up"),
        (Self::Privacy, "/privacy", "Privacy"),
    ];
}

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_here: bool,
}

/// The frame of a page: where the operator is, over which records, and what was just done.
pub(crate) struct Shell {
    here: Section,
    /// The value that each form carries.
    pub(crate) form: String,
    pub(crate) is_read_only: bool,
    pub(crate) place: String,
    pub(crate) now: String,
    /// What the last act did.
    pub(crate) said: Option<String>,
}

impl Shell {
    pub(crate) fn links(&self) -> impl Iterator<Item = Link> {
        Section::ALL.into_iter().map(|(section, path, name)| Link {
            path,
            name,
            is_here: self.here == section,
        })
    }
}

/// Everything that pages share.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) access: Arc<Access>,
    /// What acts did, told on the page to which an act leads. An address names a note by its number
    /// only, so that no address can put words into the console's mouth.
    pub(crate) notes: Kept<String>,
    /// The differences that were looked at, to be applied as they were seen.
    pub(crate) looks: Kept<Look>,
    /// Held by whoever makes what set-up lacks.
    pub(crate) making: Mutex<()>,
}

/// A request that was let in, with what its page is made with.
pub(crate) struct Visit {
    pub(crate) office: Arc<Office>,
    pub(crate) now: Timestamp,
    session: Session,
    said: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    said: Option<String>,
}

impl FromRequestParts<Arc<Office>> for Visit {
    type Rejection = StatusCode;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Arc<Office>,
    ) -> Result<Self, StatusCode> {
        let session = parts.extensions.get::<Session>().cloned();
        let said = Query::<Said>::try_from_uri(&parts.uri).ok();
        let said = said.and_then(|query| query.0.said);
        Ok(Self {
            office: Arc::clone(office),
            now: office.desk.clock.now(),
            // Nobody comes past the guard without one.
            session: session.ok_or(StatusCode::UNAUTHORIZED)?,
            said: said.and_then(|id| office.notes.of(&id)),
        })
    }
}

impl Visit {
    pub(crate) fn desk(&self) -> &Desk {
        &self.office.desk
    }

    pub(crate) fn shell(&self, here: Section) -> Shell {
        let desk = self.desk();
        let now = self.now.to_zoned(desk.zone.clone());
        Shell {
            here,
            form: self.session.form.clone(),
            is_read_only: self.office.access.is_read_only,
            place: desk.place.clone(),
            now: now.strftime("%-d %b %Y %H:%M:%S").to_string(),
            said: self.said.clone(),
        }
    }

    pub(crate) fn moment(&self, at: Timestamp) -> Moment {
        Moment::of(at, self.now, &self.desk().zone)
    }

    /// Returns a time to the second.
    pub(crate) fn precise(&self, at: Timestamp) -> Moment {
        precise(at, self.now, &self.desk().zone)
    }
}
