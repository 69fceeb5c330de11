//! Compression of bodies and entries (zstd), for stores that are billed by size or spend their time
//! on writing pages.

use std::{
    cell::RefCell,
    io::{self, ErrorKind},
};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::get_frame_content_size,
};

/// The largest decompressed size, more than any limit of a body lets in; a text that pretends to be
/// larger is not ours.
const LARGEST: usize = 64 * 1024 * 1024;

thread_local! {
    // Kept by each thread: for a small text, making one takes longer than compressing with it.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses bytes at a level of zstd's.
///
/// # Errors
/// When there is no memory for it.
pub fn compress(bytes: &[u8], level: i32) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => {
            compressor.set_compression_level(level)?;
            compressor.compress(bytes)
        }
        None => kept.insert(Compressor::new(level)?).compress(bytes),
    })
}

/// Decompresses what [`compress`] returned.
///
/// # Errors
/// When it is damaged, or is not what [`compress`] returned.
pub fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let invalid = |text: &str| io::Error::new(ErrorKind::InvalidData, text);
    let size = size(bytes).ok_or_else(|| invalid("it is not compressed, or damaged"))?;
    if size > LARGEST {
        return Err(invalid("it is larger than anything that is ever sent"));
    }
    DECOMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(decompressor) => decompressor.decompress(bytes, size),
        None => kept.insert(Decompressor::new()?).decompress(bytes, size),
    })
}

/// Returns how many bytes were compressed to these; `None` where they are not what [`compress`]
/// returned.
#[must_use]
pub fn size(bytes: &[u8]) -> Option<usize> {
    let size = get_frame_content_size(bytes).ok().flatten()?;
    usize::try_from(size).ok()
}

#[cfg(test)]
mod tests {
    use super::{compress, decompress, size};

    #[test]
    fn bytes_come_back() {
        for bytes in [&b""[..], b"x", &[0; 100_000]] {
            for level in [1, 3] {
                let compressed = compress(bytes, level).unwrap();
                assert_eq!(size(&compressed), Some(bytes.len()));
                assert_eq!(decompress(&compressed).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn what_is_too_large_ends_early() {
        let bomb = compress(&vec![0; 65 * 1024 * 1024], 3).unwrap();
        assert!(bomb.len() < 100_000);
        assert!(
            decompress(&bomb)
                .unwrap_err()
                .to_string()
                .contains("larger")
        );
    }

    #[test]
    fn what_is_damaged_or_foreign_is_an_error() {
        let whole = compress(&b"an order ".repeat(100), 3).unwrap();
        for bytes in [&b""[..], b"{\"id\":1}", &whole[..whole.len() / 2]] {
            decompress(bytes).unwrap_err();
        }
    }
}
