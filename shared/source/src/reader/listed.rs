use super::{ReadError, ShopOrder, Summary, Unreadable};
use jiff::Timestamp;

/// The date that a walk goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// When the shop last changed the order.
    Modified,
    /// When the order was placed, which never changes.
    Placed,
}

impl Stamp {
    pub(crate) fn of(self, order: &Summary) -> Option<Timestamp> {
        match self {
            Self::Modified => order.modified,
            Self::Placed => order.placed,
        }
    }
}

/// What a walk asks the shop next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The date that bounds the list.
    pub stamp: Stamp,
    /// Which of the shop's lists, from 0.
    pub list: u8,
    /// The first second, which belongs to it.
    pub from: Timestamp,
    /// The second that no longer belongs to it.
    pub until: Timestamp,
    /// Whether the list is to be sorted by id, not by date (and by id among equal dates).
    pub by_id: bool,
    /// Which page, from 1, where the shop counts pages.
    pub page: u32,
    /// Only ids above this one, where the shop can do that and the list is sorted by id.
    pub after: u64,
    /// Orders per page.
    pub size: u16,
}

/// A page of a shop's list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The orders, in the order in which the shop lists them.
    pub orders: Vec<ShopOrder>,
    /// Entries that are no orders.
    pub unreadable: Vec<Unreadable>,
    /// Whether the list goes on behind this page.
    pub goes_on: bool,
    /// How long the whole list is, where the shop counts pages and tells.
    pub total: Option<u64>,
}

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPage {
    /// The shop fails at pages of this size; a smaller one may do.
    TooLarge(ReadError),
    /// The shop cannot sort by this date.
    Unsortable(ReadError),
    /// Nothing else helps than the error's own remedy.
    Failed(ReadError),
}

impl From<ReadError> for NoPage {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}
