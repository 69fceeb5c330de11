//! A simulated life of the store over the disk: rounds of calls at once, in which the process is
//! killed, the power fails or the disk does, and after each the law.

mod book;
mod calls;
mod law;

use crate::{
    dice::Dice,
    disk::{Breakage, Disk, Stop, Trouble},
    vfs,
};
use book::Book;
use futures::future::join_all;
use platform_sqlite::{FILE_NAME, SqliteStore};
use ports::{Clock, memory::ManualClock};
use rusqlite::Connection;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// The rounds of a life, unless some are left out.
const ROUNDS: u64 = 25;
/// The time that messages are handed out for: longer ago after each restart.
const VISIBILITY: Duration = Duration::from_secs(60);

/// What is lived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// What decides it.
    pub seed: u64,
    /// The disk breaks its word.
    pub breakage: Option<Breakage>,
    /// Calls count as answered before they are: a store that answers before it commits.
    pub answers_early: bool,
    /// The rounds that are lived, by number.
    pub rounds: Vec<u64>,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: &'static str,
    /// In which round.
    pub round: u64,
    /// What happened.
    pub text: String,
}

/// What was counted, by what it was.
pub type Counts = BTreeMap<&'static str, u64>;

/// What came of a life.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What happened how often.
    pub counts: Counts,
    /// The rules that were broken first.
    pub violations: Vec<Violation>,
    /// What happened, in order.
    pub story: Vec<String>,
}

impl Life {
    /// The life of a seed over a disk that fails but keeps its word.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self {
            seed,
            breakage: None,
            answers_early: false,
            rounds: (0..ROUNDS).collect(),
        }
    }

    /// The same with a disk that breaks its word.
    #[must_use]
    pub fn over(seed: u64, breakage: Breakage) -> Self {
        Self {
            breakage: Some(breakage),
            ..Self::of(seed)
        }
    }

    /// Lives it. A disk that [lies](Breakage::NoSync) `is_forgiven` what it lost: then the law is
    /// only that whatever is there is whole.
    #[must_use]
    pub fn run(&self, is_forgiven: bool) -> Run {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without sockets");
        runtime.block_on(World::new(self, is_forgiven).live(&self.rounds))
    }
}

/// The world of one life.
struct World {
    life: Life,
    is_forgiven: bool,
    folder: tempfile::TempDir,
    disk: Arc<Disk>,
    _mounted: vfs::Mounted,
    clock: Arc<ManualClock>,
    book: Book,
    run: Run,
    round: u64,
}

/// Whether the life goes on.
enum Goes {
    On,
    /// A rule is broken, or a lying disk was found out.
    NoFurther,
}

impl World {
    fn new(life: &Life, is_forgiven: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::new(folder.path().to_owned(), life.seed, life.breakage);
        let disk = Arc::new(disk);
        Self {
            _mounted: vfs::mount(&disk).expect("a layer that SQLite takes"),
            life: life.clone(),
            is_forgiven,
            folder,
            disk,
            clock: Arc::new(ManualClock::default()),
            book: Book::new(life.seed),
            run: Run::default(),
            round: 0,
        }
    }

    async fn live(mut self, rounds: &[u64]) -> Run {
        let mut store = None;
        for round in rounds {
            self.round = *round;
            let mut dice = Dice::new(self.life.seed, 100 + round);
            if let Goes::NoFurther = self.round(&mut store, &mut dice).await {
                break;
            }
        }
        self.run
    }

    async fn round(&mut self, store: &mut Option<SqliteStore>, dice: &mut Dice) -> Goes {
        let open = match store.take() {
            Some(open) => open,
            None => match self.open(dice) {
                Some(open) => open,
                None => return Goes::NoFurther,
            },
        };
        self.draw_failure(dice);
        self.other_process(dice);
        self.calls(&open, dice).await;
        self.count("disk failures", self.disk.failures());
        let ends = dice.below(10);
        if !self.disk.is_stopped() && ends < 2 {
            let kind = if ends == 0 {
                Stop::Kill
            } else {
                Stop::PowerCut
            };
            self.disk.stop(kind);
        }
        if self.disk.is_stopped() || ends == 2 {
            self.count("restarts", 1);
            self.book.forget_what_is_in_hand();
            self.clock.advance(VISIBILITY * 2);
            drop(open);
            let how = self.disk.restart().expect("files that can be written");
            self.tell(format!("starts again after {how}"));
            let Some(again) = self.open(dice) else {
                return Goes::NoFurther;
            };
            self.disk.heal();
            if let Goes::NoFurther = self.integrity() {
                return Goes::NoFurther;
            }
            *store = Some(again);
        } else {
            self.disk.heal();
            *store = Some(open);
        }
        match store {
            Some(store) => self.law(store).await,
            None => Goes::NoFurther,
        }
    }

