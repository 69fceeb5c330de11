//! The meanings of a system's refusals, as data: each adapter has one table of [`ErrorRule`]s, in
//! which [`look_up`] finds the first that fits.

use crate::{Class, Failure, Retry};

/// The meaning of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The kind of failure.
    pub class: Class,
    /// Advice on repeating the call.
    pub retry: Retry,
    /// Advice for a person; empty where there is nothing to do.
    pub advice: &'static str,
}

/// The refusals that a rule is about. The same code may blame a record in one and the account in
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

/// One line of a table: the condition on an answer, and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorRule {
    /// The refusals that it is about.
    pub scope: Scope,
    /// The codes of which the answer must have one; empty for any code.
    pub codes: &'static [&'static str],
    /// Words in lower case of which the answer must contain one; empty for any text.
    pub words: &'static [&'static str],
    /// The meaning of such an answer.
    pub meaning: Meaning,
}

impl Meaning {
    /// Creates a meaning of this kind.
    #[must_use]
    pub const fn new(class: Class, retry: Retry, advice: &'static str) -> Self {
        Self {
            class,
            retry,
            advice,
        }
    }

    /// Returns the failure of an operation that was refused in these words, followed by the advice.
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
    /// Creates the rule for these codes in any scope.
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

    /// Limits the rule to refusals of this scope.
    #[must_use]
    pub const fn of(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Limits the rule to answers that contain one of these words, given in lower case.
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

/// Returns the meaning from the first rule that fits a refusal with this code and text; `None`
/// where the table does not know it.
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
