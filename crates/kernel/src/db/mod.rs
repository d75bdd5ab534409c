//! One way to store things, on two engines.
//!
//! A newcomer wants no database server; a large network wants several machines on one. Storage logic is
//! therefore written once, as functions over [`Tx`] with one SQL text, and runs on embedded SQLite or on
//! PostgreSQL. [`Db::read`] and [`Db::write`] are the only ways in.
//!
//! The SQL text is what both engines understand: `$1` placeholders, `BIGINT`, `TEXT`, `ON CONFLICT`,
//! `RETURNING`. Truth values are 0 and 1, instants are microseconds UTC, money is fixed-point.
//!
//! A closure given to [`Db::write`] may run several times (a neighbour's failure or a serialisation conflict
//! repeats it), so it has no effect outside its transaction. Once handed over it runs to its end, whether or
//! not somebody still waits for the answer.

mod checkpoint;
mod error;
mod group;
mod job;
mod lists;
mod migrate;
mod postgres;
mod queue;
mod sqlite;
mod tx;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tokio::sync::oneshot;

pub use self::error::Error;
pub use self::group::Group;
use self::job::{Call, Job};
pub use self::lists::{Page, Window};
pub use self::migrate::{Migration, migrations};
pub use self::tx::{Column, Row, Tx, Value, can_hold};
use crate::metrics::DbMetrics;

/// Where a database is. Parsed from `sqlite:FILE` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file of the embedded engine.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as a connection address that libpq would take.
    Postgres(String),
}

impl FromStr for Location {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            return match file {
                "" | ":memory:" => Err("may be sqlite:FILE with the path of a file"),
                file => Ok(Self::Sqlite(PathBuf::from(file))),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match text.parse::<::postgres::Config>() {
                Ok(_) => Ok(Self::Postgres(text.to_owned())),
                Err(_) => Err("may be postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            };
        }
        Err("may be sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE")
    }
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database that is written to.
    pub location: Location,
    /// The address of a PostgreSQL replica that answers [`Db::read`], if there is one.
    pub read_replica: Option<String>,
    /// Whether an embedded database that is not there is made.
    pub create: bool,
    /// Connections held at most for writing, and as many again for reading. SQLite has one writer.
    pub connections: usize,
}

/// A state of the database that can be told from any other: while two stamps are equal, nothing has been
/// committed between them, by this process or by another one ([`Db::recent`] says where that may be known late).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    version: i64,
    /// Of what others have committed, as far as it is known.
    moment: i64,
}

/// A database. Cloning is cheap and shares the threads behind it; [`Db::close`] ends them.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(Box<sqlite::Engine>),
    Postgres(postgres::Engine),
}

impl Db {
    /// Opens the database and starts its threads. The schema is not touched: see [`Db::migrate`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the file cannot be opened or the server not be reached.
    pub async fn open(options: Options, metrics: DbMetrics) -> Result<Self, Error> {
        let opened = tokio::task::spawn_blocking(move || {
            let Options { location, read_replica, create, connections } = options;
            match location {
                Location::Sqlite(path) => sqlite::Engine::open(&path, create, connections, metrics)
                    .map(|engine| Engine::Sqlite(Box::new(engine))),
                Location::Postgres(address) => {
                    postgres::Engine::open(&address, read_replica.as_deref(), connections, metrics)
                        .map(Engine::Postgres)
                }
            }
        });
        let engine = opened.await.unwrap_or(Err(Error::Panicked))?;
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Runs `work` on a consistent snapshot. What it tries to write is refused.
    ///
    /// # Errors
    /// Whatever `work` returns, or an [`Error`] of the engine converted into it.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (call, answer) = Call::boxed(work);
        match &*self.engine {
            Engine::Sqlite(engine) => engine.read(call),
            Engine::Postgres(engine) => engine.read(call),
        }
        settle(answer).await
    }

