use crate::Policy;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Returns the pause before the next try: exponential backoff with full jitter (a point anywhere
/// between nothing and the bound), on top of the time that the destination asked for, which counts
/// up to `retry_cap` only. (How long all orders are kept away from a destination that asks for it
/// is the circuit's business.)
///
/// The jitter comes from the event's identity and the number of the try, not from a random
/// generator: it spreads messages just as well, and a run can be repeated.
pub(crate) fn pause(
    policy: &Policy,
    attempt: u32,
    event: &str,
    retry_after: Option<Duration>,
) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let bound = policy
        .retry_base
        .saturating_mul(1_u32 << doublings)
        .min(policy.retry_cap);
    let jitter = Duration::from_millis(scale(bound.as_millis(), spread(event, attempt)));
    retry_after
        .unwrap_or_default()
        .min(policy.retry_cap)
        .saturating_add(jitter)
}

/// Returns `bound` times `share / 2^32`.
fn scale(bound: u128, share: u32) -> u64 {
    u64::try_from((bound * u128::from(share)) >> 32).unwrap_or(u64::MAX)
}

/// Returns a number that is evenly spread over all of `u32`.
fn spread(event: &str, attempt: u32) -> u32 {
    let digest = Sha256::new()
        .chain_update(event.as_bytes())
        .chain_update(attempt.to_be_bytes())
        .finalize();
    digest
        .iter()
        .take(4)
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy {
        retry_base: Duration::from_secs(5),
        retry_cap: Duration::from_secs(900),
        give_up_after: Duration::from_secs(1),
    };

    #[test]
    fn spreads_evenly_below_a_bound_that_doubles_up_to_the_cap() {
        for (attempt, bound) in [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (40, 900)] {
            let pauses: Vec<Duration> = (0..1000)
                .map(|event| pause(&POLICY, attempt, &event.to_string(), None))
                .collect();
            let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
            assert!(
                *most <= Duration::from_secs(bound),
                "try {attempt}: {most:?}"
            );
            assert!(
                *most > Duration::from_secs(bound) * 9 / 10
                    && *least < Duration::from_secs(bound) / 10,
                "try {attempt}: {least:?} to {most:?}"
            );
        }
    }

    #[test]
    fn an_answer_that_asks_for_an_eternity_holds_an_order_no_longer_than_the_cap() {
        for asked in [
            Duration::from_secs(901),
            Duration::from_secs(86_400),
            Duration::MAX,
        ] {
            let pauses = (1..100).map(|attempt| pause(&POLICY, attempt, "e", Some(asked)));
            assert!(
                pauses
                    .into_iter()
                    .all(|pause| (900..1_800).contains(&pause.as_secs())),
                "{asked:?}"
            );
        }
    }

    #[test]
    fn never_comes_back_before_the_destination_asked_to() {
        assert!((1..100).all(|attempt| pause(
            &POLICY,
            attempt,
            "e",
            Some(Duration::from_secs(60))
        ) >= Duration::from_secs(60)));
    }
}
