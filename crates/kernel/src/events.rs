//! The outbox: what happens is written down in the transaction that makes it happen.
//!
//! Whoever changes something and tells others about it in a second step can crash between the two.
//! [`publish`] takes the transaction, so the two cannot be told apart. The publisher and `partnerapi events`
//! read from here.

use rand::Rng as _;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::clock::{Micros, SECOND};
use crate::db::{Db, Error, Tx};
use crate::metrics::OutboxMetrics;
use crate::time;

/// Days for which events are kept when no broker takes them.
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
    let rows: Vec<_> = std::iter::zip(&ids, events)
        .map(|(id, event)| {
            [
                id.into(),
                event.kind.into(),
                (&event.entity).into(),
                (&event.account).into(),
                event.data.get().into(),
                now.into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO kernel_events (id, type, entity, account, data, occurred_at) VALUES",
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
        "SELECT position, id, type, account, data, occurred_at FROM kernel_events \
         WHERE position > $1 ORDER BY position LIMIT $2",
        &[position.into(), limit.into()],
        |row| {
            Ok(Stored {
                position: row.get(0)?,
                id: row.get(1)?,
                kind: row.get(2)?,
                account: row.get(3)?,
                data: RawValue::from_string(row.get(4)?)
                    .map_err(|error| Error::Statement(error.to_string()))?,
                occurred_at: time::utc(row.get(5)?),
            })
        },
    )
}

/// Forgets events that nobody took for [`KEPT_DAYS`] days, some at a time so that nobody waits for it; true if
/// there may be more.
///
/// # Errors
/// [`Error`] of the database.
pub async fn forget_old(db: &Db, now: Micros) -> Result<bool, Error> {
    const AT_ONCE: i64 = 1_000;
    let before = time::days_after(now, -KEPT_DAYS);
    db.write(move |tx| {
        // The outbox is in the order of time but for some milliseconds: the oldest stand first.
        let forgotten = tx.execute(
            "DELETE FROM kernel_events WHERE occurred_at < $1 AND position <= \
             (SELECT max(position) FROM (SELECT position FROM kernel_events ORDER BY position LIMIT $2) AS oldest)",
            &[before.into(), AT_ONCE.into()],
        )?;
        Ok(forgotten == AT_ONCE.unsigned_abs())
    })
    .await
}

/// Measures the outbox: how much waits, and for how long.
///
/// # Errors
/// [`Error`] of the database.
pub async fn measure(db: &Db, metrics: &OutboxMetrics, now: Micros) -> Result<(), Error> {
    let ends = "SELECT (SELECT position FROM kernel_events ORDER BY position LIMIT 1), \
                (SELECT position FROM kernel_events ORDER BY position DESC LIMIT 1), \
                (SELECT occurred_at FROM kernel_events ORDER BY position LIMIT 1)";
    let ends = db
        .read(move |tx| {
            tx.query_opt(ends, &[], |row| {
                Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?, row.get::<Option<i64>>(2)?))
            })
        })
        .await?;
    // The distance of the ends counts gaps too, but costs the same however much waits.
    let (backlog, age) = match ends {
        Some((Some(first), Some(last), Some(oldest))) => (last - first + 1, (now - oldest).max(0) / SECOND),
        _ => (0, 0),
    };
    metrics.backlog.set(backlog);
    metrics.oldest_age.set(age);
    Ok(())
}

/// A UUID of version 7 (RFC 9562): unique on every server, and rising with time.
fn new_id(now: Micros) -> String {
    let mut random = [0; 10];
    rand::rng().fill_bytes(&mut random);
    let millis = u64::try_from(now / 1_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}
