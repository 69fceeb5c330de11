use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What dead letters have in common that the same thing would mend: the class of the failure and
/// what is missing or refused, without anything that only one order has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReasonKey {
    /// A short name, which fits into a command line and an address: `mapping-1f3a9c07`.
    pub id: String,
    /// The class of the failure.
    pub class: String,
    /// The reason, without what only one order has.
    pub text: String,
}

/// What stands in place of something that only one order has.
const LEFT_OUT: &str = "…";
/// The largest number of characters of a reason that tell it from others.
const MOST: usize = 240;
/// The number of digits from which a number in a vendor's or a shop's words is somebody's id.
const LONG_NUMBER: usize = 4;

impl ReasonKey {
    /// Returns the key of a failure of this class with this reason, met by this order.
    #[must_use]
    pub fn of(class: &str, reason: &str, order: Option<&str>) -> Self {
        let text = essence(reason, order);
        let mut hash = Sha256::new();
        hash.update(class.as_bytes());
        hash.update([0]);
        hash.update(text.as_bytes());
        let digest = hex::encode(hash.finalize());
        Self {
            id: format!("{class}-{}", digest.get(..8).unwrap_or_default()),
            class: class.to_owned(),
            text,
        }
    }
}

/// Returns the first sentence of a reason, without what only one order has: its id, e-mail
/// addresses, the numbers of its lines, and in a destination's words everything with a digit.
/// What a look-up asked for stays: that is what is missing.
fn essence(reason: &str, order: Option<&str>) -> String {
    let sentence = without_place(first_sentence(reason), order);
    let quoted_from = vendor_words(sentence).unwrap_or(sentence.len());
    let (ours, theirs) = sentence.split_at(quoted_from);
    let theirs = theirs.split([':', '(', ';']).next().unwrap_or_default();
    let ours = masked(ours, order, |word, before| {
        let is_sought = before.ends_with("= ");
        let is_number = word.chars().all(|one| one.is_ascii_digit());
        is_number && word.len() >= LONG_NUMBER && !is_sought
    });
    let theirs = masked(theirs, order, |word, _| {
        word.contains(|one: char| one.is_ascii_digit())
    });
    let text: String = format!("{ours}{theirs}").chars().take(MOST).collect();
    text.trim().trim_end_matches('.').to_owned()
}

/// Returns a sentence without `order 1042: ` before it and `, which lines[3] needs` behind it: they
/// say where something is missing, and not what.
fn without_place<'a>(sentence: &'a str, order: Option<&str>) -> &'a str {
    let begin = order.map(|order| format!("order {order}: "));
    let sentence = begin
        .and_then(|begin| sentence.strip_prefix(&begin))
        .unwrap_or(sentence);
    let needed = sentence.strip_suffix(" needs");
    let what = needed.and_then(|needed| needed.rsplit_once(", which "));
    what.map_or(sentence, |(what, _)| what)
}

/// Returns the part up to the first full stop that is followed by a new sentence.
fn first_sentence(text: &str) -> &str {
    let text = text.trim().lines().next().unwrap_or_default();
    let ends = text.match_indices(". ").find(|(at, _)| {
        let next = text.get(at + 2..).and_then(|rest| rest.chars().next());
        next.is_some_and(char::is_uppercase)
    });
    ends.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

/// Returns where a destination's own words begin: behind the code of a refusal, as in `Salesforce
/// refused: STRING_TOO_LONG: First Name: data value too large`.
fn vendor_words(text: &str) -> Option<usize> {
    let is_code = |word: &str| {
        let is_part = |one: char| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_';
        word.len() > 2 && word.chars().all(is_part)
    };
    let mut at = 0;
    for part in text.split_inclusive(": ") {
        at += part.len();
        if is_code(part.trim_end_matches([':', ' '])) {
            return Some(at);
        }
    }
    None
}

/// Replaces the words that only one order has. `is_own` judges a word by itself and by the text
/// before it.
fn masked(text: &str, order: Option<&str>, is_own: impl Fn(&str, &str) -> bool) -> String {
    let is_part = |one: char| one.is_alphanumeric() || "-_@.+/#".contains(one);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word_ends = rest.find(|one| !is_part(one)).unwrap_or(rest.len());
        let (whole, after) = rest.split_at(word_ends);
        let word = whole.trim_end_matches('.');
        let is_order = order.is_some_and(|order| word.trim_start_matches('#') == order);
        let is_line = out.ends_with('[') && word.chars().all(|one| one.is_ascii_digit());
        if word.is_empty() {
            out.push_str(whole);
        } else if is_line {
            out.push_str(whole.get(word.len()..).unwrap_or_default());
        } else if is_order || word.contains('@') || is_own(word, &out) {
            out.push_str(LEFT_OUT);
            out.push_str(whole.get(word.len()..).unwrap_or_default());
        } else {
            out.push_str(whole);
        }
        let gap_ends = after.find(is_part).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_ends);
        out.push_str(gap);
        rest = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ReasonKey;

    fn text(reason: &str) -> String {
        ReasonKey::of("mapping", reason, Some("1042")).text
    }

    #[test]
    fn what_is_missing_stays_and_what_only_one_order_has_goes() {
        for (reason, expected) in [
            (
                "Zoho has no Products where Product_Code = NO-SUCH-SKU, which lines[3] needs. Three ways out: add the product",
                "Zoho has no Products where Product_Code = NO-SUCH-SKU",
            ),
            (
                "order 1042: Zoho has no Products where Product_Code = 10150, which lines[1] needs. Three",
                "Zoho has no Products where Product_Code = 10150",
            ),
            (
                "lines[7].item: NetSuite has no item with itemid = TEA-2. Three ways out",
                "lines[].item: NetSuite has no item with itemid = TEA-2",
            ),
            (
                "order 1042 of jane@example.com has a total of NaN",
                "order … of … has a total of NaN",
            ),
            (
                "Salesforce refused: STRING_TOO_LONG: First Name: data value too large: Jane Doe (max length=40)",
                "Salesforce refused: STRING_TOO_LONG: First Name",
            ),
            (
                "Salesforce refused: DUPLICATE_VALUE: duplicate value found on record with id 001Pb00000AbCdE. Merge them",
                "Salesforce refused: DUPLICATE_VALUE: duplicate value found on record with id …",
            ),
        ] {
            assert_eq!(text(reason), expected, "{reason}");
        }
    }

    #[test]
    fn a_key_is_short_and_the_same_for_every_order() {
        let of = |order: &str| {
            let reason = format!("order {order}: no PricebookEntry where ProductCode = TEA-2");
            ReasonKey::of("mapping", &reason, Some(order))
        };
        assert_eq!(of("1"), of("2"));
        assert!(of("1").id.starts_with("mapping-") && of("1").id.len() == 16);
        let other = ReasonKey::of("validation", "order 1: no", Some("1"));
        assert_ne!(other.id, of("1").id);
    }

    #[test]
    fn no_reason_makes_it_panic() {
        for reason in [
            "",
            ".",
            ". A",
            "ä[1",
            ": : :",
            "AB_C: é1",
            "…@",
            "[",
            "1042#1042",
        ] {
            let _ = text(reason);
        }
    }
}
