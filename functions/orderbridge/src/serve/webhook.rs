//! `POST /webhooks/{store}`: carries bytes to the gate and its answer back.

use super::{
    arrival::{Arrivals, listen_on},
    crowd::{Guest, Working},
    heard::Tally,
};
use axum::{
    Extension,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use ingest::{Answer, Gate};
use source::Webhook;
use std::sync::Arc;

/// The parts that receiving needs.
pub(super) struct Desk {
    pub(super) gate: Arc<Gate>,
    pub(super) tally: Arc<Tally>,
    pub(super) arrivals: Arrivals,
}

pub(super) async fn receive(
    State(desk): State<Arc<Desk>>,
    Path(store): Path<String>,
    Extension(guest): Extension<Arc<Guest>>,
    Extension(working): Extension<Working>,
    request: Request,
) -> Response {
    let (parts, mut body) = request.into_parts();
    let answer = match desk.whole(&store, &parts.headers, &mut body).await {
        Ok(whole) => {
            guest.arrived();
            let webhook = Webhook {
                headers: &parts.headers,
                query: parts.uri.query().unwrap_or_default(),
                body: &whole,
            };
            desk.gate.accept(&store, webhook).await
        }
        Err(answer) => {
            if is_worth_listening_on(&answer, &parts.headers) {
                listen_on(body, working);
            }
            answer
        }
    };
    desk.tally.count(&store, &answer);
    response(&answer)
}

impl Desk {
    /// Reads the whole body, or returns the answer to a request that is refused before its body has
    /// arrived.
    async fn whole(
        &self,
        store: &str,
        headers: &HeaderMap,
        body: &mut Body,
    ) -> Result<Bytes, Answer> {
        let allowance = self.gate.before_body(store, headers)?;
        let whole = self.arrivals.whole(body, allowance).await;
        whole.inspect_err(|answer| self.gate.note_unread(store, answer))
    }
}

/// Returns whether the rest of the body is read after a refusal. A client that asks first whether
/// to send (`Expect`) sends nothing more, and one that was too slow or too much is not waited for.
fn is_worth_listening_on(answer: &Answer, headers: &HeaderMap) -> bool {
    let is_over = matches!(
        answer,
        Answer::TooSlow | Answer::Overloaded | Answer::BrokenOff
    );
    !is_over && !headers.contains_key(header::EXPECT)
}

fn response(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(answer.body())).into_response();
    if let Some(seconds) = answer.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
