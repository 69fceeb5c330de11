//! The list of all metrics. Code that counts only names a metric (`metrics::counter!`); its
//! meaning, its unit and the values that its labels may have are written down here, once.

use config::{Platform, System};
use metrics::Unit;

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name for Prometheus; CloudWatch has the same name without `orderbridge_`.
    pub name: &'static str,
    /// Its behaviour.
    pub kind: Kind,
    /// The unit of its values.
    pub unit: Unit,
    /// Its labels (dimensions), in this order.
    pub labels: &'static [Label],
    /// One sentence for the person who watches it.
    pub meaning: &'static str,
}

/// The behaviour of a metric, see [`Metric::kind`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A state.
    Gauge,
    /// A distribution, with these upper bounds of its buckets.
    Histogram(&'static [f64]),
}

/// A label and every value that it may have. No label is an order, a store or a route.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: &'static [&'static str],
}

/// The values of a label that no list here can hold, because the configuration is their list.
pub const CONFIGURED: &[&str] = &[];

const PLATFORM: Label = Label {
    name: "platform",
    // Requests for a store that is not configured belong to no platform.
    values: Platform::LABELS,
};
const ANSWER: Label = Label {
    name: "answer",
    values: &[
        "accepted",
        "ignored",
        "pong",
        "unsigned",
        "bad_signature",
        "no_key",
        "other_shop",
        "malformed_signature",
        "not_json",
        "unknown_store",
        "too_large",
        "broken_off",
        "too_slow",
        "overloaded",
        "no_secret",
        "unavailable",
    ],
};
const REASON: Label = Label {
    name: "reason",
    values: &[
        "unsigned",
        "bad_signature",
        "no_key",
        "other_shop",
        "malformed_signature",
        "not_json",
        "unknown_store",
        "too_large",
        "broken_off",
        "too_slow",
        "overloaded",
        "no_secret",
        "unavailable",
    ],
};
const CUT: Label = Label {
    name: "why",
    values: &["head_too_slow", "idle", "crowded_out"],
};
const SYSTEM: Label = Label {
    name: "system",
    // Messages for a route that is gone belong to no system.
    values: System::LABELS,
};
/// The names of a configuration's destinations: few, and each of them known before it starts.
const DESTINATION: Label = Label {
    name: "destination",
    values: CONFIGURED,
};
const OUTCOME: Label = Label {
    name: "outcome",
    values: &[
        "delivered",
        "unchanged",
        "stale",
        "skipped",
        "privacy",
        "retry",
        "rejected",
    ],
};
const FAILURE: Label = Label {
    name: "outcome",
    values: &["retry", "rejected"],
};
const CLASS: Label = Label {
    name: "class",
    values: &[
        "authentication",
        "rate_limit",
        "unavailable",
        "validation",
        "mapping",
        "conflict",
        "too_large",
        "unknown",
    ],
};
const RESULT: Label = Label {
    name: "result",
    values: &["renewed", "refused", "failed"],
};
const WHY: Label = Label {
    name: "why",
    values: &["outage", "authentication", "asked_to_wait"],
};

const FOUND: Label = Label {
    name: "standing",
    values: &["missing", "behind"],
};
const UNLIKE: Label = Label {
    name: "standing",
    values: &["gone", "differs"],
};

/// The buckets for answers: a webhook is answered within milliseconds, or the disk is slow.
const ANSWER_SECONDS: Kind = Kind::Histogram(&[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
]);
/// The buckets for batches: a batch takes a few calls of the destination.
const BATCH_SECONDS: Kind = Kind::Histogram(&[
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 240.0,
]);
/// The buckets for ages: an order arrives within seconds, or its destination is away for minutes,
/// hours or days.
const AGE_SECONDS: Kind = Kind::Histogram(&[
    0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0, 259_200.0,
]);

