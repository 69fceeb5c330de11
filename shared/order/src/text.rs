//! What every source does to the texts that people typed, so that all shops' orders look alike.

/// Control characters become spaces (line feeds and tabs stay), then the text is trimmed. Letters,
/// marks and emoji are untouched.
#[must_use]
pub fn clean(text: &str) -> String {
    let visible = |letter: char| {
        if letter.is_control() && letter != '\n' && letter != '\t' {
            ' '
        } else {
            letter
        }
    };
    text.replace("\r\n", "\n")
        .chars()
        .map(visible)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// An e-mail as the model keeps it: cleaned, in lower case.
#[must_use]
pub fn email(text: &str) -> String {
    clean(text).to_lowercase()
}

/// First and last name with one space; only the one there is; empty where there is none.
#[must_use]
pub fn full_name(first: &str, last: &str) -> String {
    join(&[first, last], " ")
}

/// The parts that are not empty, with `separator` between them.
#[must_use]
pub fn join(parts: &[&str], separator: &str) -> String {
    let there: Vec<&str> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    there.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_control_characters_and_keeps_everything_else() {
        for (typed, kept) in [
            ("  Ann\u{0}e\u{7f} ", "Ann e"),
            ("first\r\nsecond\tthird", "first\nsecond\tthird"),
            ("Zoë 🎉\u{1f3fd}", "Zoë 🎉\u{1f3fd}"),
            ("\u{1}\u{2}", ""),
        ] {
            assert_eq!(clean(typed), kept);
        }
    }

    #[test]
    fn joins_only_what_is_there() {
        assert_eq!(full_name("Ann", "Lee"), "Ann Lee");
        assert_eq!(full_name("", "Lee"), "Lee");
        assert_eq!(full_name(" ", ""), "");
        assert_eq!(join(&["1 Road", "", "Flat 2"], "\n"), "1 Road\nFlat 2");
    }

    #[test]
    fn writes_e_mails_in_one_way() {
        assert_eq!(email(" Ann.LEE@Example.COM "), "ann.lee@example.com");
    }
}
