//! The law, looked at after each round: by what the store says, and by what SQLite says of its file.

use super::{
    Goes, World,
    book::{Book, Place, Step, is_told},
};
use platform_sqlite::SqliteStore;
use ports::{
    Checkpoint, Checkpoints, DeadLetter, DeadLetterFilter, DeadLetters, Ledger, LedgerEntry,
    LedgerKey, Message, PortError, Queue, WaitingFilter,
};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What the store says that it holds.
struct Held {
    waiting: Vec<Message>,
    dead: Vec<DeadLetter>,
    ledger: BTreeMap<String, LedgerEntry>,
    checkpoints: BTreeMap<String, Checkpoint>,
}

impl World {
    /// Compares what the store holds with what it promised.
    pub(super) async fn law(&mut self, store: &SqliteStore) -> Goes {
        // What a killed process left in the cache is durable once somebody syncs after it: only then
        // the store answers for it. Where nothing is wrong any more, it must be able to.
        let awake = self.awake(store).await;
        let held = match awake.and(Held::of(store, &self.book).await) {
            Ok(held) => held,
            Err(_) if self.is_forgiven => {
                self.count("damage told by reading", 1);
                return Goes::NoFurther;
            }
            Err(error) => {
                self.violate("the store goes on", ports::in_one_line(&error));
                return Goes::NoFurther;
            }
        };
        self.count("looks at the law", 1);
        self.check_whole(&held);
        if !self.is_forgiven {
            self.settle_doubts(&held);
            self.check_places(&held);
            self.check_records(&held);
        }
        self.book.adopt(&held);
        if self.run.violations.is_empty() {
            Goes::On
        } else {
            Goes::NoFurther
        }
    }

    async fn awake(&self, store: &SqliteStore) -> Result<(), PortError> {
        let read = store.checkpoint("awake").await?;
        let revision = read.map_or(0, |read| read.revision);
        let text = format!("round {}", self.round);
        store.set_checkpoint("awake", text, revision).await?;
        Ok(())
    }

    fn check_whole(&mut self, held: &Held) {
        let letters = held.dead.iter().map(|letter| &letter.message);
        let (told, shown): (Vec<&Message>, Vec<&Message>) = held
            .waiting
            .iter()
            .chain(letters)
            .partition(|message| is_told(message, self.is_forgiven));
        self.count("damage told by a message", told.len() as u64);
        let damaged: Vec<String> = shown
            .into_iter()
            .filter(|message| !self.book.is_whole(message))
            .map(|message| format!("{}: {} bytes", message.event, message.body.len()))
            .collect();
        for text in damaged {
            self.violate("what is there is whole", text);
        }
    }

    /// What nobody answered was done as a whole or not at all.
    fn settle_doubts(&mut self, held: &Held) {
        for steps in std::mem::take(&mut self.book.doubts) {
            let changing: Vec<&Step> = steps.iter().filter(|step| !self.book.is_so(step)).collect();
            let done = changing.iter().filter(|step| held.is_so(step)).count();
            if done == changing.len() {
                self.book.apply(steps);
            } else if done > 0 {
                let text = format!("{done} of {} steps: {changing:?}", changing.len());
                self.violate("a call is kept as a whole or not at all", text);
            }
        }
    }

    fn check_places(&mut self, held: &Held) {
        let mut times: BTreeMap<&str, u64> = BTreeMap::new();
        let letters = held.dead.iter().map(|letter| &letter.message);
        for message in held.waiting.iter().chain(letters) {
            *times.entry(&message.event).or_default() += 1;
        }
        let twice = times.iter().filter(|(_, times)| **times > 1);
        let twice: Vec<String> = twice
            .map(|(event, times)| format!("{event}: {times}"))
            .collect();
        let events: BTreeSet<&str> = times.keys().copied().chain(self.book.events()).collect();
        let mut wrong = Vec::new();
        for event in events {
            let (promised, is) = (self.book.place(event), held.place(event));
            if promised != is {
                let rule = if promised == Place::Nowhere {
                    "what was settled stays so"
                } else {
                    "what was promised is there"
                };
                wrong.push((
                    rule,
                    format!("{event}: {promised:?} was promised, is {is:?}"),
                ));
            }
        }
        for text in twice {
            self.violate("nothing is there twice", text);
        }
        for (rule, text) in wrong {
            self.violate(rule, text);
        }
    }

