//! What the outbox keeps, and how long, on both engines.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use kernel::clock::SECOND;
use kernel::db::{Db, Error};
use kernel::events::{self, Event, Forget};
use testkit::{Database, Engine, on_both_engines};

on_both_engines!(
    without_a_broker_events_go_when_they_are_a_week_old,
    with_a_broker_only_published_events_go,
    many_events_go_some_at_a_time,
    every_event_is_in_a_partition_that_servers_hold,
);

const DAY: i64 = 86_400 * SECOND;

async fn happens(db: &Db, day: i64, count: usize) {
    let event = Event::new("tickets.ticket.paid", format!("ticket:{day}"), "kassir", &day).unwrap();
    let written: Result<(), Error> =
        db.write(move |tx| events::publish(tx, day * DAY, &vec![event.clone(); count])).await;
    written.unwrap();
}

/// What is left, by the days on which it happened.
async fn left(db: &Db) -> Vec<i64> {
    let left: Result<_, Error> = db.read(|tx| events::after(tx, 0, 10_000)).await;
    left.unwrap().iter().map(|event| event.data.get().parse().unwrap()).collect()
}

async fn without_a_broker_events_go_when_they_are_a_week_old(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    for day in [1, 2, 3] {
        happens(&db, day, 1).await;
    }
    assert!(!events::forget_old(&db, Forget::All, 9 * DAY).await.unwrap());
    assert_eq!(left(&db).await, [2, 3], "a week old is not older than a week");
    db.close().await;
}

async fn with_a_broker_only_published_events_go(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    for day in [1, 2, 3, 4] {
        happens(&db, day, 1).await;
    }
    let published: Result<(), Error> = db
        .write(|tx| {
            let mark = "UPDATE kernel_events SET published_at = $1 WHERE data = $2";
            for (data, day) in [("2", 2), ("3", 30)] {
                tx.execute(mark, &[(day * DAY).into(), data.into()])?;
            }
            Ok(())
        })
        .await;
    published.unwrap();
    events::forget_old(&db, Forget::Published, 31 * DAY).await.unwrap();
    assert_eq!(left(&db).await, [1, 3, 4], "3 was published yesterday, 1 and 4 still wait");
    db.close().await;
}

async fn many_events_go_some_at_a_time(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    happens(&db, 1, 2_500).await;
    happens(&db, 30, 1).await;
    let mut rounds = 0;
    while events::forget_old(&db, Forget::All, 31 * DAY).await.unwrap() {
        rounds += 1;
    }
    assert_eq!(rounds, 2, "a thousand, a thousand, and the rest");
    assert_eq!(left(&db).await, [30]);
    db.close().await;
}

async fn every_event_is_in_a_partition_that_servers_hold(engine: Engine) {
    let database = Database::fresh(engine);
    let db = database.open().await;
    for day in 0..100 {
        happens(&db, day, 1).await;
    }
    let used = database.rows("SELECT DISTINCT partition FROM kernel_events ORDER BY partition");
    assert_eq!(used, database.rows("SELECT partition FROM kernel_partitions ORDER BY partition"));
    db.close().await;
}
