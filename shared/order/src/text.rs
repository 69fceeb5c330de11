//! Cleans the texts that people typed, in the same way for every source, so that all shops' orders
//! look alike.

/// Cleans a text: control characters become spaces (line feeds and tabs stay, and a carriage return
/// with a line feed becomes a line feed), then the text is trimmed. Letters, marks and emoji are
/// untouched.
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

/// Returns an e-mail as the model keeps it: cleaned, in lower case.
#[must_use]
pub fn email(text: &str) -> String {
    clean(text).to_lowercase()
}

/// Returns the first and last name with one space between them; only one where there is one, and an
/// empty text where there is none.
#[must_use]
pub fn full_name(first: &str, last: &str) -> String {
    join(&[first, last], " ")
}

/// Joins the parts that are not empty, with `separator` between them. The parts are trimmed.
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
