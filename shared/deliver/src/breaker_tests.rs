use super::*;
use ports::{
    Clock,
    memory::{ManualClock, MemoryCircuits},
};

const EVERY: Duration = Duration::from_secs(30);

/// A store of circuits, over which several processes have breakers.
struct World {
    clock: Arc<ManualClock>,
    circuits: Arc<MemoryCircuits>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let circuits = Arc::new(MemoryCircuits::new(clock.clone()));
        Self { clock, circuits }
    }

    fn process(&self) -> Breaker {
        let settings = Settings {
            opens_after: 3,
            probe_every: EVERY,
            probe_limit: Duration::from_secs(240),
        };
        Breaker::new("sales", settings, self.circuits.clone())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[tokio::test]
async fn opens_after_failures_in_a_row_and_not_before() {
    let world = World::new();
    let (breaker, now) = (world.process(), world.now());
    for sign in [Sign::Away, Sign::Away, Sign::Well, Sign::Away, Sign::Away] {
        assert!(!breaker.record(sign, now).await);
    }
    assert_eq!(breaker.permit(now).await, Permit::Closed);
    assert!(breaker.record(Sign::Away, now).await);
    assert_eq!(breaker.permit(now).await, Permit::Open(now + EVERY));
}

/// The number of batches between two answers comes from a fixed sequence that looks like chance.
#[tokio::test]
async fn a_destination_that_answers_every_fourth_time_is_not_away() {
    let world = World::new();
    let breaker = world.process();
    let (mut opened, mut chance) = (0, 1_u32);
    for _ in 0..2_000 {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sign = if chance >> 30 == 0 {
            Sign::Well
        } else {
            Sign::Away
        };
        opened += u32::from(breaker.record(sign, world.now()).await);
    }
    assert!(
        (1..=45).contains(&opened),
        "three in a row alone would open it 200 times, not {opened}"
    );
}

#[tokio::test]
async fn a_destination_that_failed_now_and_then_and_goes_away_is_left_alone_all_the_same() {
    let world = World::new();
    let (breaker, now) = (world.process(), world.now());
    for _ in 0..100 {
        for sign in [Sign::Away, Sign::Away, Sign::Well] {
            assert!(!breaker.record(sign, now).await);
        }
    }
    for _ in 1..9 {
        assert!(
            !breaker.record(Sign::Away, now).await,
            "two failures before an answer are nothing new"
        );
    }
    assert!(breaker.record(Sign::Away, now).await);
    assert_eq!(breaker.permit(now).await, Permit::Open(now + EVERY));
}

#[tokio::test]
async fn opens_at_once_for_refused_credentials() {
    let world = World::new();
    let breaker = world.process();
    assert!(breaker.record(Sign::Locked, world.now()).await);
    assert!(
        !breaker.record(Sign::Locked, world.now()).await,
        "it was open already"
    );
    assert!(matches!(breaker.permit(world.now()).await, Permit::Open(_)));
    assert_eq!(
        world.circuits.circuit("sales").await.unwrap().unwrap().why,
        "authentication"
    );
}

#[tokio::test]
async fn stays_away_for_as_long_as_the_destination_asks() {
    let world = World::new();
    let (breaker, start) = (world.process(), world.now());
    breaker.stay_away(Duration::from_secs(900), start).await;
    breaker.record(Sign::Locked, start).await;
    world.clock.advance(Duration::from_secs(899));
    assert_eq!(
        breaker.permit(world.now()).await,
        Permit::Open(start + Duration::from_secs(900))
    );
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(breaker.permit(world.now()).await, Permit::Probe);
}

#[tokio::test]
async fn lets_one_probe_through_and_closes_when_it_succeeds() {
    let world = World::new();
    let breaker = world.process();
    breaker.record(Sign::Locked, world.now()).await;
    world.clock.advance(EVERY);
    assert_eq!(breaker.permit(world.now()).await, Permit::Probe);
    let second = breaker.permit(world.now()).await;
    assert!(
        matches!(second, Permit::Open(_)),
        "a second worker waits for the probe: {second:?}"
    );
    breaker.record(Sign::Well, world.now()).await;
    assert_eq!(breaker.permit(world.now()).await, Permit::Closed);
}

#[tokio::test]
async fn stays_open_when_the_probe_fails_or_finds_nothing_to_try() {
    let world = World::new();
    let breaker = world.process();
    breaker.record(Sign::Locked, world.now()).await;
    world.clock.advance(EVERY);
    assert_eq!(breaker.permit(world.now()).await, Permit::Probe);
    breaker.nothing_to_probe().await;
    assert_eq!(breaker.permit(world.now()).await, Permit::Probe);
    assert!(
        !breaker.record(Sign::Away, world.now()).await,
        "it was open already"
    );
    assert_eq!(
        breaker.permit(world.now()).await,
        Permit::Open(world.now() + EVERY)
    );
}

#[tokio::test]
async fn processes_share_what_one_of_them_found_out() {
    let world = World::new();
    let (one, other) = (world.process(), world.process());
    assert_eq!(other.permit(world.now()).await, Permit::Closed);
    one.record(Sign::Locked, world.now()).await;
    world.clock.advance(LOOK);
    assert!(
        matches!(other.permit(world.now()).await, Permit::Open(_)),
        "within a second the other knows"
    );
    world.clock.advance(EVERY);
    let permits = [
        one.permit(world.now()).await,
        other.permit(world.now()).await,
    ];
    assert!(
        matches!(permits, [Permit::Probe, Permit::Open(_)]),
        "{permits:?}"
    );
    one.record(Sign::Well, world.now()).await;
    world.clock.advance(LOOK);
    assert_eq!(other.permit(world.now()).await, Permit::Closed);
}

#[tokio::test]
async fn a_process_that_starts_finds_the_circuit_open() {
    let world = World::new();
    world.process().record(Sign::Locked, world.now()).await;
    assert!(matches!(
        world.process().permit(world.now()).await,
        Permit::Open(_)
    ));
}

#[tokio::test]
async fn a_probe_whose_worker_died_is_followed_by_another() {
    let world = World::new();
    let (dead, alive) = (world.process(), world.process());
    dead.record(Sign::Locked, world.now()).await;
    world.clock.advance(EVERY);
    assert_eq!(dead.permit(world.now()).await, Permit::Probe);
    world.clock.advance(Duration::from_secs(240));
    assert_eq!(alive.permit(world.now()).await, Permit::Probe);
}

#[tokio::test]
async fn while_credentials_stay_refused_probes_become_rare_and_nobody_raises_another_alarm() {
    let world = World::new();
    let processes = [world.process(), world.process()];
    assert!(
        processes[0].record(Sign::Locked, world.now()).await,
        "one alarm"
    );
    assert!(
        !processes[1].record(Sign::Locked, world.now()).await,
        "not one per process"
    );
    let mut pauses = Vec::new();
    for number in 0..8_usize {
        let (prober, start) = (&processes[number % 2], world.now());
        while prober.permit(world.now()).await != Permit::Probe {
            world.clock.advance(Duration::from_secs(1));
        }
        pauses.push(world.now().duration_since(start).as_secs());
        assert!(
            !prober.record(Sign::Locked, world.now()).await,
            "not one per probe"
        );
    }
    assert_eq!(pauses, [30, 30, 60, 120, 240, 480, 900, 900]);
    world.clock.advance(Duration::from_secs(900));
    assert_eq!(processes[0].permit(world.now()).await, Permit::Probe);
    processes[0].record(Sign::Well, world.now()).await;
    assert!(
        processes[0].record(Sign::Locked, world.now()).await,
        "the next outage is another alarm"
    );
}

/// A store of circuits that counts its calls, and may be away.
#[derive(Default)]
struct Counting {
    reads: Mutex<u32>,
    writes: Mutex<u32>,
    away: bool,
}

impl Counting {
    fn answer<T>(&self, count: &Mutex<u32>, answer: T) -> Result<T, PortError> {
        *count.lock().unwrap() += 1;
        if self.away {
            return Err(PortError::new("circuits", "the disk is gone"));
        }
        Ok(answer)
    }
}

#[async_trait::async_trait]
impl CircuitStore for Counting {
    async fn circuit(&self, _: &str) -> Result<Option<OpenCircuit>, PortError> {
        self.answer(&self.reads, None)
    }
    async fn open(&self, _: &str, _: OpenCircuit) -> Result<bool, PortError> {
        self.answer(&self.writes, true)
    }
    async fn close(&self, _: &str) -> Result<(), PortError> {
        self.answer(&self.writes, ())
    }
    async fn begin_probe(&self, _: &str, _: Duration) -> Result<bool, PortError> {
        self.answer(&self.writes, true)
    }
    async fn end_probe(&self, _: &str) -> Result<(), PortError> {
        self.answer(&self.writes, ())
    }
}

#[tokio::test]
async fn while_all_is_well_nothing_is_written_and_one_look_a_second_is_enough() {
    let (world, store) = (World::new(), Arc::new(Counting::default()));
    let breaker = Breaker {
        circuits: store.clone(),
        ..world.process()
    };
    for _ in 0..1000 {
        assert_eq!(breaker.permit(world.now()).await, Permit::Closed);
        breaker.record(Sign::Well, world.now()).await;
        world.clock.advance(Duration::from_millis(10));
    }
    assert_eq!(
        (*store.reads.lock().unwrap(), *store.writes.lock().unwrap()),
        (10, 0)
    );
}

#[tokio::test]
async fn who_looks_seldom_looks_at_once_after_a_failure() {
    let world = World::new();
    let (one, other) = (
        world.process(),
        world.process().looking_every(Duration::from_secs(10)),
    );
    assert_eq!(other.permit(world.now()).await, Permit::Closed);
    one.record(Sign::Locked, world.now()).await;
    world.clock.advance(Duration::from_secs(9));
    assert_eq!(other.permit(world.now()).await, Permit::Closed);
    other.record(Sign::Away, world.now()).await;
    assert!(matches!(other.permit(world.now()).await, Permit::Open(_)));
}

#[tokio::test]
async fn without_the_store_a_process_goes_by_what_it_knows() {
    let world = World::new();
    let breaker = Breaker {
        circuits: Arc::new(Counting {
            away: true,
            ..Counting::default()
        }),
        ..world.process()
    };
    assert_eq!(breaker.permit(world.now()).await, Permit::Closed);
    assert!(breaker.record(Sign::Locked, world.now()).await);
    assert!(matches!(breaker.permit(world.now()).await, Permit::Open(_)));
}

#[tokio::test]
async fn a_budget_that_runs_low_is_written_down_seldom_and_spaces_out_batches() {
    let world = World::new();
    let breaker = world.process();
    let usage = |requests, used| Usage {
        requests,
        budget: Some(Budget {
            used,
            limit: 1_000,
            resets: Some(world.now() + Duration::from_secs(3_600)),
            told: world.now(),
        }),
    };
    let kept = async || {
        world
            .circuits
            .budget("sales")
            .await
            .unwrap()
            .map(|budget| budget.used)
    };
    for (requests, used, written) in [(2, 10, 10), (4, 12, 10), (6, 800, 800), (8, 802, 800)] {
        breaker
            .note_usage(&usage(requests, used), world.now())
            .await;
        assert_eq!(kept().await, Some(written));
        assert_eq!(breaker.permit(world.now()).await, Permit::Closed);
    }
    breaker.note_usage(&usage(10, 950), world.now()).await;
    assert_eq!(
        breaker.permit(world.now()).await,
        Permit::Open(world.now() + Duration::from_secs(144)),
        "fifty are left for an hour, and a batch takes two"
    );
    world.clock.advance(Duration::from_secs(144));
    assert_eq!(breaker.permit(world.now()).await, Permit::Closed);
}

#[tokio::test]
async fn no_more_requests_than_allowed_go_out_per_minute() {
    let world = World::new();
    let breaker = world.process().paced(Pace {
        requests_per_minute: Some(60),
        ..Pace::default()
    });
    let (mut requests, start) = (0, world.now());
    while world.now() < start + Duration::from_secs(600) {
        if breaker.permit(world.now()).await == Permit::Closed {
            requests += 3;
            let budget = None;
            breaker
                .note_usage(&Usage { requests, budget }, world.now())
                .await;
        }
        world.clock.advance(Duration::from_millis(100));
    }
    assert!((590..=606).contains(&requests), "{requests} in ten minutes");
}

#[tokio::test]
async fn orders_that_fail_again_and_again_open_nothing_while_others_are_answered() {
    let world = World::new();
    let (breaker, now) = (world.process(), world.now());
    breaker.record(Sign::Well, now).await;
    for minute in 1..10 {
        assert!(
            !breaker
                .record(Sign::Doubtful, now + Duration::from_secs(60 * minute))
                .await,
            "minute {minute}"
        );
    }
    for sign in [Sign::Away, Sign::Doubtful, Sign::Away] {
        assert!(
            !breaker.record(sign, now).await,
            "they neither count nor make up for the others"
        );
    }
    assert!(breaker.record(Sign::Away, now).await);
}

#[tokio::test]
async fn where_nobody_is_answered_any_more_they_are_all_there_is_to_go_by() {
    let world = World::new();
    let (breaker, now) = (world.process(), world.now());
    breaker.record(Sign::Well, now).await;
    let later = now + LATELY;
    for sign in [Sign::Doubtful, Sign::Doubtful] {
        assert!(!breaker.record(sign, later).await);
    }
    assert!(breaker.record(Sign::Doubtful, later).await);
    world.clock.set(later + EVERY);
    assert_eq!(breaker.permit(later + EVERY).await, Permit::Probe);
    breaker.record(Sign::Doubtful, later + EVERY).await;
    assert_eq!(
        breaker.permit(later + EVERY).await,
        Permit::Open(later + EVERY * 2),
        "a probe that fails is one, whatever it was made with"
    );
}

#[tokio::test]
async fn a_pause_that_a_clock_wrote_which_was_ahead_is_over() {
    let world = World::new();
    let pace = Pace {
        requests_per_minute: Some(60),
        ..Pace::default()
    };
    let (breaker, now) = (world.process().paced(pace), world.now());
    let month = Duration::from_secs(30 * 86_400);
    let usage = |requests| Usage {
        requests,
        budget: None,
    };
    breaker.note_usage(&usage(10), now + month).await;
    assert_eq!(breaker.permit(now).await, Permit::Closed);
    breaker.note_usage(&usage(20), now).await;
    assert_eq!(
        breaker.permit(now).await,
        Permit::Open(now + Duration::from_secs(10))
    );
}
