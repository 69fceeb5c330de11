use crate::{Breaker, Engine, Health, Lease, Report, Sign};
use ports::Received;
use std::time::Duration;

/// The longest time for which a destination is left alone at once, however large a number it sends.
const LONGEST_STAY_AWAY: Duration = Duration::from_secs(3600);

impl Engine {
    /// Delivers a batch of one destination as [`Self::deliver`] does, and tells the destination's
    /// breaker what came of it. Settling is left to the caller, who received the batch.
    pub async fn deliver_with_breaker(
        &self,
        batch: Vec<Received>,
        lease: Lease,
        breaker: &Breaker,
    ) -> Report {
        let report = self.deliver(batch, lease).await;
        self.tell_breaker(&report, lease.probe, breaker).await;
        breaker.note_usage(&report.usage, self.clock.now()).await;
        report
    }

    /// Tells the breaker what the batch says about the destination. An answer to one order proves
    /// that the destination is well, even if it was a refusal; a batch that it was not asked about
    /// proves nothing.
    async fn tell_breaker(&self, report: &Report, probing: bool, breaker: &Breaker) {
        let any = |health| report.events.iter().any(|event| event.health == health);
        let (now, destination) = (self.clock.now(), breaker.destination());
        let signs = [
            (Health::Answered, Sign::Well),
            (Health::Locked, Sign::Locked),
            (Health::Outage, Sign::Away),
            (Health::Repeated, Sign::Repeated),
            (Health::Doubtful, Sign::Doubtful),
        ];
        let sign = signs
            .into_iter()
            .find(|(health, _)| any(*health))
            .map(|(_, sign)| sign);
        match sign {
            Some(sign) if breaker.record(sign, now).await => {
                let locked = sign == Sign::Locked;
                tracing::error!(
                    destination,
                    locked,
                    "the destination is left alone; orders wait and nothing is lost"
                );
            }
            None if probing => breaker.nothing_to_probe().await,
            _ => {}
        }
        if let Some(longest) = report
            .events
            .iter()
            .filter_map(|event| event.stay_away)
            .max()
        {
            breaker.stay_away(longest.min(LONGEST_STAY_AWAY), now).await;
        }
    }
}
