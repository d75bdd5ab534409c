//! What only the embedded engine has to keep.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::{Mutex, mpsc};

use kernel::db::{Db, Error, Location};
use testkit::{Database, Engine};

const PAGE: usize = 4_096;

/// Runs a test on a database that is opened.
fn on_sqlite(test: impl AsyncFnOnce(&Database, &Db)) {
    testkit::run(async {
        let database = Database::fresh(Engine::Sqlite);
        let db = database.open().await;
        test(&database, &db).await;
        db.close().await;
    });
}

async fn execute(db: &Db, sql: &'static str) {
    let done: Result<u64, Error> = db.write(move |tx| tx.execute(sql, &[])).await;
    done.unwrap();
}

#[test]
fn a_stamp_changes_with_every_commit_of_any_process() {
    on_sqlite(async |database, db| {
        const WRITE: &str = "UPDATE kernel_probe SET count = count + 1";
        let neighbour = database.open().await;
        let stamp = db.stamp().unwrap();
        let read: Result<_, Error> =
            db.read(|tx| tx.query("SELECT count FROM kernel_probe", &[], |_| Ok(()))).await;
        assert_eq!(read.unwrap().len(), 1);
        let refused: Result<(), Error> = db.write(|_| Err(Error::Unsupported("a rule of the caller"))).await;
        assert!(refused.is_err());
        assert_eq!(db.stamp(), Some(stamp), "neither a read nor what was refused");

        execute(db, WRITE).await;
        let own = db.stamp().unwrap();
        assert_ne!(own, stamp, "a commit of this process");

        execute(&neighbour, WRITE).await;
        assert_ne!(db.stamp(), Some(own), "a commit of another one");
    });
}

#[test]
fn rows_before_one_that_fails_are_not_kept_wherever_in_a_commit() {
    on_sqlite(async |database, db| {
        execute(db, "CREATE TABLE numbers (number BIGINT NOT NULL PRIMARY KEY)").await;
        let (begun, has_begun) = mpsc::channel::<()>();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let waiting = Mutex::new(may_go_on);
        let first = write(db, [1, 2, 2], move || {
            begun.send(()).unwrap();
            waiting.lock().unwrap().recv().ok();
        });
        tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().unwrap();
        // They wait while the first is under way, and go into its transaction, or into the next one together.
        let (kept, failing, last) =
            (write(db, [3, 4, 5], || ()), write(db, [6, 7, 7], || ()), write(db, [8, 9, 10], || ()));
        drop(go_on);
        for (write, is_kept) in [(first, false), (kept, true), (failing, false), (last, true)] {
            assert_eq!(write.await.unwrap().is_ok(), is_kept);
        }
        let numbers =
            database.value("SELECT group_concat(number) FROM (SELECT number FROM numbers ORDER BY number)");
        assert_eq!(numbers, "3,4,5,8,9,10");
    });
}

/// Writes three numbers with one statement after having done something else, and does not mind if it fails.
fn write(
    db: &Db,
    numbers: [i64; 3],
    before: impl Fn() + Send + 'static,
) -> tokio::task::JoinHandle<Result<(), Error>> {
    let db = db.clone();
    tokio::spawn(async move {
        db.write(move |tx| {
            before();
            drop(tx.insert_many(
                "INSERT INTO numbers (number) VALUES",
                "",
                &numbers.map(|number| [number.into()]),
            ));
            Ok(())
        })
        .await
    })
}

#[test]
fn the_log_does_not_grow_with_what_is_written() {
    on_sqlite(async |database, db| {
        let Location::Sqlite(file) = database.location() else { panic!("a file") };
        execute(db, "CREATE TABLE texts (text TEXT)").await;
        let (mut written, mut longest) = (0, 0);
        while written < 256 << 20 {
            let text = "x".repeat(100 * PAGE);
            written += text.len();
            let done: Result<u64, Error> = db
                .write(move |tx| tx.execute("INSERT INTO texts (text) VALUES ($1)", &[(&text).into()]))
                .await;
            done.unwrap();
            longest = std::fs::metadata(file.with_extension("db-wal")).unwrap().len().max(longest);
        }
        assert!(longest < 128 << 20, "{longest} bytes of log");
    });
}
