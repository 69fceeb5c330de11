use std::time::Duration;

/// A failure on demand. By default it strikes the next request of any kind, once. `Kind` is the
/// system's own list of kinds of requests.
#[derive(Clone, Debug)]
pub struct Fault<Kind> {
    effect: Effect,
    kind: Option<Kind>,
    after: u32,
    times: u32,
}

/// The effect of a fault. Error bodies are those of the system that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is done and the answer has this HTTP status, with the error body that goes with it
    /// (503: Salesforce's `SERVER_UNAVAILABLE`).
    Status(u16),
    /// Everything is done, but the answer has this HTTP status.
    StatusAfterCommit(u16),
    /// Nothing is done and the answer is status 503 with a page in HTML.
    Html,
    /// The first record that the request writes fails as locked (Salesforce `UNABLE_TO_LOCK_ROW`,
    /// Zoho `RECORD_LOCKED`).
    LockRow,
    /// The connection is closed before anything is done.
    DropBeforeWork,
    /// Everything is done, then the connection is closed without an answer.
    DropAfterCommit,
    /// Everything is done, then half of the answer's body is sent and the connection is closed.
    TruncateAnswer,
    /// Every token ends just before the request.
    ExpireTokens,
    /// The system reports too many requests (Salesforce 403 `REQUEST_LIMIT_EXCEEDED`, Zoho 429
    /// `TOO_MANY_REQUESTS`). Nothing is done.
    RequestLimit,
    /// The token endpoint refuses the login (Salesforce `invalid_grant`, Zoho `invalid_code`). It
    /// strikes only requests to that endpoint.
    RefuseLogin,
    /// The answer takes this much longer.
    Delay(Duration),
}

impl<Kind> Fault<Kind> {
    /// Creates a fault that strikes once, whatever the request is.
    #[must_use]
    pub const fn new(effect: Effect) -> Self {
        Self {
            effect,
            kind: None,
            after: 0,
            times: 1,
        }
    }

    /// Sets the only kind of requests that it strikes.
    #[must_use]
    pub fn on(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the number of requests that it strikes.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the number of fitting requests that it lets pass first.
    #[must_use]
    pub fn after(mut self, after: u32) -> Self {
        self.after = after;
        self
    }
}

impl<Kind: Copy + PartialEq> Fault<Kind> {
    fn fits(&self, kind: Kind, is_login: bool) -> bool {
        let chosen = self.effect != Effect::RefuseLogin || is_login;
        chosen && self.kind.is_none_or(|wanted| wanted == kind)
    }
}

/// The faults that have not struck yet, oldest first.
#[derive(Debug)]
pub(crate) struct Faults<Kind>(Vec<Fault<Kind>>);

impl<Kind: Copy + PartialEq> Faults<Kind> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, fault: Fault<Kind>) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the effect on a request of this kind. Faults that let requests pass first count this
    /// one.
    pub(crate) fn strike(&mut self, kind: Kind, is_login: bool) -> Option<Effect> {
        let mut struck = None;
        for fault in self.0.iter_mut().filter(|fault| fault.fits(kind, is_login)) {
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
