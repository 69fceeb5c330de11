//! A service that a test plays itself, on loopback: for tests that must run on any machine, without
//! the simulator.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::IntoResponse,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A request that the double received.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The parameters, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Status, headers and body of an answer.
pub type Answered = (u16, Vec<(&'static str, String)>, String);

/// The running service and the requests that it received so far.
#[derive(Clone, Debug)]
pub struct Double {
    /// The address at which it listens, on this machine.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Double {
    /// Starts a service that answers every request with `answer`.
    pub async fn start(
        answer: impl Fn(&Asked) -> Answered + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let noted = Arc::clone(&asked);
        let handler = |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let pairs = reqwest::Url::parse(&format!("http://double{uri}")).unwrap();
            let asked = Asked {
                method,
                path: uri.path().to_owned(),
                query: pairs.query_pairs().into_owned().collect(),
                headers,
                body,
            };
            let (status, headers, body) = answer(&asked);
            noted.lock().unwrap().push(asked);
            let headers: HeaderMap = headers
                .into_iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect();
            (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// Returns the requests that it received so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}
