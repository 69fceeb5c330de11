use indexmap::IndexMap;
use std::time::Duration;
use tokio::time::Instant;

/// The valid access tokens, oldest first.
#[derive(Debug)]
pub(crate) struct Tokens {
    prefix: &'static str,
    lifetime: Option<Duration>,
    calls: Option<u64>,
    alive: IndexMap<String, Life>,
    made: u64,
}

#[derive(Debug)]
struct Life {
    since: Instant,
    calls: u64,
}

impl Tokens {
    /// Creates the store of tokens that begin with `prefix` and are valid for this time and this
    /// number of calls; `None` sets no limit.
    pub(crate) fn new(
        prefix: &'static str,
        lifetime: Option<Duration>,
        calls: Option<u64>,
    ) -> Self {
        Self {
            prefix,
            lifetime,
            calls,
            alive: IndexMap::new(),
            made: 0,
        }
    }

    pub(crate) fn expire_all(&mut self) {
        self.alive.clear();
    }

    /// Uses the token for one call; returns whether it is valid for that.
    pub(crate) fn spend(&mut self, token: &str) -> bool {
        let Some(life) = self.alive.get_mut(token) else {
            return false;
        };
        let old = self
            .lifetime
            .is_some_and(|lifetime| life.since.elapsed() >= lifetime);
        let spent = self.calls.is_some_and(|most| life.calls >= most);
        life.calls += 1;
        if old || spent {
            self.alive.shift_remove(token);
        }
        !old && !spent
    }

    pub(crate) fn issue(&mut self) -> String {
        self.made += 1;
        let token = format!("{}{}", self.prefix, self.made);
        self.alive.insert(
            token.clone(),
            Life {
                since: Instant::now(),
                calls: 0,
            },
        );
        token
    }

    /// Ends the oldest tokens, so that at most this many are left.
    pub(crate) fn keep_newest(&mut self, most: usize) {
        let surplus = self.alive.len().saturating_sub(most);
        self.alive.drain(..surplus);
    }
}
