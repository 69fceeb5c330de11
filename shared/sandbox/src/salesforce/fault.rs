use super::journal::Kind;
use std::time::Duration;

/// Something that goes wrong on demand. By default it strikes the next request of any kind, once.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    kind: Option<Kind>,
    after: u32,
    times: u32,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is done and the answer has this HTTP status, with the error body that goes with it (503: `SERVER_UNAVAILABLE`).
    Status(u16),
    /// Nothing is done and the answer is status 503 with a page in HTML.
    Html,
    /// The first row that the request writes fails with `UNABLE_TO_LOCK_ROW` (400).
    LockRow,
    /// The connection is closed before anything is done.
    DropBeforeWork,
    /// Everything is done, then the connection is closed without an answer.
    DropAfterCommit,
    /// Everything is done, then half of the answer's body is sent and the connection is closed.
    TruncateAnswer,
    /// Every token ends just before the request.
    ExpireTokens,
    /// 403 `REQUEST_LIMIT_EXCEEDED`, nothing is done.
    RequestLimit,
    /// The token endpoint answers `invalid_grant`. Only requests to it are chosen.
    RefuseLogin,
    /// The answer takes that much longer.
    Delay(Duration),
}

impl Fault {
    /// A fault that strikes once, whatever the request is.
    #[must_use]
    pub const fn new(effect: Effect) -> Self {
        let kind = if matches!(effect, Effect::RefuseLogin) {
            Some(Kind::Token)
        } else {
            None
        };
        Self {
            effect,
            kind,
            after: 0,
            times: 1,
        }
    }

    /// Strikes requests of one kind only.
    #[must_use]
    pub const fn on(self, kind: Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Strikes that often.
    #[must_use]
    pub const fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Lets that many fitting requests pass first.
    #[must_use]
    pub const fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }
}

/// The faults that have not struck yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The effect on a request of this kind. Faults that let requests pass first count this one.
    pub(super) fn strike(&mut self, kind: Kind) -> Option<Effect> {
        let mut struck = None;
        for fault in self.0.iter_mut().filter(|fault| fault.kind.is_none_or(|wanted| wanted == kind)) {
            if fault.after > 0 {
                fault.after -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                struck = Some(fault.effect.clone());
                break;
            }
        }
        self.0.retain(|fault| fault.times > 0);
        struck
    }
}
