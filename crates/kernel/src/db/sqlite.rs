//! The embedded engine: one writer thread that commits in groups, and readers with a connection each.
//!
//! A durable commit costs a flush of the disk, some fifty times what a booking's statements cost. The writer
//! therefore takes all jobs that wait, runs them in one transaction, each so that it can be undone alone, commits
//! once and answers all. A lone job waits for nobody.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use super::job::Job;
use super::queue::{Queue, Threads};
use super::{Error, Stamp, Tx, checkpoint};
use crate::metrics::DbMetrics;

/// Jobs of one commit. Bounds how long the first of them waits.
const BATCH_AT_MOST: usize = 256;
/// How long to wait for another process (an import, say) that holds the write lock.
const BUSY: Duration = Duration::from_secs(10);
/// How long what another process commits may go unnoticed by [`Engine::recent`]: less than that process needs to end.
pub(super) const NOTICED_WITHIN: Duration = Duration::from_millis(1);
/// Pages that the writer keeps in memory, in KiB as the engine counts them. A large upload touches thousands, and what
/// does not fit is written to the log and read again within one transaction.
const WRITER_CACHE: i32 = -16 << 10;

type Waiting = Receiver<Box<dyn Job>>;

pub(super) struct Engine {
    writes: Queue,
    reads: Queue,
    stamper: Mutex<Connection>,
    commits: Arc<AtomicI64>,
    last_look: LastLook,
    threads: Threads,
    metrics: DbMetrics,
    /// Closed after all connections: that ends the locks of the whole process on it (POSIX).
    _file: Arc<File>,
}

/// What was found when [`Engine::recent`] last looked for what others have committed.
struct LastLook {
    opened: Instant,
    /// In units of [`NOTICED_WITHIN`].
    at: AtomicI64,
    found: AtomicI64,
}

impl Engine {
    pub(super) fn open(path: &Path, create: bool, readers: usize, metrics: DbMetrics) -> Result<Self, Error> {
        let file = Arc::new(open_file(path, create)?);
        let (writes, writes_waiting) = Queue::new();
        let (reads, reads_waiting) = Queue::new();
        let threads = Threads::default();
        let commits = Arc::<AtomicI64>::default();
        let mut connection = connect(path)?;
        connection.pragma_update(None, "cache_size", WRITER_CACHE)?;
        let checkpoints = checkpoint::watch(&mut connection)?;
        let writer = Writer { connection, metrics: metrics.clone(), commits: Arc::clone(&commits) };
        threads.spawn("db-writer", move || writer.serve(&writes_waiting))?;
        let (connection, database) = (connect(path)?, Arc::clone(&file));
        threads.spawn("db-checkpoint", move || checkpoint::serve(&connection, &database, &checkpoints))?;
        for _ in 0..readers {
            let connection = connect(path)?;
            connection.pragma_update(None, "query_only", true)?;
            let (waiting, metrics) = (reads_waiting.clone(), metrics.clone());
            threads.spawn("db-reader", move || serve_reads(&connection, &waiting, &metrics))?;
        }
        let stamper = Mutex::new(connect(path)?);
        let last_look =
            LastLook { opened: Instant::now(), at: AtomicI64::new(-1), found: AtomicI64::default() };
        Ok(Self { writes, reads, stamper, commits, last_look, threads, metrics, _file: file })
    }

    pub(super) fn write(&self, job: Box<dyn Job>) {
        self.metrics.writes_waiting.inc();
        if !self.writes.hand_over(job) {
            self.metrics.writes_waiting.dec();
        }
    }

    pub(super) fn read(&self, job: Box<dyn Job>) {
        self.reads.hand_over(job);
    }

