#![doc = include_str!("../README.md")]

use config::Platform;
use order::Order;
use source::{Normalized, Source};
use std::{fs, path::PathBuf, sync::Arc};

/// One of the sample webhooks in `events/`.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Name of its file, without `.json`.
    pub name: String,
    /// The bytes that the shop would sign.
    pub body: Vec<u8>,
}

/// The sample webhooks of a platform, by name. Empty where the folder cannot be read: a test that
/// needs them fails on that.
#[must_use]
pub fn samples(platform: Platform) -> Vec<Sample> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../events")
        .join(platform.as_str());
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut samples: Vec<Sample> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter_map(|path| {
            Some(Sample {
                name: path.file_stem()?.to_str()?.to_owned(),
                body: fs::read(path).ok()?,
            })
        })
        .collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    samples
}

/// The orders among a platform's samples, each with its sample.
#[must_use]
pub fn orders(platform: Platform, source: &Arc<dyn Source>) -> Vec<(Sample, Order)> {
    let topic = source.order_topics().first().copied().unwrap_or_default();
    let order = |sample: Sample| match source.normalize(topic, &sample.body) {
        Ok(Normalized::Order(order)) => Some((sample, *order)),
        _ => None,
    };
    samples(platform).into_iter().filter_map(order).collect()
}
