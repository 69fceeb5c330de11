//! Requests about personal data that the shops passed on.

use ports::SubjectRequest;

/// Returns when an open request may be marked as done, in words that follow "done" or a colon.
#[must_use]
pub fn what_is_left(request: &SubjectRequest) -> &'static str {
    match request.kind.as_str() {
        "access" => "when you have told the customer what is kept",
        _ if request.held_back.is_some() => "when you have dealt with it",
        "redact_order" if request.records.is_empty() => {
            "no destination is known to hold the order; when you have seen this"
        }
        "redact_store" => {
            "when you have dealt with the shop's records (orderbridge orders list --json has their ids)"
        }
        _ if request.records.is_empty() => {
            "when you have looked for the customer in the destinations"
        }
        _ => "when you have erased these records, or may keep them",
    }
}
