//! What a caller of the storage may rely on, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use kernel::db::{Db, Error, Group, Page, Tx, Window};
use testkit::{Database, Engine, on_both_engines, until};

on_both_engines!(
    what_a_closure_returns_an_error_for_is_undone,
    a_failed_statement_never_harms_its_neighbours,
    a_failure_that_a_closure_swallows_is_not_kept,
    a_panic_is_an_error_and_harms_nobody,
    a_write_runs_to_its_end_when_its_caller_hangs_up,
    what_waits_for_a_group_goes_together,
    an_item_of_a_group_never_fails_for_its_neighbours,
    a_read_sees_one_state_and_cannot_write,
    concurrent_increments_are_all_counted,
    placeholders_are_numbered_not_counted,
    many_rows_go_in_few_statements,
    given_rows_are_a_table_to_be_joined,
    a_page_knows_whether_it_is_the_last,
    numbers_are_looked_for_however_many_there_are,
    what_is_recent_changes_with_every_commit_of_this_process_at_once,
    closing_finishes_what_was_handed_over,
    migrating_twice_changes_nothing,
    servers_that_start_together_migrate_once,
);

/// A database with an empty table of unique numbers.
async fn open(engine: Engine) -> (Database, Db) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    db.write(|tx| tx.execute("CREATE TABLE numbers (number BIGINT NOT NULL PRIMARY KEY, name TEXT)", &[]))
        .await
        .map_err(|error: Error| error)
        .unwrap();
    (database, db)
}

fn insert(tx: &mut Tx<'_>, number: i64) -> Result<u64, Error> {
    tx.execute("INSERT INTO numbers (number) VALUES ($1)", &[number.into()])
}

async fn numbers(db: &Db) -> Vec<i64> {
    db.read(|tx| tx.query("SELECT number FROM numbers ORDER BY number", &[], |row| row.get(0))).await.unwrap()
}

#[derive(Debug)]
enum Refusal {
    ByRule,
    Db,
}

impl From<Error> for Refusal {
    fn from(_: Error) -> Self {
        Self::Db
    }
}

async fn what_a_closure_returns_an_error_for_is_undone(engine: Engine) {
    let (_database, db) = open(engine).await;
    let refused: Result<(), Refusal> = db
        .write(|tx| {
            insert(tx, 1)?;
            Err(Refusal::ByRule)
        })
        .await;
    assert!(matches!(refused, Err(Refusal::ByRule)));
    assert!(numbers(&db).await.is_empty());
}

/// Makes the writer wait, so that what is handed over in the meantime becomes one group.
fn hold_up(db: &Db) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let db = db.clone();
    tokio::spawn(async move {
        let held: Result<(), Error> = db
            .write(move |_| {
                released.recv().ok();
                Ok(())
            })
            .await;
        held.unwrap();
    });
    release
}

async fn a_failed_statement_never_harms_its_neighbours(engine: Engine) {
    let (_database, db) = open(engine).await;
    let release = hold_up(&db);
    let write = |number: i64| {
        let db = db.clone();
        tokio::spawn(async move { db.write(move |tx| insert(tx, number)).await })
    };
    let (first, second, again, third) = (write(1), write(2), write(1), write(3));
    release.send(()).unwrap();
    let outcomes = [first.await.unwrap(), again.await.unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::Statement(_)))), "{outcomes:?}");
    second.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(numbers(&db).await, [1, 2, 3]);
}

async fn a_failure_that_a_closure_swallows_is_not_kept(engine: Engine) {
    let (_database, db) = open(engine).await;
    let outcome: Result<(), Error> = db
        .write(|tx| {
            insert(tx, 1)?;
            drop(insert(tx, 1));
            Ok(())
        })
        .await;
    assert!(matches!(outcome, Err(Error::Statement(_))), "{outcome:?}");
    assert!(numbers(&db).await.is_empty());
}

async fn a_panic_is_an_error_and_harms_nobody(engine: Engine) {
    let (_database, db) = open(engine).await;
    let panicked: Result<(), Error> = db
        .write(|tx| {
            insert(tx, 1)?;
            panic!("a fault of ours");
        })
        .await;
    assert!(matches!(panicked, Err(Error::Panicked)), "{panicked:?}");
    let written: Result<u64, Error> = db.write(|tx| insert(tx, 2)).await;
    written.unwrap();
    assert_eq!(numbers(&db).await, [2]);
}

