//! The names of `[let]`: each is replaced by its expression before a template is compiled.

use super::code::{Placed, Token, sections, tokens};
use std::collections::BTreeSet;

/// The largest length of an expanded template. Names that stand for names that stand for names can
/// double it with each step.
const LONGEST: usize = 1 << 16;

/// Replaces every name in an expression for which `meaning` has an expression. The replaced names
/// are added to `used`.
///
/// # Errors
/// Fails with a sentence for the user where the result is too long.
pub(crate) fn expression<'m>(
    source: &str,
    meaning: &dyn Fn(&str) -> Option<&'m str>,
    used: &mut BTreeSet<String>,
) -> Result<String, String> {
    let mut expanded = String::with_capacity(source.len());
    replace(source, meaning, used, &mut expanded)?;
    Ok(expanded)
}

/// Replaces the names in a template. The text around its sections stays, and so do the names to
/// which the template itself gives a meaning (see [`own_names`]).
///
/// # Errors
/// Fails with a sentence for the user where the result is too long.
pub(crate) fn template<'m>(
    source: &str,
    meaning: &dyn Fn(&str) -> Option<&'m str>,
    used: &mut BTreeSet<String>,
) -> Result<String, String> {
    let own = own_names(source);
    let meaning = |name: &str| meaning(name).filter(|_| !own.contains(name));
    let (mut expanded, mut copied) = (String::with_capacity(source.len()), 0);
    for section in sections(source) {
        let Some(code) = source.get(section.at.clone()) else {
            continue;
        };
        expanded.push_str(source.get(copied..section.at.start).unwrap_or_default());
        replace(code, &meaning, used, &mut expanded)?;
        copied = section.at.end;
    }
    expanded.push_str(source.get(copied..).unwrap_or_default());
    Ok(expanded)
}

fn replace<'m>(
    code: &str,
    meaning: &dyn Fn(&str) -> Option<&'m str>,
    used: &mut BTreeSet<String>,
    expanded: &mut String,
) -> Result<(), String> {
    let tokens = tokens(code);
    let mut copied = 0;
    for (at, placed) in tokens.iter().enumerate() {
        let Token::Name(name) = placed.token else {
            continue;
        };
        let Some(expression) = meaning(name).filter(|_| is_variable(&tokens, at)) else {
            continue;
        };
        expanded.push_str(code.get(copied..placed.start).unwrap_or_default());
        expanded.push('(');
        expanded.push_str(expression);
        expanded.push(')');
        copied = placed.start.saturating_add(name.len());
        used.insert(name.to_owned());
        if expanded.len() > LONGEST {
            return Err(format!(
                "with `{name}` it becomes longer than {LONGEST} characters; say it with fewer names of [let]"
            ));
        }
    }
    expanded.push_str(code.get(copied..).unwrap_or_default());
    Ok(())
}

/// Returns whether a name is a variable, and not the name of an attribute, a filter, a test or an
/// argument.
fn is_variable(tokens: &[Placed<'_>], at: usize) -> bool {
    let token = |back: usize| {
        let before = at.checked_sub(back).and_then(|before| tokens.get(before));
        before.map(|placed| placed.token)
    };
    let next = tokens.get(at.saturating_add(1)).map(|placed| placed.token);
    let is_test = match token(1) {
        Some(Token::Name("is")) => true,
        Some(Token::Name("not")) => token(2) == Some(Token::Name("is")),
        _ => false,
    };
    let is_attribute_or_filter = matches!(token(1), Some(Token::Symbol("." | "|")));
    !is_test && !is_attribute_or_filter && next != Some(Token::Symbol("="))
}

/// Returns the names that a template gives by `set` and `for`.
pub(crate) fn own_names(source: &str) -> BTreeSet<&str> {
    let statements = sections(source)
        .into_iter()
        .filter(|section| section.is_statement);
    statements
        .filter_map(|section| source.get(section.at))
        .flat_map(names_given)
        .collect()
}

fn names_given(code: &str) -> Vec<&str> {
    let tokens = tokens(code);
    let mut names = tokens.iter().map(|placed| placed.token);
    // The first token may be the sign that removes the white space around a statement.
    let statement = names.find(|token| matches!(token, Token::Name(_)));
    let end = match statement {
        Some(Token::Name("set")) => Token::Symbol("="),
        Some(Token::Name("for")) => Token::Name("in"),
        _ => return Vec::new(),
    };
    let given = names.take_while(|token| *token != end);
    given
        .filter_map(|token| match token {
            Token::Name(name) => Some(name),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{expression, template};
    use std::collections::BTreeSet;

    fn meaning(name: &str) -> Option<&'static str> {
        match name {
            "mail" => Some("customer.email if ok"),
            "street" => Some("'}}' ~ a"),
            _ => None,
        }
    }

    #[test]
    fn only_a_name_that_is_a_variable_is_replaced() {
        let cases = [
            ("mail", "(customer.email if ok)"),
            ("mail or x.mail", "(customer.email if ok) or x.mail"),
            ("x|mail(mail=mail)", "x|mail(mail=(customer.email if ok))"),
            ("a is mail and a is not mail", "a is mail and a is not mail"),
            ("'mail' ~ \"mail\"", "'mail' ~ \"mail\""),
            ("mail.x[street]", "(customer.email if ok).x[('}}' ~ a)]"),
            ("not mail == mails", "not (customer.email if ok) == mails"),
        ];
        for (source, expected) in cases {
            let expanded = expression(source, &meaning, &mut BTreeSet::new());
            assert_eq!(expanded.unwrap(), expected);
        }
    }

    #[test]
    fn the_text_of_a_template_stays_as_it_is() {
        let mut used = BTreeSet::new();
        let source = "mail {{ mail }} {# mail #} {%- if street %}street{% endif %}";
        assert_eq!(
            template(source, &meaning, &mut used).unwrap(),
            "mail {{ (customer.email if ok) }} {# mail #} {%- if ('}}' ~ a) %}street{% endif %}"
        );
        assert_eq!(used.len(), 2);
    }

    #[test]
    fn what_a_template_gives_a_meaning_to_stays() {
        for source in [
            "{% set mail = 1 %}{{ mail }}",
            "{%- for a, mail in b %}{{ mail }}{% endfor %}",
        ] {
            let expanded = template(source, &meaning, &mut BTreeSet::new());
            assert_eq!(expanded.unwrap(), source);
        }
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let long = "mail ".repeat(4_000);
        assert!(expression(&long, &meaning, &mut BTreeSet::new()).is_err());
    }
}
