//! PostgreSQL: threads with a connection each, serialisable transactions that run again on a conflict.
//!
//! The one SQL text was written for an engine with a single writer. SERIALIZABLE makes it mean the same here;
//! the price is that a transaction may be told to try again, which is done here and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use postgres::{Client, Config, IsolationLevel, NoTls};
use rand::RngExt as _;

use super::job::Job;
use super::queue::{Queue, Threads};
use super::tx::{Prepared, Tx, is_conflict};
use super::{Error, Stamp};
use crate::metrics::DbMetrics;

/// Runs of one job that meet a conflict each time. With the growing pauses this takes several seconds.
const TRIES: u32 = 40;
/// Runs of one job that each meet a unique value which is there already. A rival that has put it there since is seen
/// by the next run; a mistake of ours meets it each time.
const TRIES_OF_TAKEN: u32 = 8;
/// Fresh connections tried for one job before it is told that the server is away.
const RECONNECTS: u32 = 2;
/// How long what another server commits may go unnoticed by [`Engine::recent`].
pub(super) const NOTICED_WITHIN: Duration = Duration::from_millis(500);
/// Connections beside a replica for reads that it must not answer. Keys are looked up at most twice a second each.
const LATEST_READERS: usize = 2;
/// Any number: names the lock that keeps two servers from migrating at once.
const MIGRATION_LOCK: i64 = 7_277_000_001;

#[derive(Clone)]
pub(super) struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    writes: Queue,
    reads: Queue,
    /// Reads that a replica must not answer; where there is no replica, any reader may.
    latest_reads: Option<Queue>,
    threads: Threads,
    metrics: DbMetrics,
    opened: Instant,
    commits: Arc<AtomicI64>,
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

impl Access {
    fn thread_name(self) -> &'static str {
        match self {
            Self::Read => "db-reader",
            Self::Write => "db-writer",
        }
    }
}

impl Engine {
    pub(super) fn open(
        address: &str,
        replica: Option<&str>,
        connections: usize,
        metrics: DbMetrics,
    ) -> Result<Self, Error> {
        let config = configure(address)?;
        // Found out now, while somebody looks on, and not with the first request.
        drop(Session::connect(&config)?);
        let (writes, writes_waiting) = Queue::new();
        let (reads, reads_waiting) = Queue::new();
        let (threads, commits) = (Threads::default(), Arc::<AtomicI64>::default());
        let employ = |count: usize, config: &Config, access: Access, waiting: &Receiver<Box<dyn Job>>| {
            (0..count).try_for_each(|_| {
                let (mut worker, waiting) =
                    (Worker::new(config, access, &metrics, &commits), waiting.clone());
                threads.spawn(access.thread_name(), move || worker.serve(&waiting))
            })
        };
        employ(connections, &config, Access::Write, &writes_waiting)?;
        let latest_reads = match replica {
            None => {
                employ(connections, &config, Access::Read, &reads_waiting)?;
                None
            }
            Some(replica) => {
                employ(connections, &configure(replica)?, Access::Read, &reads_waiting)?;
                let (latest_reads, waiting) = Queue::new();
                employ(LATEST_READERS, &config, Access::Read, &waiting)?;
                Some(latest_reads)
            }
        };
        let opened = Instant::now();
        let inner = Inner { config, writes, reads, latest_reads, threads, metrics, opened, commits };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) {
        self.inner.metrics.writes_waiting.inc();
        if !self.inner.writes.hand_over(job) {
            self.inner.metrics.writes_waiting.dec();
        }
    }

    pub(super) fn read(&self, job: Box<dyn Job>) {
        self.inner.reads.hand_over(job);
    }

    pub(super) fn read_latest(&self, job: Box<dyn Job>) {
        self.inner.latest_reads.as_ref().unwrap_or(&self.inner.reads).hand_over(job);
    }

    /// What this process has committed, and the half second: others' commits cannot be told without asking.
    pub(super) fn recent(&self) -> Stamp {
        let version = self.inner.commits.load(Ordering::SeqCst);
        let moment = (self.inner.opened.elapsed().as_millis() / NOTICED_WITHIN.as_millis()) as i64;
        Stamp { version, moment }
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
        self.inner.writes.close();
        self.inner.reads.close();
        if let Some(latest_reads) = &self.inner.latest_reads {
            latest_reads.close();
        }
        self.inner.threads.join();
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
    commits: Arc<AtomicI64>,
}

enum Outcome {
    Done,
    Conflict,
    /// A unique value was there already.
    Taken(Error),
    /// The connection was lost before the commit was asked for: nothing can have been kept.
    Lost(Error),
    Failed(Error),
}

impl Worker {
    fn new(config: &Config, access: Access, metrics: &DbMetrics, commits: &Arc<AtomicI64>) -> Self {
        let (config, metrics, commits) = (config.clone(), metrics.clone(), Arc::clone(commits));
        Self { config, access, session: None, metrics, commits }
    }

    fn serve(&mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(mut job) = waiting.recv() {
            match self.access {
                Access::Write => drop(self.metrics.writes_waiting.dec()),
                Access::Read if job.is_abandoned() => continue,
                Access::Read => {}
            }
            self.metrics.connections_busy.inc();
            let failure = self.run(&mut *job);
            self.metrics.connections_busy.dec();
            job.answer(failure);
        }
    }

    fn run(&mut self, job: &mut dyn Job) -> Option<Error> {
        let (mut conflicts, mut losses, mut taken) = (0, 0, 0);
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
                outcome @ (Outcome::Conflict | Outcome::Taken(_)) => {
                    if let Outcome::Taken(error) = outcome {
                        taken += 1;
                        if taken >= TRIES_OF_TAKEN {
                            return Some(error);
                        }
                    }
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
            Some(taken) if tx.is_taken => return Outcome::Taken(taken),
            Some(failed) if keep => return Outcome::Failed(failed),
            _ if !keep => return Outcome::Done,
            _ => {}
        }
        match tx.commit_postgres() {
            Ok(()) => {
                if matches!(self.access, Access::Write) {
                    // Before anybody is told of it: see [`Engine::recent`].
                    self.commits.fetch_add(1, Ordering::SeqCst);
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