    /// As [`Db::read`], but never from a replica, which lags: for what must hold at once, a revoked key above all.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_latest<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (call, answer) = Call::boxed(work);
        match &*self.engine {
            Engine::Sqlite(engine) => engine.read(call),
            Engine::Postgres(engine) => engine.read_latest(call),
        }
        settle(answer).await
    }

    /// Runs `work` in a serialisable transaction and answers only after a durable commit. If `work` returns an
    /// error nothing of it is kept.
    ///
    /// # Errors
    /// Whatever `work` returns, or an [`Error`] of the engine converted into it.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (call, answer) = Call::boxed(work);
        self.hand_over(call);
        settle(answer).await
    }

    /// Puts a job that writes into the queue of those who do it.
    fn hand_over(&self, job: Box<dyn Job>) {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.write(job),
            Engine::Postgres(engine) => engine.write(job),
        }
    }

    /// The state of the database now, where the engine can tell it for next to nothing (SQLite can, in a
    /// microsecond and without waiting; PostgreSQL cannot, and gives `None`). What is derived from a read begun
    /// after taking the stamp may be served again while the stamp stays the same.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.stamp(),
            Engine::Postgres(_) => None,
        }
    }

    /// As [`Db::stamp`], but cheaper and on both engines. What this process has committed it tells at once; what
    /// others have, on SQLite within a millisecond, on PostgreSQL within half a second
    /// ([`Db::noticed`]). It goes with [`Db::read_latest`].
    #[must_use]
    pub fn recent(&self) -> Option<Stamp> {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.recent(),
            Engine::Postgres(engine) => Some(engine.recent()),
        }
    }

    /// Returns when every process sees what was committed before, by [`Db::recent`] too.
    pub async fn noticed(&self) {
        let within = match &*self.engine {
            Engine::Sqlite(_) => sqlite::NOTICED_WITHIN,
            Engine::Postgres(_) => postgres::NOTICED_WITHIN,
        };
        tokio::time::sleep(within).await;
    }

    /// Brings the schema up to date and names the steps it took. Servers that start together wait for each
    /// other; steps of a newer version that this one does not know are left alone.
    ///
    /// # Errors
    /// [`Error`] if the database cannot be reached or a step fails, in which case that step left nothing.
    pub async fn migrate(&self, now: i64) -> Result<Vec<String>, Error> {
        match &*self.engine {
            Engine::Sqlite(_) => self.write(move |tx| migrate::run(tx, now)).await,
            Engine::Postgres(engine) => {
                let engine = engine.clone();
                tokio::task::spawn_blocking(move || engine.exclusively(|tx| migrate::run(tx, now)))
                    .await
                    .unwrap_or(Err(Error::Panicked))
            }
        }
    }

    /// How many steps of the schema this database still lacks.
    ///
    /// # Errors
    /// [`Error`] if the database cannot be read.
    pub async fn pending(&self) -> Result<usize, Error> {
        self.read(|tx| migrate::pending(tx).map(|steps| steps.len())).await
    }

    /// Whether a write can be made and lasts, found out by making one, and whether reads are answered.
    ///
    /// # Errors
    /// What stood in the way.
    pub async fn probe(&self) -> Result<(), Error> {
        self.write(|tx| tx.execute("UPDATE kernel_probe SET count = count + 1", &[]).map(drop)).await?;
        self.read(|tx| tx.query("SELECT count FROM kernel_probe", &[], |row| row.get::<i64>(0)).map(drop))
            .await
    }

    /// Writes a consistent copy of a live SQLite database to `target`, which must not exist.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the copy cannot be written; [`Error::Unsupported`] on PostgreSQL, which has
    /// `pg_dump` for that.
    pub async fn backup(&self, target: PathBuf) -> Result<(), Error> {
        let db = self.clone();
        tokio::task::spawn_blocking(move || match &*db.engine {
            Engine::Sqlite(engine) => engine.backup(&target),
            Engine::Postgres(_) => Err(Error::Unsupported("a PostgreSQL database is backed up with pg_dump")),
        })
        .await
        .unwrap_or(Err(Error::Panicked))
    }

    /// Finishes what was handed over, then ends the threads. Calls that come later are refused.
    pub async fn close(&self) {
        let db = self.clone();
        let ended = tokio::task::spawn_blocking(move || match &*db.engine {
            Engine::Sqlite(engine) => engine.close(),
            Engine::Postgres(engine) => engine.close(),
        });
        if ended.await.is_err() {
            tracing::error!("closing the database panicked");
        }
    }
}

async fn settle<T, E: From<Error>>(answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    answer.await.unwrap_or_else(|_| Err(Error::closed().into()))
}
