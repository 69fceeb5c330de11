//! The thread that owns the reading connection: whatever it reads was committed, and it never waits
//! for a writer.

use crate::StoreError;
use rusqlite::Connection;
use std::{io, thread::JoinHandle};
use tokio::sync::{mpsc, oneshot};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The number of jobs that may wait before callers wait for room.
const WAITING: usize = 256;

/// The handle that passes jobs to the thread, which ends when the handle is gone.
pub(crate) struct Reader(mpsc::Sender<Job>);

impl Reader {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, mut receiver) = mpsc::channel::<Job>(WAITING);
        let serve = move || {
            while let Some(job) = receiver.blocking_recv() {
                job(&connection);
            }
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-reader".to_owned())
            .spawn(serve)?;
        Ok((Self(sender), thread))
    }

    /// Runs a job that reads, and returns its result.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The caller may have gone.
            let _ = reply.send(work(connection));
        });
        self.0.send(job).await.map_err(|_| StoreError::Closed)?;
        Ok(answer.await.map_err(|_| StoreError::Closed)??)
    }
}
