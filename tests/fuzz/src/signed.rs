use config::Platform;
use http::{HeaderMap, HeaderName, HeaderValue};
use source::{Source, Verified, Webhook, WebhookSecrets};
use std::sync::LazyLock;

static SECRETS: LazyLock<WebhookSecrets> = LazyLock::new(|| WebhookSecrets::new(vec!["no secret at all".to_owned()]).expect("a secret"));

/// Lines of headers, an empty line, a body: signed by the shop, but for the headers that the lines
/// replace.
pub fn verify(input: &[u8]) {
    let end = input.windows(2).position(|pair| pair == b"\n\n");
    let (lines, body) = end.map_or((&input[..0], input), |end| (&input[..end], &input[end + 2..]));
    for platform in Platform::ALL {
        let source = sources::source(*platform);
        let signed = signed(source.as_ref(), body);
        assert!(
            judge(source.as_ref(), &signed, body).is_some(),
            "{}: what was signed is refused",
            source.platform()
        );
        let headers = replaced(signed, lines);
        let mut longer = body.to_vec();
        longer.push(b' ');
        if judge(source.as_ref(), &headers, body).is_some_and(|verified| verified != Verified::Ping) {
            let believed = judge(source.as_ref(), &headers, &longer);
            assert!(
                !believed.is_some_and(|verified| verified != Verified::Ping),
                "{}: nobody signed this",
                source.platform()
            );
        }
    }
}

fn judge(source: &dyn Source, headers: &HeaderMap, body: &[u8]) -> Option<Verified> {
    let query = "";
    source.verify(Webhook { headers, query, body }, &SECRETS).ok()
}

/// The headers that the shop would send.
fn signed(source: &dyn Source, body: &[u8]) -> HeaderMap {
    let topic = source.order_topics().first().copied().unwrap_or_default();
    let pairs = source.sign(topic, body, &SECRETS).into_iter();
    pairs
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?)))
        .collect()
}

/// The first line of a name takes the place of what the shop sent, or takes it away where its value
/// is empty; further ones stand beside it.
fn replaced(mut headers: HeaderMap, lines: &[u8]) -> HeaderMap {
    let mut more = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (
            HeaderName::from_bytes(&line[..colon]),
            HeaderValue::from_bytes(line[colon + 1..].trim_ascii()),
        );
        if let (Ok(name), Ok(value)) = (name, value) {
            more.append(name, value);
        }
    }
    for name in more.keys() {
        headers.remove(name);
    }
    let mut last = None;
    for (name, value) in more {
        last = name.or(last);
        if let Some(name) = last.as_ref().filter(|_| !value.is_empty()) {
            headers.append(name, value);
        }
    }
    headers
}
