//! HTTP/1.1 on a listener. It uses hyper directly, not axum, because a fault may have to end a
//! connection without an answer, or in the middle of one.

use crate::{
    exchange::{Fate, Incoming},
    system::{Shared, System},
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Request, Response, header};
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
pub(crate) async fn run<S: System>(listener: TcpListener, shared: Arc<Shared<S>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
            }
            // This only forgets the connections that have ended.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve<S: System>(stream: TcpStream, shared: Arc<Shared<S>>) {
    // Without this, small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(request, &shared).await }
    });
    if let Err(error) = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "a connection of the sandbox ended early");
    }
}

/// Answers a request. An error makes hyper close the connection.
async fn answer<S: System>(
    request: Request<HyperBody>,
    shared: &Arc<Shared<S>>,
) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY)
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    match shared
        .handle(Incoming::from(Request::from_parts(head, body)))
        .await
    {
        Fate::Reply(reply) => Ok(whole(reply)),
        Fate::Truncate(reply) => Ok(half(reply)),
        Fate::Drop => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
    }
}

fn whole(reply: Response<Bytes>) -> Response<Body> {
    reply.map(|bytes| Full::new(bytes).map_err(|never| match never {}).boxed())
}

/// Creates an answer that announces the whole length and breaks off in the middle.
fn half(mut reply: Response<Bytes>) -> Response<Body> {
    let length = HeaderValue::from(reply.body().len());
    reply.headers_mut().insert(header::CONTENT_LENGTH, length);
    reply.map(|mut bytes| {
        bytes.truncate(bytes.len() / 2);
        let frames = [
            Ok(Frame::data(bytes)),
            Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
        ];
        BodyExt::boxed(StreamBody::new(stream::iter(frames)))
    })
}
