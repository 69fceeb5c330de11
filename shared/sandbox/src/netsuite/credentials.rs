//! The credentials with which the sandbox admits clients. They are made at the start and are of no
//! use elsewhere.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{fmt, io};

/// The credentials of a client: an integration record with a token (TBA), and a certificate for
/// OAuth 2.0 client credentials.
#[derive(Clone)]
pub struct Credentials {
    /// Consumer key of the integration record; in OAuth 2.0 the client id.
    pub consumer_key: String,
    /// Consumer secret.
    pub consumer_secret: String,
    /// Token id.
    pub token_id: String,
    /// Token secret.
    pub token_secret: String,
    /// Certificate id: the `kid` of an assertion.
    pub certificate_id: String,
    /// PEM of the key that signs assertions (P-256); `None` where only the public half is known.
    pub private_key: Option<String>,
    /// PEM of the public key that belongs to the certificate: RSA of at least 3072 bits, P-256 or
    /// P-384.
    pub public_key: String,
}

impl Credentials {
    /// Generates new credentials, unlike any others.
    ///
    /// # Errors
    /// When the machine gives no random numbers, or no key pair can be made.
    pub fn generate() -> io::Result<Self> {
        let none = |_| io::Error::other("the sandbox cannot make a key pair");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(none)?;
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).map_err(none)?;
        Ok(Self {
            consumer_key: random()?,
            consumer_secret: random()?,
            token_id: random()?,
            token_secret: random()?,
            certificate_id: format!("sandbox-{}", random()?.split_at(24).0),
            private_key: Some(pem(
                "PRIVATE KEY",
                pair.to_pkcs8v1().map_err(none)?.as_ref(),
            )),
            public_key: pem("PUBLIC KEY", public.as_ref()),
        })
    }

    /// Returns the JSON secret of a destination with `auth = "token"`.
    #[must_use]
    pub fn token(&self, account_id: &str) -> Value {
        json!({
            "account_id": account_id, "consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret,
            "token_id": self.token_id, "token_secret": self.token_secret,
        })
    }

    /// Returns the JSON secret of a destination with `auth = "client_credentials"`.
    #[must_use]
    pub fn client_credentials(&self, account_id: &str) -> Value {
        json!({
            "account_id": account_id, "client_id": self.consumer_key, "certificate_id": self.certificate_id, "private_key": self.private_key,
        })
    }
}

/// They may be a test's own, so only the certificate id is shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("certificate_id", &self.certificate_id)
            .finish_non_exhaustive()
    }
}

/// Returns 64 hexadecimal digits, as NetSuite's keys have.
fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)
        .map_err(|_| io::Error::other("the machine has no randomness to give"))?;
    Ok(hex::encode(bytes))
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}
