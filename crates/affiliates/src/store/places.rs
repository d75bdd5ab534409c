//! Where each entry of a supplier's history stands in it.
//!
//! A list's page by its number, and the number of a list's entries, take a look at all that lies before, unless each
//! entry knows its place. Entries come in their order but for those of an import, and of a server whose clock is
//! behind another's: those who come after such a one move on.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kernel::clock::Micros;
use kernel::db::{self, Tx};

use super::Supplier;
use crate::rules::{Days, Span};

/// A table whose entries have places, in the order of `(created_at, id)`.
pub(super) struct History {
    pub(super) table: &'static str,
}

/// The last entry of a history.
#[derive(Clone, Copy, Debug)]
struct Last {
    place: i64,
    created_at: Micros,
}

impl History {
    /// The last entry; before the first one, a place zero before all time.
    fn last(&self, tx: &mut Tx<'_>, supplier: i64) -> Result<Last, db::Error> {
        let sql = format!(
            "SELECT place, created_at FROM {} WHERE supplier = $1 ORDER BY place DESC LIMIT 1",
            self.table
        );
        let last = tx.query_opt(&sql, &[supplier.into()], |row| {
            Ok(Last { place: row.get(0)?, created_at: row.get(1)? })
        })?;
        Ok(last.unwrap_or(Last { place: 0, created_at: Micros::MIN }))
    }

    /// The places of the entries of some days.
    pub(super) fn span(&self, tx: &mut Tx<'_>, supplier: &Supplier, days: Days) -> Result<Span, db::Error> {
        let (from, to) = days.instants(&supplier.zone);
        let table = self.table;
        let sql = format!(
            "SELECT (SELECT place FROM {table} WHERE supplier = $1 AND created_at >= $2 ORDER BY created_at, id LIMIT 1), \
             (SELECT place FROM {table} WHERE supplier = $1 AND created_at < $3 ORDER BY created_at DESC, id DESC LIMIT 1)"
        );
        let ends = tx.query_opt(&sql, &[supplier.number.into(), from.into(), to.into()], |row| {
            Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?))
        })?;
        Ok(match ends {
            Some((Some(first), Some(last))) if first <= last => Span { first, last },
            _ => Span::EMPTY,
        })
    }

    /// Gives the entries since `from` their places again, after some came out of their order, and says which place is
    /// the first of them.
    fn renumber(&self, tx: &mut Tx<'_>, supplier: i64, from: Micros) -> Result<i64, db::Error> {
        let table = self.table;
        let before = tx.query_opt(
            &format!(
                "SELECT place FROM {table} WHERE supplier = $1 AND created_at < $2 \
                 ORDER BY created_at DESC, id DESC LIMIT 1"
            ),
            &[supplier.into(), from.into()],
            |row| row.get::<i64>(0),
        )?;
        let before = before.unwrap_or(0);
        tx.execute(
            &format!(
                "UPDATE {table} SET place = numbered.place FROM (SELECT id, $3 + row_number() OVER (ORDER BY created_at, id) \
                 AS place FROM {table} WHERE supplier = $1 AND created_at >= $2) AS numbered \
                 WHERE {table}.supplier = $1 AND {table}.id = numbered.id AND {table}.place <> numbered.place"
            ),
            &[supplier.into(), from.into(), before.into()],
        )?;
        Ok(before + 1)
    }
}

/// What is known of entries that are inserted one after the other with the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ties {
    /// They come in the order of their ids.
    InOrder,
    /// They come in any order.
    InAnyOrder,
}

/// A supplier's history into which entries were inserted.
pub(super) struct Settled {
    pub(super) supplier: i64,
    /// The first place that was given to one of them.
    pub(super) given: i64,
    /// The first place that has another entry than before, if entries have moved.
    pub(super) moved: Option<i64>,
}

/// Gives places to entries that are being inserted.
pub(super) struct Places {
    history: &'static History,
    ties: Ties,
    ends: BTreeMap<i64, End>,
}

/// The end of a supplier's history.
struct End {
    last: Last,
    /// The first place that was given.
    given: i64,
    /// Since when entries are out of their order.
    disordered_since: Option<Micros>,
}

impl Places {
    pub(super) fn of(history: &'static History, ties: Ties) -> Self {
        Self { history, ties, ends: BTreeMap::new() }
    }

    /// The place of the next entry of a supplier's. [`Places::settle`] has the last word.
    pub(super) fn next(
        &mut self,
        tx: &mut Tx<'_>,
        supplier: i64,
        created_at: Micros,
    ) -> Result<i64, db::Error> {
        let end = match self.ends.entry(supplier) {
            Entry::Occupied(end) => end.into_mut(),
            Entry::Vacant(end) => {
                let last = self.history.last(tx, supplier)?;
                let given = last.place + 1;
                end.insert(End { last, given, disordered_since: None })
            }
        };
        // Of an entry that was there before, nobody knows whether its id comes first.
        let is_in_order = self.ties == Ties::InOrder && end.last.place >= end.given;
        end.last.place += 1;
        if created_at < end.last.created_at || created_at == end.last.created_at && !is_in_order {
            end.disordered_since =
                Some(end.disordered_since.map_or(created_at, |since| since.min(created_at)));
        }
        end.last.created_at = end.last.created_at.max(created_at);
        Ok(end.last.place)
    }

    /// Puts the histories into order, and tells what was done to each.
    pub(super) fn settle(self, tx: &mut Tx<'_>) -> Result<Vec<Settled>, db::Error> {
        let mut settled = Vec::with_capacity(self.ends.len());
        for (supplier, End { given, disordered_since, .. }) in self.ends {
            let moved =
                disordered_since.map(|since| self.history.renumber(tx, supplier, since)).transpose()?;
            settled.push(Settled { supplier, given, moved });
        }
        Ok(settled)
    }
}
