use super::{
    Case, TokenSubject, cases,
    samples::{LONG, OVER, SHORT, instant},
};
use crate::{Refresh, RefreshLimit, Token};
use std::time::Duration;

/// Returns the cases for a token store.
#[must_use]
pub fn token_cases() -> Vec<Case<TokenSubject>> {
    cases![TokenSubject:
        there_is_no_token_at_first,
        the_first_refresh_is_granted,
        a_token_comes_out_as_it_went_in,
        a_second_refresh_is_busy,
        a_lease_dies_with_its_time,
        a_dead_lease_stores_nothing,
        a_lease_that_ended_unnoticed_stores_nothing,
        a_finished_lease_stores_nothing_more,
        a_made_up_lease_stores_nothing,
        a_refused_generation_that_is_older_gets_the_renewed_token,
        the_present_generation_may_be_renewed,
        generations_grow,
        a_failed_refresh_frees_the_lease_and_keeps_the_token,
        destinations_are_separate,
        no_more_refreshes_than_the_limit_are_granted,
        failed_and_unlimited_refreshes_count_for_the_limit,
        a_renewed_token_is_not_limited,
        what_a_clock_wrote_that_was_ahead_holds_nobody_up,
    ]
}

fn sample(value: &str) -> Token {
    Token {
        value: value.to_owned(),
        base_url: "https://acme.example.com".to_owned(),
        expires: Some(instant(1_767_259_000, 654_321)),
        generation: 0,
    }
}

async fn begin(
    subject: &TokenSubject,
    destination: &str,
    refused: u64,
    lease: Duration,
) -> Refresh {
    subject
        .tokens
        .begin_refresh(destination, refused, lease, None)
        .await
        .expect("begin_refresh")
}

async fn granted(subject: &TokenSubject, destination: &str, refused: u64, lease: Duration) -> u64 {
    match begin(subject, destination, refused, lease).await {
        Refresh::Granted { lease } => lease,
        other => panic!("the refresh should be granted, not {other:?}"),
    }
}

async fn finish(
    subject: &TokenSubject,
    destination: &str,
    lease: u64,
    token: Option<Token>,
) -> Option<Token> {
    subject
        .tokens
        .finish_refresh(destination, lease, token)
        .await
        .expect("finish_refresh")
}

async fn present(subject: &TokenSubject, destination: &str) -> Option<Token> {
    subject.tokens.token(destination).await.expect("token")
}

async fn there_is_no_token_at_first(subject: TokenSubject) {
    assert_eq!(present(&subject, "sales").await, None);
}

async fn the_first_refresh_is_granted(subject: TokenSubject) {
    granted(&subject, "sales", 0, LONG).await;
    assert_eq!(
        present(&subject, "sales").await,
        None,
        "a lease is no token"
    );
}

async fn a_token_comes_out_as_it_went_in(subject: TokenSubject) {
    let lease = granted(&subject, "sales", 0, LONG).await;
    let stored = finish(&subject, "sales", lease, Some(sample("first")))
        .await
        .expect("a token");
    assert_eq!(
        stored,
        Token {
            generation: stored.generation,
            ..sample("first")
        }
    );
    assert!(stored.generation > 0, "0 stands for no token");
    assert_eq!(present(&subject, "sales").await, Some(stored.clone()));
    let lease = granted(&subject, "sales", stored.generation, LONG).await;
    let endless = finish(
        &subject,
        "sales",
        lease,
        Some(Token {
            expires: None,
            ..sample("endless")
        }),
    )
    .await
    .expect("a token");
    assert_eq!((endless.expires, endless.value.as_str()), (None, "endless"));
}

async fn a_second_refresh_is_busy(subject: TokenSubject) {
    granted(&subject, "sales", 0, LONG).await;
    let Refresh::Busy { until } = begin(&subject, "sales", 0, LONG).await else {
        panic!("somebody else is at it");
    };
    let Refresh::Busy { until: again } = begin(&subject, "sales", 0, LONG).await else {
        panic!("somebody else is still at it");
    };
    assert_eq!(until, again, "asking does not make the lease longer");
}

async fn a_lease_dies_with_its_time(subject: TokenSubject) {
    let first = granted(&subject, "sales", 0, SHORT).await;
    subject.time.pass(OVER).await;
    let second = granted(&subject, "sales", 0, LONG).await;
    assert_ne!(first, second);
}