async fn a_write_runs_to_its_end_when_its_caller_hangs_up(engine: Engine) {
    let (_database, db) = open(engine).await;
    let release = hold_up(&db);
    {
        let mut hung_up = Box::pin(db.write(|tx| insert(tx, 1)));
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(hung_up.as_mut().poll(context).is_pending())
        });
        assert!(polled.await || engine == Engine::Postgres, "it waits for its turn");
    }
    release.send(()).unwrap();
    until("the write is there", async || numbers(&db).await == [1]).await;
}

/// Writes 0 in a group of its own, and hands `numbers` over meanwhile. Gives what came of them, and how many went
/// together.
async fn gather(db: &Db, numbers: &[i64]) -> (Vec<Option<i64>>, Vec<usize>) {
    let (release, released) = mpsc::channel::<()>();
    let (released, sizes) = (Mutex::new(released), Arc::new(Mutex::new(Vec::new())));
    let group = Group::new(db.clone(), kernel::api::Tasks::default(), {
        let sizes = Arc::clone(&sizes);
        move |tx, items: &[i64]| {
            sizes.lock().unwrap().push(items.len());
            if items == [0] {
                released.lock().unwrap().recv().ok();
            }
            items.iter().map(|number| insert(tx, *number).map(|_| number * 10)).collect()
        }
    });
    let mut writes = Vec::new();
    for number in std::iter::once(&0).chain(numbers) {
        let mut write = Box::pin(group.write(*number));
        // It is handed over when it is first polled.
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context).is_pending()));
        assert!(polled.await);
        writes.push(write);
        until("the first is under way", async || !sizes.lock().unwrap().is_empty()).await;
    }
    drop(release);
    let mut outcomes = Vec::new();
    for write in writes {
        outcomes.push(write.await.ok());
    }
    assert_eq!(outcomes.remove(0), Some(0));
    let sizes = sizes.lock().unwrap().split_off(1);
    (outcomes, sizes)
}

async fn what_waits_for_a_group_goes_together(engine: Engine) {
    let (_database, db) = open(engine).await;
    let (outcomes, sizes) = gather(&db, &[3, 1, 2]).await;
    assert_eq!(outcomes, [Some(30), Some(10), Some(20)], "each gets its own");
    assert_eq!(sizes, [3]);
    assert_eq!(numbers(&db).await, [0, 1, 2, 3]);
}

async fn an_item_of_a_group_never_fails_for_its_neighbours(engine: Engine) {
    let (_database, db) = open(engine).await;
    let (outcomes, sizes) = gather(&db, &[1, 0, 2]).await;
    assert_eq!(outcomes, [Some(10), None, Some(20)]);
    // PostgreSQL runs what met a number that is there some times over: it may be a rival's of this very moment.
    let runs = if engine == Engine::Sqlite { 1 } else { 8 };
    let expected: Vec<_> = [vec![3; runs], vec![1; runs + 2]].concat();
    assert_eq!(sizes, expected, "all of them, then each alone");
    assert_eq!(numbers(&db).await, [0, 1, 2]);
}

async fn a_read_sees_one_state_and_cannot_write(engine: Engine) {
    let (_database, db) = open(engine).await;
    let (looked, has_looked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let reader = {
        let db = db.clone();
        tokio::spawn(async move {
            db.read(move |tx| {
                let count = "SELECT count(*) FROM numbers";
                let before = tx.query_opt(count, &[], |row| row.get::<i64>(0))?;
                looked.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok::<_, Error>((before, tx.query_opt(count, &[], |row| row.get::<i64>(0))?))
            })
            .await
        })
    };
    tokio::task::spawn_blocking(move || has_looked.recv()).await.unwrap().unwrap();
    let written: Result<u64, Error> = db.write(|tx| insert(tx, 1)).await;
    written.unwrap();
    go_on.send(()).unwrap();
    assert_eq!(reader.await.unwrap().unwrap(), (Some(0), Some(0)));

    let written: Result<u64, Error> = db.read(|tx| insert(tx, 2)).await;
    assert!(written.is_err());
    assert_eq!(numbers(&db).await, [1]);
}

async fn concurrent_increments_are_all_counted(engine: Engine) {
    let (_database, db) = open(engine).await;
    let written: Result<u64, Error> = db.write(|tx| insert(tx, 0)).await;
    written.unwrap();
    let increments: Vec<_> = (0..100)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(|tx| {
                    let before = tx.query_opt("SELECT number FROM numbers", &[], |row| row.get::<i64>(0))?;
                    tx.execute("UPDATE numbers SET number = $1", &[(before.unwrap_or_default() + 1).into()])
                })
                .await
                .map_err(|error: Error| error)
            })
        })
        .collect();
    for increment in increments {
        increment.await.unwrap().unwrap();
    }
    assert_eq!(numbers(&db).await, [100]);
}

