//! How many sales of a status there are up to a place, and where the n-th of them stands, in as much time for a
//! million sales as for a thousand.
//!
//! Places are parted into blocks of 128, those into blocks of 128 blocks, and so on. For each block and status the
//! sales are counted, so that at each level at most 128 counts are looked at.

use std::collections::BTreeMap;

use kernel::db::{self, Tx, Value};

use crate::rules::Status;

/// A block of a level has two to the power of this of the level below it. In tests it is small, so that a short history
/// has blocks of all levels.
const SHIFT: i64 = if cfg!(test) { 1 } else { 7 };
/// With three levels the topmost blocks have two million places each.
const LEVELS: i64 = 3;

/// The block of a level in which a place is.
fn block(place: i64, level: i64) -> i64 {
    (place - 1) >> (SHIFT * level)
}

/// Takes changes into account: how many sales more, or fewer, have a status at a place.
pub(super) fn add(
    tx: &mut Tx<'_>,
    supplier: i64,
    changes: impl IntoIterator<Item = (Status, i64, i64)>,
) -> Result<(), db::Error> {
    let mut counts: BTreeMap<(i64, i64, i64), i64> = BTreeMap::new();
    for (status, place, change) in changes {
        for level in 1..=LEVELS {
            *counts.entry((status.code(), level, block(place, level))).or_default() += change;
        }
    }
    let rows: Vec<_> = counts
        .into_iter()
        .filter(|(_, change)| *change != 0)
        .map(|((status, level, block), change)| {
            [supplier.into(), status.into(), level.into(), block.into(), change.into()]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO affiliates_tallies (supplier, status, level, block, count) VALUES",
        "ON CONFLICT (supplier, status, level, block) DO UPDATE SET count = affiliates_tallies.count + excluded.count",
        &rows,
    )?;
    Ok(())
}

/// Counts again from a place on, after sales have moved. In the order of blocks, so that those which are read together
/// are stored together.
pub(super) fn recount(tx: &mut Tx<'_>, supplier: i64, place: i64) -> Result<(), db::Error> {
    for level in 1..=LEVELS {
        let first = block(place, level);
        tx.execute(
            "DELETE FROM affiliates_tallies \
             WHERE supplier = $1 AND status IN (0, 1, 2) AND level = $2 AND block >= $3",
            &[supplier.into(), level.into(), first.into()],
        )?;
        let head = "INSERT INTO affiliates_tallies (supplier, status, level, block, count)";
        match level {
            1 => tx.execute(
                &format!(
                    "{head} SELECT supplier, status, 1, (place - 1) >> {SHIFT}, count(*) FROM affiliates_purchases \
                     WHERE supplier = $1 AND place > $2 GROUP BY supplier, status, (place - 1) >> {SHIFT} ORDER BY 1, 2, 4"
                ),
                &[supplier.into(), (first << SHIFT).into()],
            )?,
            _ => tx.execute(
                &format!(
                    "{head} SELECT supplier, status, level + 1, block >> {SHIFT}, CAST(sum(count) AS BIGINT) \
                     FROM affiliates_tallies WHERE supplier = $1 AND status IN (0, 1, 2) AND level = $2 AND block >= $3 \
                     GROUP BY supplier, status, level, block >> {SHIFT} ORDER BY 1, 2, 4"
                ),
                &[supplier.into(), (level - 1).into(), (first << SHIFT).into()],
            )?,
        };
    }
    Ok(())
}

/// How many sales of a status have a place up to each of these.
pub(super) fn up_to<const N: usize>(
    tx: &mut Tx<'_>,
    supplier: i64,
    status: Status,
    places: [i64; N],
) -> Result<[i64; N], db::Error> {
    let mut stretches = Vec::new();
    for (nth, place) in (0..).zip(places) {
        for level in 0..=LEVELS {
            // What is whole at this level (of single places, at level 0), in the block of the next one that is not.
            let past = place >> (SHIFT * level);
            let first = if level == LEVELS { 0 } else { past >> SHIFT << SHIFT };
            stretches.push([nth, level, first, past].map(Value::Int));
        }
    }
    // As rows, since PostgreSQL would plan for the ends of bound stretches each time, for longer than it counts.
    let sql = "SELECT nth, CASE level \
               WHEN 0 THEN (SELECT count(*) FROM affiliates_purchases \
               WHERE supplier = $1 AND status = $2 AND place > first AND place <= past) \
               ELSE (SELECT coalesce(CAST(sum(count) AS BIGINT), 0) FROM affiliates_tallies tally \
               WHERE supplier = $1 AND status = $2 AND tally.level = given.level AND block >= first AND block < past) \
               END FROM given";
    let given = ("nth, level, first, past", &*stretches);
    let counts = tx.query_given(sql, &[supplier.into(), status.code().into()], given, |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    let mut sums = [0; N];
    for (nth, count) in counts {
        sums[nth as usize] += count;
    }
    Ok(sums)
}

/// The place of the sale that is the `nth` of its status, counted from 1.
pub(super) fn place_of(tx: &mut Tx<'_>, supplier: i64, status: Status, nth: i64) -> Result<i64, db::Error> {
    let (mut left, mut first, mut end) = (nth, 0, i64::MAX);
    for level in (1..=LEVELS).rev() {
        let counts = tx.query(
            "SELECT block, count FROM affiliates_tallies \
             WHERE supplier = $1 AND status = $2 AND level = $3 AND block >= $4 AND block < $5 ORDER BY block",
            &[supplier.into(), status.code().into(), level.into(), first.into(), end.into()],
            |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)),
        )?;
        let mut found = first;
        for (block, count) in counts {
            found = block;
            if left <= count {
                break;
            }
            left -= count;
        }
        (first, end) = (found << SHIFT, (found + 1) << SHIFT);
    }
    let place = tx.query_opt(
        "SELECT place FROM affiliates_purchases WHERE supplier = $1 AND status = $2 AND place > $3 \
         ORDER BY place LIMIT 1 OFFSET $4",
        &[supplier.into(), status.code().into(), first.into(), (left - 1).into()],
        |row| row.get(0),
    )?;
    Ok(place.unwrap_or(0))
}
