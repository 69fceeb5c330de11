//! Values as compressed JSON: queues and tables bill by size.

use crate::AwsError;
use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, Read};

/// Fast, and within a few percent of what higher levels reach on orders.
const LEVEL: i32 = 3;
/// More than any limit of a body lets in; a text that pretends to be larger is not ours.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Compresses bytes.
pub(crate) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

/// The bytes that were compressed.
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

/// A value as compressed JSON.
pub(crate) fn pack<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    compress(&serde_json::to_vec(value)?)
}

/// The value of [`pack`]; `what` names it for the error.
pub(crate) fn unpack<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, AwsError> {
    let unreadable = |source: io::Error| AwsError::Unreadable {
        what: what.to_owned(),
        source: Some(source.into()),
    };
    let json = decompress(bytes).map_err(unreadable)?;
    serde_json::from_slice(&json).map_err(|error| unreadable(error.into()))
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress, unpack};

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

    #[test]
    fn what_is_no_blob_is_named() {
        let error = unpack::<u32>("the entry of order 1042", b"no zstd").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the entry of order 1042 cannot be read"),
            "{error}"
        );
    }
}
