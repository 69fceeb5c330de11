use crate::{emulator, program::REGION};
use aws_sdk_cloudformation::{
    Client,
    config::{Credentials, Region, SharedCredentialsProvider},
    error::SdkError,
};
use platform_aws::{SdkConfig, SqsQueue, Table, configuration};
use ports::{
    DeadLetter, Disposition, Enqueue, Ledger, LedgerEntry, Message, PrivacyLog, Queue, State,
    SubjectRequest, SystemClock,
    conformance::{entry, message},
};
use stack::Stack;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, MutexGuard};

const TEMPLATE: &str = include_str!("template.json");
const LONG: Duration = Duration::from_secs(300);

/// The emulator, for the test that has its turn: a fault that one asks for must not meet another's
/// call.
pub(crate) struct Turn {
    pub(crate) aws: SdkConfig,
    _turn: MutexGuard<'static, ()>,
}

/// A deployed stack and its ports, as its functions have them.
pub(crate) struct Cloud {
    _turn: Turn,
    pub(crate) table: Table,
    pub(crate) queue: SqsQueue,
}

/// Waits for its turn; `None` where there is no emulator.
pub(crate) async fn turn() -> Option<Turn> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    let url = emulator::url()?;
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = configuration(platform_aws::Credentials::Environment)
        .await
        .into_builder();
    let config = config
        .endpoint_url(url)
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    Some(Turn {
        aws: config.build(),
        _turn: turn,
    })
}

impl Cloud {
    /// Deploys a stack with queues for Salesforce alone.
    pub(crate) async fn deployed(name: &str) -> Option<Self> {
        let turn = turn().await?;
        let aws = &turn.aws;
        deploy(aws, name, TEMPLATE).await;
        let stack = Stack::find(aws, name).await.expect("the stack");
        let table = Table::new(aws, stack.table(), Arc::new(SystemClock));
        let queue = SqsQueue::new(aws, stack.queues(), table.clone(), Arc::new(SystemClock));
        Some(Self {
            table,
            queue,
            _turn: turn,
        })
    }

    /// Adds an order to the ledger.
    pub(crate) async fn order(&self, number: &str, state: State) {
        let entry = LedgerEntry {
            state,
            ..entry("acme-sales", number, 1_767_255_600)
        };
        self.table.store(vec![entry]).await.expect("stored");
    }

    /// Adds an order that was refused, as a dead letter.
    pub(crate) async fn dead(&self, number: &str) {
        let message = Message {
            order: Some(number.to_owned()),
            ..message(
                "salesforce",
                &format!("group-{number}"),
                &format!("event-{number}"),
            )
        };
        self.queue
            .enqueue(vec![message.clone()])
            .await
            .expect("enqueued");
        let received = self
            .queue
            .receive("salesforce", 10, LONG)
            .await
            .expect("received");
        let found = received
            .into_iter()
            .find(|received| received.message == message)
            .expect("the message");
        let letter = DeadLetter {
            id: String::new(),
            message,
            mapping: None,
            class: "mapping".to_owned(),
            reason: "no product with SKU TEA-1; add it".to_owned(),
            request: None,
            response: None,
            attempts: 1,
            died: "2026-01-01T09:00:00Z".parse().expect("an instant"),
            earlier: 0,
        };
        let settlement = found.settled(Disposition::Dead(Box::new(letter)));
        self.queue.settle(vec![settlement]).await.expect("settled");
    }

    /// Adds a request about personal data.
    pub(crate) async fn request(&self, id: &str) {
        let request = SubjectRequest {
            id: id.to_owned(),
            kind: "redact_customer".to_owned(),
            store: "acme".to_owned(),
            customer: Some("7".to_owned()),
            orders: vec!["1001".to_owned()],
            received: "2026-01-01T09:00:00Z".parse().expect("an instant"),
            done: None,
            held_back: None,
            waiting_removed: 0,
            dead_removed: 1,
            ledger_redacted: 1,
            records: Vec::new(),
        };
        self.table.record(request).await.expect("recorded");
    }
}

/// Deploys a stack, and waits until it exists.
pub(crate) async fn deploy(aws: &SdkConfig, name: &str, template: &str) {
    let client = Client::new(aws);
    let call = client
        .create_stack()
        .stack_name(name)
        .template_body(template);
    // An answer that was long under way is asked for again, and the stack is there then.
    if let Err(error) = call.send().await.map_err(SdkError::into_service_error) {
        assert!(error.is_already_exists_exception(), "{error}");
    }
    for _ in 0..100 {
        let stacks = client
            .describe_stacks()
            .stack_name(name)
            .send()
            .await
            .expect("stacks");
        if stacks.stacks()[0]
            .stack_status()
            .is_some_and(|status| status.as_str() == "CREATE_COMPLETE")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    unreachable!("the stack {name} is not made");
}
