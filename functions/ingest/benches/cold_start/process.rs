//! The function's process.

use crate::{binary, doubles::Doubles};
use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The unit in which Linux counts time, on every machine that Lambda or this benchmark runs on:
/// hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

const CONFIG: &str = r#"
[stores.acme]
platform = "woocommerce"
secret   = "orderbridge/stores/acme"

[destinations.sales]
system    = "salesforce"
secret    = "orderbridge/destinations/sales"
auth      = "client_credentials"
login_url = "https://example.my.salesforce.com"

[[routes]]
name        = "acme-sales"
store       = "acme"
destination = "sales"
mapping     = "woocommerce-salesforce"
"#;

pub(crate) struct Function {
    process: Child,
    _folder: tempfile::TempDir,
}

impl Function {
    pub(crate) fn start(doubles: &Doubles) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("orderbridge.toml");
        fs::write(&config, CONFIG).expect("written");
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", doubles.runtime.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "ingest")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "obviously-fake")
            .env("AWS_SECRET_ACCESS_KEY", "obviously-fake")
            .env("AWS_SESSION_TOKEN", "obviously-fake")
            .env("AWS_ENDPOINT_URL", format!("http://{}", doubles.aws))
            .env("ORDERBRIDGE_CONFIG", &config)
            .env(
                "SALESFORCE_QUEUE_URL",
                format!("http://{}/123456789012/salesforce.fifo", doubles.aws),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self {
            process: command.spawn().expect("the function"),
            _folder: folder,
        }
    }

    /// Returns the CPU time of all its threads.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))
            .expect("a running function");
        // The name in brackets may hold anything; user and system time are the 12th and 13th field
        // after it (proc_pid_stat(5)).
        let fields = stat
            .rsplit_once(')')
            .map(|(_, fields)| fields)
            .unwrap_or_default();
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u32>().ok())
            .sum();
        TICK * ticks
    }

    /// Returns the largest memory that it had, in bytes.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .expect("a running function");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap_or_default();
        line.trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .unwrap_or_default()
            * 1024
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
