use super::*;
use ports::memory::{ManualClock, MemoryTokens};
use reqwest::header::HeaderMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A login that returns what it was given.
struct Strange(Result<NewToken, Failure>);

#[async_trait]
impl Login for Strange {
    async fn login(&self, _: &Call) -> Result<NewToken, Failure> {
        self.0.clone()
    }
}

/// A login that slowly hands out `token-1`, `token-2`, ..., which end 1,000, 2,000, ... seconds
/// after the epoch; or refuses.
struct Door {
    logins: Arc<AtomicU64>,
    open: bool,
    limit: Option<RefreshLimit>,
}

#[async_trait]
impl Login for Door {
    async fn login(&self, _: &Call) -> Result<NewToken, Failure> {
        let number = self.logins.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !self.open {
            return Err(Failure::transient(
                Class::Authentication,
                "token",
                "refused",
            ));
        }
        let expires = Timestamp::from_second(1_000 * i64::try_from(number).unwrap()).ok();
        Ok(NewToken {
            value: format!("token-{number}"),
            base_url: "https://example.com".to_owned(),
            expires,
        })
    }

    fn limit(&self) -> Option<RefreshLimit> {
        self.limit
    }
}

struct World {
    store: Arc<MemoryTokens>,
    clock: Arc<ManualClock>,
    logins: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH));
        let store = Arc::new(MemoryTokens::new(Arc::clone(&clock) as Arc<dyn Clock>));
        Self {
            store,
            clock,
            logins: Arc::default(),
        }
    }

    fn worker(&self, open: bool) -> Access {
        self.limited_worker(open, None)
    }

    fn limited_worker(&self, open: bool, limit: Option<RefreshLimit>) -> Access {
        let (tokens, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Access::new(
            "sales".to_owned(),
            tokens,
            clock,
            Box::new(Door {
                logins: Arc::clone(&self.logins),
                open,
                limit,
            }),
        )
    }

    fn logins(&self) -> u64 {
        self.logins.load(Ordering::Relaxed)
    }
}

fn answer(status: u16) -> Answer {
    Answer {
        status,
        headers: HeaderMap::new(),
        body: Vec::new(),
    }
}

fn call() -> Call {
    Call::without_deadline()
}

fn is_401(answer: &Answer) -> bool {
    answer.status == 401
}

