//! The references between records, which are checked when all records are read.

use crate::problem::{Line, Problems, did_you_mean, listed};

/// The records of a mapping and how they point to each other.
#[derive(Default)]
pub(super) struct Links {
    records: Vec<Named>,
    links: Vec<Link>,
}

struct Named {
    name: String,
    line: Option<Line>,
    repeated: bool,
}

struct Link {
    from: usize,
    to: String,
    line: Option<Line>,
    kind: LinkKind,
}

/// The way in which a record points to another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// `{ ref = ... }`: the destination writes the other record first.
    Ref,
    /// `{ through = ... }`: the destination reads the other record first, in whatever order the two
    /// stand here.
    Through,
    /// `replaces`.
    Replaces,
}

impl Links {
    /// Notes a record; the links that [`Self::link`] notes next belong to it.
    pub(super) fn record(&mut self, name: &str, line: Option<Line>, repeated: bool) {
        self.records.push(Named {
            name: name.to_owned(),
            line,
            repeated,
        });
    }

    /// Notes that the latest record points to another.
    pub(super) fn link(&mut self, kind: LinkKind, to: &str, line: Option<Line>) {
        self.links.push(Link {
            from: self.records.len().saturating_sub(1),
            to: to.to_owned(),
            line,
            kind,
        });
    }

    /// Returns the names of all records.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.records.iter().map(|record| record.name.as_str())
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        for (at, record) in self.records.iter().enumerate() {
            if self
                .records
                .iter()
                .take(at)
                .any(|earlier| earlier.name == record.name)
            {
                problems.add(
                    record.line,
                    format!(
                        "there are two records named `{}`; names must differ, objects need not",
                        record.name
                    ),
                );
            }
        }
        for link in &self.links {
            if let Some(fault) = self.fault(link) {
                problems.add(link.line, fault);
            }
        }
    }

    fn fault(&self, link: &Link) -> Option<String> {
        let (word, to) = (link.kind.word(), &link.to);
        let Some((at, target)) = self
            .records
            .iter()
            .enumerate()
            .find(|(_, record)| record.name == *to)
        else {
            let near = did_you_mean(to, self.names());
            return Some(format!(
                "`{word}` names `{to}`, which is no record of this mapping{near}; the records are {}",
                listed(self.names())
            ));
        };
        if at == link.from {
            return Some(format!(
                "`{word}` names its own record `{to}`; name another"
            ));
        }
        if target.repeated {
            return Some(format!(
                "`{word}` names `{to}`, which has a `for_each`: which of its records is meant cannot be said"
            ));
        }
        if at > link.from && link.kind != LinkKind::Through {
            return Some(format!(
                "`{word}` names `{to}`, which comes later; move its [[record]] above this one, as it must be written first"
            ));
        }
        None
    }
}

impl LinkKind {
    fn word(self) -> &'static str {
        match self {
            Self::Ref => "ref",
            Self::Through => "through",
            Self::Replaces => "replaces",
        }
    }
}
