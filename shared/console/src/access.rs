//! The way in: who may look at the pages, and which posts are the operator's own.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, net::SocketAddr};
use subtle::ConstantTimeEq;
use tokio::net::{TcpListener, lookup_host};

/// The length of the token, and of the key of seals, in bytes.
const TOKEN: usize = 32;
const KEY: usize = 64;

/// The reason for which the console cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The address could be reached from other machines.
    #[error(
        "the console opens on this machine only, and {0} can be reached from others: name an address such as 127.0.0.1:8081; to look at it from elsewhere, forward the port (ssh -L 8081:127.0.0.1:8081)"
    )]
    NotLoopback(String),
    /// The address cannot be had.
    #[error("the console cannot listen on {0}")]
    Taken(String, #[source] std::io::Error),
    /// The system gives no random bytes, without which anybody could come in.
    #[error("no random bytes for the console's token")]
    NoRandomness(#[source] getrandom::Error),
}

/// Creates a listener for the console, which is for this machine only. The address may have a name,
/// such as `localhost:8081`.
///
/// # Errors
/// Fails where the address is not a loopback address, or cannot be had.
pub async fn listen(address: &str) -> Result<TcpListener, NotOpened> {
    let taken = |error| NotOpened::Taken(address.to_owned(), error);
    let mut all: Vec<SocketAddr> = lookup_host(address).await.map_err(taken)?.collect();
    if !all.iter().all(|one| one.ip().is_loopback()) {
        return Err(NotOpened::NotLoopback(address.to_owned()));
    }
    all.sort_by_key(SocketAddr::is_ipv6);
    TcpListener::bind(all.as_slice()).await.map_err(taken)
}

/// The console's secrets and the addresses that it answers to. Its debug form shows no secret.
#[derive(Clone)]
pub struct Access {
    token: String,
    seal: Hmac<Sha256>,
    address: SocketAddr,
    authorities: Vec<String>,
    pub(crate) is_read_only: bool,
}

/// A browser that was let in.
#[derive(Clone)]
pub(crate) struct Session {
    /// The value that each form of this browser's pages carries.
    pub(crate) form: String,
}

impl Access {
    /// Creates new secrets for a console at a listener's address.
    ///
    /// # Errors
    /// Fails where the system gives no random bytes.
    pub fn new(address: SocketAddr, is_read_only: bool) -> Result<Self, NotOpened> {
        let port = address.port();
        let names = ["localhost", "127.0.0.1", "[::1]"];
        let mut authorities: Vec<String> =
            names.iter().map(|name| format!("{name}:{port}")).collect();
        authorities.push(address.to_string());
        if port == 80 {
            // A browser leaves the usual port out.
            authorities.extend(names.map(str::to_owned));
        }
        Ok(Self {
            token: hex::encode(random::<TOKEN>()?),
            seal: Hmac::new(&random::<KEY>()?.into()),
            address,
            authorities,
            is_read_only,
        })
    }

    /// Returns the address to open in a browser. It lets in whoever has it, so it is printed for
    /// the operator and never logged.
    #[must_use]
    pub fn link(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token)
    }

    /// Returns whether a name is one by which this machine's own browser calls the console. Another
    /// name that leads here belongs to a page that wants in.
    pub(crate) fn answers_to(&self, authority: &str) -> bool {
        let mut own = self.authorities.iter();
        own.any(|own| own.eq_ignore_ascii_case(authority))
    }

    pub(crate) fn is_token(&self, given: &str) -> bool {
        self.token.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// Returns the header that lets a browser in. Cookies know no ports: the name keeps two
    /// consoles of one machine apart.
    pub(crate) fn new_cookie(&self) -> Result<String, NotOpened> {
        let id = hex::encode(random::<16>()?);
        let sealed = self.seal("session", &id);
        Ok(format!(
            "{}={id}.{sealed}; Path=/; HttpOnly; SameSite=Strict",
            self.cookie_name()
        ))
    }

    /// Returns the session that a request's cookies name, where it is one of ours.
    pub(crate) fn session(&self, cookies: &str) -> Option<Session> {
        let name = self.cookie_name();
        let mut pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
        let (id, sealed) = pairs
            .find(|(key, _)| key.trim() == name)
            .and_then(|(_, value)| value.trim().split_once('.'))?;
        let is_ours: bool = self
            .seal("session", id)
            .as_bytes()
            .ct_eq(sealed.as_bytes())
            .into();
        is_ours.then(|| Session {
            form: self.seal("form", id),
        })
    }

    fn cookie_name(&self) -> String {
        format!("orderbridge-console-{}", self.address.port())
    }

    fn seal(&self, what: &str, id: &str) -> String {
        let mut seal = self.seal.clone();
        seal.update(what.as_bytes());
        seal.update(b" ");
        seal.update(id.as_bytes());
        hex::encode(seal.finalize().into_bytes())
    }
}

impl Session {
    pub(crate) fn is_form(&self, given: &str) -> bool {
        self.form.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Access")
            .field("address", &self.address)
            .field("is_read_only", &self.is_read_only)
            .finish_non_exhaustive()
    }
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], NotOpened> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(NotOpened::NoRandomness)?;
    Ok(bytes)
}
