//! Tables that a file fills.

use crate::db::{Error, Tx};

/// Objects after which the database looks at the tables for the first time.
const FIRST_LOOK: u64 = 1_000;
/// The tables have grown by so much whenever it looks again.
const TIMES: u64 = 10;

/// Keeps the database informed of how full tables are while a file fills them.
///
/// PostgreSQL plans by what it has counted, and counts by itself only what is committed. A large import would go on as
/// it was planned for empty tables: by an index, say, that every row shares.
#[derive(Debug)]
pub struct Growth {
    tables: &'static [&'static str],
    stored: u64,
    next_look: u64,
}

impl Growth {
    /// Of these tables.
    #[must_use]
    pub fn of(tables: &'static [&'static str]) -> Self {
        Self { tables, stored: 0, next_look: FIRST_LOOK }
    }

    /// So many objects were stored.
    ///
    /// # Errors
    /// [`Error`] of the database.
    pub fn add(&mut self, tx: &mut Tx<'_>, objects: u64) -> Result<(), Error> {
        self.stored += objects;
        if self.stored < self.next_look {
            return Ok(());
        }
        self.next_look = self.stored * TIMES;
        self.tables.iter().try_for_each(|table| tx.count_anew(table))
    }
}
