//! A database for one test alone.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use kernel::db::{Db, Location, Options};
use kernel::metrics::DbMetrics;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

/// Names the PostgreSQL server on which tests make their schemas; `scripts/test` sets it.
const POSTGRES_URL: &str = "TEST_POSTGRES_URL";
const FILE: &str = "partnerapi.db";

/// The engine that a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A migrated database that nobody else uses, and that is gone when it is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    keep: Keep,
}

#[derive(Debug)]
enum Keep {
    Nothing,
    /// Gone when dropped.
    Directory {
        _directory: TempDir,
    },
    Schema {
        server: String,
        name: String,
    },
}

impl Database {
    /// A new one: on SQLite a copy of a migrated file, on PostgreSQL a schema.
    ///
    /// # Panics
    /// If it cannot be made; on PostgreSQL also if no server is named.
    #[must_use]
    pub fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let directory = tempfile::tempdir().expect("a directory for a database");
                std::fs::copy(template(), directory.path().join(FILE))
                    .expect("a copy of the migrated database");
                Self::file(directory)
            }
            Engine::Postgres => {
                let database = Self::empty_schema();
                migrate(database.location());
                database
            }
        }
    }

    /// A new one without any table.
    ///
    /// # Panics
    /// As [`Database::fresh`].
    #[must_use]
    pub fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::file(tempfile::tempdir().expect("a directory for a database")),
            Engine::Postgres => Self::empty_schema(),
        }
    }

    fn file(directory: TempDir) -> Self {
        let url = format!("sqlite:{}", directory.path().join(FILE).display());
        Self { url, keep: Keep::Directory { _directory: directory } }
    }

    fn empty_schema() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(POSTGRES_URL)
            .unwrap_or_else(|_| panic!("{POSTGRES_URL} names no server: run the tests with scripts/test"));
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&server, &format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"));
        let separator = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{separator}options=-csearch_path%3D{name}");
        Self { url, keep: Keep::Schema { server, name } }
    }

    /// Its address, as `--database-url` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// One that is there already, and stays when this is dropped.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), keep: Keep::Nothing }
    }

    /// Its engine.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.location() {
            Location::Sqlite(_) => Engine::Sqlite,
            Location::Postgres(_) => Engine::Postgres,
        }
    }

    /// Its address, as [`Db::open`] takes it.
    ///
    /// # Panics
    /// Never: it was put together here.
    #[must_use]
    pub fn location(&self) -> Location {
        self.url.parse().expect("an address of ours")
    }

    /// What a query of the engine's own SQL gives, each value as text.
    ///
    /// # Panics
    /// If the query fails.
    #[must_use]
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let (location, sql) = (self.location(), sql.to_owned());
        apart(move || match location {
            Location::Sqlite(file) => sqlite_rows(&sqlite(&file), &sql),
            Location::Postgres(address) => postgres_rows(&mut postgres(&address), &sql),
        })
    }

    /// The one value that a query gives, as text.
    ///
    /// # Panics
    /// If it gives another number of values, or NULL.
    #[must_use]
    pub fn value(&self, sql: &str) -> String {
        match self.rows(sql).as_slice() {
            [row] => match row.as_slice() {
                [Some(value)] => value.clone(),
                _ => panic!("{sql} gives {row:?}"),
            },
            rows => panic!("{sql} gives {rows:?}"),
        }
    }

    /// How many rows PostgreSQL takes a table to have when it plans; -1 if it has never counted them.
    ///
    /// # Panics
    /// If it is SQLite.
    #[must_use]
    pub fn rows_planned_with(&self, table: &str) -> i64 {
        let sql = format!("SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = '{table}'::regclass");
        self.value(&sql).parse().expect("a number")
    }

    /// Keeps everybody else from writing to `table` (on SQLite to any) until it is dropped; they wait.
    ///
    /// # Panics
    /// If somebody else does the same.
    #[must_use = "others may write again when it is dropped"]
    pub fn hold(&self, table: &str) -> Hold {
        let (location, table) = (self.location(), table.to_owned());
        let (release, released) = channel();
        let (tell, held) = channel();
        let thread = std::thread::spawn(move || match location {
            Location::Sqlite(file) => {
                let connection = sqlite(&file);
                connection.execute_batch("BEGIN IMMEDIATE").expect("the lock of the database");
                tell.send(()).expect("a test that waits for the lock");
                let _released = released.recv();
                connection.execute_batch("ROLLBACK").expect("the end of the lock");
            }
            Location::Postgres(address) => {
                let mut client = postgres(&address);
                let lock = format!("BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE");
                client.batch_execute(&lock).expect("the lock of the table");
                tell.send(()).expect("a test that waits for the lock");
                let _released = released.recv();
                client.batch_execute("ROLLBACK").expect("the end of the lock");
            }
        });
        held.recv().expect("the lock");
        Hold { release: Some(release), thread: Some(thread) }
    }

    /// Opens it without a server in between.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn open(&self) -> Db {
        open(self.location()).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.keep {
            Keep::Nothing | Keep::Directory { .. } => {}
            Keep::Schema { server, name } => {
                execute(server, &format!("DROP SCHEMA {name} CASCADE"));
            }
        }
    }
}

/// Opens a database.
///
/// # Panics
/// If it cannot be opened.
pub async fn open(location: Location) -> Db {
    let options = Options { location, read_replica: None, create: true, connections: 4 };
    Db::open(options, DbMetrics::default()).await.expect("a database that can be opened")
}

fn migrate(location: Location) {
    apart(move || {
        crate::run(async {
            let db = open(location).await;
            db.migrate(0).await.expect("a schema that can be migrated");
            db.close().await;
        });
    });
}

/// A lock that makes others wait; see [`Database::hold`].
#[derive(Debug)]
pub struct Hold {
    release: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        drop(self.release.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))) || std::thread::panicking(), "the lock was lost");
    }
}

fn sqlite(file: &std::path::Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).expect("the SQLite database");
    connection.busy_timeout(std::time::Duration::from_secs(60)).expect("a time limit");
    connection
}

fn postgres(address: &str) -> postgres::Client {
    postgres::Client::connect(address, postgres::NoTls).expect("the PostgreSQL server")
}

fn sqlite_rows(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let mut statement = connection.prepare(sql).expect("SQL of ours");
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| Ok(as_text(row.get_ref(at)?))).collect());
    rows.and_then(Iterator::collect).expect("rows")
}

fn as_text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn postgres_rows(client: &mut postgres::Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).expect("SQL of ours");
    messages
        .into_iter()
        .filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        })
        .collect()
}

/// Runs SQL on a PostgreSQL server.
fn execute(server: &str, sql: &str) {
    let (server, sql) = (server.to_owned(), sql.to_owned());
    apart(move || postgres(&server).batch_execute(&sql).expect("SQL of ours"));
}

/// Does what blocks on a thread of its own, since the caller is inside a runtime.
fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(work).join().expect("it does not panic")
}

/// A migrated SQLite file, made once a test program.
fn template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = TEMPLATE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory for the template");
        let file = directory.path().join("template.db");
        migrate(Location::Sqlite(file.clone()));
        (directory, file)
    });
    file
}
