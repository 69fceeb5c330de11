//! The entities of a stored secret. The admin page stores `<` as `&lt;`, and WooCommerce decodes it
//! before it signs. Source: `wp_specialchars_decode( $text, ENT_QUOTES )` in
//! wp-includes/formatting.php.

use std::borrow::Cow;

/// Decodes the entities of `<`, `>`, `&` and both quotes, in one pass: `&amp;lt;` becomes `&lt;`.
/// No other entity is touched.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from_ampersand)) = rest.split_once('&') {
        decoded.push_str(before);
        let entity = from_ampersand
            .split_once(';')
            .and_then(|(name, after)| Some((character(name)?, after)));
        let (letter, after) = entity.unwrap_or(('&', from_ampersand));
        decoded.push(letter);
        rest = after;
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Returns the character of an entity, given without `&` and `;`. Numbers may have leading zeros.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        return number_character(&number.to_ascii_lowercase());
    }
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        _ => None,
    }
}

/// Returns the character of a numeric entity. WordPress knows `<` and `>` by their decimal number
/// only.
fn number_character(number: &str) -> Option<char> {
    if let Some(hexadecimal) = number.strip_prefix('x') {
        return match hexadecimal.trim_start_matches('0') {
            "22" => Some('"'),
            "26" => Some('&'),
            "27" => Some('\''),
            _ => None,
        };
    }
    match number.trim_start_matches('0') {
        "34" => Some('"'),
        "38" => Some('&'),
        "39" => Some('\''),
        "60" => Some('<'),
        "62" => Some('>'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_what_wordpress_decodes_and_nothing_else() {
        for (stored, key) in [
            ("plain", "plain"),
            ("a&lt;b&amp;c&gt;", "a<b&c>"),
            ("&quot;&#034;&#34;&#x22;", "\"\"\"\""),
            ("&#039;&#39;&#x27;&#X0027;", "''''"),
            ("&#038;&#x26;&#060;&#062;", "&&<>"),
            ("&amp;lt;", "&lt;"),
            ("&LT;&nbsp;&apos;&#x3c;&#65;", "&LT;&nbsp;&apos;&#x3c;&#65;"),
            ("a&b;c &; & &#; &#x;", "a&b;c &; & &#; &#x;"),
            ("&&lt;&", "&<&"),
            ("é&lt;é", "é<é"),
        ] {
            assert_eq!(decode(stored), key, "{stored}");
        }
    }
}
