use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What log lines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// One JSON object a line: for whatever collects logs.
    Json,
    /// For a person, unless `ORDERBRIDGE_LOG_FORMAT=json` says otherwise.
    Human,
}

/// Starts logging to standard error. `RUST_LOG` chooses how much, else `default` does. Call it once, first of all; a second call changes nothing.
pub fn start_logs(form: LogForm, default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_target(false);
    // An error means that somebody logs already.
    let _ = match form {
        LogForm::Human if !is_json_wanted() => logs.try_init(),
        _ => logs.with_ansi(false).json().flatten_event(true).try_init(),
    };
}

fn is_json_wanted() -> bool {
    std::env::var("ORDERBRIDGE_LOG_FORMAT").is_ok_and(|format| format == "json")
}
