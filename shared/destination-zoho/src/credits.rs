use destination::Answer;
use jiff::Timestamp;
use ports::Budget;

/// Returns how much an organisation with this limit of credits may still spend, by an answer of its
/// API: `X-API-CREDITS-REMAINING`, which is there only once half of them are spent (Zoho CRM API,
/// API Limits). Without the header a success means that no more than half are. The count is of the
/// last 24 hours, so there is no moment at which it begins anew.
pub(crate) fn of_answer(answer: &Answer, limit: u32, now: Timestamp) -> Option<Budget> {
    let limit = u64::from(limit);
    let used = match answer.headers.get("x-api-credits-remaining") {
        Some(left) => limit.saturating_sub(left.to_str().ok()?.trim().parse().ok()?),
        None if (200..300).contains(&answer.status) => limit / 2,
        // A refusal may come from something before the API.
        None => return None,
    };
    Some(Budget {
        used,
        limit,
        resets: None,
        told: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn used(status: u16, left: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        if let Some(left) = left {
            headers.insert("x-api-credits-remaining", left.parse().unwrap());
        }
        let body = Vec::new();
        let budget = of_answer(
            &Answer {
                status,
                headers,
                body,
            },
            5_000,
            Timestamp::UNIX_EPOCH,
        )?;
        assert_eq!(budget.limit, 5_000);
        Some(budget.used)
    }

    #[test]
    fn what_is_not_left_is_used() {
        assert_eq!(used(200, Some("1000")), Some(4_000));
        assert_eq!(used(429, Some("0")), Some(5_000), "a refusal tells it too");
        assert_eq!(
            used(200, Some("80000")),
            Some(0),
            "more than there should be: nothing is known to be used"
        );
    }

    #[test]
    fn as_long_as_nothing_is_told_no_more_than_half_are_used() {
        assert_eq!(
            (used(200, None), used(204, None)),
            (Some(2_500), Some(2_500))
        );
        assert_eq!(
            (used(502, None), used(401, None), used(200, Some("many"))),
            (None, None, None)
        );
    }
}
