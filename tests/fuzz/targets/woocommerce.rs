//! See `tests/fuzz/README.md`.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| fuzz::payload(config::Platform::WooCommerce, body));
