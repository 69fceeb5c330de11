//! Record ids: 15 case-sensitive characters and a checksum of 3 that makes them safe where case is
//! lost.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const INSTANCE: &str = "Sb000";

/// Creates the id of the `number`th record under a prefix. Ids of one prefix sort in the order in
/// which they were made.
pub(super) fn make(prefix: &str, number: u64) -> String {
    let mut rest = number;
    let mut digits = Vec::new();
    for _ in 0..7 {
        digits.push(digit(DIGITS, rest % 62));
        rest /= 62;
    }
    let serial: String = digits.iter().rev().collect();
    let short = format!("{prefix}{INSTANCE}{serial}");
    let checksum = checksum(&short);
    short + &checksum
}

/// Returns the 18-character form of an id of 15 or 18 characters; `None` when the text is no id.
pub(super) fn full(text: &str) -> Option<String> {
    if !text.is_ascii() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let short = text.get(..15)?;
    let full = format!("{short}{}", checksum(short));
    (text.len() == 15 || text == full).then_some(full)
}

fn checksum(short: &str) -> String {
    let upper = |chunk: &[u8]| {
        chunk.iter().rev().fold(0, |bits, byte| {
            bits << 1 | u64::from(byte.is_ascii_uppercase())
        })
    };
    short
        .as_bytes()
        .chunks(5)
        .map(|chunk| digit(CHECKSUM, upper(chunk)))
        .collect()
}

fn digit(alphabet: &[u8], index: u64) -> char {
    let byte = usize::try_from(index)
        .ok()
        .and_then(|index| alphabet.get(index));
    byte.map_or('0', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_of_a_published_id() {
        // Ids from Salesforce's documentation and from recorded answers.
        assert_eq!(
            full("0016g00000Wqu1E").as_deref(),
            Some("0016g00000Wqu1EAAR")
        );
        assert_eq!(
            full("a00B000000FSkcv").as_deref(),
            Some("a00B000000FSkcvIAD")
        );
    }

    #[test]
    fn made_ids_are_ids_and_sort_by_number() {
        let ids: Vec<String> = [1, 61, 62, 3_843, 3_844]
            .map(|number| make("006", number))
            .into();
        assert!(ids.is_sorted());
        for id in &ids {
            assert_eq!(full(id).as_ref(), Some(id));
        }
    }

    #[test]
    fn no_id() {
        for text in [
            "",
            "006",
            "006Sb0000000001AA",
            "006Sb0000000001ZZZ",
            "006Sb00000000-1",
            "006Sb000000000é",
        ] {
            assert_eq!(full(text), None, "{text}");
        }
    }
}
