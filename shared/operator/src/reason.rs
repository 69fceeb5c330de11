//! Why something failed: the group of failures that the same thing would mend, and a failure as a
//! sentence.

use ports::{DeadLetter, LedgerEntry, OpenCircuit, ReasonKey};

/// Returns the group of a dead letter.
#[must_use]
pub fn of_letter(letter: &DeadLetter) -> ReasonKey {
    letter.reason_key()
}

/// Returns the group of a ledger entry's last error; `None` where it has none.
#[must_use]
pub fn of_entry(entry: &LedgerEntry) -> Option<ReasonKey> {
    let error = entry.last_error.as_ref()?;
    let class = Summary::of(error).map_or("unknown", |summary| summary.class);
    Some(ReasonKey::of(class, error, Some(&entry.key.order)))
}

/// Returns the last error of a ledger entry, such as `unavailable in token`, as a sentence. A text
/// of another form stays as it is.
#[must_use]
pub fn sentence(error: &str) -> String {
    let Some(summary) = Summary::of(error) else {
        return error.to_owned();
    };
    let Some(what) = of_class(summary.class) else {
        return error.to_owned();
    };
    let mut text = what.to_owned();
    if let Some(when) = of_operation(summary.operation) {
        text.push(' ');
        text.push_str(when);
    }
    let rest: Vec<&str> = summary.rest.collect();
    if !rest.is_empty() {
        text.push_str(&format!(" ({})", rest.join(", ")));
    }
    text
}

/// Returns why a destination is left alone, in a few words.
#[must_use]
pub fn of_circuit(circuit: &OpenCircuit) -> &str {
    match circuit.why.as_str() {
        "authentication" => "credentials refused",
        "outage" => "it does not answer properly",
        "asked_to_wait" => "it asked to be left alone",
        other => other,
    }
}

/// The parts of a failure's summary: `<class> in <operation>: <code>: <place>`.
struct Summary<'a> {
    class: &'a str,
    operation: &'a str,
    rest: std::str::Split<'a, &'static str>,
}

impl<'a> Summary<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (class, rest) = text.split_once(" in ")?;
        let mut rest = rest.split(": ");
        let operation = rest.next()?;
        of_class(class)?;
        Some(Self {
            class,
            operation,
            rest,
        })
    }
}

fn of_class(class: &str) -> Option<&'static str> {
    Some(match class {
        "authentication" => "the credentials or their rights were refused",
        "rate_limit" => "too many calls: it asked to be left alone",
        "unavailable" => "it gave no proper answer",
        "validation" => "it refused the data",
        "mapping" => "the mapping or the configuration does not fit the order or the account",
        "conflict" => "somebody else was writing the same record",
        "too_large" => "the order is larger than it takes",
        "unknown" => "it gave an answer that is not known",
        _ => return None,
    })
}

fn of_operation(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "token" => "when signing in",
        "read" => "when its records were read",
        "write" => "when the records were written",
        "map" => "when the records were made",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::conformance::entry;

    #[test]
    fn a_summary_becomes_a_sentence_and_anything_else_stays() {
        for (error, expected) in [
            (
                "unavailable in token",
                "it gave no proper answer when signing in",
            ),
            (
                "validation in write: STRING_TOO_LONG: contact.LastName",
                "it refused the data when the records were written (STRING_TOO_LONG, contact.LastName)",
            ),
            ("something else in the way", "something else in the way"),
            ("", ""),
        ] {
            assert_eq!(sentence(error), expected);
        }
    }

    #[test]
    fn an_entry_has_the_group_of_its_last_error() {
        let mut one = entry("r", "1", 0);
        one.last_error = Some("mapping in read: lines".to_owned());
        let other = LedgerEntry {
            key: entry("r", "2", 0).key,
            ..one.clone()
        };
        assert_eq!(of_entry(&one), of_entry(&other));
        assert!(of_entry(&one).is_some_and(|key| key.id.starts_with("mapping-")));
        one.last_error = None;
        assert_eq!(of_entry(&one), None);
    }
}
