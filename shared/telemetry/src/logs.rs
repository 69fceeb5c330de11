use crate::{fields::PlainFields, ours, plain::JsonLines};
use std::io::IsTerminal;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// One JSON object a line, for log collectors.
    Json,
    /// Text for a person, unless `ORDERBRIDGE_LOG_FORMAT=json` says otherwise.
    Human,
}

/// Starts logging to standard error. `RUST_LOG` chooses the levels, such as `info` or
/// `warn,deliver=debug` or `orderbridge=debug`, which is all of our crates; without it, `default` does. Call it once, first of all; a second call
/// changes nothing.
pub fn start_logs(form: LogForm, default: &str) {
    let wanted = std::env::var("RUST_LOG")
        .ok()
        .and_then(|levels| ours::spelled_out(&levels).parse().ok());
    let levels: Targets = wanted.or_else(|| default.parse().ok()).unwrap_or_default();
    let lines = fmt::layer().with_target(false);
    let lines = match form {
        LogForm::Human if !is_json_wanted() => {
            let is_terminal = std::io::stderr().is_terminal();
            lines
                .with_writer(std::io::stderr)
                .with_ansi(is_terminal)
                .fmt_fields(PlainFields)
                .boxed()
        }
        _ => {
            let lines = lines
                .with_writer(|| JsonLines(std::io::stderr()))
                .with_ansi(false);
            lines
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .boxed()
        }
    };
    // An error means that a logger is installed already.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(levels))
        .try_init();
}

fn is_json_wanted() -> bool {
    std::env::var("ORDERBRIDGE_LOG_FORMAT").is_ok_and(|format| format == "json")
}