#[tokio::test]
async fn workers_and_their_tasks_share_one_login() {
    let world = World::new();
    let (a, b) = (world.worker(true), world.worker(true));
    let call = call();
    let (one, two, three) = tokio::join!(a.token(&call), a.token(&call), b.token(&call));
    assert_eq!(
        [one, two, three].map(|token| token.unwrap().value),
        ["token-1", "token-1", "token-1"]
    );
    assert_eq!(world.logins(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    let world = World::new();
    let access = world.worker(true);
    let calls = AtomicU64::new(0);
    let attempt = |token: Token| {
        calls.fetch_add(1, Ordering::Relaxed);
        async move { Ok(answer(if token.value == "token-1" { 401 } else { 200 })) }
    };
    assert_eq!(
        access.call(&call(), is_401, attempt).await.unwrap().status,
        200
    );
    assert_eq!((calls.load(Ordering::Relaxed), world.logins()), (2, 2));

    let always = |_: Token| async { Ok(answer(401)) };
    assert_eq!(
        access.call(&call(), is_401, always).await.unwrap().status,
        401,
        "no endless loop"
    );
    assert_eq!(world.logins(), 3);
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_renewed_before_it_is_used() {
    let world = World::new();
    let access = world.worker(true);
    access.token(&call()).await.unwrap();
    world.clock.advance(Duration::from_secs(960));
    assert_eq!(access.token(&call()).await.unwrap().value, "token-1");
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(access.token(&call()).await.unwrap().value, "token-2");
}

#[tokio::test]
async fn credentials_are_tried_although_there_is_a_good_token() {
    let world = World::new();
    world.worker(true).token(&call()).await.unwrap();
    assert_eq!(
        world.worker(true).renewed(&call()).await.unwrap().value,
        "token-2"
    );
    world.worker(false).renewed(&call()).await.unwrap_err();
    assert_eq!(
        world.worker(true).token(&call()).await.unwrap().value,
        "token-2",
        "the refused try took nothing away"
    );
}

#[tokio::test]
async fn another_workers_token_is_taken_over_instead_of_logging_in() {
    let world = World::new();
    let (a, b) = (world.worker(true), world.worker(true));
    let old = a.token(&call()).await.unwrap();
    b.token(&call()).await.unwrap();
    b.renew(&call(), old.generation).await.unwrap();
    assert_eq!(
        a.renew(&call(), old.generation).await.unwrap().value,
        "token-2"
    );
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn a_refused_login_frees_the_way_for_the_next_one() {
    let world = World::new();
    let failure = world.worker(false).token(&call()).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.is_transient()),
        (Class::Authentication, true)
    );
    assert_eq!(
        world.worker(true).token(&call()).await.unwrap().value,
        "token-2"
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_worker_that_died_ends() {
    let world = World::new();
    world
        .store
        .begin_refresh("sales", 0, LEASE, None)
        .await
        .unwrap();
    let failure = world.worker(true).token(&call()).await.unwrap_err();
    assert!(failure.is_transient() && failure.class == Class::Unavailable);
    assert_eq!(world.logins(), 0);
}

#[tokio::test]
async fn twenty_callers_whose_token_is_refused_renew_it_once() {
    let world = World::new();
    let workers = [world.worker(true), world.worker(true)];
    workers[0].token(&call()).await.unwrap();
    let attempt =
        |token: Token| async move { Ok(answer(if token.value == "token-1" { 401 } else { 200 })) };
    let call = call();
    let calls = (0..20).map(|number: usize| workers[number % 2].call(&call, is_401, attempt));
    for answered in futures::future::join_all(calls).await {
        assert_eq!(answered.unwrap().status, 200);
    }
    assert_eq!(world.logins(), 2);
}

#[tokio::test]
async fn a_destination_that_hands_out_few_tokens_is_not_asked_for_more() {
    let world = World::new();
    let limit = RefreshLimit {
        most: 3,
        within: Duration::from_secs(600),
    };
    // Each refusal counts, whichever process was refused.
    for _ in 0..3 {
        let refused = world
            .limited_worker(false, Some(limit))
            .token(&call())
            .await
            .unwrap_err();
        assert_eq!(refused.class, Class::Authentication);
        world.clock.advance(Duration::from_secs(60));
    }
    let failure = world
        .limited_worker(true, Some(limit))
        .token(&call())
        .await
        .unwrap_err();
    assert_eq!(
        (failure.class, failure.retry_after()),
        (Class::RateLimit, Some(Duration::from_secs(420)))
    );
    assert_eq!(world.logins(), 3);
    world.clock.advance(Duration::from_secs(420));
    world
        .limited_worker(true, Some(limit))
        .token(&call())
        .await
        .unwrap();
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_a_refused_login_and_is_not_kept() {
    let world = World::new();
    let token = |value: &str, base_url: &str| {
        Ok(NewToken {
            value: value.to_owned(),
            base_url: base_url.to_owned(),
            expires: None,
        })
    };
    let home = "https://example.com";
    let answers = [
        token("two\nlines", home),
        token("two words", home),
        token("", home),
        token("tökèn", home),
        token("token", ""),
        token("token", "not an address"),
        token("token", "file:///etc"),
        Err(Failure::permanent(
            Class::TooLarge,
            "token",
            "a page of ten megabytes",
        )),
    ];
    for answer in answers {
        let (tokens, clock) = (Arc::clone(&world.store), Arc::clone(&world.clock));
        let access = Access::new(
            "sales".to_owned(),
            tokens,
            clock,
            Box::new(Strange(answer.clone())),
        );
        let failure = access.token(&call()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.is_transient()),
            (Class::Authentication, true),
            "{answer:?}"
        );
        assert_eq!(world.store.token("sales").await.unwrap(), None);
    }
    world.worker(true).token(&call()).await.unwrap();
}

#[tokio::test]
async fn a_kept_token_that_cannot_be_used_is_renewed() {
    let world = World::new();
    let Refresh::Granted { lease } = world
        .store
        .begin_refresh("sales", 0, LEASE, None)
        .await
        .unwrap()
    else {
        panic!("nobody else is at it");
    };
    let kept = Token {
        value: "two\nlines".to_owned(),
        base_url: "https://example.com".to_owned(),
        expires: None,
        generation: 0,
    };
    world
        .store
        .finish_refresh("sales", lease, Some(kept))
        .await
        .unwrap();
    assert_eq!(
        world.worker(true).token(&call()).await.unwrap().value,
        "token-1"
    );
}
