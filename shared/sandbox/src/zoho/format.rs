//! The forms of addresses, numbers and dates, about as strictly as Zoho checks them. Rules: CRM API
//! v8, "Insert records", the table of data types; Zoho publishes its patterns for e-mail addresses,
//! phone numbers and websites only in part, so this is close, not exact.

use jiff::{Timestamp, civil::Date};

pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let word = |character: char| character.is_alphanumeric() || character == '_';
    let first = |character: char| word(character) || matches!(character, '+' | '-');
    let later = |character: char| word(character) || "!#$%&'*+-/=?^`{|}~.".contains(character);
    let Some((labels, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let label = |label: &str| {
        let ends =
            label.starts_with(char::is_alphanumeric) && label.ends_with(char::is_alphanumeric);
        ends && label
            .chars()
            .all(|character| word(character) || character == '-')
    };
    local.starts_with(first)
        && local.chars().skip(1).all(later)
        && labels.split('.').all(label)
        && top.chars().all(char::is_alphabetic)
        && (2..=22).contains(&top.chars().count())
}

/// Returns whether the text consists of digits and the usual marks; letters are allowed only after
/// the beginning, for extensions.
pub(super) fn is_phone(text: &str) -> bool {
    let first = |character: char| character.is_ascii_digit() || matches!(character, '+' | '(');
    let later =
        |character: char| character.is_ascii_alphanumeric() || "+-(). ,;".contains(character);
    text.starts_with(first) && text.chars().skip(1).all(later)
}

pub(super) fn is_website(text: &str) -> bool {
    let rest = ["https://", "http://", "www."]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    let host = rest.split('/').next().unwrap_or_default();
    let (name, top) = host.rsplit_once('.').unwrap_or_default();
    !name.is_empty()
        && !top.is_empty()
        && !host.contains('@')
        && !text.contains(char::is_whitespace)
}

/// Returns whether the text has the form `2026-09-30`.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.get(4..5) == Some("-") && text.parse::<Date>().is_ok()
}

/// Returns whether the text has the form `2023-05-10T01:10:47-07:00`: a numeric offset and no
/// fraction.
pub(super) fn is_date_time(text: &str) -> bool {
    let has_offset = text
        .get(19..20)
        .is_some_and(|sign| matches!(sign, "+" | "-"));
    let has_date = text.get(..10).is_some_and(is_date) && text.get(10..11) == Some("T");
    text.len() == 25 && has_date && has_offset && text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        for good in [
            "jane.doe@example.com",
            "a+b@shop.example.co.uk",
            "o'neil@example.org",
            "jürgen@example.de",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "jane",
            "@example.com",
            "jane@example",
            "jane doe@example.com",
            ".j@example.com",
            "jane@-example.com",
            "jane@example.c0m",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn phones() {
        for good in ["+1 (555) 123-4567", "030 1234567", "555-1234 ext. 7"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "call me", "+49/30/1234", "☎ 123"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn dates_times_and_websites() {
        assert!(
            is_date("2026-09-30")
                && !is_date("2026-02-30")
                && !is_date("30.09.2026")
                && !is_date("2026-09-30T10:00:00")
        );
        assert!(is_date_time("2023-05-10T01:10:47-07:00"));
        for bad in [
            "2023-05-10T01:10:47Z",
            "2023-05-10T01:10:47.000-07:00",
            "2023-05-10 01:10:47+00:00",
            "2023-05-10",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
        assert!(
            is_website("https://shop.example.com/a")
                && is_website("example.com")
                && !is_website("shop")
                && !is_website("a b.com")
        );
    }
}
