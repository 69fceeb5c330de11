//! A machine that stands still: its tasks are not polled, while everything else goes on.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

/// Whether a machine stands still, and who wants to go on.
#[derive(Default)]
pub(crate) struct Stall(Mutex<State>);

#[derive(Default)]
struct State {
    is_still: bool,
    waiting: Vec<Waker>,
}

/// A task of a machine that may stand still.
pub(crate) struct Stallable {
    stall: Arc<Stall>,
    task: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Stall {
    /// From now on nothing is polled.
    pub(crate) fn begin(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_still = true;
    }

    /// Everything goes on.
    pub(crate) fn end(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_still = false;
        state.waiting.drain(..).for_each(Waker::wake);
    }

    fn holds(&self, waker: &Waker) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_still {
            state.waiting.push(waker.clone());
        }
        state.is_still
    }
}

impl Stallable {
    pub(crate) fn new(stall: Arc<Stall>, task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            stall,
            task: Box::pin(task),
        }
    }
}

impl Future for Stallable {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.stall.holds(context.waker()) {
            return Poll::Pending;
        }
        self.task.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn nothing_moves_while_the_machine_stands_still() {
        let (stall, steps) = (Arc::new(Stall::default()), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&steps);
        tokio::spawn(Stallable::new(Arc::clone(&stall), async move {
            loop {
                sleep(Duration::from_secs(1)).await;
                counted.fetch_add(1, Ordering::Relaxed);
            }
        }));
        sleep(Duration::from_millis(2500)).await;
        stall.begin();
        sleep(Duration::from_secs(100)).await;
        assert_eq!(steps.load(Ordering::Relaxed), 2);
        stall.end();
        sleep(Duration::from_millis(1500)).await;
        assert_eq!(steps.load(Ordering::Relaxed), 4);
    }
}
