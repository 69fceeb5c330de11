use super::*;
use ports::{
    Checkpoint, PortError,
    memory::{ManualClock, MemoryCheckpoints},
};

fn places(most: u32, clock: &Arc<ManualClock>, notes: Option<Arc<dyn Checkpoints>>) -> Places {
    let mut places = Places::new("erp".to_owned(), most, Arc::clone(clock) as _);
    if let Some(notes) = notes {
        places.share(notes);
    }
    places
}

/// Makes this many calls, each while all places are in use.
async fn call(places: &Places, told: Told, times: u32) {
    for _ in 0..times {
        let mut taken = vec![places.take().await];
        while places.semaphore.available_permits() > 0 {
            taken.push(places.take().await);
        }
        places.learn(&taken[0], told).await;
    }
}

fn open(places: &Places) -> (u32, usize) {
    (
        places.lock().number.now(),
        places.semaphore.available_permits(),
    )
}

#[tokio::test]
async fn a_process_of_its_own_finds_the_number() {
    let places = places(5, &Arc::default(), None);
    assert_eq!(open(&places), (2, 2));
    call(&places, Told::Taken, 60).await;
    assert_eq!(open(&places), (5, 5));
    call(&places, Told::TooMany, 1).await;
    assert_eq!(open(&places), (2, 2));
    call(&places, Told::TooMany, 9).await;
    assert_eq!(open(&places), (1, 1));
}

#[tokio::test]
async fn places_in_use_are_closed_when_they_are_given_back() {
    let places = places(4, &Arc::default(), None);
    call(&places, Told::Taken, 40).await;
    let mut taken = Vec::new();
    for _ in 0..4 {
        taken.push(places.take().await);
    }
    places.learn(&taken[0], Told::TooMany).await;
    places.learn(&taken[1], Told::TooMany).await;
    assert_eq!(open(&places), (2, 0), "all four are refused for one reason");
    taken.pop();
    taken.pop();
    assert_eq!(open(&places).1, 0);
    taken.clear();
    assert_eq!(open(&places), (2, 2));
}

#[tokio::test]
async fn two_processes_share_what_they_find() {
    let clock: Arc<ManualClock> = Arc::default();
    let notes: Arc<dyn Checkpoints> = Arc::new(MemoryCheckpoints::default());
    let one = places(8, &clock, Some(Arc::clone(&notes)));
    let other = places(8, &clock, Some(Arc::clone(&notes)));
    call(&one, Told::Taken, 60).await;
    assert_eq!(open(&one), (5, 5));
    drop(other.take().await);
    let share = open(&other).1;
    assert!(share == 2 || share == 3, "{share} of 5");
    clock.advance(RENEWED_EVERY);
    drop(one.take().await);
    assert_eq!(open(&one).1 + share, 5);
    call(&other, Told::TooMany, 1).await;
    clock.advance(RENEWED_EVERY);
    drop(one.take().await);
    assert_eq!(open(&one), (2, 1));
    // The other one is silent.
    clock.advance(RENEWED_EVERY * 4);
    drop(one.take().await);
    assert_eq!(open(&one), (2, 2));
}

#[tokio::test]
async fn what_two_find_at_the_same_time_counts_once() {
    let clock: Arc<ManualClock> = Arc::default();
    let notes: Arc<dyn Checkpoints> = Arc::new(MemoryCheckpoints::default());
    let one = places(8, &clock, Some(Arc::clone(&notes)));
    let other = places(8, &clock, Some(Arc::clone(&notes)));
    call(&one, Told::Taken, 120).await;
    drop(other.take().await);
    assert_eq!((open(&one).0, open(&other).0), (8, 8));
    call(&one, Told::TooMany, 1).await;
    call(&other, Told::TooMany, 1).await;
    assert_eq!((open(&one).0, open(&other).0), (4, 4));
}

#[tokio::test]
async fn who_is_refused_in_its_only_place_rests_until_the_others_have_listened() {
    let clock: Arc<ManualClock> = Arc::default();
    let notes: Arc<dyn Checkpoints> = Arc::new(MemoryCheckpoints::default());
    let one = places(8, &clock, Some(Arc::clone(&notes)));
    call(&one, Told::TooMany, 1).await;
    assert_eq!((open(&one), one.rest()), ((1, 1), None), "it had two");
    call(&one, Told::Nothing, 1).await;
    assert_eq!(one.rest(), None);
    call(&one, Told::TooMany, 1).await;
    assert_eq!(one.rest(), Some(REST_ALONE));
    clock.advance(Duration::from_millis(500));
    assert_eq!(one.rest(), Some(Duration::from_millis(1500)));
    clock.advance(Duration::from_millis(1500));
    assert_eq!(one.rest(), None);
    let other = places(8, &clock, Some(notes));
    drop(other.take().await);
    call(&other, Told::TooMany, 1).await;
    assert_eq!(other.rest(), Some(RENEWED_EVERY));
    clock.advance(RENEWED_EVERY);
    assert_eq!(other.rest(), None);
}

#[tokio::test]
async fn a_refusal_that_was_on_its_way_before_the_last_place_begins_no_rest() {
    let places = places(2, &Arc::default(), None);
    let (first, second) = (places.take().await, places.take().await);
    places.learn(&first, Told::TooMany).await;
    places.learn(&second, Told::TooMany).await;
    assert_eq!(places.rest(), None);
    assert_eq!(places.lock().share, 1);
}

#[tokio::test]
async fn a_rest_that_began_by_a_clock_that_was_ahead_is_over() {
    let clock: Arc<ManualClock> = Arc::default();
    clock.advance(Duration::from_secs(3600));
    let places = places(1, &clock, None);
    call(&places, Told::TooMany, 1).await;
    assert!(places.rest().is_some());
    clock.set(Timestamp::UNIX_EPOCH);
    assert_eq!(places.rest(), None);
}

/// A store that is away.
struct Away;

#[async_trait::async_trait]
impl Checkpoints for Away {
    async fn checkpoint(&self, _: &str) -> Result<Option<Checkpoint>, PortError> {
        Err(PortError::new(
            "checkpoints: read",
            std::io::Error::other("away"),
        ))
    }

    async fn set_checkpoint(&self, _: &str, _: String, _: u64) -> Result<bool, PortError> {
        Err(PortError::new(
            "checkpoints: write",
            std::io::Error::other("away"),
        ))
    }
}

#[tokio::test]
async fn without_the_record_a_process_goes_on_with_its_own_number() {
    let places = places(5, &Arc::default(), Some(Arc::new(Away)));
    call(&places, Told::Taken, 20).await;
    assert_eq!(open(&places), (3, 3));
    call(&places, Told::TooMany, 1).await;
    assert_eq!(open(&places), (1, 1));
}