async fn placeholders_are_numbered_not_counted(engine: Engine) {
    let (_database, db) = open(engine).await;
    let written: Result<u64, Error> = db
        .write(|tx| {
            tx.execute("INSERT INTO numbers (name, number) VALUES ($2, $1)", &[7.into(), "seven".into()])
        })
        .await;
    written.unwrap();
    let read: Result<Vec<String>, Error> = db
        .read(|tx| {
            let sql = "SELECT name FROM numbers WHERE number = $2 AND name = $1 AND number = $2";
            tx.query(sql, &["seven".into(), 7.into()], |row| row.get(0))
        })
        .await;
    assert_eq!(read.unwrap(), ["seven"]);
}

async fn many_rows_go_in_few_statements(engine: Engine) {
    let (_database, db) = open(engine).await;
    let inserted: Result<u64, Error> = db
        .write(|tx| {
            let rows: Vec<_> = (0..1_234_i64).map(|number| [number.into(), "name".into()]).collect();
            tx.insert_many("INSERT INTO numbers (number, name) VALUES", "ON CONFLICT DO NOTHING", &rows)?;
            tx.insert_many(
                "INSERT INTO numbers (number, name) VALUES",
                "ON CONFLICT DO NOTHING",
                &rows[..10],
            )?;
            tx.insert_many::<2>("INSERT INTO numbers (number, name) VALUES", "", &[])
        })
        .await;
    assert_eq!(inserted.unwrap(), 0, "no rows, no statement");
    assert_eq!(numbers(&db).await, Vec::from_iter(0..1_234));
}

async fn given_rows_are_a_table_to_be_joined(engine: Engine) {
    let (_database, db) = open(engine).await;
    let found: Result<_, Error> = db
        .write(|tx| {
            let rows: Vec<_> = (0..1_234_i64).map(|number| [number.into(), "even".into()]).collect();
            tx.insert_many("INSERT INTO numbers (number, name) VALUES", "", &rows)?;
            let wanted: Vec<_> = (1_000..2_000_i64).map(|number| [number.into(), "even".into()]).collect();
            let sql = "SELECT numbers.number FROM given CROSS JOIN numbers \
                       WHERE numbers.number = given.wanted AND numbers.name = given.kind AND numbers.number > $1";
            let mut take = |rows: &[_]| {
                tx.query_given(sql, &[1_100.into()], ("wanted, kind", rows), |row| row.get::<i64>(0))
            };
            Ok((take(&wanted)?, take(&[])?))
        })
        .await;
    let (mut found, none) = found.unwrap();
    found.sort_unstable();
    assert_eq!(found, Vec::from_iter(1_101..1_234));
    assert_eq!(none, [] as [i64; 0]);
}

async fn closing_finishes_what_was_handed_over(engine: Engine) {
    let (database, db) = open(engine).await;
    let release = hold_up(&db);
    let writes: Vec<_> = (0..20)
        .map(|number| {
            let db = db.clone();
            tokio::spawn(async move { db.write(move |tx| insert(tx, number)).await })
        })
        .collect();
    // Handed over is what a task has been polled for: an answered read came after all of them.
    tokio::task::yield_now().await;
    numbers(&db).await;
    let closing = tokio::spawn({
        let db = db.clone();
        async move { db.close().await }
    });
    release.send(()).unwrap();
    closing.await.unwrap();

    let mut kept = Vec::new();
    for (number, write) in (0..).zip(writes) {
        if write.await.unwrap().is_ok() {
            kept.push(number);
        }
    }
    let refused: Result<u64, Error> = db.write(|tx| insert(tx, 99)).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    let again = database.open().await;
    assert_eq!(numbers(&again).await, kept, "what was acknowledged is there, and nothing else");
    again.close().await;
}

