/// The length of the longest name: with our prefix and suffix it still fits into the name of an SQS
/// queue (80 characters).
const LONGEST: usize = 40;

/// Returns the problem of the name of a store, a destination or a route, which becomes part of
/// URLs, queue names and ledger keys; `None` for a good name.
pub(crate) fn bad_name(kind: &str, name: &str) -> Option<String> {
    let begins_well =
        name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    let continues_well = name.chars().all(|character| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "_-".contains(character)
    });
    if begins_well && continues_well && name.len() <= LONGEST {
        return None;
    }
    Some(format!(
        "`{name}` cannot name a {kind}, as the name becomes part of URLs and queue names; use up to {LONGEST} lower-case letters, digits, `-` and `_`, beginning with a letter or digit"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_exactly_the_documented_names() {
        for good in ["a", "0", "acme-shop_2", &"x".repeat(40)] {
            assert_eq!(bad_name("store", good), None);
        }
        for bad in [
            "",
            "-a",
            "_a",
            "Acme",
            "a b",
            "a/b",
            "ä",
            "a.b",
            &"x".repeat(41),
        ] {
            assert!(bad_name("store", bad).is_some(), "{bad}");
        }
    }
}
