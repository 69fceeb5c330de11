use bytes::Bytes;
use jiff::Timestamp;
use platform_aws::{open_envelope, seal_envelope};
use ports::Message;

/// The text of a message in a queue, as it came or as the body of a message of ours.
pub fn envelope(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(message) = open_envelope(&text) {
        comes_out_as_it_went_in(&message);
    }
    comes_out_as_it_went_in(&Message {
        route: "acme-sales".to_owned(),
        destination: "sales".to_owned(),
        store: "acme".to_owned(),
        kind: ports::Kind::Order,
        origin: ports::Origin::Posted,
        topic: text.chars().take(40).collect(),
        event: text.chars().rev().take(40).collect(),
        order: Some(text.into_owned()),
        modified: None,
        accepted: Timestamp::UNIX_EPOCH,
        group: "group".to_owned(),
        dedupe: None,
        replays: 0,
        body: Bytes::copy_from_slice(input),
    });
}

fn comes_out_as_it_went_in(message: &Message) {
    let sealed = seal_envelope(message).expect("a message fits into a text");
    assert_eq!(&open_envelope(&sealed).expect("what was written can be read"), message);
}