    fn check_records(&mut self, held: &Held) {
        let orders: BTreeSet<&String> = self.book.ledger.keys().chain(held.ledger.keys()).collect();
        let mut wrong = Vec::new();
        for order in orders {
            let (promised, is) = (self.book.ledger.get(order), held.ledger.get(order));
            if promised != is {
                let said = |entry: Option<&LedgerEntry>| {
                    entry.map(|entry| (entry.revision, entry.attempts, entry.updated))
                };
                wrong.push(format!("{order}: {:?}, is {:?}", said(promised), said(is)));
            }
        }
        if self.book.checkpoints != held.checkpoints {
            let (promised, is) = (&self.book.checkpoints, &held.checkpoints);
            wrong.push(format!("{promised:?}, is {is:?}"));
        }
        for text in wrong {
            self.violate("no record is older than what was acknowledged", text);
        }
    }

    /// What SQLite itself says of the file.
    pub(super) fn integrity(&mut self) -> Goes {
        let said = Connection::open(self.file()).and_then(|connection| {
            connection.query_row("PRAGMA integrity_check", (), |row| row.get::<_, String>(0))
        });
        let text = match said {
            Ok(said) if said == "ok" => return Goes::On,
            Ok(said) => said,
            Err(error) => error.to_string(),
        };
        if self.is_forgiven {
            self.count("damage that SQLite's own check finds", 1);
            return Goes::On;
        }
        self.violate("the file is sound", text);
        Goes::NoFurther
    }
}

impl Held {
    async fn of(store: &SqliteStore, book: &Book) -> Result<Self, PortError> {
        let waiting = store.waiting_messages(&WaitingFilter::default()).await?;
        let mut checkpoints = BTreeMap::new();
        if let Some(place) = store.checkpoint("place").await? {
            checkpoints.insert("place".to_owned(), place);
        }
        let orders: BTreeSet<String> = book
            .sent
            .values()
            .filter_map(|message| message.order.clone())
            .chain(book.ledger.keys().cloned())
            .chain((0..10).map(|number| format!("order-{number}")))
            .collect();
        let keys: Vec<LedgerKey> = orders
            .into_iter()
            .map(|order| LedgerKey {
                route: "acme-sales".to_owned(),
                order,
            })
            .collect();
        let entries = store.load(&keys).await?.into_iter().flatten();
        Ok(Self {
            waiting: waiting.unwrap_or_default(),
            dead: DeadLetters::list(store, &DeadLetterFilter::default()).await?,
            ledger: entries
                .map(|entry| (entry.key.order.clone(), entry))
                .collect(),
            checkpoints,
        })
    }

    fn place(&self, event: &str) -> Place {
        if self.waiting.iter().any(|message| message.event == event) {
            Place::Waiting
        } else if self.dead.iter().any(|one| one.message.event == event) {
            Place::Dead
        } else {
            Place::Nowhere
        }
    }

    fn is_so(&self, step: &Step) -> bool {
        match step {
            Step::Message { event, to } => self.place(event) == *to,
            Step::Entry { order, to } => self.ledger.get(order) == Some(to),
            Step::Checkpoint { name, to } => self.checkpoints.get(name) == Some(to),
        }
    }
}

impl Book {
    fn is_so(&self, step: &Step) -> bool {
        match step {
            Step::Message { event, to } => self.place(event) == *to,
            Step::Entry { order, to } => self.ledger.get(order) == Some(to),
            Step::Checkpoint { name, to } => self.checkpoints.get(name) == Some(to),
        }
    }

    fn events(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Knows the letters that are there; of a lying disk, everything that is.
    fn adopt(&mut self, held: &Held) {
        self.doubts.clear();
        let letters = held.dead.iter();
        self.letters = letters
            .map(|letter| (letter.id.clone(), letter.message.event.clone()))
            .collect();
        self.ledger.clone_from(&held.ledger);
        self.checkpoints.clone_from(&held.checkpoints);
        for (event, place) in &mut self.places {
            *place = held.place(event);
        }
        self.hand
            .retain(|one| held.place(&one.message.event) == Place::Waiting);
    }
}
