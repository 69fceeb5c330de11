use super::{ReadError, ShopOrder, Summary, Unreadable};
use jiff::Timestamp;

/// The date that a walk goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// The time at which the shop last changed the order.
    Modified,
    /// The time at which the order was placed, which never changes.
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

/// The next request of a walk to the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The date that bounds the list.
    pub stamp: Stamp,
    /// The number of the shop's list, from 0.
    pub list: u8,
    /// The first second, which belongs to it.
    pub from: Timestamp,
    /// The second that no longer belongs to it.
    pub until: Timestamp,
    /// Whether the list is to be sorted by id, not by date (and by id among equal dates).
    pub by_id: bool,
    /// The number of the page, from 1, where the shop counts pages.
    pub page: u32,
    /// The id above which all ids must be, where the shop can filter by it and the list is sorted
    /// by id.
    pub after: u64,
    /// The number of orders per page.
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
    /// The length of the whole list, where the shop counts pages and states it.
    pub total: Option<u64>,
}

/// The reason why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPage {
    /// The shop fails at pages of this size; a smaller one may do.
    TooLarge(ReadError),
    /// The shop cannot sort by this date.
    Unsortable(ReadError),
    /// Only the error's own remedy helps.
    Failed(ReadError),
}

impl From<ReadError> for NoPage {
    fn from(error: ReadError) -> Self {
        Self::Failed(error)
    }
}
