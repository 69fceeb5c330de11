//! Planning with the largest built-in mapping: orders of a usual size, and some that are larger
//! than any shop sends.

use criterion::{Criterion, criterion_group, criterion_main};
use mapping::{Mapping, Overrides};
use order::{Line, Money, Order};
use std::{hint::black_box, path::Path};

fn order_with(lines: usize) -> Order {
    let line = |index: usize| Line {
        id: index.to_string(),
        code: format!("SKU-{index}"),
        ..Order::example().lines.remove(0)
    };
    Order {
        lines: (0..lines).map(line).collect(),
        total: Money::from(lines),
        ..Order::example()
    }
}

fn plan(criterion: &mut Criterion) {
    let mapping = match Mapping::load(
        "woocommerce-salesforce",
        Path::new("."),
        &Overrides::default(),
    ) {
        Ok(mapping) => mapping,
        Err(problems) => unreachable!("the built-in mapping is valid: {problems:?}"),
    };
    for lines in [2, 10, 1_000, 10_000] {
        let order = order_with(lines);
        criterion.bench_function(&format!("plan an order of {lines} lines"), |bencher| {
            bencher.iter(|| mapping.plan(black_box(&order)))
        });
    }
    criterion.bench_function("load the mapping", |bencher| {
        bencher.iter(|| {
            Mapping::load(
                "woocommerce-salesforce",
                Path::new("."),
                &Overrides::default(),
            )
            .is_ok()
        });
    });
}

criterion_group!(benches, plan);
criterion_main!(benches);