/// All metrics, in the order in which an order meets them.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "orderbridge_webhooks_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[PLATFORM, ANSWER],
        meaning: "Requests of shops, by what they were answered (without the platform in CloudWatch).",
    },
    Metric {
        name: "orderbridge_answered_4xx_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        meaning: "Requests that were answered with 4xx: what a gateway in front answers so by itself is the difference.",
    },
    Metric {
        name: "orderbridge_refused_webhooks_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[REASON],
        meaning: "Webhooks that a shop may have sent and that were not taken, by why. Of requests for unknown stores only those that bear a signature.",
    },
    Metric {
        name: "orderbridge_silent_stores",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        meaning: "Stores of which no webhook was verified for longer than their `silence`; in a stack, no posted order that a comparison met.",
    },
    Metric {
        name: "orderbridge_connections",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        meaning: "Open connections (serve only).",
    },
    Metric {
        name: "orderbridge_connections_limit",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        meaning: "So many connections are kept open at most (serve only).",
    },
    Metric {
        name: "orderbridge_connections_cut_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[CUT],
        meaning: "Connections that were closed while a request was awaited on them: too slow with its head, idle for too long, or the oldest when there were too many (serve only).",
    },
    Metric {
        name: "orderbridge_bytes_in_flight",
        kind: Kind::Gauge,
        unit: Unit::Bytes,
        labels: &[],
        meaning: "Bytes of bodies that have not arrived to their end (serve only).",
    },
    Metric {
        name: "orderbridge_rejected_signatures_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        meaning: "Requests whose signature was missing, wrong or unreadable: a secret that does not fit, or a stranger.",
    },
    Metric {
        name: "orderbridge_failed_starts_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        meaning: "Starts of a function that failed; nothing is taken or delivered until one succeeds (functions only).",
    },
    Metric {
        name: "orderbridge_unsent_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        meaning: "Messages that SQS did not take in time and that were put into the stack's bucket instead, from where they are sent within minutes (functions only).",
    },
    Metric {
        name: "orderbridge_webhook_seconds",
        kind: ANSWER_SECONDS,
        unit: Unit::Seconds,
        labels: &[PLATFORM],
        meaning: "Time from the whole request to the answer, durable messages included (serve only; Lambda tells Duration).",
    },
    Metric {
        name: "orderbridge_orders_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[SYSTEM, OUTCOME],
        meaning: "Messages by what became of them; a retry counts each time, a rejected one became a dead letter.",
    },
    Metric {
        name: "orderbridge_failures_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[SYSTEM, FAILURE, CLASS],
        meaning: "Failed tries by what happened next and by class of the failure.",
    },
    Metric {
        name: "orderbridge_order_age_seconds",
        kind: AGE_SECONDS,
        unit: Unit::Seconds,
        labels: &[SYSTEM],
        meaning: "Time from the acceptance of a webhook to its end: delivered, known already, or a dead letter.",
    },
    Metric {
        name: "orderbridge_batch_seconds",
        kind: BATCH_SECONDS,
        unit: Unit::Seconds,
        labels: &[SYSTEM],
        meaning: "Time that a batch of messages was worked on (serve only; Lambda tells Duration).",
    },
    Metric {
        name: "orderbridge_destination_requests_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[SYSTEM],
        meaning: "Requests sent while delivering, those for tokens included: what an account's quota is spent on.",
    },
    Metric {
        name: "orderbridge_token_refreshes_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[SYSTEM, RESULT],
        meaning: "Requests for an access token; refused means that the credentials are.",
    },
    Metric {
        name: "orderbridge_circuit_openings_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[SYSTEM, WHY],
        meaning: "How often a destination began to be left alone, and why; authentication needs somebody to act.",
    },
    Metric {
        name: "orderbridge_circuit_open",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[SYSTEM],
        meaning: "1 while a destination is left alone and its orders wait, else 0.",
    },
    Metric {
        name: "orderbridge_oldest_seconds",
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        labels: &[SYSTEM],
        meaning: "Age of the oldest order of a batch that came back undelivered, since its webhook; nothing where the whole batch is done with (functions only).",
    },
    Metric {
        name: "orderbridge_destination_open",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[SYSTEM, DESTINATION],
        meaning: "The same as circuit_open, for each destination (functions only).",
    },
    Metric {
        name: "orderbridge_destination_oldest_seconds",
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        labels: &[SYSTEM, DESTINATION],
        meaning: "The same as oldest_seconds, for each destination (functions only).",
    },
    Metric {
        name: "orderbridge_destination_dead",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[SYSTEM, DESTINATION],
        meaning: "The same as dead_letters, for each destination (functions only).",
    },
    Metric {
        name: "orderbridge_compared_orders_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[FOUND],
        meaning: "Orders of the shops that a comparison by itself found never to have come here, or in an older state; each was put on its way.",
    },
    Metric {
        name: "orderbridge_unlike_orders",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[UNLIKE],
        meaning: "Orders of which the last daily reading found records gone from their destination, or otherwise than they were delivered.",
    },
    Metric {
        name: "orderbridge_webhooks_off",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        meaning: "Stores whose shop says that a webhook to us is switched off, or that it has none.",
    },
    Metric {
        name: "orderbridge_uncompared_stores",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        meaning: "Stores that were not compared to the end for an hour, or four times their `every`: the log says why.",
    },
    Metric {
        name: "orderbridge_api_budget_percent",
        kind: Kind::Gauge,
        unit: Unit::Percent,
        labels: &[SYSTEM],
        meaning: "How much of the account's budget of calls is used, where the destination tells.",
    },
    Metric {
        name: "orderbridge_queue_depth",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[SYSTEM],
        meaning: "Messages that wait or are in hand.",
    },
    Metric {
        name: "orderbridge_dead_letters",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[SYSTEM],
        meaning: "Dead letters that wait for somebody.",
    },
];

impl Metric {
    /// Returns the metric of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        METRICS.iter().find(|metric| metric.name == name)
    }
}

/// Returns why no metric may have this name and these labels; `None` where it is in the list. For
/// tests: a label whose values nobody can list costs more than everything else.
#[must_use]
pub fn unlisted<'a>(
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let Some(metric) = Metric::of(name) else {
        return Some(format!("{name} is not in the list of metrics"));
    };
    let mut missing: Vec<&Label> = metric.labels.iter().collect();
    for (key, value) in labels {
        let Some(label) = metric.labels.iter().find(|label| label.name == key) else {
            return Some(format!("{name} has no label {key}"));
        };
        if label.values != CONFIGURED && !label.values.contains(&value) {
            return Some(format!("{name}: {value} is no value of the label {key}"));
        }
        missing.retain(|label| label.name != key);
    }
    missing
        .first()
        .map(|label| format!("{name} lacks the label {}", label.name))
}
