//! The position of a walk over a window.
//!
//! Orders move while a reader pages: one that is changed leaves its place, and all behind it move
//! up by one, so that a reader who goes by page numbers misses one. A cursor goes by date instead:
//! the next page begins with the second in which the last one ended, and the orders of that second
//! come twice. Where one second fills a page by itself (a change to all orders at once), that
//! second is walked by id, and then the walk goes on by date.

use super::{Listed, Question, Stamp};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The smallest page: a shop that fails at this number of orders fails at any number.
const SMALLEST_PAGE: u16 = 10;

/// A span of time in whole seconds, which is as exact as shops are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    /// Creates the window from one instant up to, but without, another; widened to whole seconds.
    #[must_use]
    pub fn new(from: Timestamp, until: Timestamp) -> Self {
        let whole = second(until);
        let until = if whole < until { later(whole) } else { whole };
        Self {
            from: second(from),
            until,
        }
    }

    /// Returns the first second.
    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Returns the second behind the window, which no longer belongs to it.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// The position of a walk. It may be stored, and continued by another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The number of the shop's list.
    list: u8,
    /// The second before which everything was read.
    from: Timestamp,
    /// The second up to which the list is walked by id; `None` while it is walked by date.
    by_id_until: Option<Timestamp>,
    page: u32,
    after: u64,
    /// The length of the list when its last page was read, for shops that count pages.
    total: Option<u64>,
    size: u16,
}

impl Cursor {
    pub(crate) fn start(window: Window, size: u16) -> Self {
        Self {
            list: 0,
            from: window.from,
            by_id_until: None,
            page: 1,
            after: 0,
            total: None,
            size,
        }
    }

    pub(crate) fn question(&self, stamp: Stamp, window: Window) -> Question {
        Question {
            stamp,
            list: self.list,
            from: self.from,
            until: self.by_id_until.unwrap_or(window.until),
            by_id: self.is_by_id(),
            page: self.page,
            after: self.after,
            size: self.size,
        }
    }

    pub(crate) fn is_by_id(&self) -> bool {
        self.by_id_until.is_some()
    }

    /// Returns the walk from its current second on, by id up to this second.
    pub(crate) fn by_id(&self, until: Timestamp) -> Self {
        Self {
            by_id_until: Some(until),
            ..self.anew()
        }
    }

    /// Returns the same walk in smaller pages; `None` where they cannot be smaller. The list begins
    /// anew, because pages of another size have other borders.
    pub(crate) fn smaller(self) -> Option<Self> {
        let size = (self.size / 2).max(SMALLEST_PAGE);
        (size < self.size).then(|| Self {
            size,
            ..self.anew()
        })
    }

    /// Returns the position behind this page; `None` at the end of the last list.
    pub(crate) fn behind(
        &self,
        listed: &Listed,
        stamp: Stamp,
        window: Window,
        lists: u8,
    ) -> Option<Self> {
        if self.has_shifted(listed) {
            return Some(self.back(listed));
        }
        let end = self.by_id_until.unwrap_or(window.until);
        let next = match (listed.goes_on, self.is_by_id()) {
            (true, true) => Some(self.next_page(listed)),
            (true, false) => self.later(listed, stamp, window),
            (false, _) => None,
        };
        if next.is_some() {
            next
        } else if end < window.until {
            Some(Self {
                from: end,
                by_id_until: None,
                ..self.anew()
            })
        } else {
            (self.list + 1 < lists).then(|| Self {
                list: self.list + 1,
                ..Self::start(window, self.size)
            })
        }
    }

    /// Returns whether the walk by id made no progress from `before` to here, although there were
    /// orders.
    pub(crate) fn stood_still(&self, before: &Self, listed: &Listed) -> bool {
        let turned = self.is_by_id() && before.is_by_id() && self.page > before.page;
        let is_counted = listed.total.is_some();
        turned && self.after == before.after && !(listed.orders.is_empty() && is_counted)
    }

    /// Returns whether orders left or entered the list since its last page, so that those behind
    /// them are on other pages now.
    fn has_shifted(&self, listed: &Listed) -> bool {
        self.page > 1 && self.total.is_some() && listed.total != self.total
    }

    /// Returns the place at which a list that has shifted is read again. Sorted by id, those that
    /// stayed moved by as many places as the list changed in length, so that a walk goes back by no
    /// more pages than that, and ends in a busy shop too. An order that entered at an
    /// earlier place may not be seen, but it was changed meanwhile, and so is in a later window.
    fn back(&self, listed: &Listed) -> Self {
        match (self.total, listed.total) {
            (Some(before), Some(now)) if self.is_by_id() => {
                let pages = before.abs_diff(now).div_ceil(u64::from(self.size.max(1)));
                let pages = u32::try_from(pages).unwrap_or(u32::MAX);
                Self {
                    page: self.page.saturating_sub(pages).max(1),
                    after: 0,
                    total: listed.total,
                    ..self.clone()
                }
            }
            _ => self.anew(),
        }
    }

    fn next_page(&self, listed: &Listed) -> Self {
        let ids = listed.orders.iter().filter_map(|order| order.id());
        Self {
            page: self.page.saturating_add(1),
            after: ids.max().unwrap_or(self.after).max(self.after),
            total: listed.total,
            ..self.clone()
        }
    }

    /// Returns the next position by date; by id where the date stands still; `None` behind the
    /// window.
    fn later(&self, listed: &Listed, stamp: Stamp, window: Window) -> Option<Self> {
        if listed.orders.is_empty() {
            return Some(self.next_page(listed));
        }
        let stamps = listed.orders.iter().filter_map(|o| stamp.of(&o.summary));
        let last = stamps.max().map(second);
        match last {
            Some(last) if last >= window.until => None,
            Some(last) if last > self.from => Some(Self {
                from: last,
                ..self.anew()
            }),
            Some(_) => {
                let end = later(self.from);
                Some(self.by_id(end))
            }
            None => Some(self.by_id(window.until)),
        }
    }

    fn anew(&self) -> Self {
        Self {
            page: 1,
            after: 0,
            total: None,
            ..self.clone()
        }
    }
}

fn second(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn later(instant: Timestamp) -> Timestamp {
    instant
        .checked_add(SignedDuration::from_secs(1))
        .unwrap_or(Timestamp::MAX)
}
