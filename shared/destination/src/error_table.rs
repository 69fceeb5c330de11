//! What a system's refusals mean, as data: each adapter has one table of [`ErrorRule`]s, in which
//! [`look_up`] finds the first that fits.

use crate::{Class, Failure, Retry};

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What kind of failure it is.
    pub class: Class,
    /// Whether trying again may help.
    pub retry: Retry,
    /// What a person can do about it; empty where there is nothing to do.
    pub advice: &'static str,
}

/// Which refusals a rule is about. The same code may blame a record in one place and the account in
/// the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Refusals of a whole call, which concern everybody.
    Call,
    /// Refusals of one record, or of one part of a call.
    Record,
    /// Both.
    Any,
}

/// One line of a table: what an answer has to be like, and what it means then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRule {
    /// Which refusals it is about.
    pub scope: Scope,
    /// The codes of which the answer has to have one; any code where there is none.
    pub codes: &'static [&'static str],
    /// Words in lower case of which the answer has to say one; any text where there is none.
    pub words: &'static [&'static str],
    /// What it means.
    pub meaning: Meaning,
}

impl Meaning {
    /// Returns a meaning of this kind.
    #[must_use]
    pub const fn new(class: Class, retry: Retry, advice: &'static str) -> Self {
        Self {
            class,
            retry,
            advice,
        }
    }

    /// Returns the failure of an operation that was refused in these words, with the advice behind
    /// them.
    #[must_use]
    pub fn failure(self, operation: &'static str, words: impl Into<String>) -> Failure {
        let mut message: String = words.into();
        if !self.advice.is_empty() {
            message.push_str(if message.ends_with('.') { " " } else { ". " });
            message.push_str(self.advice);
        }
        Failure {
            retry: self.retry,
            ..Failure::permanent(self.class, operation, message)
        }
    }
}

impl ErrorRule {
    /// Returns the rule for these codes, wherever they come.
    #[must_use]
    pub const fn new(
        codes: &'static [&'static str],
        class: Class,
        retry: Retry,
        advice: &'static str,
    ) -> Self {
        Self {
            scope: Scope::Any,
            codes,
            words: &[],
            meaning: Meaning::new(class, retry, advice),
        }
    }

    /// Returns the same rule for refusals of this scope only.
    #[must_use]
    pub const fn of(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Returns the same rule for answers that say one of these words, which are in lower case.
    #[must_use]
    pub const fn saying(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    fn fits(&self, scope: Scope, code: &str, text: &str) -> bool {
        (self.scope == Scope::Any || self.scope == scope)
            && (self.codes.is_empty() || self.codes.contains(&code))
            && (self.words.is_empty() || self.words.iter().any(|word| text.contains(word)))
    }
}

/// Returns what the first rule says that fits a refusal with this code and text; `None` where the
/// table does not know it.
#[must_use]
pub fn look_up(table: &[ErrorRule], scope: Scope, code: &str, text: &str) -> Option<Meaning> {
    let text = text.to_lowercase();
    table
        .iter()
        .find(|rule| rule.fits(scope, code, &text))
        .map(|rule| rule.meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[ErrorRule] = &[
        ErrorRule::new(&["FORBIDDEN"], Class::Authentication, Retry::Soon, "Ask").of(Scope::Call),
        ErrorRule::new(&[], Class::Conflict, Retry::Soon, "").saying(&["row is locked"]),
        ErrorRule::new(
            &["FORBIDDEN", "BAD"],
            Class::Validation,
            Retry::Never,
            "Mend it",
        ),
    ];

    #[test]
    fn the_first_rule_that_fits_counts() {
        let class = |scope, code, text| Some(look_up(TABLE, scope, code, text)?.class);
        assert_eq!(
            class(Scope::Call, "FORBIDDEN", ""),
            Some(Class::Authentication)
        );
        assert_eq!(
            class(Scope::Record, "FORBIDDEN", ""),
            Some(Class::Validation)
        );
        assert_eq!(
            class(Scope::Record, "BAD", "The Row is LOCKED by Jane"),
            Some(Class::Conflict)
        );
        assert_eq!(class(Scope::Call, "NEW", "nobody has seen this"), None);
    }

    #[test]
    fn advice_stands_behind_the_refusal_as_a_sentence_of_its_own() {
        let meaning = Meaning::new(Class::Validation, Retry::Never, "Mend it");
        for words in ["BAD: too long", "BAD: too long."] {
            let failure = meaning.failure("write", words);
            assert_eq!(failure.message, "BAD: too long. Mend it");
            assert!(!failure.is_transient());
        }
        let meaning = Meaning::new(Class::Conflict, Retry::Soon, "");
        assert_eq!(meaning.failure("write", "BUSY").message, "BUSY");
    }
}
