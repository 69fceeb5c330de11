//! Group commit: one thread owns the connection that writes. Whatever waits when it is free goes into one transaction and shares one sync of the disk.

use crate::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{io, thread::JoinHandle, vec};
use tokio::sync::{mpsc, oneshot};

/// At most so many jobs share a transaction, so that the first of them does not wait long for the last.
const BATCH: usize = 256;
/// So many jobs may wait before callers wait for room.
const WAITING: usize = 1024;

/// Hands jobs to the thread. The thread ends when the last of these is gone and all jobs are done.
pub(crate) struct Writer(mpsc::Sender<Box<dyn Job>>);

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(connection, receiver))?;
        Ok((Self(sender), thread))
    }

    /// Does the work in a transaction, all of it or nothing; returns when it is on the disk.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            result: None,
            reply,
        };
        self.0.send(Box::new(task)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Work that shares a transaction with others, in two steps: done, and later answered.
trait Job: Send {
    /// Does the work and keeps its result.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Answers: with the result if the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<T, F> {
    work: Option<F>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        // Whoever asked may have gone; what was written stays.
        let _ = reply.send(committed.and_then(|()| result.ok_or(StoreError::Closed)));
    }
}

fn serve(mut connection: Connection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let (mut waiting, mut done) = (batch.drain(..), Vec::new());
        let fate = commit(&mut connection, &mut waiting, &mut done);
        // An error of the whole transaction has undone some jobs and kept others from their turn.
        done.into_iter().chain(waiting).for_each(|job| job.answer(fate.clone()));
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the data file was not closed cleanly; nothing is lost");
    }
}

/// Runs the waiting jobs in one transaction. Those that fail alone are answered here; those in `done` have the fate that is returned.
fn commit(connection: &mut Connection, waiting: &mut vec::Drain<'_, Box<dyn Job>>, done: &mut Vec<Box<dyn Job>>) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for mut job in waiting {
        match run(&transaction, &mut *job) {
            Ok(Ok(())) => done.push(job),
            Ok(Err(error)) => job.answer(Err(error.into())),
            Err(error) => {
                done.push(job);
                return Err(error.into());
            }
        }
    }
    Ok(transaction.commit()?)
}

/// Runs one job so that, if it fails, the others of the transaction stay as they are. The outer error is one of the whole transaction.
fn run(transaction: &Transaction<'_>, job: &mut dyn Job) -> rusqlite::Result<rusqlite::Result<()>> {
    execute(transaction, "SAVEPOINT job")?;
    let result = job.run(transaction);
    match result {
        Ok(()) => {}
        // SQLite itself has rolled everything back: the disk is full or failing.
        Err(error) if transaction.is_autocommit() => return Err(error),
        Err(_) => execute(transaction, "ROLLBACK TO job")?,
    }
    execute(transaction, "RELEASE job")?;
    Ok(result)
}

fn execute(transaction: &Transaction<'_>, sql: &str) -> rusqlite::Result<()> {
    transaction.prepare_cached(sql)?.execute(()).map(drop)
}

#[cfg(test)]
mod tests;
