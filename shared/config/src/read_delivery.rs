use crate::{Delivery, System, section::Section, source::Report};
use std::time::Duration;

/// The largest batch: SQS hands out at most 10 messages of a FIFO queue at once.
const LARGEST_BATCH: u32 = 10;
/// The longest wait: SQS takes no longer visibility timeout.
const LONGEST_WAIT: Duration = Duration::from_hours(12);
/// The longest age of an order: SQS keeps a message no longer.
const LONGEST_LIFE: Duration = Duration::from_hours(14 * 24);
/// The longest request timeout: a Lambda function runs no longer than 15 minutes, and has several
/// calls to make.
const LONGEST_CALL: Duration = Duration::from_mins(5);
const SHORTEST: Duration = Duration::from_millis(1);

/// The general `[delivery]`, for destinations that have none of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct General {
    pub(crate) delivery: Delivery,
    /// Whether it sets the request timeout. Where it does not, that depends on the destination's
    /// system.
    has_timeout: bool,
}

impl General {
    pub(crate) fn read(section: &Section<'_>, report: &mut Report) -> Self {
        Self {
            delivery: read(section, Delivery::default(), report),
            has_timeout: section.value("request_timeout").is_some(),
        }
    }

    pub(crate) fn of(self, system: System) -> Delivery {
        let request_timeout = if self.has_timeout {
            self.delivery.request_timeout
        } else {
            system.request_timeout()
        };
        Delivery {
            request_timeout,
            ..self.delivery
        }
    }
}

/// Reads `[delivery]` or `[destinations.NAME.delivery]`. Keys that it leaves away are taken from
/// `defaults`.
pub(crate) fn read(section: &Section<'_>, defaults: Delivery, report: &mut Report) -> Delivery {
    report.0.extend(section.unknown_keys());
    let delivery = Delivery {
        batch: count(section, "batch", defaults.batch, LARGEST_BATCH, report),
        concurrency: count(section, "concurrency", defaults.concurrency, 100, report),
        retry_base: duration(
            section,
            "retry_base",
            defaults.retry_base,
            LONGEST_WAIT,
            report,
        ),
        retry_cap: duration(
            section,
            "retry_cap",
            defaults.retry_cap,
            LONGEST_WAIT,
            report,
        ),
        give_up_after: duration(
            section,
            "give_up_after",
            defaults.give_up_after,
            LONGEST_LIFE,
            report,
        ),
        request_timeout: duration(
            section,
            "request_timeout",
            defaults.request_timeout,
            LONGEST_CALL,
            report,
        ),
        circuit_after: report
            .keep(section.number("circuit_after", defaults.circuit_after, 1..=1000))
            .unwrap_or(defaults.circuit_after),
        circuit_probe: duration(
            section,
            "circuit_probe",
            defaults.circuit_probe,
            LONGEST_WAIT,
            report,
        ),
        requests_per_minute: requests_per_minute(section, defaults.requests_per_minute, report),
        budget_warn: percent(section, "budget_warn", defaults.budget_warn, report),
        budget_slow: percent(section, "budget_slow", defaults.budget_slow, report),
    };
    let sets_either = section.value("retry_base").is_some() || section.value("retry_cap").is_some();
    if sets_either && delivery.retry_base > delivery.retry_cap {
        let message = format!(
            "`retry_base` in {} is longer than `retry_cap`; the first wait cannot be longer than the longest",
            section.place
        );
        report.0.push(section.problem_at("retry_base", message));
    }
    delivery
}

fn requests_per_minute(
    section: &Section<'_>,
    default: Option<u32>,
    report: &mut Report,
) -> Option<u32> {
    section.value("requests_per_minute").map_or(default, |_| {
        let number = section.number("requests_per_minute", 1, 1..=100_000);
        report.keep(number).or(default)
    })
}

fn percent(section: &Section<'_>, name: &str, default: u32, report: &mut Report) -> u32 {
    report
        .keep(section.number(name, default, 1..=100))
        .unwrap_or(default)
}

fn count(
    section: &Section<'_>,
    name: &str,
    default: usize,
    most: u32,
    report: &mut Report,
) -> usize {
    let number =
        report.keep(section.number(name, u32::try_from(default).unwrap_or(most), 1..=most));
    number
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or(default)
}

fn duration(
    section: &Section<'_>,
    name: &str,
    default: Duration,
    most: Duration,
    report: &mut Report,
) -> Duration {
    report
        .keep(section.duration(name, default, SHORTEST..=most))
        .unwrap_or(default)
}
