//! The outbox: what happens is written down in the transaction that makes it happen.
//!
//! Whoever changes something and tells others about it in a second step can crash between the two.
//! [`publish`] takes the transaction, so the two cannot be told apart. [`Publisher`] sends them on to RabbitMQ, and
//! `partnerapi events` reads them.

mod broker;
mod lane;
mod line;
mod partitions;
mod publisher;
mod unpublished;

use std::sync::atomic::Ordering;

use rand::Rng as _;
use serde::Serialize;
use serde_json::value::RawValue;

pub use self::broker::{Address, Exchange, look};
pub use self::publisher::{Publisher, Settings};
use crate::clock::{Micros, SECOND};
use crate::db::{Db, Error, Row, Tx};
use crate::metrics::OutboxMetrics;
use crate::time;

/// Days for which events are kept: after they were published, or, without a broker, after they happened.
pub const KEPT_DAYS: i64 = 7;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// `api.thing.verb`; also the routing key.
    pub kind: &'static str,
    /// What it happened to. Events of one entity stay in order.
    pub entity: String,
    /// Whose it is.
    pub account: String,
    /// What else there is to know, as JSON.
    pub data: Box<RawValue>,
}

impl Event {
    /// An event with `data` as its JSON.
    ///
    /// # Errors
    /// [`Error::Statement`] if `data` cannot be written as JSON.
    pub fn new(
        kind: &'static str,
        entity: String,
        account: &str,
        data: &impl Serialize,
    ) -> Result<Self, Error> {
        let data = serde_json::value::to_raw_value(data)
            .map_err(|error| Error::Statement(format!("an event's data is no JSON: {error}")))?;
        Ok(Self { kind, entity, account: account.to_owned(), data })
    }
}

/// An event as it leaves: one line of `partnerapi events`, one message of the broker.
#[derive(Clone, Debug, Serialize)]
pub struct Stored {
    /// Where it stands in the outbox; rising, with gaps.
    #[serde(skip)]
    pub position: i64,
    /// What it happened to.
    #[serde(skip)]
    pub(crate) entity: String,
    /// When, as it is kept.
    #[serde(skip)]
    pub(crate) at: Micros,
    /// Names it for ever; also the message id.
    pub id: String,
    /// `api.thing.verb`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When, in UTC.
    pub occurred_at: String,
    /// Whose it is.
    pub account: String,
    /// What else there is to know.
    pub data: Box<RawValue>,
}

/// Writes `events` into the outbox; they exist if and only if the transaction is kept.
///
/// # Errors
/// [`Error`] of the database.
pub fn publish(tx: &mut Tx<'_>, now: Micros, events: &[Event]) -> Result<(), Error> {
    let ids: Vec<String> = events.iter().map(|_| new_id(now)).collect();
    let partitions = partitions::count(tx);
    let rows: Vec<_> = std::iter::zip(&ids, events)
        .map(|(id, event)| {
            [
                id.into(),
                event.kind.into(),
                (&event.entity).into(),
                (&event.account).into(),
                event.data.get().into(),
                now.into(),
                partitions::of(&event.entity, partitions).into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO kernel_events (id, type, entity, account, data, occurred_at, partition) VALUES",
        "",
        &rows,
    )?;
    Ok(())
}

/// At most `limit` events that stand after `position`, oldest first.
///
/// # Errors
/// [`Error`] of the database.
pub fn after(tx: &mut Tx<'_>, position: i64, limit: i64) -> Result<Vec<Stored>, Error> {
    tx.query(
        "SELECT position, id, type, account, data, occurred_at, entity FROM kernel_events \
         WHERE position > $1 ORDER BY position LIMIT $2",
        &[position.into(), limit.into()],
        stored,
    )
}

/// The event of a row of `position, id, type, account, data, occurred_at, entity`.
fn stored(row: &Row<'_>) -> Result<Stored, Error> {
    let at = row.get(5)?;
    Ok(Stored {
        position: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        account: row.get(3)?,
        data: RawValue::from_string(row.get(4)?).map_err(|error| Error::Statement(error.to_string()))?,
        occurred_at: time::utc_in_full(at),
        entity: row.get(6)?,
        at,
    })
}

/// Which events go when they are a week old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forget {
    /// All: no broker takes them.
    All,
    /// Those that a broker has taken, a week after it did. The others wait for it, however long.
    Published,
}

/// Forgets old events, some at a time so that nobody waits for it; true if there may be more.
///
/// # Errors
/// [`Error`] of the database.
pub async fn forget_old(db: &Db, which: Forget, now: Micros) -> Result<bool, Error> {
    const AT_ONCE: i64 = 1_000;
    let (since, when) = match which {
        Forget::All => ("occurred_at", "occurred_at < $1"),
        Forget::Published => ("published_at", "published_at < $1"),
    };
    // The outbox is in the order of time but for some milliseconds: the oldest stand first. They are looked for
    // outside the write, for which a long queue of unpublished events in front of them would be a long wait.
    let oldest = format!(
        "SELECT min(position), max(position) FROM (SELECT position FROM kernel_events \
         WHERE {since} IS NOT NULL ORDER BY position LIMIT $1) AS oldest"
    );
    let ends = db
        .read(move |tx| {
            tx.query_opt(&oldest, &[AT_ONCE.into()], |row| {
                Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?))
            })
        })
        .await?;
    let Some((Some(first), Some(last))) = ends else { return Ok(false) };
    let before = time::days_after(now, -KEPT_DAYS);
    let delete = format!("DELETE FROM kernel_events WHERE {when} AND position BETWEEN $2 AND $3");
    db.write(move |tx| {
        let forgotten = tx.execute(&delete, &[before.into(), first.into(), last.into()])?;
        Ok(forgotten == AT_ONCE.unsigned_abs())
    })
    .await
}

/// Measures the outbox: how much waits, and for how long.
///
/// # Errors
/// [`Error`] of the database.
pub async fn measure(db: &Db, metrics: &OutboxMetrics, now: Micros) -> Result<(), Error> {
    let (backlog, oldest) = match metrics.has_broker.load(Ordering::Relaxed) {
        true => db.read_latest(unpublished::waiting).await?,
        false => db.read(kept).await?,
    };
    metrics.backlog.set(backlog);
    metrics.oldest_age.set(oldest.map_or(0, |oldest| (now - oldest).max(0) / SECOND));
    Ok(())
}

/// How many events there are, and since when. The distance of the ends counts gaps too, but costs the same however
/// much is kept.
fn kept(tx: &mut Tx<'_>) -> Result<(i64, Option<Micros>), Error> {
    let ends = "SELECT (SELECT position FROM kernel_events ORDER BY position LIMIT 1), \
                (SELECT position FROM kernel_events ORDER BY position DESC LIMIT 1), \
                (SELECT occurred_at FROM kernel_events ORDER BY position LIMIT 1)";
    let ends = tx.query_opt(ends, &[], |row| {
        Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?, row.get::<Option<i64>>(2)?))
    })?;
    Ok(match ends {
        Some((Some(first), Some(last), oldest)) => (last - first + 1, oldest),
        _ => (0, None),
    })
}

/// A UUID of version 7 (RFC 9562): unique on every server, and rising with time.
fn new_id(now: Micros) -> String {
    let mut random = [0; 10];
    rand::rng().fill_bytes(&mut random);
    let millis = u64::try_from(now / 1_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}
