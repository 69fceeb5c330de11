//! An emulator for the tests of a program, and a stack of its own in it for each case.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use jiff::{SignedDuration, Timestamp};
use platform_aws::{Credentials, QueueUrls, Queues, SdkConfig, SqsQueue, Table, configuration};
use ports::{Clock, SystemClock, conformance::Time};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::MutexGuard;

/// The emulator, for the test that has its turn: the emulator's clock is shared by all.
pub(crate) struct Emulator {
    pub(crate) config: SdkConfig,
    url: &'static str,
    _turn: MutexGuard<'static, ()>,
}

/// One table with the queues of two destinations.
pub(crate) struct Stack {
    pub(crate) table: Table,
    pub(crate) queue: Arc<SqsQueue>,
    pub(crate) sales: QueueUrls,
    pub(crate) time: Arc<Moved>,
}

/// The machine's clock plus an offset, here and in the emulator.
pub(crate) struct Moved {
    url: &'static str,
}

/// The offset that all tests together have added: the emulator does not go back either.
static MOVED: AtomicU64 = AtomicU64::new(0);
/// The error of our own clock, whatever the emulator's shows.
static WRONG: AtomicI64 = AtomicI64::new(0);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        let moved = Duration::from_secs(MOVED.load(Ordering::SeqCst));
        let wrong = SignedDuration::from_secs(WRONG.load(Ordering::SeqCst));
        SystemClock.now().saturating_add(moved).expect("an instant") + wrong
    }
}

#[async_trait]
impl Time for Moved {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    async fn pass(&self, time: Duration) {
        MOVED.fetch_add(time.as_secs(), Ordering::SeqCst);
        get(self.url, &format!("/test/pass?seconds={}", time.as_secs())).await;
    }

    async fn step(&self, seconds: i64) -> bool {
        WRONG.fetch_add(seconds, Ordering::SeqCst);
        true
    }
}

