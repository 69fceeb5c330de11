//! Group commit: one thread owns the writing connection. All jobs that wait when it is free go into
//! one transaction and share one sync of the disk. They are tried together first: a savepoint for
//! each would copy every page that it changes. Only where one fails all are run again, each with its
//! own.

use crate::{StoreError, log::Log};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{io, thread::JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// The most jobs that share a transaction, so that the first of them does not wait long for the
/// last.
const BATCH: usize = 256;
/// The number of jobs that may wait before callers wait for room.
const WAITING: usize = 1024;

/// The handle that passes jobs to the thread. The thread ends when the last handle is gone and all
/// jobs are done.
pub(crate) struct Writer(mpsc::Sender<Box<dyn Job>>);

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(connection: Connection, log: Log) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(connection, log, receiver))?;
        Ok((Self(sender), thread))
    }

    /// Does the work in a transaction, all of it or nothing; returns when it is on the disk. The work
    /// may be called again, after all that it did was undone.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.send(work, false).await
    }

    /// Does the work like [`Self::write`], and also removes the earlier content of the write-ahead
    /// log from the disk, unless somebody reads at that moment.
    pub(crate) async fn write_and_empty_log<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.send(work, true).await
    }

    async fn send<T, F>(&self, work: F, empties_log: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work,
            empties_log,
            result: None,
            reply,
        };
        self.0
            .send(Box::new(task))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// A job that shares a transaction with others, in two steps: done, and later answered.
trait Job: Send {
    /// Returns whether the write-ahead log is to be emptied before the job is answered.
    fn empties_log(&self) -> bool;
    /// Does the work and keeps its result, in place of an earlier one.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Answers the caller, with the result if the transaction was committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<T, F> {
    work: F,
    empties_log: bool,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: Fn(&Connection) -> rusqlite::Result<T> + Send> Job for Task<T, F> {
    fn empties_log(&self) -> bool {
        self.empties_log
    }

    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.result = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        // The caller may have gone; what was written stays.
        let _ = reply.send(committed.and_then(|()| result.ok_or(StoreError::Closed)));
    }
}

fn serve(mut connection: Connection, mut log: Log, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let fate = match commit(&mut connection, &mut batch) {
            Ok(Fate::Committed) => Ok(()),
            // Seldom: now each of them pays for being undone alone.
            Ok(Fate::OneFailed) => commit_apart(&mut connection, &mut batch),
            Err(error) => Err(error),
        };
        if fate.is_ok() && batch.iter().any(|job| job.empties_log()) {
            log.empty(&connection);
        }
        batch.drain(..).for_each(|job| job.answer(fate.clone()));
        log.tend(&connection);
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the data file was not closed cleanly; nothing is lost");
    }
}

/// What became of a transaction.
enum Fate {
    Committed,
    /// One of its jobs failed, and all was undone.
    OneFailed,
}

/// Runs the jobs in one transaction, none of them if one fails.
fn commit(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Result<Fate, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        match job.run(&transaction) {
            Ok(()) => {}
            // SQLite itself has rolled everything back: the disk is full or failing.
            Err(error) if transaction.is_autocommit() => return Err(error.into()),
            Err(_) => {
                transaction.rollback()?;
                return Ok(Fate::OneFailed);
            }
        }
    }
    transaction.commit()?;
    Ok(Fate::Committed)
}

/// Runs the jobs in one transaction. Those that fail alone are answered here and removed; the others
/// share the result that is returned.
fn commit_apart(
    connection: &mut Connection,
    jobs: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut good = Vec::with_capacity(jobs.len());
    let mut all = jobs.drain(..);
    let fate = loop {
        let Some(mut job) = all.next() else {
            break Ok(());
        };
        match run(&transaction, &mut *job) {
            Ok(Ok(())) => good.push(job),
            Ok(Err(error)) => job.answer(Err(error.into())),
            Err(error) => {
                good.push(job);
                break Err(error);
            }
        }
    };
    good.extend(all);
    *jobs = good;
    fate?;
    Ok(transaction.commit()?)
}

/// Runs one job so that, if it fails, the others of the transaction stay as they are. The outer
/// error is one of the whole transaction.
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
