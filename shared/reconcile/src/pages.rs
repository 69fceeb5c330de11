//! The walk over a window of a shop, patient with one that is away or asks for patience.

use crate::{Problem, Shop};
use jiff::Timestamp;
use ports::Clock;
use source::reader::{Cursor, Page, ReadError, ShopOrder, Window};
use std::time::Duration;

/// The number of times that a page is asked for.
const TRIES: u32 = 6;
/// The first pause between two of them, where the shop names none; it doubles.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that is granted to a shop before the work is put off altogether.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Reads one page of a window.
///
/// # Errors
/// Fails where the shop cannot be asked, after several tries.
pub async fn page(
    shop: &Shop,
    window: Window,
    cursor: Option<&Cursor>,
) -> Result<Page<ShopOrder>, Problem> {
    patiently(shop, || shop.reader.changed(window, cursor)).await
}

/// Reads one page of a window, and returns it after the time at which the shop was asked for it: by
/// that time its orders count beside those that the shop posts. What it posts while it answers is
/// newer than the answer.
///
/// # Errors
/// See [`page`].
pub(crate) async fn page_with_time(
    shop: &Shop,
    clock: &dyn Clock,
    window: Window,
    cursor: Option<&Cursor>,
) -> Result<(Timestamp, Page<ShopOrder>), Problem> {
    let ask = || async {
        let asked = clock.now();
        let page = shop.reader.changed(window, cursor).await?;
        Ok((asked, page))
    };
    patiently(shop, ask).await
}

/// Asks the shop until it answers, a few times at most.
pub(crate) async fn patiently<T, F>(shop: &Shop, mut ask: impl FnMut() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<T, ReadError>>,
{
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        let wait = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error @ (ReadError::Refused(_) | ReadError::Gone(_))) => {
                return Err(Problem::shop(&shop.name, error));
            }
            Err(ReadError::Unavailable {
                retry_after: Some(wait),
                problem,
            }) if wait > LONGEST_PAUSE => {
                let error = ReadError::Unavailable {
                    retry_after: Some(wait),
                    problem,
                };
                return Err(Problem::shop(&shop.name, error));
            }
            Err(error) => {
                tracing::info!(
                    store = shop.name,
                    error = &error as &dyn std::error::Error,
                    "the shop is asked again after a pause"
                );
                match error {
                    ReadError::Unavailable {
                        retry_after: Some(wait),
                        ..
                    } => wait,
                    _ => pause,
                }
            }
        };
        tokio::time::sleep(wait).await;
        pause = pause.saturating_mul(2);
    }
    let failed = |error| Problem::shop(&shop.name, error);
    ask().await.map_err(failed)
}
