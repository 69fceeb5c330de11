//! SOQL text: the only place where values become part of a query (SOQL and SOSL Reference, "Quoted
//! String Escape Sequences").

use destination::{Class, Failure};
use mapping::plan::Scalar;

/// Longest conditions of one query, which may have 100,000 characters in all; some room is left for
/// the rest of it.
const LONGEST_CONDITIONS: usize = 80_000;
/// Longest text in a condition, in characters. No field that can be asked for holds longer ones.
const LONGEST_TEXT: usize = 4_000;

/// A question about one object: the fields wanted, and alternative conditions of which one must
/// hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    pub(crate) object: String,
    fields: Vec<String>,
    conditions: Vec<Condition>,
}

/// An alternative: `path` equals the literal, and `common` holds too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Condition {
    common: String,
    path: String,
    literal: String,
}

impl Question {
    pub(crate) fn new(object: &str) -> Result<Self, Failure> {
        Ok(Self {
            object: name(object)?.to_owned(),
            fields: vec!["Id".to_owned()],
            conditions: Vec::new(),
        })
    }

    /// Asks for a field, once only: a field that is asked for twice, in whatever spelling, is an
    /// error in SOQL.
    pub(crate) fn select(&mut self, path: &str) -> Result<(), Failure> {
        let path = name(path)?;
        if !self
            .fields
            .iter()
            .any(|known| known.eq_ignore_ascii_case(path))
        {
            self.fields.push(path.to_owned());
        }
        Ok(())
    }

    /// Adds the alternative that `path` has this value and `common` holds. A value that no field
    /// can hold is not asked for.
    pub(crate) fn or_where(
        &mut self,
        path: &str,
        value: &Scalar,
        common: &[(&str, &Scalar)],
    ) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for (path, value) in common {
            let Some(literal) = literal(value) else {
                return Ok(());
            };
            parts.push(format!("{} = {literal}", name(path)?));
        }
        let Some(literal) = literal(value) else {
            return Ok(());
        };
        let condition = Condition {
            common: parts.join(" AND "),
            path: name(path)?.to_owned(),
            literal,
        };
        if !self.conditions.contains(&condition) {
            self.conditions.push(condition);
        }
        Ok(())
    }

    /// Returns the queries: one, or several where one would be too long. None where nothing is
    /// asked.
    pub(crate) fn queries(mut self) -> Vec<String> {
        self.conditions.sort();
        let mut queries = Vec::new();
        let mut chunk: Vec<&Condition> = Vec::new();
        let mut length = 0;
        for condition in &self.conditions {
            let more = condition.literal.len() + condition.common.len() + condition.path.len() + 20;
            if length + more > LONGEST_CONDITIONS {
                queries.push(self.query(&chunk));
                chunk.clear();
                length = 0;
            }
            length += more;
            chunk.push(condition);
        }
        if !chunk.is_empty() {
            queries.push(self.query(&chunk));
        }
        queries
    }

    fn query(&self, conditions: &[&Condition]) -> String {
        let alternatives = conditions
            .chunk_by(|a, b| a.path == b.path && a.common == b.common)
            .map(alternative);
        let alternatives = alternatives.collect::<Vec<_>>().join(" OR ");
        format!(
            "SELECT {} FROM {} WHERE {alternatives} ORDER BY CreatedDate, Id",
            self.fields.join(", "),
            self.object
        )
    }
}

fn alternative(conditions: &[&Condition]) -> String {
    let literals: Vec<&str> = conditions
        .iter()
        .map(|condition| condition.literal.as_str())
        .collect();
    let Some(first) = conditions.first() else {
        return String::new();
    };
    let test = match literals.as_slice() {
        [literal] => format!("{} = {literal}", first.path),
        _ => format!("{} IN ({})", first.path, literals.join(", ")),
    };
    if first.common.is_empty() {
        test
    } else {
        format!("({test} AND {})", first.common)
    }
}

/// Checks that a text is the name of an object or field, or a path of such names, and returns it.
/// Mappings are written by users: nothing else may get into a query or a URL.
pub(crate) fn name(text: &str) -> Result<&str, Failure> {
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if text.split('.').all(is_name) {
        return Ok(text);
    }
    let problem = format!(
        "{text:?} is no name of a Salesforce object or field; use its API name, such as Account or WooCommerce_Order_ID__c"
    );
    Err(Failure::permanent(Class::Mapping, "map", problem))
}

