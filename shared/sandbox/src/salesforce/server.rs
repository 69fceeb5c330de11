//! HTTP/1.1 on a listener. It stands below axum because a fault may have to end a connection without an answer, or in the middle of one.

use super::{
    exchange::{Fate, Incoming, Reply},
    world::Shared,
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming as HyperBody},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{io, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const LARGEST_BODY: usize = 16 * 1024 * 1024;

type Body = BoxBody<Bytes, io::Error>;

/// Serves until the task is cancelled, which closes all connections.
pub(super) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
            }
            // Only to forget the connections that have ended.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(request, &shared).await }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection of the sandbox ended early");
    }
}

/// An error makes hyper close the connection.
async fn answer(request: Request<HyperBody>, shared: &Shared) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let incoming = Incoming {
        method: head.method.to_string(),
        target,
        headers: head.headers,
        body,
    };
    match shared.handle(incoming).await {
        Fate::Reply(reply) => Ok(whole(reply)),
        Fate::Truncate(reply) => Ok(half(reply)),
        Fate::Drop => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
    }
}

fn whole(reply: Reply) -> Response<Body> {
    let (mut response, bytes) = parts(reply);
    *response.body_mut() = Full::new(bytes).map_err(|never| match never {}).boxed();
    response
}

/// Announces the whole length and breaks off in the middle.
fn half(reply: Reply) -> Response<Body> {
    let (mut response, mut bytes) = parts(reply);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    bytes.truncate(bytes.len() / 2);
    let frames = [Ok(Frame::data(bytes)), Err(io::Error::from(io::ErrorKind::ConnectionAborted))];
    *response.body_mut() = BodyExt::boxed(StreamBody::new(stream::iter(frames)));
    response
}

fn parts(reply: Reply) -> (Response<Body>, Bytes) {
    let Reply { answer, page, usage } = reply;
    let mut response = Response::new(Full::default().map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = answer.body.as_ref().map(ToString::to_string);
    let media_type = if page.is_some() {
        "text/html; charset=UTF-8"
    } else {
        "application/json;charset=UTF-8"
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache,must-revalidate,max-age=0,no-store,private"),
    );
    for (name, value) in [("sforce-limit-info", Some(usage)), ("location", answer.location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    (response, page.map_or_else(|| Bytes::from(json.unwrap_or_default()), Bytes::from))
}
