use crate::pem::label;
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef, der::Decode};

/// The object identifier of `rsaEncryption` in RFC 8017, appendix A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The length of the shortest key in bytes. A shorter RSA key proves nothing: a modulus of 2048
/// bits alone has 256 bytes.
const SHORTEST: usize = 256;

/// Returns why a text is no RSA public key in PEM that can verify anything, and how to mend it;
/// nothing when it is one.
pub(crate) fn public_key_mistake(text: &str) -> Option<&'static str> {
    if text.contains("\\n") {
        return Some(
            "has the two characters \\ and n in place of line breaks; put the lines of the PEM there as they are (in a TOML file between ''' and ''')",
        );
    }
    match label(text.trim()) {
        Some("PUBLIC KEY") => content_mistake(text),
        Some("PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "EC PRIVATE KEY") => {
            Some(
                "holds a private key, which belongs in the shop alone; put the public key that its page shows here, and make a new pair if this one was copied around",
            )
        }
        Some("RSA PUBLIC KEY") => Some(
            "is in the older PKCS #1 form; convert it: openssl rsa -RSAPublicKey_in -in key.pem -pubout",
        ),
        Some("CERTIFICATE") => Some(
            "is a certificate; take the key out of it: openssl x509 -in certificate.pem -pubkey -noout",
        ),
        _ => Some(
            "is not in PEM; copy all of it, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----, from Stores > Settings > Configuration > Adobe Services > Webhooks",
        ),
    }
}

fn content_mistake(text: &str) -> Option<&'static str> {
    const BROKEN: &str = "holds no readable key; copy the whole PEM again, line by line, as the shop's page shows it";
    let Ok(der) = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()) else {
        return Some(BROKEN);
    };
    let Ok(key) = SubjectPublicKeyInfoRef::from_der(&der) else {
        return Some(BROKEN);
    };
    if key.algorithm.oid != RSA {
        return Some(
            "is no RSA key, and Adobe Commerce signs with RSA; copy the key from Stores > Settings > Configuration > Adobe Services > Webhooks",
        );
    }
    (key.subject_public_key.raw_bytes().len() < SHORTEST)
        .then_some("is an RSA key of less than 2048 bits, which proves nothing; make a new key pair in the shop")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../tests/secrets/public-key.pem");

    fn in_pem(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn accepts_a_key_however_its_lines_end() {
        for text in [
            GOOD.to_owned(),
            GOOD.replace('\n', "\r\n"),
            format!("\n{GOOD}\n"),
        ] {
            assert_eq!(public_key_mistake(&text), None, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_the_others() {
        // The public keys of a key pair of 1024 bits, and of one on the curve P-256, both made for
        // this test.
        let short = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDcDb+wOUkDkfh+zzp+WxMup1CiDw5NAH/2BRVNx6icMZpCDOD1rGZfXqxxqVqEpEgIFty907oSxxsuPfCQv/N8/t/uSWqmyHWL38li+oXwUVXkFvCTuWOIJ5FvTcR3Xg6BFGYfIRqMILwrBjHuPwTO4/bt9yeiUHsf+evZ/vsHBQIDAQAB";
        let curve = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEens+YAnt623X+huuwcBDb2PI3+9UAQK0U+G/A2sL+Pysuyq93C6XD3dZyudjUvTvAsjtXfHCcJ4NzukZDpjcNw==";
        let cut_off: String = GOOD
            .lines()
            .filter(|line| !line.contains('Q'))
            .collect::<Vec<_>>()
            .join("\n");
        for (text, part) in [
            (String::new(), "not in PEM"),
            ("ZmFrZQ==".to_owned(), "not in PEM"),
            (GOOD.replace('\n', "\\n"), "line breaks"),
            (in_pem("PRIVATE KEY", "ZmFr"), "private key"),
            (in_pem("RSA PUBLIC KEY", "ZmFr"), "PKCS #1"),
            (in_pem("CERTIFICATE", "ZmFr"), "certificate"),
            (in_pem("PUBLIC KEY", "ZmFr"), "no readable key"),
            (in_pem("PUBLIC KEY", "%%"), "no readable key"),
            (cut_off, "no readable key"),
            (in_pem("PUBLIC KEY", short), "less than 2048 bits"),
            (in_pem("PUBLIC KEY", curve), "no RSA key"),
        ] {
            let mistake = public_key_mistake(&text);
            assert!(
                mistake.is_some_and(|mistake| mistake.contains(part)),
                "{text}: {mistake:?}"
            );
        }
    }
}
