/// Returns what is wrong with the outward form of a private key in PEM, and how to mend it; nothing
/// when it looks right. Decodes nothing.
pub(crate) fn pem_mistake(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text.contains("\\n") {
        return Some(
            "has the two characters \\ and n in place of line breaks; put the lines of the PEM file there as they are (in a TOML file between ''' and ''')",
        );
    }
    let Some(label) = label(text) else {
        return Some(
            "is not in PEM; it must hold the whole file, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----",
        );
    };
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" => body_mistake(text),
        "ENCRYPTED PRIVATE KEY" => {
            Some("is encrypted; decrypt it: openssl pkcs8 -in key.pem -out plain.pem")
        }
        "EC PRIVATE KEY" => Some(
            "is in the older SEC 1 form; convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem",
        ),
        "CERTIFICATE" | "PUBLIC KEY" => Some(
            "holds the public half; put the private key here and the certificate into the destination",
        ),
        _ => Some("is a PEM of another kind; it must begin with -----BEGIN PRIVATE KEY-----"),
    }
}

/// Returns the label between `BEGIN` and the dashes, if `END` has the same one.
pub(crate) fn label(text: &str) -> Option<&str> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let end = rest
        .trim_end()
        .strip_suffix("-----")?
        .rsplit_once("-----END ")?
        .1;
    (end == label).then_some(label)
}

fn body_mistake(text: &str) -> Option<&'static str> {
    let body = || text.lines().filter(|line| !line.starts_with("-----"));
    if body().all(|line| line.trim().is_empty()) {
        return Some(
            "has nothing between its first and last line, or has lost its line breaks; copy the PEM file as it is",
        );
    }
    let in_base64 = |line: &str| {
        line.trim()
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "+/=".contains(character))
    };
    (!body().all(in_base64))
        .then_some("holds characters that no PEM has; copy the PEM file as it is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_usual_forms() {
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY"] {
            let pem = format!(
                "\n-----BEGIN {label}-----\r\nZmFrZQ+/\r\nZmFrZQ==\r\n-----END {label}-----\n"
            );
            assert_eq!(pem_mistake(&pem), None, "{label}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_the_others() {
        let cases = [
            ("", "not in PEM"),
            ("ZmFrZQ==", "not in PEM"),
            ("-----BEGIN PRIVATE KEY-----\nZmFrZQ==", "not in PEM"),
            (
                "-----BEGIN PRIVATE KEY-----\nZmFrZQ==\n-----END RSA PRIVATE KEY-----",
                "not in PEM",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\\nZmFrZQ==\\n-----END PRIVATE KEY-----",
                "line breaks",
            ),
            (
                "-----BEGIN PRIVATE KEY----- ZmFrZQ== -----END PRIVATE KEY-----",
                "line breaks",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nZm Fr?\n-----END PRIVATE KEY-----",
                "characters",
            ),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nZmFr\n-----END ENCRYPTED PRIVATE KEY-----",
                "encrypted",
            ),
            (
                "-----BEGIN EC PRIVATE KEY-----\nZmFr\n-----END EC PRIVATE KEY-----",
                "SEC 1",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nZmFr\n-----END CERTIFICATE-----",
                "public half",
            ),
            (
                "-----BEGIN DH PARAMETERS-----\nZmFr\n-----END DH PARAMETERS-----",
                "another kind",
            ),
        ];
        for (pem, part) in cases {
            assert!(
                pem_mistake(pem).is_some_and(|mistake| mistake.contains(part)),
                "{pem}"
            );
        }
    }
}