/// Returns the relationship through which a reference field is followed: `AccountId` -> `Account`,
/// `Shop__c` -> `Shop__r`.
pub(crate) fn relation(field: &str) -> Result<String, Failure> {
    if let Some(custom) = field.strip_suffix("__c") {
        return Ok(format!("{custom}__r"));
    }
    if let Some(standard) = field.strip_suffix("Id").filter(|rest| !rest.is_empty()) {
        return Ok(standard.to_owned());
    }
    let problem = format!(
        "{field} is no reference field: a standard one ends with Id, a custom one with __c"
    );
    Err(Failure::permanent(Class::Mapping, "map", problem))
}

fn literal(value: &Scalar) -> Option<String> {
    match value {
        Scalar::Null => Some("null".to_owned()),
        Scalar::Bool(value) => Some(value.to_string()),
        Scalar::Number(number) => Some(number.to_string()),
        Scalar::Text(text) if text.chars().count() > LONGEST_TEXT => None,
        Scalar::Text(text) => Some(quoted(text)),
    }
}

/// Returns a text as a literal of a query.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)))
            }
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a literal as Salesforce does: returns the text, and the rest of the query after it.
    fn unquote(query: &str) -> (String, &str) {
        let mut chars = query.char_indices().skip(1);
        let mut text = String::new();
        while let Some((at, char)) = chars.next() {
            match char {
                '\'' => return (text, &query[at + 1..]),
                '\\' => match chars.next().unwrap().1 {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => {
                        let digits: String = (0..4).map(|_| chars.next().unwrap().1).collect();
                        text.push(
                            char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap(),
                        );
                    }
                    escaped @ ('\\' | '\'') => text.push(escaped),
                    other => panic!("\\{other} is an error in SOQL"),
                },
                plain => text.push(plain),
            }
        }
        panic!("the literal has no end: {query}");
    }

    proptest! {
        #[test]
        fn a_text_stays_one_literal(text in any::<String>()) {
            let literal = quoted(&text);
            let (read, rest) = unquote(&literal);
            prop_assert_eq!((read.as_str(), rest), (text.as_str(), ""));
        }

        #[test]
        fn hostile_texts_stay_one_literal(text in "['\\\\\n\r\t\u{1f600}%_a-c ]{0,40}") {
            let literal = quoted(&text);
            let (read, rest) = unquote(&literal);
            prop_assert_eq!((read.as_str(), rest), (text.as_str(), ""));
        }

        #[test]
        fn only_names_become_part_of_a_query(text in any::<String>()) {
            if let Ok(name) = name(&text) {
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'));
            }
        }
    }

    #[test]
    fn names_and_relations() {
        for good in [
            "Account",
            "WooCommerce_Order_ID__c",
            "Product2.ProductCode",
            "Shop__r.Name",
        ] {
            assert_eq!(name(good).unwrap(), good);
        }
        for bad in [
            "",
            "1Account",
            "Account ",
            "Id FROM User",
            "a..b",
            ".a",
            "a.",
            "Näme",
            "a'b",
            "sobjects/X",
        ] {
            let failure = name(bad).unwrap_err();
            assert!(
                !failure.is_transient() && failure.class == Class::Mapping,
                "{bad}"
            );
        }
        assert_eq!(relation("AccountId").unwrap(), "Account");
        assert_eq!(relation("Shop__c").unwrap(), "Shop__r");
        assert!(relation("Id").is_err() && relation("Name").is_err());
    }

    #[test]
    fn one_question_gathers_all_values() {
        let mut question = Question::new("Contact").unwrap();
        for field in ["Email", "email", "Id", "Account.Name"] {
            question.select(field).unwrap();
        }
        for mail in ["b@example.com", "a@example.com", "b@example.com"] {
            question
                .or_where("Email", &Scalar::Text(mail.to_owned()), &[])
                .unwrap();
        }
        question
            .or_where(
                "Shop_Id__c",
                &Scalar::Text("o'brien".to_owned()),
                &[("IsActive__c", &Scalar::Bool(true))],
            )
            .unwrap();
        question
            .or_where("Shop_Id__c", &Scalar::Text("x".repeat(4_001)), &[])
            .unwrap();
        assert_eq!(
            question.queries(),
            [
                r"SELECT Id, Email, Account.Name FROM Contact WHERE Email IN ('a@example.com', 'b@example.com') OR (Shop_Id__c = 'o\'brien' AND IsActive__c = true) ORDER BY CreatedDate, Id"
            ]
        );
    }

    #[test]
    fn long_questions_become_several_queries() {
        let mut question = Question::new("Contact").unwrap();
        for number in 0..100 {
            question
                .or_where(
                    "Email",
                    &Scalar::Text(format!("{number}{}", "x".repeat(3_000))),
                    &[],
                )
                .unwrap();
        }
        let queries = question.queries();
        assert_eq!(queries.len(), 4);
        assert!(queries.iter().all(|query| query.len() < 100_000));
        assert!(Question::new("Contact").unwrap().queries().is_empty());
    }
}
