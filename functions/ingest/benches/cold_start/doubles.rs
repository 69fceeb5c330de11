//! Lambda's Runtime API, Secrets Manager and SQS, as far as one function needs them.

use crate::events::{Event, SECRET};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};

pub(crate) struct Doubles {
    pub(crate) runtime: SocketAddr,
    pub(crate) aws: SocketAddr,
    sqs_calls: Arc<AtomicU64>,
    /// The times when the function asked for an event.
    asked: Mutex<mpsc::UnboundedReceiver<Instant>>,
    answered: Mutex<mpsc::UnboundedReceiver<(Instant, Bytes)>>,
    events: mpsc::UnboundedSender<Vec<u8>>,
}

struct Lambda {
    asked: mpsc::UnboundedSender<Instant>,
    answered: mpsc::UnboundedSender<(Instant, Bytes)>,
    events: Mutex<mpsc::UnboundedReceiver<Vec<u8>>>,
}

impl Doubles {
    pub(crate) async fn start() -> Self {
        let (asked, was_asked) = mpsc::unbounded_channel();
        let (answered, was_answered) = mpsc::unbounded_channel();
        let (events, to_give) = mpsc::unbounded_channel();
        let events_of = Mutex::new(to_give);
        let lambda = Arc::new(Lambda {
            asked,
            answered,
            events: events_of,
        });
        let sqs_calls = Arc::new(AtomicU64::new(0));
        let runtime = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .with_state(lambda);
        let aws = Router::new()
            .fallback(post(aws))
            .with_state(Arc::clone(&sqs_calls));
        Self {
            runtime: serve(runtime).await,
            aws: serve(aws).await,
            sqs_calls,
            asked: Mutex::new(was_asked),
            answered: Mutex::new(was_answered),
            events,
        }
    }

    /// Waits until the function asks for its first event.
    pub(crate) async fn next_asked(&self) -> Instant {
        self.asked
            .lock()
            .await
            .recv()
            .await
            .expect("the double of Lambda runs")
    }

    /// Hands an event over, waits for the answer, and returns how long that took. The function asks
    /// for the next event in the meantime.
    pub(crate) async fn invoke(&self, event: &Event) -> Duration {
        let begun = Instant::now();
        self.events
            .send(event.json.clone())
            .expect("the double of Lambda runs");
        let (done, body) = self.answered.lock().await.recv().await.expect("an answer");
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(
            answer.get("statusCode"),
            Some(&json!(event.status)),
            "{answer}"
        );
        self.next_asked().await;
        done.duration_since(begun)
    }

    pub(crate) fn sqs_calls(&self) -> u64 {
        self.sqs_calls.load(Ordering::Relaxed)
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn next(State(lambda): State<Arc<Lambda>>) -> Response {
    let _ = lambda.asked.send(Instant::now());
    let Some(event) = lambda.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "11111111-2222-4333-8444-555555555555",
        ),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:ingest",
        ),
        ("content-type", "application/json"),
    ];
    (headers, event).into_response()
}

async fn response(State(lambda): State<Arc<Lambda>>, body: Bytes) -> StatusCode {
    let _ = lambda.answered.send((Instant::now(), body));
    StatusCode::ACCEPTED
}

async fn aws(State(sqs_calls): State<Arc<AtomicU64>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match target {
        "secretsmanager.GetSecretValue" => {
            let secret = json!({ "webhook_secret": SECRET }).to_string();
            Json(json!({ "Name": request.get("SecretId"), "SecretString": secret, "CreatedDate": 1_600_000_000.0 })).into_response()
        }
        "AmazonSQS.SendMessageBatch" => {
            sqs_calls.fetch_add(1, Ordering::Relaxed);
            sent(&request)
        }
        other => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "__type": "UnknownOperation", "message": other })),
        )
            .into_response(),
    }
}

fn sent(request: &Value) -> Response {
    let entries = request
        .get("Entries")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if entries.is_empty() {
        let error = json!({ "__type": "com.amazonaws.sqs#EmptyBatchRequest", "message": "There should be at least one SendMessageBatchRequestEntry in the request." });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let done: Vec<Value> = entries
        .iter()
        .map(|entry| json!({ "Id": entry.get("Id"), "MessageId": "11111111-2222-4333-8444-555555555555", "MD5OfMessageBody": "", "SequenceNumber": "1" }))
        .collect();
    Json(json!({ "Successful": done, "Failed": [] })).into_response()
}
