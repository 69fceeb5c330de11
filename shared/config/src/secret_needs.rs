/// What a secret has to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// Without these nothing works.
    pub(crate) required: Vec<Part>,
    /// These may be left away, but only all together.
    pub(crate) optional_together: &'static [&'static str],
    /// A key, and the one without which it is of no use.
    pub(crate) only_with: &'static [(&'static str, &'static str)],
    /// The key that holds a domain, and how every such domain ends.
    pub(crate) domain: Option<(&'static str, &'static str)>,
    /// These may be left away, each by itself.
    pub(crate) optional: &'static [&'static str],
    /// Every other key that has a meaning, such as those of another way to sign in.
    pub(crate) known: &'static [&'static str],
    /// Names that the usual .env files have for a key, besides `SYSTEM_KEY`: the key, the name.
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
    /// Where the user finds its value.
    pub(crate) found_in: &'static str,
}

/// A key, and where the user finds its value.
pub(crate) const fn part(key: &'static str, found_in: &'static str) -> Part {
    Part { key, found_in }
}
