//! What the outbox still has to publish.

use std::collections::HashSet;

use super::{Stored, stored};
use crate::clock::Micros;
use crate::db::{Error, Tx};

/// Events that are looked at for one batch, at most.
const LIMIT: usize = 512;

/// Events to publish together.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) events: Vec<Stored>,
    /// Some had to stay behind, or may have.
    pub(super) is_part: bool,
}

/// The next events of `partitions`, in the order of positions, and of each entity only the first: while the broker
/// has not confirmed that, nothing later of the entity is under way that could overtake it.
pub(super) fn batch(tx: &mut Tx<'_>, partitions: &[i64]) -> Result<Batch, Error> {
    let mut batch = Batch::default();
    let limit = LIMIT / partitions.len().max(1);
    for partition in partitions {
        // Not `partition = $1`: PostgreSQL might then walk through all that was published, in the order of positions.
        let waiting = tx.query(
            "SELECT position, id, type, account, data, occurred_at, entity FROM kernel_events \
             WHERE published_at IS NULL AND partition >= $1 AND partition <= $1 ORDER BY partition, position LIMIT $2",
            &[(*partition).into(), i64::try_from(limit).unwrap_or_default().into()],
            stored,
        )?;
        let (found, mut entities) = (waiting.len(), HashSet::new());
        let firsts = waiting.into_iter().filter(|event| entities.insert(event.entity.clone()));
        batch.events.extend(firsts);
        batch.is_part |= entities.len() < found || found >= limit;
    }
    Ok(batch)
}

/// Whether any event waits: cheaper to ask than for a batch.
pub(super) fn any(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let first =
        "SELECT position FROM kernel_events WHERE published_at IS NULL ORDER BY partition, position LIMIT 1";
    Ok(tx.query_opt(first, &[], |row| row.get::<i64>(0))?.is_some())
}

/// The position of the newest event; 0 if there is none.
pub(super) fn newest(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let newest = "SELECT position FROM kernel_events ORDER BY position DESC LIMIT 1";
    Ok(tx.query_opt(newest, &[], |row| row.get(0))?.unwrap_or_default())
}

/// How many events wait, and when the oldest of them happened.
pub(super) fn waiting(tx: &mut Tx<'_>) -> Result<(i64, Option<Micros>), Error> {
    let by_partition = tx.query(
        "SELECT count(*), min(position) FROM kernel_events WHERE published_at IS NULL GROUP BY partition",
        &[],
        |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
    )?;
    let oldest = match by_partition.iter().map(|(_, first)| *first).min() {
        Some(first) => {
            let at = "SELECT occurred_at FROM kernel_events WHERE position = $1";
            tx.query_opt(at, &[first.into()], |row| row.get(0))?
        }
        None => None,
    };
    Ok((by_partition.iter().map(|(count, _)| count).sum(), oldest))
}

/// Marks events that the broker has taken.
pub(super) fn mark(tx: &mut Tx<'_>, now: Micros, positions: &[i64]) -> Result<(), Error> {
    let sql = "UPDATE kernel_events SET published_at = $1 WHERE position IN ()";
    tx.query_in(sql, &[now.into()], positions, |_| Ok(())).map(drop)
}
