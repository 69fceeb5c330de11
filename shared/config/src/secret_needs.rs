/// The keys that a secret has to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// The keys without which nothing works.
    pub(crate) required: Vec<Part>,
    /// Keys that may be left away, but only all together.
    pub(crate) optional_together: &'static [&'static str],
    /// Pairs of a key and the key without which it is of no use.
    pub(crate) only_with: &'static [(&'static str, &'static str)],
    /// The key that holds a domain, and the ending of every such domain.
    pub(crate) domain: Option<(&'static str, &'static str)>,
    /// The key that holds the address to which messages are posted, if one does.
    pub(crate) address: Option<&'static str>,
    /// Keys that may be left away, each by itself.
    pub(crate) optional: &'static [&'static str],
    /// All other keys that have a meaning, such as those of another way to sign in.
    pub(crate) known: &'static [&'static str],
    /// Names that the usual .env files have for a key, besides `SYSTEM_KEY`: pairs of key and name.
    pub(crate) other_names: &'static [(&'static str, &'static str)],
    /// The key that holds a private key in PEM, if one does.
    pub(crate) pem: Option<&'static str>,
    /// The key that may hold public keys in PEM, one or several.
    pub(crate) public_pem: Option<&'static str>,
}

/// One key of a secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) key: &'static str,
    /// The place where the user finds its value.
    pub(crate) found_in: &'static str,
}

/// Creates a part from a key and the place where the user finds its value.
pub(crate) const fn part(key: &'static str, found_in: &'static str) -> Part {
    Part { key, found_in }
}
