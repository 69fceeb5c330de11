use std::net::{Ipv4Addr, SocketAddr};

/// Where a double listens: by default at a free port of 127.0.0.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address that is bound.
    pub listen: SocketAddr,
    /// What its callers take it to be at, where that is not the address: a container calls its
    /// machine by another name than the machine does.
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