    /// `data_version` changes when another connection commits, and all writing is done by others than this one.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let version = data_version(&self.stamper.lock().unwrap_or_else(PoisonError::into_inner));
        version.map(|version| Stamp { version, moment: 0 })
    }

    /// What this process has committed, and what was found of others. To look for it takes several calls of the
    /// system: under load many requests share one look.
    pub(super) fn recent(&self) -> Option<Stamp> {
        let version = self.commits.load(Ordering::SeqCst);
        let LastLook { opened, at, found } = &self.last_look;
        let now = (opened.elapsed().as_micros() / NOTICED_WITHIN.as_micros()) as i64;
        if at.load(Ordering::SeqCst) != now {
            let connection = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
            if at.load(Ordering::SeqCst) != now {
                found.store(data_version(&connection)?, Ordering::SeqCst);
                at.store(now, Ordering::SeqCst);
            }
        }
        Some(Stamp { version, moment: found.load(Ordering::SeqCst) })
    }

    /// Copies into a private file beside `target` and gives it that name at the end: a copy that breaks off is
    /// never taken for a backup.
    pub(super) fn backup(&self, target: &Path) -> Result<(), Error> {
        let unwritten = |error: std::io::Error| Error::Unavailable(format!("{}: {error}", target.display()));
        let mut partial = target.as_os_str().to_owned();
        partial.push(".partial");
        let partial = not_an_address(Path::new(&partial));
        let name = partial.to_str().ok_or(Error::Unsupported("the path of a backup is UTF-8"))?;
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&partial);
        let file = file.map_err(unwritten)?;
        let copied = {
            let source = self.stamper.lock().unwrap_or_else(PoisonError::into_inner);
            source.execute("VACUUM INTO ?1", [name]).map_err(Error::from)
        };
        // A link, unlike a renaming, never replaces what is there.
        let named = copied
            .and_then(|_| file.sync_all().map_err(unwritten))
            .and_then(|()| std::fs::hard_link(&partial, target).map_err(unwritten));
        drop(std::fs::remove_file(partial));
        named
    }

    pub(super) fn close(&self) {
        self.writes.close();
        self.reads.close();
        self.threads.join();
    }
}

fn data_version(connection: &Connection) -> Option<i64> {
    let statement = connection.prepare_cached("PRAGMA data_version");
    statement.and_then(|mut statement| statement.query_row([], |row| row.get(0))).ok()
}

/// Makes the file for its owner alone: it holds names and phones. The engine gives its log the same rights.
fn open_file(path: &Path, create: bool) -> Result<File, Error> {
    let opened = File::options().write(true).create(create).mode(0o600).open(path);
    opened.map_err(|error| Error::Unavailable(format!("{} cannot be opened: {error}", path.display())))
}

