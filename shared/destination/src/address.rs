use reqwest::Url;
use url::Host;

/// Checks the address that a log-in returned, and returns it without a slash at its end.
/// Credentials go there, so it must be HTTPS or this machine, with nothing behind the host's name.
/// `like` is an example for the message. An address in the configuration is checked where that is
/// read.
///
/// # Errors
/// When credentials must not go there. The message says what is wrong and how to write the address;
/// it quotes the text, so it is for addresses that are no secret.
pub fn service_address(text: &str, like: &str) -> Result<String, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("\"{text}\" is no address ({error}); write it like {like}"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        _ => {
            return Err(format!(
                "\"{text}\" must begin with https://, because credentials go there"
            ));
        }
    }
    let ends_after_host = url.path().trim_end_matches('/').is_empty()
        && url.query().is_none()
        && url.fragment().is_none();
    if !ends_after_host || !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "\"{text}\" must be https:// and the host name, nothing else, like {like}"
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// Returns whether the address is this machine, by the configuration's rule, so that a test double
/// here may return its own address.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
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
        for (text, address) in [
            ("https://login.example.com", "https://login.example.com"),
            (" https://Login.Example.com/ ", "https://login.example.com"),
            (
                "https://login.example.com:8443//",
                "https://login.example.com:8443",
            ),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://localhost:8080", "http://localhost:8080"),
            (
                "http://host.docker.internal:4571",
                "http://host.docker.internal:4571",
            ),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://crm.localhost:8080", "http://crm.localhost:8080"),
        ] {
            assert_eq!(service_address(text, "x").as_deref(), Ok(address));
        }
    }

    #[test]
    fn refuses_what_would_leak_credentials_or_lose_a_part() {
        for text in [
            "",
            "login.example.com",
            "http://login.example.com",
            "http://127.0.0.1.example.com",
            "ftp://login.example.com",
            "https://login.example.com/services",
            "https://login.example.com?x=1",
            "https://login.example.com#top",
            "https://somebody@login.example.com",
            "https://:word@login.example.com",
        ] {
            assert!(
                service_address(text, "https://login.example.com").is_err(),
                "{text}"
            );
        }
    }
}
