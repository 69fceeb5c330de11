//! The metrics of delivering: by system and outcome, never by order, route or destination. The list
//! of all metrics is in the crate `telemetry`.

use crate::{Event, Result};
use destination::Counters;
use std::time::Duration;

/// The system's label for a message whose route is gone.
pub(crate) const UNKNOWN: &str = "unknown";

/// Counts one message and what became of it. `age` is the time since it was accepted, where that
/// says something.
pub(crate) fn settled(system: &'static str, event: &Event, age: Option<Duration>) {
    let outcome = event.result.word();
    metrics::counter!("orderbridge_orders_total", "system" => system, "outcome" => outcome)
        .increment(1);
    if let Some(class) = event.result.class() {
        let class = class.to_owned();
        metrics::counter!("orderbridge_failures_total", "system" => system, "outcome" => outcome, "class" => class).increment(1);
    }
    if let Some(age) = age.filter(|_| !matches!(event.result, Result::Retry { .. })) {
        let millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        metrics::histogram!("orderbridge_order_age_seconds", "system" => system)
            .record(Duration::from_millis(millis));
    }
}

/// Records how long a batch took.
pub(crate) fn batch(system: &'static str, time: Duration) {
    metrics::histogram!("orderbridge_batch_seconds", "system" => system).record(time);
}

/// Counts the requests that a destination was sent, and the renewals of its token.
pub(crate) fn asked(system: &'static str, counters: &Counters) {
    metrics::counter!("orderbridge_destination_requests_total", "system" => system)
        .increment(counters.requests);
    for (result, times) in [
        ("renewed", counters.tokens_renewed),
        ("refused", counters.tokens_refused),
        ("failed", counters.tokens_failed),
    ] {
        if times > 0 {
            metrics::counter!("orderbridge_token_refreshes_total", "system" => system, "result" => result).increment(times);
        }
    }
}

/// Records how much of an account's budget is used.
pub(crate) fn budget(system: &'static str, percent: u64) {
    let percent = u32::try_from(percent).unwrap_or(u32::MAX);
    metrics::gauge!("orderbridge_api_budget_percent", "system" => system).set(percent);
}

/// Records whether a destination's circuit is open.
pub(crate) fn circuit(system: &'static str, is_open: bool) {
    metrics::gauge!("orderbridge_circuit_open", "system" => system).set(u8::from(is_open));
}

/// Counts that a destination's circuit opens.
pub(crate) fn opened(system: &'static str, why: &str) {
    metrics::counter!("orderbridge_circuit_openings_total", "system" => system, "why" => why.to_owned()).increment(1);
}

#[cfg(test)]
mod tests {
    use destination::Class;
    use telemetry::METRICS;

    /// Returns the place of a class in the list below; a class that is added must be put into that
    /// list, and into the list of metrics.
    const fn position(class: Class) -> usize {
        match class {
            Class::Authentication => 0,
            Class::RateLimit => 1,
            Class::Unavailable => 2,
            Class::Validation => 3,
            Class::Mapping => 4,
            Class::Conflict => 5,
            Class::TooLarge => 6,
            Class::Unknown => 7,
        }
    }

    #[test]
    fn every_class_of_failure_is_in_the_list_of_metrics() {
        let failures = METRICS
            .iter()
            .find(|metric| metric.name == "orderbridge_failures_total")
            .unwrap();
        let listed = failures
            .labels
            .iter()
            .find(|label| label.name == "class")
            .unwrap();
        let classes = [
            Class::Authentication,
            Class::RateLimit,
            Class::Unavailable,
            Class::Validation,
            Class::Mapping,
            Class::Conflict,
            Class::TooLarge,
            Class::Unknown,
        ];
        assert!(
            classes
                .iter()
                .enumerate()
                .all(|(index, class)| position(*class) == index)
        );
        assert_eq!(classes.map(Class::as_str), *listed.values);
    }
}
