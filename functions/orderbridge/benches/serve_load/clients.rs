//! Clients that send one request after the other, each over a connection of its own.

use crate::server::Server;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What one load took.
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    /// The server's CPU time per request.
    pub(crate) cpu_ms: f64,
    latencies: Vec<Duration>,
}

impl Figures {
    /// Returns the latency in milliseconds within which this many of a thousand requests were
    /// answered.
    pub(crate) fn at(&self, share: usize) -> f64 {
        self.latencies[self.latencies.len() * share / 1000].as_secs_f64() * 1e3
    }
}

/// Sends all requests.
pub(crate) async fn run(server: &Server, requests: &[Vec<u8>], connections: usize) -> Figures {
    let (cpu, start) = (server.cpu_seconds(), Instant::now());
    let shares = (0..connections).map(|share| {
        send(
            &server.address,
            requests.iter().skip(share).step_by(connections),
        )
    });
    let mut latencies: Vec<Duration> = futures::future::join_all(shares)
        .await
        .into_iter()
        .flatten()
        .collect();
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), server.cpu_seconds() - cpu);
    latencies.sort_unstable();
    let count = requests.len() as f64;
    Figures {
        per_second: count / elapsed,
        cpu_ms: cpu / count * 1e3,
        latencies,
    }
}

async fn send(address: &str, requests: impl Iterator<Item = &Vec<u8>>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut latencies, mut buffer) = (Vec::new(), vec![0_u8; 4096]);
    for request in requests {
        let start = Instant::now();
        stream.write_all(request).await.unwrap();
        let mut read = 0;
        // Answers are short and have no more than one JSON object as their body.
        while !buffer[..read].ends_with(b"}") {
            read += stream.read(&mut buffer[read..]).await.unwrap();
        }
        latencies.push(start.elapsed());
        assert!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..read])
        );
    }
    latencies
}
