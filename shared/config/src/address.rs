use url::{Host, ParseError, Url};

/// Returns the address of a service, without a slash at its end: `https`, or `http` to this very
/// machine (simulators, tests), and the host alone, because paths are appended to it.
///
/// # Errors
/// When the text is not such an address. The error completes "... is no address that works here: ".
pub fn service_address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => "it does not begin with https://".to_owned(),
        other => format!("{other}; write the whole address, with https://"),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name or password; these belong into the secret".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(
            "it ends in a query or fragment; remove everything from `?` or `#` on".to_owned(),
        );
    }
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => return Err("credentials would travel unencrypted; write https:// (http:// is for this machine only)".to_owned()),
        scheme => return Err(format!("`{scheme}:` is not a web address; write https://")),
    }
    if !url.path().trim_end_matches('/').is_empty() {
        return Err("it has a path; write https:// and the host name, nothing else".to_owned());
    }
    Ok(url.origin().ascii_serialization())
}

/// Returns whether an address is one of this very machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        // A container reaches the machine that it runs on by the last of these names (Docker,
        // "Networking on Docker Desktop").
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".localhost") || name == "host.docker.internal"
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_https_anywhere_and_http_at_home() {
        assert_eq!(
            service_address("https://login.salesforce.com/").as_deref(),
            Ok("https://login.salesforce.com")
        );
        assert_eq!(
            service_address(" HTTPS://Login.Example.COM:8443// ").as_deref(),
            Ok("https://login.example.com:8443")
        );
        for home in [
            "http://127.0.0.1:4020",
            "http://localhost:4020",
            "http://crm.localhost:4020",
            "http://[::1]:4020",
            "http://host.docker.internal:4571",
        ] {
            assert_eq!(service_address(home).as_deref(), Ok(home));
        }
    }

    #[test]
    fn refuses_what_would_leak_or_cannot_work() {
        let refused = [
            "http://login.salesforce.com",
            "http://127.0.0.1.example.com",
            "http://docker.internal:4571",
            "login.salesforce.com",
            "https://",
            "ftp://example.com",
            "https://user:pass@example.com",
            "https://example.com?x=1",
            "https://example.com#top",
            "https://login.salesforce.com/services",
            "https://example.com/a/",
        ];
        for text in refused {
            assert!(service_address(text).is_err(), "{text}");
        }
    }
}
