//! Accesses.

use kernel::db::{self, Tx};

use super::Supplier;
use super::places::History;
use crate::rules::{Days, Error, Span};
use crate::wire;

const HISTORY: History = History { table: "affiliates_accesses" };

/// The places of the accesses of some days.
pub(crate) fn span(tx: &mut Tx<'_>, supplier: &Supplier, days: Days) -> Result<Span, Error> {
    Ok(HISTORY.span(tx, supplier, days)?)
}

/// The accesses of some places as JSON, the newest first.
pub(crate) fn list(tx: &mut Tx<'_>, supplier: &Supplier, span: Span) -> Result<Vec<String>, db::Error> {
    tx.query(
        "SELECT id, uuid, pcrid, record FROM affiliates_accesses \
         WHERE supplier = $1 AND place BETWEEN $2 AND $3 ORDER BY place DESC",
        &[supplier.number.into(), span.first.into(), span.last.into()],
        |row| {
            let (uuid, record): (String, String) = (row.get(1)?, row.get(3)?);
            Ok(wire::assembled(row.get(0)?, &uuid, row.get(2)?, &supplier.ecommerce_hash, &record))
        },
    )
}
