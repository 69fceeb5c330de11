//! See `tests/fuzz/README.md`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::mapping(text));
