use super::{Cursor, Listed, NoPage, Page, Question, ReadError, ShopOrder, Stamp, Window};
use async_trait::async_trait;
use jiff::Timestamp;

/// A shop's lists of orders, page by page, as the walk over a window needs them.
#[async_trait]
pub trait Lister: Send + Sync {
    /// Returns the number of lists: one, or more where a list leaves some orders out.
    fn lists(&self) -> u8 {
        1
    }

    /// Returns the size of the largest page that the shop gives.
    fn largest_page(&self) -> u16;

    /// Returns the instant up to which orders can only be listed by id, where the shop cannot tell
    /// times apart from this one on.
    fn blurred_until(&self, _from: Timestamp) -> Option<Timestamp> {
        None
    }

    /// Requests a page.
    ///
    /// # Errors
    /// See [`NoPage`].
    async fn list(&self, question: Question) -> Result<Listed, NoPage>;
}

/// Reads the page behind a cursor: in smaller parts where the shop fails at large ones, and by id
/// where it cannot sort by date.
///
/// # Errors
/// The error of the shop, or [`ReadError::NoAnswer`] when it gives the same page again and again.
pub async fn page(
    lister: &dyn Lister,
    stamp: Stamp,
    window: Window,
    cursor: Option<&Cursor>,
) -> Result<Page<ShopOrder>, ReadError> {
    let start = || Cursor::start(window, lister.largest_page());
    let mut cursor = cursor.cloned().unwrap_or_else(start);
    loop {
        let question = cursor.question(stamp, window);
        if let Some(end) = lister
            .blurred_until(question.from)
            .filter(|_| !question.by_id)
        {
            cursor = cursor.by_id(end.min(window.until()));
            continue;
        }
        match lister.list(question).await {
            Ok(listed) if !question.by_id && !is_sorted(&listed, stamp) => {
                cursor = cursor.by_id(window.until());
            }
            Ok(listed) => return turned(listed, cursor, stamp, window, lister.lists()),
            Err(NoPage::TooLarge(error)) => cursor = cursor.smaller().ok_or(error)?,
            Err(NoPage::Unsortable(_)) if !question.by_id => {
                cursor = cursor.by_id(window.until());
            }
            Err(NoPage::Unsortable(error) | NoPage::Failed(error)) => return Err(error),
        }
    }
}

fn is_sorted(listed: &Listed, stamp: Stamp) -> bool {
    listed
        .orders
        .iter()
        .filter_map(|order| stamp.of(&order.summary))
        .is_sorted()
}

/// Turns the list into a page, without the orders outside the window, which some shops let in.
fn turned(
    listed: Listed,
    cursor: Cursor,
    stamp: Stamp,
    window: Window,
    lists: u8,
) -> Result<Page<ShopOrder>, ReadError> {
    let before = cursor.clone();
    let next = cursor.behind(&listed, stamp, window, lists);
    if next
        .as_ref()
        .is_some_and(|next| next.stood_still(&before, &listed))
    {
        return Err(ReadError::NoAnswer(
            "it gives the same page again and again".to_owned(),
        ));
    }
    let is_inside = |order: &ShopOrder| {
        stamp
            .of(&order.summary)
            .is_none_or(|at| window.from() <= at && at < window.until())
    };
    Ok(Page {
        orders: listed.orders.into_iter().filter(is_inside).collect(),
        unreadable: listed.unreadable,
        hidden: None,
        next,
    })
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
