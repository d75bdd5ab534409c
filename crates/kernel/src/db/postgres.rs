//! PostgreSQL: threads with a connection each, serialisable transactions that run again on a conflict.
//!
//! The one SQL text was written for an engine with a single writer. SERIALIZABLE makes it mean the same here;
//! the price is that a transaction may be told to try again, which is done here and nowhere else.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use postgres::{Client, Config, IsolationLevel, NoTls};
use rand::RngExt as _;

use super::Error;
use super::job::Job;
use super::tx::{Prepared, Tx, is_conflict};
use crate::metrics::DbMetrics;

/// Jobs that may wait for a connection; one more is refused.
const QUEUE_AT_MOST: usize = 16_384;
/// Runs of one job that meet a conflict each time. With the growing pauses this takes several seconds.
const TRIES: u32 = 40;
/// Fresh connections tried for one job before it is told that the server is away.
const RECONNECTS: u32 = 2;
/// Any number: names the lock that keeps two servers from migrating at once.
const MIGRATION_LOCK: i64 = 7_277_000_001;

enum Message {
    Run(Box<dyn Job>),
    Stop,
}

#[derive(Clone)]
pub(super) struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    writes: Sender<Message>,
    reads: Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    connections: usize,
    metrics: DbMetrics,
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

impl Engine {
    pub(super) fn open(
        address: &str,
        replica: Option<&str>,
        connections: usize,
        metrics: DbMetrics,
    ) -> Result<Self, Error> {
        let config = configure(address)?;
        let read_config = replica.map_or_else(|| Ok(config.clone()), configure)?;
        // Found out now, while somebody looks on, and not with the first request.
        drop(Session::connect(&config)?);
        let (writes, writes_waiting) = crossbeam_channel::bounded(QUEUE_AT_MOST);
        let (reads, reads_waiting) = crossbeam_channel::bounded(QUEUE_AT_MOST);
        let mut threads = Vec::with_capacity(connections * 2);
        for _ in 0..connections {
            threads.push(worker(&config, Access::Write, writes_waiting.clone(), metrics.clone())?);
            threads.push(worker(&read_config, Access::Read, reads_waiting.clone(), metrics.clone())?);
        }
        let threads = Mutex::new(threads);
        Ok(Self { inner: Arc::new(Inner { config, writes, reads, threads, connections, metrics }) })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) {
        self.inner.metrics.writes_waiting.inc();
        if let Some(refused) = hand_over(&self.inner.writes, job) {
            self.inner.metrics.writes_waiting.dec();
            refused.answer(Some(Error::Unavailable("too many writes are waiting".into())));
        }
    }

    pub(super) fn read(&self, job: Box<dyn Job>) {
        if let Some(refused) = hand_over(&self.inner.reads, job) {
            refused.answer(Some(Error::Unavailable("too many reads are waiting".into())));
        }
    }

    /// Runs `work` in a transaction of its own connection while no other server does the same.
    pub(super) fn exclusively<T>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut session = Session::connect(&self.inner.config)?;
        // Taken before the transaction begins: its snapshot then holds what the server before us did.
        session.client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])?;
        let transaction = session.client.transaction()?;
        let mut tx = Tx::postgres(transaction, &mut session.prepared);
        let done = work(&mut tx)?;
        tx.commit_postgres()?;
        Ok(done)
    }

    pub(super) fn close(&self) {
        let threads = std::mem::take(&mut *self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        if threads.is_empty() {
            return;
        }
        for _ in 0..self.inner.connections {
            drop(self.inner.writes.send(Message::Stop));
            drop(self.inner.reads.send(Message::Stop));
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}

fn configure(address: &str) -> Result<Config, Error> {
    let mut config: Config = address.parse()?;
    config.application_name("partnerapi");
    config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(5)));
    // A server that vanished without a word is given up after this, not after the system's quarter of an hour.
    config.keepalives_idle(Duration::from_secs(10));
    config.tcp_user_timeout(Duration::from_secs(15));
    Ok(config)
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

fn worker(
    config: &Config,
    access: Access,
    waiting: Receiver<Message>,
    metrics: DbMetrics,
) -> Result<JoinHandle<()>, Error> {
    let config = config.clone();
    let name = match access {
        Access::Read => "db-reader",
        Access::Write => "db-writer",
    };
    std::thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            let mut worker = Worker { config, access, session: None, metrics };
            while let Ok(Message::Run(job)) = waiting.recv() {
                worker.serve(job);
            }
        })
        .map_err(|error| Error::Unavailable(format!("no thread for the database: {error}")))
}