impl Emulator {
    /// Returns the emulator; `None` where it cannot be installed, after saying so.
    pub(crate) async fn turn() -> Option<Self> {
        static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let turn = TURN.lock().await;
        let url = match running() {
            Ok(url) => url,
            Err(why) => {
                eprintln!("skipped: {why}");
                return None;
            }
        };
        let config = configuration(Credentials::Environment).await.into_builder();
        let credentials = aws_sdk_sqs::config::Credentials::new("test", "test", None, None, "test");
        let config = config
            .endpoint_url(url)
            .region(aws_sdk_sqs::config::Region::new("eu-central-1"))
            .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(
                credentials,
            ))
            .build();
        let emulator = Self {
            config,
            url,
            _turn: turn,
        };
        // A test that failed may have left faults behind.
        emulator.calm().await;
        Some(emulator)
    }

    /// Creates a stack, with queues and a table as the template makes them.
    pub(crate) async fn stack(&self) -> Stack {
        static STACKS: AtomicU64 = AtomicU64::new(0);
        let number = STACKS.fetch_add(1, Ordering::SeqCst);
        let sales = self.queues(&format!("sales-{number}")).await;
        let crm = self.queues(&format!("crm-{number}")).await;
        let table = format!("orderbridge-{number}");
        self.make_table(&table).await;
        let time = Arc::new(Moved { url: self.url });
        let table = Table::new(&self.config, table, time.clone());
        let queues = BTreeMap::from([
            ("sales".to_owned(), sales.clone()),
            ("emea".to_owned(), sales.clone()),
            ("crm".to_owned(), crm),
        ]);
        let queue = SqsQueue::new(
            &self.config,
            Queues::new(queues),
            table.clone(),
            time.clone(),
        );
        Stack {
            table,
            queue: Arc::new(queue),
            sales,
            time,
        }
    }

    /// Returns how often each operation was called since the last question.
    pub(crate) async fn calls(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&get(self.url, "/test/calls").await).expect("a list of calls")
    }

    /// Makes the next calls of an operation fail, see `serve.py`.
    pub(crate) async fn fault(&self, operation: &str, kind: &str, times: u32) {
        get(
            self.url,
            &format!("/test/fault?operation={operation}&kind={kind}&times={times}"),
        )
        .await;
    }

    /// Forgets the faults that have not struck yet.
    pub(crate) async fn calm(&self) {
        get(self.url, "/test/calm").await;
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Creates a bucket, and returns its name.
    pub(crate) async fn bucket(&self) -> String {
        static BUCKETS: AtomicU64 = AtomicU64::new(0);
        let name = format!("bucket-{}", BUCKETS.fetch_add(1, Ordering::SeqCst));
        let here = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
            .build();
        let call = self
            .s3()
            .create_bucket()
            .bucket(&name)
            .create_bucket_configuration(here);
        call.send().await.expect("a bucket");
        name
    }

    /// Returns the names of the objects in a bucket.
    pub(crate) async fn objects(&self, bucket: &str) -> Vec<String> {
        let listed = self
            .s3()
            .list_objects_v2()
            .bucket(bucket)
            .send()
            .await
            .expect("a list");
        listed
            .contents()
            .iter()
            .filter_map(|object| object.key.clone())
            .collect()
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    async fn queues(&self, name: &str) -> QueueUrls {
        let dead_letters = self.fifo(&format!("{name}-dead.fifo"), None).await;
        let policy = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1000}}"#,
            self.arn(&dead_letters).await
        );
        let queue = self.fifo(&format!("{name}.fifo"), Some(policy)).await;
        QueueUrls {
            queue,
            dead_letters,
        }
    }

    async fn fifo(&self, name: &str, redrive: Option<String>) -> String {
        let mut call = self.sqs().create_queue().queue_name(name);
        let attributes = [
            (QueueAttributeName::FifoQueue, "true"),
            (QueueAttributeName::DeduplicationScope, "messageGroup"),
            (QueueAttributeName::FifoThroughputLimit, "perMessageGroupId"),
        ];
        for (attribute, value) in attributes {
            call = call.attributes(attribute, value);
        }
        if let Some(policy) = redrive {
            call = call.attributes(QueueAttributeName::RedrivePolicy, policy);
        }
        call.send()
            .await
            .expect("a queue")
            .queue_url
            .expect("its URL")
    }

    async fn arn(&self, queue: &str) -> String {
        let call = self
            .sqs()
            .get_queue_attributes()
            .queue_url(queue)
            .attribute_names(QueueAttributeName::QueueArn);
        let attributes = call
            .send()
            .await
            .expect("attributes")
            .attributes
            .expect("attributes");
        attributes[&QueueAttributeName::QueueArn].clone()
    }

    async fn make_table(&self, name: &str) {
        let mut call = aws_sdk_dynamodb::Client::new(&self.config)
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest);
        for (attribute, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let definition = AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(ScalarAttributeType::S);
            call = call.attribute_definitions(definition.build().expect("a definition"));
            let key = KeySchemaElement::builder()
                .attribute_name(attribute)
                .key_type(kind);
            call = call.key_schema(key.build().expect("a key"));
        }
        call.send().await.expect("a table");
    }
}

/// Returns the URL of this program's emulator, which the first caller starts.
fn running() -> Result<&'static str, String> {
    static STARTED: OnceLock<Result<(String, Mutex<Child>), String>> = OnceLock::new();
    match STARTED.get_or_init(start) {
        Ok((url, _)) => Ok(url),
        Err(why) => Err(why.clone()),
    }
}

fn start() -> Result<(String, Mutex<Child>), String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulated");
    let missing = "the emulator of AWS cannot be installed: it needs Python 3.11 with pip, and a package index";
    let install = Command::new("sh")
        .arg(sources.join("install.sh"))
        .arg(tools())
        .stderr(Stdio::inherit())
        .output();
    let install = install
        .ok()
        .filter(|install| install.status.success())
        .ok_or(missing)?;
    let folder = String::from_utf8(install.stdout).map_err(|_| missing)?;
    let mut emulator = Command::new("python3")
        .arg(sources.join("serve.py"))
        .env("PYTHONPATH", folder.trim())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("python3 cannot be started: {error}"))?;
    let mut line = String::new();
    let mut output = BufReader::new(emulator.stdout.take().ok_or("the emulator has no output")?);
    output
        .read_line(&mut line)
        .map_err(|error| format!("the emulator says nothing: {error}"))?;
    let url = line.trim().to_owned();
    assert!(
        url.starts_with("http://127.0.0.1:"),
        "the emulator is installed, but does not start: {url:?}"
    );
    // Whatever it prints later is not waited for.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok((url, Mutex::new(emulator)))
}

/// Returns the folder where tools of tests are installed: beside what cargo builds.
fn tools() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    let target = program
        .ancestors()
        .nth(3)
        .expect("target/debug/deps")
        .to_owned();
    target.join("tools")
}

async fn get(url: &str, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("the emulator");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
        .unwrap_or_default()
}
