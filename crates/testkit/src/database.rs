//! A database for one test alone.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::db::{Db, Location, Options};
use kernel::metrics::DbMetrics;
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

    /// Its address, as [`Db::open`] takes it.
    ///
    /// # Panics
    /// Never: it was put together here.
    #[must_use]
    pub fn location(&self) -> Location {
        self.url.parse().expect("an address of ours")
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
            Keep::Directory { .. } => {}
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

/// Runs SQL on a PostgreSQL server.
fn execute(server: &str, sql: &str) {
    let (server, sql) = (server.to_owned(), sql.to_owned());
    apart(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).expect("the PostgreSQL server");
        client.batch_execute(&sql).expect("SQL of ours");
    });
}

/// Does what blocks on a thread of its own, since the caller is inside a runtime.
fn apart(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work).join().expect("it does not panic");
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
