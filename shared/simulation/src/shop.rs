//! A shop that can be asked for its orders: lists by date in whole seconds, page by page, of what it
//! shows at that moment.

use crate::{
    clock::SimClock,
    dice::Dice,
    judge::{DETAIL, Judge},
    sabotage::Sabotage,
    scenario::{Asked, Life, Losses, Scenario, State},
};
use async_trait::async_trait;
use config::Platform;
use source::Source;
use source::reader::{
    Cursor, Found, Listed, Lister, NoPage, OrderReader, Page, Question, Reach, ReadError,
    ShopOrder, ShopReader, Stamp, Summary, Webhooks, Window, page,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// A store, as one process asks it: one request at a time.
pub(crate) struct SimShop {
    pub(crate) store: usize,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) judge: Arc<Judge>,
    pub(crate) at_once: Mutex<()>,
    pub(crate) answers: AtomicU64,
    pub(crate) sabotage: Option<Sabotage>,
}

impl SimShop {
    fn platform(&self) -> Platform {
        self.scenario.stores[self.store].platform
    }

    fn losses(&self) -> &Losses {
        self.scenario
            .losses
            .as_ref()
            .expect("a shop is asked where webhooks get lost")
    }

    fn asked(&self) -> &Asked {
        &self.losses().stores[self.store]
    }

    /// What the shop shows of a question, in its order, with the ids.
    fn rows(&self, question: &Question) -> Vec<(u64, ShopOrder)> {
        let (asked, now) = (self.asked(), self.clock.elapsed());
        let wide = Duration::from_secs(u64::from(asked.is_wide));
        let (from, until) = (question.from - wide, question.until + wide);
        let lives = self.scenario.orders.iter().zip(&self.losses().shown);
        let mut rows: Vec<(u64, ShopOrder)> = lives
            .filter(|(life, _)| life.store == self.store)
            .filter_map(|(life, shown)| {
                life.states.get(
                    shown
                        .iter()
                        .filter(|at| **at <= now)
                        .count()
                        .checked_sub(1)?,
                )
            })
            .filter(|state| from <= state.modified && state.modified < until)
            .map(|state| self.row(state))
            .collect();
        if question.by_id {
            rows.sort_by_key(|(id, _)| *id);
        } else {
            // Orders of one second come in another order each time.
            let turn = self.answers.load(Ordering::Relaxed);
            rows.sort_by_key(|(id, order)| {
                (order.summary.modified, (id % 11) * (turn % 7 + 2) % 11, *id)
            });
        }
        if question.by_id && !asked.counts_pages {
            rows.retain(|(id, _)| *id > question.after);
        }
        rows
    }

    fn row(&self, state: &State) -> (u64, ShopOrder) {
        let order = self.source.peek(&state.body).order_id.unwrap_or_default();
        let summary = Summary {
            number: order.clone(),
            order,
            modified: Some(state.modified),
            currency: state.trade.currency.to_owned(),
            ..Summary::default()
        };
        let order = ShopOrder {
            topic: Life::topic(self.platform(), 1).to_owned(),
            payload: state.body.to_vec(),
            summary,
        };
        (order.summary.order.parse().unwrap_or_default(), order)
    }

    /// Mostly milliseconds; the answer of a slow shop takes many seconds.
    async fn pause(&self, is_answer: bool) {
        let longest = match self.dice.below(10) {
            0..5 => Duration::from_millis(200),
            _ if is_answer && self.asked().is_slow => Duration::from_secs(12),
            5..9 => Duration::from_millis(200),
            _ => Duration::from_secs(2),
        };
        tokio::time::sleep(self.dice.span(longest)).await;
    }

    fn maybe_fail(&self) -> Result<(), ReadError> {
        let (asked, now) = (self.asked(), self.clock.elapsed());
        if asked
            .away
            .iter()
            .any(|(from, to)| *from <= now && now < *to)
        {
            self.judge.fault("shop away");
            let wait = self.dice.span(Duration::from_secs(200));
            return Err(ReadError::Unavailable {
                problem: "503".to_owned(),
                retry_after: Some(wait).filter(|_| self.dice.chance(500)),
            });
        }
        if now >= self.scenario.healed || !self.dice.chance(asked.trouble) {
            return Ok(());
        }
        self.judge.fault("shop fails");
        Err(match self.dice.below(5) {
            0 | 1 => ReadError::unavailable("connection lost"),
            2 | 3 => ReadError::NoAnswer("half a list".to_owned()),
            _ => ReadError::Refused("401".to_owned()),
        })
    }
}

#[async_trait]
impl Lister for SimShop {
    fn largest_page(&self) -> u16 {
        self.asked().page
    }

    async fn list(&self, question: Question) -> Result<Listed, NoPage> {
        let _one = self.at_once.lock().await;
        self.pause(false).await;
        self.maybe_fail()?;
        let rows = self.rows(&question);
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.judge.note(DETAIL, || {
            let ids: Vec<u64> = rows.iter().map(|(id, _)| *id).collect();
            format!("shop {} lists {ids:?} for {question:?}", self.store)
        });
        self.pause(true).await;
        self.maybe_fail()?;
        let (asked, size) = (self.asked(), usize::from(question.size));
        let begin = match asked.counts_pages {
            true => usize::try_from(question.page.saturating_sub(1)).unwrap_or_default() * size,
            false => 0,
        };
        let total = rows.len();
        let orders = rows.into_iter().skip(begin).take(size);
        Ok(Listed {
            orders: orders.map(|(_, order)| order).collect(),
            goes_on: begin + size < total,
            total: asked.counts_pages.then_some(total as u64),
            ..Listed::default()
        })
    }
}

#[async_trait]
impl OrderReader for SimShop {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        Err(ReadError::Gone(order.to_owned()))
    }
}

#[async_trait]
impl ShopReader for SimShop {
    fn reach(&self) -> Reach {
        let reach = sources::reach(self.platform());
        match self.sabotage {
            Some(Sabotage::ComparesWithoutOverlap) => Reach {
                overlap: Duration::ZERO,
                ..reach
            },
            _ => reach,
        }
    }

    async fn numbered(&self, _number: &str) -> Result<Vec<ShopOrder>, ReadError> {
        Ok(Vec::new())
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        Ok(Found {
            missing: orders.to_vec(),
            ..Found::default()
        })
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        page(self, Stamp::Modified, window, cursor).await
    }

    async fn placed(
        &self,
        _window: Window,
        _cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError> {
        Err(ReadError::Refused("nobody asks for it here".to_owned()))
    }

    async fn webhooks(&self, _address: &str) -> Result<Webhooks, ReadError> {
        Ok(Webhooks::Untold("nobody asks for them here".to_owned()))
    }
}
