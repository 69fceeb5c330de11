use crate::{
    dice::Dice,
    judge::{DETAIL, Judge},
};
use ports::PortError;
use std::{sync::Arc, time::Duration};

/// What happens around every call of a port.
#[derive(Clone)]
pub(crate) struct Trouble {
    pub(crate) dice: Arc<Dice>,
    pub(crate) judge: Arc<Judge>,
}

impl Trouble {
    /// Around a call: a pause, maybe a failure before the work, the work, maybe a failure after it,
    /// a pause.
    pub(crate) async fn around<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        self.pause().await;
        self.maybe_fail(operation)?;
        let done = work.await?;
        self.pause().await;
        self.maybe_fail(operation)?;
        Ok(done)
    }

    /// Mostly nothing or a few milliseconds; sometimes a second.
    pub(crate) async fn pause(&self) {
        let longest = match self.dice.below(100) {
            0..50 => return,
            50..98 => Duration::from_millis(20),
            _ if self.is_over() => return,
            _ => Duration::from_secs(2),
        };
        tokio::time::sleep(self.dice.span(longest)).await;
    }

    fn maybe_fail(&self, operation: &'static str) -> Result<(), PortError> {
        // Twice in each call.
        if self.is_over() || !self.dice.chance(self.judge.scenario.port_trouble / 2) {
            return Ok(());
        }
        self.judge.fault("port");
        self.judge
            .note(DETAIL, || format!("port fails: {operation}"));
        Err(PortError::new(operation, "simulated failure"))
    }

    fn is_over(&self) -> bool {
        self.judge.clock.elapsed() >= self.judge.scenario.healed
    }
}
