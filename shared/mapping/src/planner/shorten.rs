use unicode_segmentation::UnicodeSegmentation;

const ELLIPSIS: &str = "…";

/// Shortens a text to at most `max` characters, the last of them `…`; `None` where the text fits.
///
/// Characters are counted as UTF-16 units, the strictest way in which the destinations count them.
/// A grapheme, which people see as one character (an emoji, a letter with its accents), is kept or
/// dropped as a whole.
pub(crate) fn shorten(text: &str, max: usize) -> Option<String> {
    if units(text) <= max {
        return None;
    }
    let room = max.saturating_sub(units(ELLIPSIS));
    let mut kept = String::new();
    let mut used = 0_usize;
    for grapheme in text.graphemes(true) {
        used = used.saturating_add(units(grapheme));
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    let mut kept = kept.trim_end().to_owned();
    kept.push_str(ELLIPSIS);
    Some(kept)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_only_what_is_too_long() {
        assert_eq!(shorten("12345", 5), None);
        assert_eq!(shorten("123456", 5).unwrap(), "1234…");
        assert_eq!(shorten("123 456", 5).unwrap(), "123…");
    }

    #[test]
    fn never_cuts_through_what_people_see_as_one_character() {
        // A family of four is one grapheme of eleven UTF-16 units; "e" with a combining accent is
        // one of two.
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(shorten(&format!("ab{family}cd"), 12).unwrap(), "ab…");
        assert_eq!(
            shorten(&format!("ab{family}cd"), 14).unwrap(),
            format!("ab{family}…")
        );
        assert_eq!(shorten("xe\u{301}yz", 4).unwrap(), "xe\u{301}…");
        assert_eq!(shorten("xe\u{301}yz", 3).unwrap(), "x…");
    }
}
