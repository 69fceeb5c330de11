//! Values as compressed JSON.

use crate::{
    AwsError,
    blob::{compress, decompress},
};
use serde::{Serialize, de::DeserializeOwned};
use std::io;

/// Returns a value as compressed JSON.
pub(crate) fn pack<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    compress(&serde_json::to_vec(value)?)
}

/// Reads a value that [`pack`] returned; `what` names it in the error.
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
    use super::unpack;

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
