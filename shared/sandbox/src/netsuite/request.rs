use super::error::Problem;
use crate::exchange::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

pub(super) const RECORDS: &str = "/services/rest/record/v1";
pub(super) const QUERY: &str = "/services/rest/query/v1/suiteql";
pub(super) const SYSTEM: &str = "/services/rest/system/v1";
pub(super) const JOBS: &str = "/services/rest/async/v1";
pub(super) const TOKEN: &str = "/services/rest/auth/oauth2/v1/token";

/// A parsed request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Incoming,
    /// The segments of the path behind the record service's root, decoded.
    pub(super) segments: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
}

/// The identifier of a record in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identifier {
    Internal(u64),
    External(String),
}

impl<'a> Call<'a> {
    pub(super) fn parse(request: &'a Incoming) -> Result<Self, Problem> {
        let rest = request.path().strip_prefix(RECORDS).unwrap_or_default();
        let segments = rest
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from));
        let malformed =
            |_| Problem::new(400, "INVALID_REQUEST", "Malformed URL.").in_url(request.path());
        Ok(Self {
            request,
            segments: segments.collect::<Result<_, _>>().map_err(malformed)?,
            parameters: url::form_urlencoded::parse(request.query().as_bytes())
                .into_owned()
                .collect(),
        })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns whether it only asks for the form of the record. NetSuite Help, article_1217103046.
    pub(super) fn is_form(&self) -> bool {
        let accept = self.request.header("accept");
        accept.is_some_and(|accept| accept.contains("type=create-form"))
    }

    /// Fails for parameters that the resource does not know.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), Problem> {
        match self
            .parameters
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(invalid_parameter(
                name,
                format!("Invalid query parameter {name}."),
            )),
            None => Ok(()),
        }
    }

    /// Reads the body, which must be one JSON object. The sandbox does not have
    /// asynchronous requests for a single record.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Problem> {
        let content_type = self.request.header("content-type").unwrap_or_default();
        let media_type = self.request.media_type().unwrap_or_default();
        let is_json = matches!(
            media_type,
            "application/json" | "application/vnd.oracle.resource+json"
        );
        if !is_json
            || content_type.contains("collection")
            || self.request.header("content-encoding").is_some()
        {
            let detail = format!("Unsupported content type {content_type}.");
            return Err(
                Problem::new(415, "UNSUPPORTED_MEDIA_TYPE", detail).in_header("Content-Type")
            );
        }
        if self
            .request
            .header("prefer")
            .is_some_and(|prefer| prefer.contains("respond-async"))
        {
            return Err(Problem::new(
                400,
                "INVALID_REQUEST",
                "Asynchronous requests are not available.",
            )
            .in_header("Prefer"));
        }
        match serde_json::from_slice(&self.request.body).map_err(Problem::invalid_body)? {
            Value::Object(fields) => Ok(fields),
            _ => Err(Problem::invalid_body("a JSON object is expected.")),
        }
    }

    /// Returns the size of the page and its offset. The size is at most 1000, and the offset is a
    /// multiple of it.
    pub(super) fn page(&self) -> Result<(usize, usize), Problem> {
        let limit = self.count("limit", 1_000)?;
        let offset = self.count("offset", 0)?;
        if !(1..=1_000).contains(&limit) {
            return Err(invalid_parameter(
                "limit",
                format!("Invalid value of limit: {limit}."),
            ));
        }
        if !offset.is_multiple_of(limit) {
            return Err(invalid_parameter(
                "offset",
                "Provide an offset that is divisible by limit.",
            ));
        }
        Ok((limit, offset))
    }

    fn count(&self, name: &str, default: usize) -> Result<usize, Problem> {
        let Some(text) = self.parameter(name) else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_| invalid_parameter(name, format!("Invalid value of {name}: {text}.")))
    }
}

impl Identifier {
    /// Reads `647` or `eid:WOO_CUST_56`.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        if let Some(external_id) = text.strip_prefix("eid:") {
            return Ok(Self::External(external_id.to_owned()));
        }
        let invalid = |_| {
            Problem::new(
                400,
                "INVALID_REQUEST",
                format!("Invalid record identifier '{text}'."),
            )
        };
        text.parse().map(Self::Internal).map_err(invalid)
    }
}

pub(super) fn invalid_parameter(name: &str, detail: impl Into<String>) -> Problem {
    Problem::new(400, "INVALID_PARAMETER", detail).in_parameter(name)
}