struct Session {
    client: Client,
    prepared: Prepared,
}

impl Session {
    fn connect(config: &Config) -> Result<Self, Error> {
        let client = config.connect(NoTls).map_err(|error| match Error::from(error) {
            Error::Unavailable(text) | Error::Statement(text) => Error::Unavailable(text),
            other => other,
        })?;
        Ok(Self { client, prepared: Prepared::new() })
    }
}

struct Worker {
    config: Config,
    access: Access,
    session: Option<Session>,
    metrics: DbMetrics,
}

enum Outcome {
    Done,
    Conflict,
    /// The connection was lost before the commit was asked for: nothing can have been kept.
    Lost(Error),
    Failed(Error),
}

impl Worker {
    fn serve(&mut self, mut job: Box<dyn Job>) {
        match self.access {
            Access::Write => drop(self.metrics.writes_waiting.dec()),
            Access::Read if job.is_abandoned() => return,
            Access::Read => {}
        }
        self.metrics.connections_busy.inc();
        let failure = self.run(&mut *job);
        self.metrics.connections_busy.dec();
        job.answer(failure);
    }

    fn run(&mut self, job: &mut dyn Job) -> Option<Error> {
        let (mut conflicts, mut losses) = (0, 0);
        loop {
            match self.try_once(job) {
                Outcome::Done => return None,
                Outcome::Failed(error) => return Some(error),
                Outcome::Lost(error) => {
                    self.session = None;
                    losses += 1;
                    if losses > RECONNECTS {
                        return Some(error);
                    }
                }
                Outcome::Conflict => {
                    self.metrics.conflicts.inc();
                    conflicts += 1;
                    if conflicts >= TRIES {
                        return Some(Error::Unavailable("too many transactions change the same rows".into()));
                    }
                    pause(conflicts);
                }
            }
        }
    }

    fn try_once(&mut self, job: &mut dyn Job) -> Outcome {
        if self.session.as_ref().is_some_and(|session| session.client.is_closed()) {
            self.session = None;
        }
        let session = match &mut self.session {
            Some(session) => session,
            none => match Session::connect(&self.config) {
                Ok(session) => none.insert(session),
                Err(error) => return Outcome::Failed(error),
            },
        };
        let builder = session.client.build_transaction();
        let transaction = match self.access {
            Access::Read => builder.isolation_level(IsolationLevel::RepeatableRead).read_only(true).start(),
            Access::Write => builder.isolation_level(IsolationLevel::Serializable).start(),
        };
        let transaction = match transaction {
            Ok(transaction) => transaction,
            Err(error) => return Outcome::Lost(error.into()),
        };
        let mut tx = Tx::postgres(transaction, &mut session.prepared);
        let keep = job.run(&mut tx);
        if tx.conflict {
            return Outcome::Conflict;
        }
        match tx.failed.take() {
            Some(lost @ Error::Unavailable(_)) => return Outcome::Lost(lost),
            Some(failed) if keep => return Outcome::Failed(failed),
            _ if !keep => return Outcome::Done,
            _ => {}
        }
        match tx.commit_postgres() {
            Ok(()) => {
                if matches!(self.access, Access::Write) {
                    self.metrics.committed(1);
                }
                Outcome::Done
            }
            Err(error) if is_conflict(&error) => Outcome::Conflict,
            // Whether it was kept cannot be known. Not acknowledged, and not run a second time.
            Err(error) => Outcome::Failed(match Error::from(error) {
                Error::Statement(text) => Error::Unavailable(text),
                other => other,
            }),
        }
    }
}

/// Waits a random time that doubles from half a millisecond to a hundred, so that rivals come apart.
#[expect(
    clippy::disallowed_methods,
    reason = "this thread has nothing else to do until its rival is through"
)]
fn pause(conflicts: u32) {
    let most = 500_u64 << conflicts.min(8);
    std::thread::sleep(Duration::from_micros(rand::rng().random_range(0..most)));
}

impl Drop for Inner {
    fn drop(&mut self) {
        for _ in 0..self.connections {
            drop(self.writes.try_send(Message::Stop));
            drop(self.reads.try_send(Message::Stop));
        }
    }
}