async fn a_dead_lease_stores_nothing(subject: TokenSubject) {
    let dead = granted(&subject, "sales", 0, SHORT).await;
    subject.time.pass(OVER).await;
    let alive = granted(&subject, "sales", 0, LONG).await;
    assert_eq!(
        finish(&subject, "sales", dead, Some(sample("late"))).await,
        None
    );
    let stored = finish(&subject, "sales", alive, Some(sample("in time")))
        .await
        .expect("a token");
    assert_eq!(
        stored.value, "in time",
        "the dead lease did not end the living one"
    );
    assert_eq!(
        finish(&subject, "sales", dead, Some(sample("later"))).await,
        Some(stored.clone()),
        "the present token is returned"
    );
    assert_eq!(present(&subject, "sales").await, Some(stored));
}

async fn a_lease_that_ended_unnoticed_stores_nothing(subject: TokenSubject) {
    let dead = granted(&subject, "sales", 0, SHORT).await;
    subject.time.pass(OVER).await;
    assert_eq!(
        finish(&subject, "sales", dead, Some(sample("late"))).await,
        None
    );
    assert_eq!(present(&subject, "sales").await, None);
}

async fn a_finished_lease_stores_nothing_more(subject: TokenSubject) {
    let lease = granted(&subject, "sales", 0, LONG).await;
    let stored = finish(&subject, "sales", lease, Some(sample("first"))).await;
    assert_eq!(
        finish(&subject, "sales", lease, Some(sample("second"))).await,
        stored
    );
}

async fn a_made_up_lease_stores_nothing(subject: TokenSubject) {
    assert_eq!(
        finish(&subject, "sales", 0, Some(sample("none"))).await,
        None
    );
    let lease = granted(&subject, "sales", 0, LONG).await;
    assert_eq!(
        finish(
            &subject,
            "sales",
            lease.wrapping_add(1),
            Some(sample("none"))
        )
        .await,
        None
    );
    assert_eq!(present(&subject, "sales").await, None);
}

async fn a_refused_generation_that_is_older_gets_the_renewed_token(subject: TokenSubject) {
    let lease = granted(&subject, "sales", 0, LONG).await;
    let first = finish(&subject, "sales", lease, Some(sample("first")))
        .await
        .expect("a token");
    assert_eq!(
        begin(&subject, "sales", 0, LONG).await,
        Refresh::Renewed(first.clone())
    );
    let lease = granted(&subject, "sales", first.generation, LONG).await;
    // A caller with the older generation gets an answer even while somebody renews the present one.
    assert_eq!(
        begin(&subject, "sales", 0, LONG).await,
        Refresh::Renewed(first.clone())
    );
    let second = finish(&subject, "sales", lease, Some(sample("second")))
        .await
        .expect("a token");
    assert_eq!(
        begin(&subject, "sales", first.generation, LONG).await,
        Refresh::Renewed(second)
    );
}

async fn the_present_generation_may_be_renewed(subject: TokenSubject) {
    let lease = granted(&subject, "sales", 0, LONG).await;
    let first = finish(&subject, "sales", lease, Some(sample("first")))
        .await
        .expect("a token");
    granted(&subject, "sales", first.generation, LONG).await;
    assert_eq!(
        present(&subject, "sales").await,
        Some(first),
        "the old token stays until the new one is there"
    );
}

async fn generations_grow(subject: TokenSubject) {
    let mut last = 0;
    for number in 0..5 {
        let lease = granted(&subject, "sales", last, LONG).await;
        let token = finish(&subject, "sales", lease, Some(sample(&number.to_string())))
            .await
            .expect("a token");
        assert!(token.generation > last, "{} after {last}", token.generation);
        last = token.generation;
    }
}

async fn a_failed_refresh_frees_the_lease_and_keeps_the_token(subject: TokenSubject) {
    let lease = granted(&subject, "sales", 0, LONG).await;
    assert_eq!(finish(&subject, "sales", lease, None).await, None);
    let lease = granted(&subject, "sales", 0, LONG).await;
    let first = finish(&subject, "sales", lease, Some(sample("first")))
        .await
        .expect("a token");
    let lease = granted(&subject, "sales", first.generation, LONG).await;
    assert_eq!(
        finish(&subject, "sales", lease, None).await,
        Some(first.clone())
    );
    assert_eq!(present(&subject, "sales").await, Some(first.clone()));
    granted(&subject, "sales", first.generation, LONG).await;
}

