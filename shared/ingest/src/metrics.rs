//! Metrics of acceptance: by platform and answer, never by store or order. The list of all metrics
//! is in the crate `telemetry`.

use crate::Answer;
use source::VerifyError;
use std::time::Duration;

/// The platform of requests for a store that is not configured.
pub(crate) const UNKNOWN: &str = "unknown";

/// Counts one request and its answer.
pub(crate) fn answered(platform: &'static str, answer: &Answer) {
    metrics::counter!("orderbridge_webhooks_total", "platform" => platform, "answer" => answer.word()).increment(1);
    if (400..500).contains(&answer.status()) {
        metrics::counter!("orderbridge_answered_4xx_total").increment(1);
    }
    if answer.is_refusal() {
        metrics::counter!("orderbridge_refused_webhooks_total", "reason" => answer.word())
            .increment(1);
    }
    // Another shop of the same app signs correctly.
    if matches!(answer, Answer::Refused(reason) if !matches!(reason, VerifyError::OtherShop { .. }))
    {
        metrics::counter!("orderbridge_rejected_signatures_total").increment(1);
    }
}

/// Records the time of a request that was read to its end.
pub(crate) fn took(platform: &'static str, time: Duration) {
    metrics::histogram!("orderbridge_webhook_seconds", "platform" => platform).record(time);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use ports::PortError;
    use telemetry::{Emf, METRICS};

    fn answers() -> Vec<Answer> {
        let refused = [
            VerifyError::Missing { header: "X" },
            VerifyError::Mismatch { header: "X" },
            VerifyError::NoKey {
                header: "X",
                key: "Y",
            },
            VerifyError::OtherShop {
                told: "X",
                key: "Y",
            },
            VerifyError::Malformed {
                header: "X",
                reason: "",
            },
        ];
        let mut answers: Vec<Answer> = refused.into_iter().map(Answer::Refused).collect();
        let others = [
            Answer::Accepted { messages: 1 },
            Answer::Ignored,
            Answer::Pong,
            Answer::NotJson(String::new()),
            Answer::UnknownStore { is_signed: true },
            Answer::BrokenOff,
            Answer::TooSlow,
            Answer::Overloaded,
            Answer::TooLarge { limit: 1 },
            Answer::NoSecret,
            Answer::Unavailable(PortError::new("queue", "full")),
        ];
        answers.extend(others);
        answers
    }

    #[test]
    fn every_answer_is_in_the_list_of_metrics_and_refused_signatures_count_by_themselves() {
        let (recorder, emf) = Emf::recorder("test");
        metrics::with_local_recorder(&recorder, || {
            answers()
                .iter()
                .for_each(|answer| answered("shopify", answer));
            answered("shopify", &Answer::Awaited(Box::new(Answer::Ignored)));
            answered("unknown", &Answer::UnknownStore { is_signed: false });
        });
        let lines = emf.take(Timestamp::UNIX_EPOCH);
        assert!(
            lines
                .iter()
                .any(|line| line.contains(r#""rejected_signatures_total":4"#)),
            "{lines:?}"
        );
        let reasons: Vec<&str> = answers()
            .iter()
            .filter(|answer| answer.is_refusal())
            .map(Answer::word)
            .collect();
        for reason in &reasons {
            let label = format!(r#""reason":"{reason}""#);
            let is_once = |line: &String| {
                line.contains(&label) && line.contains(r#""refused_webhooks_total":1"#)
            };
            assert!(
                lines.iter().any(is_once),
                "{reason}, and a stranger's try is none: {lines:?}"
            );
        }
        let words: Vec<&str> = answers().iter().map(Answer::word).collect();
        same(words, "orderbridge_webhooks_total", "answer");
        same(reasons, "orderbridge_refused_webhooks_total", "reason");
    }

    fn same(mut words: Vec<&str>, metric: &str, label: &str) {
        let metric = METRICS.iter().find(|listed| listed.name == metric).unwrap();
        let mut values = metric
            .labels
            .iter()
            .find(|listed| listed.name == label)
            .unwrap()
            .values
            .to_vec();
        words.sort_unstable();
        values.sort_unstable();
        assert_eq!(words, values);
    }
}
