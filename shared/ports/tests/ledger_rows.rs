//! Tests that entries in the format that ledgers have kept all along load, and are written the same
//! again.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use ports::{Content, Holder, LedgerEntry, Revision, State, Takeover, Version};

const REST: &str = r#""attempts":3,"failing_since":"2026-01-01T08:18:20.999999Z","failing_for":{"secs":61,"nanos":1000000},"suspicion":2,"last_error":"UNABLE_TO_LOCK_ROW: wait","warnings":["SKU TEA-2 has no price book entry"],"first_seen":"2026-01-01T08:16:31Z","updated":"2026-01-01T08:20:00Z""#;

/// Returns the entry of this row, and checks that it would be written like this again.
fn row(delivered: &str, holder: &str) -> LedgerEntry {
    let row = format!(
        r#"{{"key":{{"route":"acme-sales","order":"4711"}},"revision":7,"state":"retrying","delivered":{delivered},"holder":{holder},{REST}}}"#
    );
    let entry: LedgerEntry = serde_json::from_str(&row).unwrap();
    assert_eq!(serde_json::to_string(&entry).unwrap(), row);
    entry
}

fn delivered(content: &str) -> Content {
    let delivered = format!(
        r#"{{"version":{{"modified":"2026-01-01T08:16:30Z","accepted":"2026-01-01T08:16:31.123456Z"}},"content":"{content}","records":[{{"name":"account","object":"Account","id":"001"}}],"products":{{"line-1":"SKU-1"}},"at":"2026-01-01T08:16:40.005Z"}}"#
    );
    row(&delivered, "null").delivered.unwrap().content
}

fn holder(version: &str, wait_until: &str, taken_from: &str) -> Holder {
    let holder = format!(
        r#"{{"group":"5d41402abc4b2a76","version":{version},"wait_until":{wait_until},"taken_from":{taken_from}}}"#
    );
    row("null", &holder).holder.unwrap()
}

#[test]
fn what_is_held_is_known_or_in_doubt() {
    let known = delivered("9f86d081884c7d65");
    assert_eq!(known, Content::Whole("9f86d081884c7d65".to_owned()));
    assert_eq!(delivered(""), Content::InDoubt);
}

#[test]
fn a_group_has_something_to_deliver_or_has_let_go() {
    let version = r#"{"modified":null,"accepted":"2026-01-01T08:16:31Z"}"#;
    let kept = holder(version, "null", "null");
    let accepted = "2026-01-01T08:16:31Z".parse().unwrap();
    let expected = Version {
        modified: None,
        accepted,
    };
    assert_eq!((kept.version, kept.takeover), (Some(expected), None));
    let released = r#"{"modified":null,"accepted":"-009999-01-02T01:59:59Z"}"#;
    assert_eq!(holder(released, "null", "null").version, None);
}

#[test]
fn an_order_may_have_been_taken_from_another_group() {
    let version = r#"{"modified":null,"accepted":"2026-01-01T08:16:31Z"}"#;
    let until = "2026-01-01T08:21:40.000001Z";
    let takeover = |from: Option<&str>| {
        Some(Takeover {
            until: until.parse().unwrap(),
            from: from.map(str::to_owned),
        })
    };
    let quoted = format!("\"{until}\"");
    let known = holder(version, &quoted, "\"7d793037a0760186\"");
    assert_eq!(known.takeover, takeover(Some("7d793037a0760186")));
    let unknown = holder(version, &quoted, "null");
    assert_eq!(unknown.takeover, takeover(None));
}

#[test]
fn an_entry_of_the_first_program_has_fewer_fields() {
    let row = r#"{"key":{"route":"r","order":"1"},"revision":1,"state":"skipped","delivered":null,"attempts":0,"last_error":null,"warnings":[],"first_seen":"2026-01-01T08:16:31Z","updated":"2026-01-01T08:20:00Z"}"#;
    let entry: LedgerEntry = serde_json::from_str(row).unwrap();
    assert_eq!(
        (entry.revision, entry.state, entry.holder),
        (Revision::new(1), State::Skipped, None)
    );
}
