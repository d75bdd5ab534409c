//! The SQL of the API, one text for both engines.

pub(crate) mod accesses;
pub(crate) mod history;
#[cfg(test)]
mod model;
mod places;
pub(crate) mod purchases;
pub(crate) mod reference;
mod tallies;

use jiff::tz::TimeZone;
use kernel::db::{self, Row, Tx};
use kernel::http::Fault;

use crate::rules::{Error, Rate};

/// A supplier: an account with a shop to which affiliates bring visitors.
#[derive(Clone, Debug)]
pub(crate) struct Supplier {
    pub(crate) number: i64,
    pub(crate) account: String,
    pub(crate) ecommerce_hash: String,
    pub(crate) zone: TimeZone,
    pub(crate) default_rate: Rate,
}

const SUPPLIER: &str =
    "SELECT supplier, account, ecommerce_hash, timezone, default_rate FROM affiliates_suppliers";

fn supplier_of(row: &Row<'_>) -> Result<Supplier, db::Error> {
    Ok(Supplier {
        number: row.get(0)?,
        account: row.get(1)?,
        ecommerce_hash: row.get(2)?,
        // The import has taken no other name.
        zone: TimeZone::get(&row.get::<String>(3)?).unwrap_or(TimeZone::UTC),
        default_rate: Rate::from_units(row.get(4)?),
    })
}

/// The supplier that an account is; a key of an account that is none opens nothing.
pub(crate) fn supplier(tx: &mut Tx<'_>, account: &str) -> Result<Supplier, Error> {
    let found = tx.query_opt(&format!("{SUPPLIER} WHERE account = $1"), &[account.into()], supplier_of)?;
    found.ok_or(Error::Fault(Fault::Unauthenticated))
}