    /// Opens the store as the product does, while the process may end amid it.
    fn open(&mut self, dice: &mut Dice) -> Option<SqliteStore> {
        while dice.chance(250) {
            // See the README: between a hole in the log and its copy no power cut is drawn.
            let (changes, mut how) = (dice.below(12), stop(dice));
            if self.disk.has_hole() {
                how = Stop::Kill;
            }
            self.disk.stop_in(changes, how);
            let opened = self.opened();
            if self.disk.is_stopped() || opened.is_err() {
                self.count("restarts while opening", 1);
            }
            self.disk.stop(how);
            drop(opened);
            let how = self.disk.restart().expect("files that can be written");
            self.tell(format!("is opened, and starts again after {how}"));
        }
        match self.opened() {
            Ok(store) => {
                self.disk.is_copied();
                Some(store)
            }
            Err(error) if self.is_forgiven => {
                let _ = error;
                self.count("damage told at opening", 1);
                None
            }
            Err(error) => {
                self.violate("the file opens", ports::in_one_line(&error));
                None
            }
        }
    }

    fn opened(&self) -> Result<SqliteStore, platform_sqlite::OpenError> {
        SqliteStore::open(
            self.folder.path(),
            Arc::clone(&self.clock) as Arc<dyn Clock>,
        )
    }

    /// What goes wrong in this round, if anything.
    fn draw_failure(&mut self, dice: &mut Dice) {
        match dice.below(10) {
            0..4 => {
                let (changes, stop) = (dice.below(24), stop(dice));
                self.tell(format!("{stop:?} after {changes} changes"));
                self.disk.stop_in(changes, stop);
            }
            4..7 => {
                let troubles = [
                    Trouble::Full,
                    Trouble::Writes,
                    Trouble::Reads,
                    Trouble::Syncs,
                ];
                let trouble = troubles.get(dice.place(4)).copied();
                self.tell(format!("trouble with {trouble:?}"));
                self.disk.trouble(trouble);
            }
            _ => {}
        }
    }

    /// Another process copies the log into the file.
    fn other_process(&mut self, dice: &mut Dice) {
        if !dice.chance(300) {
            return;
        }
        let modes = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"];
        let mode = modes.get(dice.place(4)).copied().unwrap_or("PASSIVE");
        let copied = Connection::open(self.file()).and_then(|connection| {
            connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), (), |_| Ok(()))
        });
        self.count("checkpoints of another process", 1);
        // The disk may fail it.
        let outcome = copied.map_or_else(|error| error.to_string(), |()| "done".to_owned());
        self.tell(format!("another process copies the log, {mode}: {outcome}"));
    }

    async fn calls(&mut self, store: &SqliteStore, dice: &mut Dice) {
        let now = self.clock.now();
        let calls = self.book.draw(dice, now);
        self.count("calls", calls.len() as u64);
        let answers = join_all(calls.iter().map(|call| call.make(store))).await;
        for (call, answer) in calls.into_iter().zip(answers) {
            let is_ok = answer.is_ok();
            let outcome = answer.as_ref().map_or_else(
                |error| ports::in_one_line(error),
                |received| format!("ok, {} received", received.len()),
            );
            self.tell(format!("{}: {outcome}", call.names().join(" ")));
            if !is_ok {
                self.count("calls without an answer", 1);
            }
            if let Ok(received) = answer {
                for (rule, text) in self.book.handed_out(received, self.is_forgiven) {
                    self.violate(rule, text);
                }
            }
            self.book.note(call.steps, is_ok || self.life.answers_early);
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(FILE_NAME)
    }

    fn violate(&mut self, rule: &'static str, text: String) {
        if self.run.violations.len() < 8 {
            let round = self.round;
            self.run.violations.push(Violation { rule, round, text });
        }
    }

    fn tell(&mut self, text: String) {
        let round = self.round;
        self.run.story.push(format!("round {round}: {text}"));
    }

    fn count(&mut self, what: &'static str, number: u64) {
        *self.run.counts.entry(what).or_default() += number;
    }
}

fn stop(dice: &mut Dice) -> Stop {
    if dice.chance(400) {
        Stop::Kill
    } else {
        Stop::PowerCut
    }
}
