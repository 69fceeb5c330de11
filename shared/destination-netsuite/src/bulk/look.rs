//! Finding the records of a job by their external ids, again and again until all are there or the
//! job is done. How many are there tells when it is worth looking again.

use super::{Bulk, job, lock};
use crate::{client::Client, row::Row, rules, suiteql::Question};
use destination::Failure;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pause before the first look at the first job, and the shortest of all.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The time that a record of a job takes, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Speed {
    per_record: Option<Duration>,
}

impl Speed {
    /// Returns how many records are made in this time; any number, where that is not known.
    pub(super) fn records_in(self, time: Duration) -> usize {
        let per_record = self.per_record.map_or(0, |time| time.as_micros());
        let records = time.as_micros().checked_div(per_record);
        records.map_or(usize::MAX, |records| {
            usize::try_from(records).unwrap_or(usize::MAX)
        })
    }

    /// Returns the pause after which this many records are likely to be there.
    fn pause_for(self, records: usize) -> Duration {
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        let time = self.per_record.unwrap_or_default();
        // A tenth more, because a look that comes too early costs another one.
        let pause = time.saturating_mul(records).saturating_mul(11) / 10;
        pause.clamp(SHORTEST, LONGEST)
    }

    /// Learns from a look that found some of the records, or all of them. All of them may have been
    /// there for a while, so that the next look comes a little earlier.
    fn learn(&mut self, found: usize, of: usize, took: Duration) {
        let Some(each) = took.checked_div(u32::try_from(found).unwrap_or(u32::MAX)) else {
            return;
        };
        self.per_record = Some(match self.per_record {
            Some(known) if found >= of => known.min(each) / 100 * 99,
            _ => each,
        });
    }
}

/// Waits until the records of a job are there, and returns those that are once it is done.
pub(super) async fn wait(
    client: &Client<'_>,
    bulk: &Bulk,
    job: &str,
    question: &Question,
    records: usize,
) -> Result<Vec<Row>, Failure> {
    let begun = Instant::now();
    let Some(query) = question.query() else {
        return Ok(Vec::new());
    };
    let (mut before, mut pause) = (0, lock(&bulk.speed).pause_for(records));
    loop {
        let left = client.call.time_left(client.connection.clock.now());
        sleep(pause.min(left)).await;
        let rows = client.query(&query).await?;
        let found = rows.len();
        if found >= records {
            lock(&bulk.speed).learn(found, records, begun.elapsed());
            return Ok(rows);
        }
        if found > before {
            lock(&bulk.speed).learn(found, records, begun.elapsed());
            pause = lock(&bulk.speed).pause_for(records - found);
            before = found;
            continue;
        }
        if job::is_done(client, job).await? {
            return client.query(&query).await;
        }
        pause = (pause * 2).min(LONGEST);
    }
}

/// Returns the question for records of a kind by their external ids; for orders with their
/// customers.
pub(super) fn question(
    object: &str,
    is_order: bool,
    external_ids: &[String],
) -> Result<Question, Failure> {
    let table = if is_order { "transaction" } else { object };
    let mut question = Question::new(table)?;
    question.select(rules::EXTERNAL_ID)?;
    if is_order {
        question.select("entity")?;
    }
    question.or_in(rules::EXTERNAL_ID, false, external_ids)?;
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_finds_some_tells_when_to_look_again() {
        let mut speed = Speed::default();
        assert_eq!(speed.pause_for(100), SHORTEST, "nothing is known yet");
        assert_eq!(speed.records_in(Duration::from_secs(1)), usize::MAX);
        speed.learn(20, 100, Duration::from_secs(10));
        assert_eq!(speed.pause_for(80), Duration::from_secs(44));
        assert_eq!(speed.records_in(Duration::from_secs(60)), 120);
        assert_eq!(speed.pause_for(1000), LONGEST);
    }

    #[test]
    fn where_all_are_there_at_once_the_next_look_comes_earlier() {
        let mut speed = Speed::default();
        speed.learn(100, 100, Duration::from_secs(100));
        let known = speed.per_record;
        speed.learn(100, 100, Duration::from_secs(110));
        assert!(speed.per_record < known, "{speed:?}");
        speed.learn(10, 100, Duration::from_secs(40));
        assert_eq!(speed.per_record, Some(Duration::from_secs(4)));
        speed.learn(0, 100, Duration::from_secs(40));
        assert_eq!(speed.per_record, Some(Duration::from_secs(4)));
    }
}
