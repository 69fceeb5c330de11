use destination::Answer;
use jiff::Timestamp;
use ports::Budget;

/// Returns how much the org may still call: `Sforce-Limit-Info: api-usage=18/5000`, in newer
/// versions with other figures after a semicolon (REST API, Limit Info Header). The count is of the
/// last 24 hours, so there is no moment at which it begins anew.
pub(crate) fn of_answer(answer: &Answer, now: Timestamp) -> Option<Budget> {
    let text = answer.headers.get("sforce-limit-info")?.to_str().ok()?;
    let usage = text
        .split([';', ','])
        .find_map(|part| part.trim().strip_prefix("api-usage="))?;
    let (used, limit) = usage.split_once('/')?;
    Some(Budget {
        used: used.trim().parse().ok()?,
        limit: limit.trim().parse().ok().filter(|limit| *limit > 0)?,
        resets: None,
        told: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn figures(header: &str) -> Option<(u64, u64)> {
        let mut headers = HeaderMap::new();
        headers.insert("sforce-limit-info", header.parse().unwrap());
        let (status, body) = (200, Vec::new());
        let budget = of_answer(
            &Answer {
                status,
                headers,
                body,
            },
            Timestamp::UNIX_EPOCH,
        )?;
        Some((budget.used, budget.limit))
    }

    #[test]
    fn the_header_is_read_in_all_its_forms() {
        assert_eq!(figures("api-usage=18/5000"), Some((18, 5000)));
        assert_eq!(
            figures("api-usage=10018/100000; api-bursts=1/750"),
            Some((10_018, 100_000))
        );
        assert_eq!(
            figures("per-app-api-usage=17/250(appName=sample), api-usage=25/5000"),
            Some((25, 5000))
        );
        for odd in [
            "api-bursts=1/750",
            "api-usage=18",
            "api-usage=a/b",
            "api-usage=1/0",
            "",
        ] {
            assert_eq!(figures(odd), None, "{odd}");
        }
    }
}
