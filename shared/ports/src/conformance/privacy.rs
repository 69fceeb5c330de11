use super::{Case, PrivacySubject, cases, samples::instant};
use crate::{HeldRecord, RecordRef, SubjectRequest};

/// Returns the cases for the operator's list of requests about personal data.
#[must_use]
pub fn privacy_cases() -> Vec<Case<PrivacySubject>> {
    cases![PrivacySubject:
        a_request_comes_out_as_it_went_in,
        the_last_received_comes_first,
        the_same_request_adds_up,
        a_done_request_keeps_its_first_time,
        an_unknown_request_cannot_be_done,
        what_is_found_anew_opens_a_done_request,
        a_repeated_pass_that_finds_nothing_leaves_it_done,
        what_was_held_back_may_be_carried_out_later,
    ]
}

fn request(id: &str, received: i64) -> SubjectRequest {
    SubjectRequest {
        id: id.to_owned(),
        kind: "redact_customer".to_owned(),
        store: "acme".to_owned(),
        customer: Some("191167".to_owned()),
        orders: vec!["299938".to_owned(), "280263".to_owned()],
        received: instant(received, 5),
        done: None,
        held_back: None,
        waiting_removed: 1,
        dead_removed: 2,
        ledger_redacted: 3,
        records: vec![held("003-contact")],
    }
}

fn held(id: &str) -> HeldRecord {
    HeldRecord {
        destination: "sales".to_owned(),
        order: "299938".to_owned(),
        record: RecordRef {
            name: "contact".to_owned(),
            object: "Contact".to_owned(),
            id: id.to_owned(),
        },
    }
}

/// Returns a pass over the same request that found nothing.
fn nothing_new(id: &str) -> SubjectRequest {
    SubjectRequest {
        waiting_removed: 0,
        dead_removed: 0,
        ledger_redacted: 0,
        records: Vec::new(),
        ..request(id, 99)
    }
}

async fn record(subject: &PrivacySubject, request: SubjectRequest) {
    subject.log.record(request).await.expect("record");
}

async fn requests(subject: &PrivacySubject) -> Vec<SubjectRequest> {
    subject.log.requests().await.expect("requests")
}

async fn done(subject: &PrivacySubject, id: &str, second: i64) -> bool {
    subject
        .log
        .done(id, instant(second, 0))
        .await
        .expect("done")
}

async fn a_request_comes_out_as_it_went_in(subject: PrivacySubject) {
    let bare = SubjectRequest {
        customer: None,
        orders: Vec::new(),
        records: Vec::new(),
        ..request("b", 10)
    };
    record(&subject, bare.clone()).await;
    record(&subject, request("a", 20)).await;
    assert_eq!(requests(&subject).await, [request("a", 20), bare]);
}

async fn the_last_received_comes_first(subject: PrivacySubject) {
    for (id, received) in [("a", 20), ("b", 30), ("c", 10)] {
        record(&subject, request(id, received)).await;
    }
    let ids: Vec<String> = requests(&subject)
        .await
        .into_iter()
        .map(|request| request.id)
        .collect();
    assert_eq!(ids, ["b", "a", "c"]);
}

async fn the_same_request_adds_up(subject: PrivacySubject) {
    record(&subject, request("a", 10)).await;
    let again = SubjectRequest {
        records: vec![held("003-contact"), held("006-opportunity")],
        ..request("a", 99)
    };
    record(&subject, again).await;
    let both = SubjectRequest {
        waiting_removed: 2,
        dead_removed: 4,
        ledger_redacted: 6,
        records: vec![held("003-contact"), held("006-opportunity")],
        ..request("a", 10)
    };
    assert_eq!(requests(&subject).await, [both]);
}

async fn a_done_request_keeps_its_first_time(subject: PrivacySubject) {
    record(&subject, request("a", 10)).await;
    assert!(done(&subject, "a", 50).await && done(&subject, "a", 60).await);
    assert_eq!(requests(&subject).await[0].done, Some(instant(50, 0)));
}

async fn an_unknown_request_cannot_be_done(subject: PrivacySubject) {
    assert!(!done(&subject, "a", 50).await && !done(&subject, "", 50).await);
    assert_eq!(requests(&subject).await, []);
}

async fn what_is_found_anew_opens_a_done_request(subject: PrivacySubject) {
    record(&subject, request("a", 10)).await;
    done(&subject, "a", 50).await;
    let more = SubjectRequest {
        dead_removed: 1,
        ..nothing_new("a")
    };
    record(&subject, more).await;
    assert_eq!(
        (
            requests(&subject).await[0].done,
            requests(&subject).await[0].dead_removed
        ),
        (None, 3)
    );
}

async fn a_repeated_pass_that_finds_nothing_leaves_it_done(subject: PrivacySubject) {
    record(&subject, request("a", 10)).await;
    done(&subject, "a", 50).await;
    record(
        &subject,
        SubjectRequest {
            records: vec![held("003-contact")],
            ..nothing_new("a")
        },
    )
    .await;
    assert_eq!(requests(&subject).await[0].done, Some(instant(50, 0)));
}

async fn what_was_held_back_may_be_carried_out_later(subject: PrivacySubject) {
    let held_back = SubjectRequest {
        held_back: Some("nobody can tell whose shop it is".to_owned()),
        ..nothing_new("a")
    };
    record(&subject, held_back.clone()).await;
    assert_eq!(requests(&subject).await, std::slice::from_ref(&held_back));
    record(&subject, request("a", 100)).await;
    let carried_out = SubjectRequest {
        received: held_back.received,
        ..request("a", 100)
    };
    assert_eq!(requests(&subject).await, [carried_out]);
}