async fn destinations_are_separate(subject: TokenSubject) {
    let sales = granted(&subject, "sales", 0, LONG).await;
    let crm = granted(&subject, "crm", 0, LONG).await;
    let token = finish(&subject, "sales", sales, Some(sample("sales")))
        .await
        .expect("a token");
    assert_eq!(present(&subject, "crm").await, None);
    finish(&subject, "crm", crm, Some(sample("crm"))).await;
    assert_eq!(present(&subject, "sales").await, Some(token));
}

const LIMIT: RefreshLimit = RefreshLimit {
    most: 2,
    within: SHORT,
};

async fn begin_limited(subject: &TokenSubject, refused: u64) -> Refresh {
    let begun = subject
        .tokens
        .begin_refresh("sales", refused, LONG, Some(LIMIT))
        .await;
    begun.expect("begin_refresh")
}

/// Begins a limited refresh and ends it.
async fn refresh_limited(
    subject: &TokenSubject,
    refused: u64,
    token: Option<Token>,
) -> Option<Token> {
    match begin_limited(subject, refused).await {
        Refresh::Granted { lease } => finish(subject, "sales", lease, token).await,
        other => panic!("the refresh should be granted, not {other:?}"),
    }
}

async fn no_more_refreshes_than_the_limit_are_granted(subject: TokenSubject) {
    let first = refresh_limited(&subject, 0, Some(sample("first")))
        .await
        .expect("a token");
    let second = refresh_limited(&subject, first.generation, Some(sample("second")))
        .await
        .expect("a token");
    let third = begin_limited(&subject, second.generation).await;
    assert!(matches!(third, Refresh::Limited { .. }), "{third:?}");
    assert_eq!(
        present(&subject, "sales").await,
        Some(second.clone()),
        "what is there can still be used"
    );
    subject.time.pass(OVER).await;
    refresh_limited(&subject, second.generation, Some(sample("third"))).await;
}

async fn failed_and_unlimited_refreshes_count_for_the_limit(subject: TokenSubject) {
    refresh_limited(&subject, 0, None).await;
    let lease = granted(&subject, "sales", 0, LONG).await;
    finish(&subject, "sales", lease, None).await;
    let third = begin_limited(&subject, 0).await;
    assert!(matches!(third, Refresh::Limited { .. }), "{third:?}");
    granted(&subject, "crm", 0, LONG).await;
}

async fn a_renewed_token_is_not_limited(subject: TokenSubject) {
    let first = refresh_limited(&subject, 0, Some(sample("first")))
        .await
        .expect("a token");
    let second = refresh_limited(&subject, first.generation, Some(sample("second"))).await;
    assert_eq!(
        Some(begin_limited(&subject, first.generation).await),
        second.map(Refresh::Renewed),
        "nobody has to ask the destination for it"
    );
}

/// The clock was a month ahead when somebody asked for tokens.
async fn what_a_clock_wrote_that_was_ahead_holds_nobody_up(subject: TokenSubject) {
    let month = 30 * 86_400;
    if !subject.time.step(month).await {
        return;
    }
    let limit = Some(RefreshLimit {
        most: 2,
        within: Duration::from_secs(60),
    });
    let ask = async |limit| {
        subject
            .tokens
            .begin_refresh("sales", 0, LONG, limit)
            .await
            .expect("begin_refresh")
    };
    assert!(matches!(ask(None).await, Refresh::Granted { .. }));
    subject.time.step(-month).await;
    let Refresh::Granted { lease } = ask(None).await else {
        panic!("the lease of a month from now is over");
    };
    assert_eq!(finish(&subject, "sales", lease, None).await, None);
    assert!(
        matches!(ask(limit).await, Refresh::Limited { .. }),
        "two were granted, as far as anybody knows"
    );
    subject.time.pass(Duration::from_secs(61)).await;
    assert!(
        matches!(ask(limit).await, Refresh::Granted { .. }),
        "and that was a minute ago"
    );
}
