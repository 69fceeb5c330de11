//! A request as it came, and the reaction on its connection.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    /// Path and query, not decoded.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The reaction on the connection.
#[derive(Debug)]
pub(crate) enum Fate {
    Reply(Response<Bytes>),
    /// Half of the body is sent, then the connection is closed.
    Truncate(Response<Bytes>),
    /// The connection is closed.
    Drop,
}

impl From<Request<Bytes>> for Incoming {
    fn from(request: Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            method: head.method.to_string(),
            target: head
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: head.headers,
            body,
        }
    }
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the content type without its parameters.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.header("content-type")
            .map(|value| value.split(';').next().unwrap_or_default().trim())
    }

    /// Returns the target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Returns the part of the target behind the question mark.
    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Creates an answer with a body of this media type. A number that is no HTTP status becomes 500.
pub(crate) fn reply(
    status: u16,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
