use std::net::{Ipv4Addr, SocketAddr};

/// The place at which a double listens: by default at a free port of 127.0.0.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address that is bound.
    pub listen: SocketAddr,
    /// The URL by which its callers know it, where that is not the address: a container knows its
    /// host by another name than the host itself does.
    pub url: Option<String>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            url: None,
        }
    }
}