async fn migrating_twice_changes_nothing(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    assert!(db.migrate(1).await.unwrap().is_empty(), "the test database is migrated already");
}

async fn servers_that_start_together_migrate_once(engine: Engine) {
    let database = Database::empty(engine);
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let location = database.location();
            tokio::spawn(async move {
                let db = testkit::open(location).await;
                let steps = db.migrate(1).await.unwrap();
                db.close().await;
                steps.len()
            })
        })
        .collect();
    let mut steps = 0;
    for start in starts {
        steps += start.await.unwrap();
    }
    assert_eq!(steps, kernel::db::migrations().len());
}

async fn a_page_knows_whether_it_is_the_last(engine: Engine) {
    let (_database, db) = open(engine).await;
    let written: Result<(), Error> =
        db.write(|tx| (1..=3).try_for_each(|number| insert(tx, number).map(drop))).await;
    written.unwrap();
    for (limit, offset, rows, is_last) in [
        (2, 0, vec![1, 2], false),
        (3, 0, vec![1, 2, 3], true),
        (4, 0, vec![1, 2, 3], true),
        (2, 1, vec![2, 3], true),
        (1, 1, vec![2], false),
        (1, 3, vec![], true),
        (u32::MAX, i64::MAX, vec![], true),
    ] {
        let sql = "SELECT number FROM numbers WHERE number < $1 ORDER BY number";
        let window = Window { limit, offset };
        let page: Result<Page<i64>, Error> =
            db.read(move |tx| tx.page(sql, &[9.into()], window, |row| row.get(0))).await;
        assert_eq!(page.unwrap(), Page { rows, is_last }, "{limit} from {offset}");
    }
}

async fn numbers_are_looked_for_however_many_there_are(engine: Engine) {
    let (_database, db) = open(engine).await;
    let written: Result<(), Error> =
        db.write(|tx| (0..2_000).step_by(2).try_for_each(|number| insert(tx, number).map(drop))).await;
    written.unwrap();
    for count in [0, 1, 2, 3, 511, 512, 513, 1_999] {
        let sql = "SELECT number FROM numbers WHERE number >= $1 AND number IN ()";
        let wanted: Vec<i64> = (0..count).collect();
        let found: Result<Vec<i64>, Error> =
            db.read(move |tx| tx.query_in(sql, &[2.into()], &wanted, |row| row.get(0))).await;
        let mut found = found.unwrap();
        found.sort_unstable();
        assert_eq!(found, (2..count).step_by(2).collect::<Vec<_>>(), "of {count}");
    }
    let sql = "DELETE FROM numbers WHERE number IN () RETURNING number";
    let gone: Result<Vec<i64>, Error> =
        db.write(move |tx| tx.query_in(sql, &[], &[1, 2, 4], |row| row.get(0))).await;
    assert_eq!(gone.unwrap().len(), 2);
    assert_eq!(numbers(&db).await.len(), 998);
}

async fn what_is_recent_changes_with_every_commit_of_this_process_at_once(engine: Engine) {
    let (database, db) = open(engine).await;
    let neighbour = database.open().await;
    for number in 1..=20 {
        let before = db.recent().unwrap();
        let written: Result<u64, Error> = db.write(move |tx| insert(tx, number)).await;
        written.unwrap();
        assert_ne!(db.recent().unwrap(), before, "number {number}");
    }
    // It does not change for nothing, or nothing could be kept: of many looks most are equal to the one before.
    let looks: Vec<_> = (0..100).map(|_| db.recent().unwrap()).collect();
    assert!(looks.windows(2).filter(|pair| pair[0] == pair[1]).count() > 90);

    let before = db.recent().unwrap();
    let written: Result<u64, Error> = neighbour.write(|tx| insert(tx, 21)).await;
    written.unwrap();
    let committed = Instant::now();
    until("a commit of another process is noticed", async || db.recent().unwrap() != before).await;
    assert!(committed.elapsed() < Duration::from_secs(1));
}
