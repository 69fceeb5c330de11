//! Compression of bytes: queues and tables bill by size.

use std::io::{self, Read};

/// The zstd level: fast, and within a few percent of what higher levels reach on orders.
const LEVEL: i32 = 3;
/// The largest decompressed size, more than any limit of a body lets in; a text that pretends to be
/// larger is not ours.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Compresses bytes.
pub(crate) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

/// Decompresses what [`compress`] returned.
pub(crate) fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    zstd::Decoder::new(bytes)?
        .take(LARGEST + 1)
        .read_to_end(&mut all)?;
    if u64::try_from(all.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is larger than anything that is ever sent",
        ));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress};

    #[test]
    fn bytes_come_back() {
        for bytes in [&b""[..], b"x", &[0; 100_000]] {
            assert_eq!(decompress(&compress(bytes).unwrap()).unwrap(), bytes);
        }
    }

    #[test]
    fn what_is_too_large_ends_early() {
        let bomb = compress(&vec![0; 65 * 1024 * 1024]).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(
            decompress(&bomb)
                .unwrap_err()
                .to_string()
                .contains("larger")
        );
    }
}
