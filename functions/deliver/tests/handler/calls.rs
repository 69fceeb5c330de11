//! The number of reads and writes of the table. `platform-aws` counts that a write of ten entries
//! is ten calls, and a look-up of ten is one.

use crate::support::{Stack, event};
use async_trait::async_trait;
use deliver_function::Function;
use ports::{
    Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Stored,
    memory::MemoryLedger,
};
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A ledger that counts.
#[derive(Default)]
struct Counted {
    ledger: MemoryLedger,
    looks: AtomicUsize,
    writes: AtomicUsize,
}

impl Counted {
    fn since_then(&self) -> (usize, usize) {
        (
            self.looks.swap(0, Ordering::SeqCst),
            self.writes.swap(0, Ordering::SeqCst),
        )
    }
}

#[async_trait]
impl Ledger for Counted {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.ledger.load(keys).await
    }

    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        self.writes.fetch_add(entries.len(), Ordering::SeqCst);
        self.ledger.store(entries).await
    }

    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.ledger.list(filter).await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        self.ledger.redact(redaction).await
    }
}

fn orders(stack: &Stack, edit: impl Fn(String) -> String) -> Vec<Value> {
    let order = |number: u32| {
        let mut message = stack.message(number, &format!("customer {number}"));
        message.body = edit(String::from_utf8(message.body.to_vec()).unwrap()).into();
        crate::support::record(
            &format!("m{number}"),
            &message.group,
            &platform_aws::seal_envelope(&message).unwrap(),
        )
    };
    (1..=10).map(order).collect()
}

#[tokio::test]
async fn ten_orders_cost_one_look_at_the_ledger_and_one_write_each_and_new_ones_a_second() {
    let stack = Stack::new();
    let ledger = Arc::new(Counted::default());
    let function: Function = stack.function_over(ledger.clone());
    let handle = async |records| function.handle(event(records), stack.deadline()).await;
    handle(orders(&stack, |body| body)).await;
    assert_eq!(
        ledger.since_then(),
        (1, 20),
        "new: the claim, then what came of it"
    );
    stack.pass(std::time::Duration::from_secs(60));
    handle(orders(&stack, |body| body.replace("Main St", "Side St"))).await;
    assert_eq!(ledger.since_then(), (1, 10), "changed");
    stack.pass(std::time::Duration::from_secs(60));
    handle(orders(&stack, |body| body.replace("Main St", "Side St"))).await;
    assert_eq!(
        ledger.since_then(),
        (1, 10),
        "unchanged: the watermark moves"
    );
    assert_eq!(stack.crm.batches().len(), 2);
}
