//! Compression of bytes: queues and tables bill by size.

pub(crate) use ports::blob::decompress;
use std::io;

/// The zstd level: fast, and within a few percent of what higher levels reach on orders.
const LEVEL: i32 = 3;

/// Compresses bytes.
pub(crate) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    ports::blob::compress(bytes, LEVEL)
}
