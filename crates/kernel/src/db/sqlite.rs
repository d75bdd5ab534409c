//! The embedded engine: one writer thread that commits in groups, and readers with a connection each.
//!
//! A durable commit costs a flush of the disk, some fifty times what a booking's statements cost. The writer
//! therefore takes all jobs that wait, runs each in a savepoint of one transaction, commits once and answers
//! all. A lone job waits for nobody.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rusqlite::Connection;

use super::job::Job;
use super::{Error, Stamp, Tx};
use crate::metrics::DbMetrics;

/// Jobs of one commit. Bounds how long the first of them waits.
const BATCH_AT_MOST: usize = 256;
/// Jobs that may wait; one more is refused, since its caller would have given up before its turn.
const QUEUE_AT_MOST: usize = 16_384;
/// How long to wait for another process (an import, say) that holds the write lock.
const BUSY: Duration = Duration::from_secs(10);
/// Pages of the log after which it is moved into the database: fewer, longer pauses than the default.
const CHECKPOINT_PAGES: u32 = 4_000;

enum Message {
    Run(Box<dyn Job>),
    Stop,
}

pub(super) struct Engine {
    writes: Sender<Message>,
    reads: Sender<Message>,
    stamper: Mutex<Connection>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    readers: usize,
    metrics: DbMetrics,
}

impl Engine {
    pub(super) fn open(path: &Path, readers: usize, metrics: DbMetrics) -> Result<Self, Error> {
        let writer = connect(path)?;
        let stamper = connect(path)?;
        let (writes, writes_waiting) = crossbeam_channel::bounded(QUEUE_AT_MOST);
        let (reads, reads_waiting) = crossbeam_channel::bounded(QUEUE_AT_MOST);
        let mut threads = Vec::with_capacity(readers + 1);
        let writer = Writer { connection: writer, metrics: metrics.clone() };
        threads.push(spawn("db-writer", move || writer.serve(&writes_waiting))?);
        for _ in 0..readers {
            let connection = connect(path)?;
            connection.pragma_update(None, "query_only", true)?;
            let waiting = reads_waiting.clone();
            let metrics = metrics.clone();
            threads.push(spawn("db-reader", move || serve_reads(&connection, &waiting, &metrics))?);
        }
        Ok(Self {
            writes,
            reads,
            stamper: Mutex::new(stamper),
            threads: Mutex::new(threads),
            readers,
            metrics,
        })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) {
        self.metrics.writes_waiting.inc();
        if let Some(refused) = hand_over(&self.writes, job) {
            self.metrics.writes_waiting.dec();
            refused.answer(Some(Error::Unavailable("too many writes are waiting".into())));
        }
    }

    pub(super) fn read(&self, job: Box<dyn Job>) {
        if let Some(refused) = hand_over(&self.reads, job) {
            refused.answer(Some(Error::Unavailable("too many reads are waiting".into())));
        }
    }

