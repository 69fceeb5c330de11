//! An order of ten thousand lines keeps the worker busy ten times as long as one of a thousand, and
//! not a hundred times.

use crate::support;

use mapping::plan::Missing;
use std::time::{Duration, Instant};
use support::{WithoutDeadline, over, records, shop, wires::Catalogue};

async fn time_of(lines: usize) -> Duration {
    let order = shop::Order {
        sales_order: true,
        missing: Missing::Create,
        lines: (0..lines)
            .map(|number| shop::line(&format!("SKU-{number}"), 1, "1.00"))
            .collect(),
        known: [("sales_order".to_owned(), "100000".to_owned())].into(),
        ..shop::sample()
    };
    let plan = [order.plan()];
    let mut best = Duration::MAX;
    for _ in 0..2 {
        let zoho = over(Catalogue { lines });
        let begun = Instant::now();
        zoho.deliver_all(&plan)
            .await
            .iter()
            .for_each(|outcome| _ = records(outcome));
        best = best.min(begun.elapsed());
    }
    best
}

#[tokio::test]
async fn the_time_grows_with_the_lines_and_not_with_their_square() {
    let (small, large) = (time_of(1_000).await, time_of(10_000).await);
    println!("1,000 lines {small:?}, 10,000 lines {large:?}");
    assert!(
        large < small * 60,
        "1,000 lines took {small:?}, 10,000 lines {large:?}"
    );
}