/// SQLite is built to take a name that begins with `file:` for an address. A file may be called so.
fn not_an_address(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(not_an_address(path))
        .map_err(|error| Error::Unavailable(format!("{} cannot be opened: {error}", path.display())))?;
    connection.busy_timeout(BUSY)?;
    // Else a statement whose plan may depend on what is bound is prepared again each time it leaves the cache.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    begin_log(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Gives the database its write-ahead log. While another connection does the same to a new one, the engine says at once
/// that it is busy, whatever the time-out.
fn begin_log(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && began.elapsed() < BUSY =>
            {
                std::thread::park_timeout(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

fn serve_reads(connection: &Connection, waiting: &Waiting, metrics: &DbMetrics) {
    while let Ok(mut job) = waiting.recv() {
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
    commits: Arc<AtomicI64>,
}

impl Writer {
    fn serve(self, waiting: &Waiting) {
        while let Ok(first) = waiting.recv() {
            // Jobs that arrive while others run still join them.
            self.commit(std::iter::once(first).chain(waiting.try_iter()).take(BATCH_AT_MOST));
        }
    }

    /// Runs jobs in one transaction from the first on that is to be kept, and answers them. If the engine loses the
    /// transaction (a full disk does that), every job of it is given one of its own, so that none fails for its
    /// neighbour's fault.
    fn commit(&self, mut jobs: impl Iterator<Item = Box<dyn Job>>) {
        while let Some(first) = jobs.next() {
            if let Err(locked) = run_statement(&self.connection, "BEGIN IMMEDIATE") {
                // It took as long as anybody is willing to wait, and is no job's fault: all are told.
                for job in std::iter::once(first).chain(jobs) {
                    self.metrics.writes_waiting.dec();
                    job.answer(Some(locked.clone()));
                }
                return;
            }
            self.metrics.writes_waiting.dec();
            let Some(first) = self.run_first(first) else { continue };
            let mut group = vec![Ran { job: first, failure: None }];
            match self.run_rest(&mut jobs, &mut group) {
                Ok(()) => {
                    // Before anybody is told of it: see [`Engine::recent`].
                    self.commits.fetch_add(1, Ordering::SeqCst);
                    self.metrics.committed(group.len());
                    for Ran { job, failure } in group {
                        job.answer(failure);
                    }
                }
                Err(lost) if group.len() == 1 => {
                    for Ran { job, .. } in group {
                        job.answer(Some(lost.clone()));
                    }
                }
                Err(_) => {
                    for Ran { job, .. } in group {
                        self.metrics.writes_waiting.inc();
                        self.commit(Box::new(std::iter::once(job)) as Box<dyn Iterator<Item = _>>);
                    }
                }
            }
        }
    }

    /// Runs a job before which nothing was written: if nothing of it is to be kept the transaction ends, and the job
    /// is answered. Within a savepoint SQLite keeps each page that a job overwrites, if they are many in a temporary
    /// file; most transactions are of one job.
    fn run_first(&self, mut job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let failure = match self.run(&mut *job) {
            Ok(Verdict::Kept) => return Some(job),
            Ok(Verdict::Refused) => None,
            Ok(Verdict::Failed(failure)) | Err(failure) => Some(failure),
        };
        self.roll_back();
        job.answer(failure);
        None
    }

    /// Runs jobs after one that is to be kept, and commits.
    fn run_rest(
        &self,
        jobs: &mut impl Iterator<Item = Box<dyn Job>>,
        group: &mut Vec<Ran>,
    ) -> Result<(), Error> {
        let mut whole = Ok(());
        for mut job in jobs {
            self.metrics.writes_waiting.dec();
            let ran = whole.clone().and_then(|()| self.run_in_savepoint(&mut *job));
            whole = ran.as_ref().map(drop).map_err(Clone::clone);
            group.push(Ran { job, failure: ran.unwrap_or_else(Some) });
        }
        whole.and_then(|()| run_statement(&self.connection, "COMMIT")).inspect_err(|_| self.roll_back())
    }

    /// Runs a job so that it can be undone alone. The outer error is that the whole transaction is lost, the inner one
    /// that a statement of the job failed and the job did not say so.
    fn run_in_savepoint(&self, job: &mut dyn Job) -> Result<Option<Error>, Error> {
        run_statement(&self.connection, "SAVEPOINT job")?;
        let verdict = self.run(job)?;
        if !matches!(verdict, Verdict::Kept) {
            run_statement(&self.connection, "ROLLBACK TO job")?;
        }
        run_statement(&self.connection, "RELEASE job")?;
        Ok(match verdict {
            Verdict::Failed(failure) => Some(failure),
            Verdict::Kept | Verdict::Refused => None,
        })
    }

    /// Runs a job. An error is that the whole transaction is lost.
    fn run(&self, job: &mut dyn Job) -> Result<Verdict, Error> {
        let mut tx = Tx::sqlite(&self.connection);
        let keep = job.run(&mut tx);
        let failed = tx.failed.take();
        if self.connection.is_autocommit() {
            return Err(failed.unwrap_or(Error::Unavailable("the transaction was lost".into())));
        }
        Ok(match (keep, failed) {
            (true, None) => Verdict::Kept,
            (true, Some(failure)) => Verdict::Failed(failure),
            (false, _) => Verdict::Refused,
        })
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit() && run_statement(&self.connection, "ROLLBACK").is_err() {
            tracing::error!("the writer could not roll back");
        }
    }
}

/// What became of a job within its transaction.
enum Verdict {
    Kept,
    /// The job itself said that nothing of it is to be kept.
    Refused,
    /// It did not say so, but a statement of it failed.
    Failed(Error),
}

/// A job that has been run, and why nothing of it is kept although it said so.
struct Ran {
    job: Box<dyn Job>,
    failure: Option<Error>,
}