    /// `data_version` changes when another connection commits, and all writing is done by others than this one.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let connection = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
        let version = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
        version.ok().map(Stamp)
    }

    pub(super) fn backup(&self, target: &Path) -> Result<(), Error> {
        if target.exists() {
            return Err(Error::Unavailable(format!("{} exists already", target.display())));
        }
        let source = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
        let target = target.to_str().ok_or(Error::Unsupported("the path of a backup is UTF-8"))?;
        source.execute("VACUUM INTO ?1", [target])?;
        Ok(())
    }

    pub(super) fn close(&self) {
        // The queues are first in, first out: what was handed over before is done before.
        drop(self.writes.send(Message::Stop));
        for _ in 0..self.readers {
            drop(self.reads.send(Message::Stop));
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(path)
        .map_err(|error| Error::Unavailable(format!("{} cannot be opened: {error}", path.display())))?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map_err(|error| Error::Unavailable(format!("no thread for the database: {error}")))
}

fn hand_over(queue: &Sender<Message>, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
    match queue.try_send(Message::Run(job)) {
        Ok(()) => None,
        Err(TrySendError::Full(Message::Run(job)) | TrySendError::Disconnected(Message::Run(job))) => {
            Some(job)
        }
        Err(TrySendError::Full(Message::Stop) | TrySendError::Disconnected(Message::Stop)) => None,
    }
}

fn serve_reads(connection: &Connection, waiting: &Receiver<Message>, metrics: &DbMetrics) {
    while let Ok(Message::Run(mut job)) = waiting.recv() {
        if job.is_abandoned() {
            continue;
        }
        metrics.connections_busy.inc();
        let failure = read(connection, &mut *job).err();
        metrics.connections_busy.dec();
        job.answer(failure);
    }
}

fn read(connection: &Connection, job: &mut dyn Job) -> Result<(), Error> {
    run_statement(connection, "BEGIN")?;
    job.run(&mut Tx::sqlite(connection));
    run_statement(connection, "ROLLBACK")
}

fn run_statement(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

struct Writer {
    connection: Connection,
    metrics: DbMetrics,
}

impl Writer {
    fn serve(self, waiting: &Receiver<Message>) {
        let mut stopped = false;
        while !stopped {
            let Ok(Message::Run(first)) = waiting.recv() else { return };
            let mut next = Some(first);
            // Jobs that arrive while the batch runs still join it.
            let group = std::iter::from_fn(|| {
                next.take().or_else(|| match waiting.try_recv() {
                    Ok(Message::Run(job)) => Some(job),
                    Ok(Message::Stop) => {
                        stopped = true;
                        None
                    }
                    Err(_) => None,
                })
            });
            self.commit(group.take(BATCH_AT_MOST));
        }
    }

    /// Runs the jobs in one transaction and answers them. If the engine loses the transaction (a full disk
    /// does that), every job of it is given one of its own, so that none fails for its neighbour's fault.
    fn commit(&self, jobs: impl Iterator<Item = Box<dyn Job>>) {
        let mut done: Vec<Box<dyn Job>> = Vec::new();
        let outcome = self.run_together(jobs, &mut done);
        self.metrics.writes_waiting.dec_by(i64::try_from(done.len()).unwrap_or(i64::MAX));
        match outcome {
            Ok(()) => {
                self.metrics.committed(done.len());
                for job in done {
                    job.answer(None);
                }
            }
            Err(failure) if done.len() == 1 => {
                for job in done {
                    job.answer(Some(failure.clone()));
                }
            }
            Err(_) => {
                for mut job in done {
                    let failure = self.run_alone(&mut *job).err();
                    job.answer(failure);
                }
            }
        }
    }

    fn run_together(
        &self,
        jobs: impl Iterator<Item = Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), Error> {
        let mut begun = run_statement(&self.connection, "BEGIN IMMEDIATE");
        for mut job in jobs {
            if begun.is_ok() {
                begun = self.run_in_savepoint(&mut *job);
            }
            done.push(job);
        }
        begun.and_then(|()| run_statement(&self.connection, "COMMIT")).inspect_err(|_| self.roll_back())
    }

    fn run_alone(&self, job: &mut dyn Job) -> Result<(), Error> {
        run_statement(&self.connection, "BEGIN IMMEDIATE")
            .and_then(|()| self.run_in_savepoint(job))
            .and_then(|()| run_statement(&self.connection, "COMMIT"))
            .inspect_err(|_| self.roll_back())
            .inspect(|()| self.metrics.committed(1))
    }

    fn run_in_savepoint(&self, job: &mut dyn Job) -> Result<(), Error> {
        run_statement(&self.connection, "SAVEPOINT job")?;
        let mut tx = Tx::sqlite(&self.connection);
        let keep = job.run(&mut tx);
        let failed = tx.failed.take();
        if self.connection.is_autocommit() {
            return Err(failed.unwrap_or(Error::Unavailable("the transaction was lost".into())));
        }
        if !keep || failed.is_some() {
            run_statement(&self.connection, "ROLLBACK TO job")?;
        }
        run_statement(&self.connection, "RELEASE job")
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() && run_statement(&self.connection, "ROLLBACK").is_err() {
            tracing::error!("the writer could not roll back");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the threads share is only ever handed over whole.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Arc<Engine>>();
};
