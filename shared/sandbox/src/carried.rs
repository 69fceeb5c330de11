use crate::{
    exchange::Fate,
    journal::Change,
    system::{System, Worked},
};
use bytes::Bytes;
use http::Response;
use std::fmt;

/// A request that was carried into a system by hand, without a connection. Its work is done, but it
/// counts as open until this value is dropped, like a request whose answer is still on its way.
pub struct Carried {
    /// The answer; `None` where the connection would have ended without a whole one.
    pub answer: Option<Response<Bytes>>,
    /// The changes that the request made.
    pub changes: Vec<Change>,
    _open: Box<dyn Send>,
}

impl Carried {
    pub(crate) fn new<S: System>(mut worked: Worked<S>, changes: Vec<Change>) -> Self {
        let answer = match std::mem::replace(&mut worked.fate, Fate::Drop) {
            Fate::Reply(answer) => Some(answer),
            Fate::Truncate(_) | Fate::Drop => None,
        };
        Self {
            answer,
            changes,
            _open: Box::new(worked),
        }
    }
}

impl fmt::Debug for Carried {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Carried")
            .field("status", &self.answer.as_ref().map(Response::status))
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}
