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
use kernel::db::{self, Row, Tx, Value};
use kernel::http::Fault;

use crate::rules::{Error, Rate};

/// Values of one `IN (…)`.
const VALUES_AT_ONCE: usize = 512;

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

/// Runs a query once for each so many of `values`, which stand in it as `IN {}`, after `params`.
fn query_in<'v, V: Copy + Into<Value<'v>>, T>(
    tx: &mut Tx<'_>,
    sql: &str,
    params: &[Value<'v>],
    values: &[V],
    mut map: impl FnMut(&Row<'_>) -> Result<T, db::Error>,
) -> Result<Vec<T>, db::Error> {
    let mut found = Vec::new();
    for chunk in values.chunks(VALUES_AT_ONCE) {
        let (sql, params) = with_list(sql, params, chunk);
        tx.each(&sql, &params, |row| {
            found.push(map(row)?);
            Ok::<_, db::Error>(())
        })?;
    }
    Ok(found)
}

/// As [`query_in`], for a statement that changes rows.
fn execute_in<'v, V: Copy + Into<Value<'v>>>(
    tx: &mut Tx<'_>,
    sql: &str,
    params: &[Value<'v>],
    values: &[V],
) -> Result<(), db::Error> {
    for chunk in values.chunks(VALUES_AT_ONCE) {
        let (sql, params) = with_list(sql, params, chunk);
        tx.execute(&sql, &params)?;
    }
    Ok(())
}

/// Fills a list in. Its length is a power of two, the last value standing for what is missing, so that there are
/// only so many texts to prepare.
fn with_list<'v, V: Copy + Into<Value<'v>>>(
    sql: &str,
    params: &[Value<'v>],
    chunk: &[V],
) -> (String, Vec<Value<'v>>) {
    let length = chunk.len().next_power_of_two();
    let places: Vec<String> = (1..=length).map(|place| format!("${}", params.len() + place)).collect();
    let values = chunk.iter().chain(std::iter::repeat_n(&chunk[chunk.len() - 1], length - chunk.len()));
    let params = params.iter().copied().chain(values.map(|value| (*value).into())).collect();
    (sql.replace("{}", &format!("({})", places.join(", "))), params)
}
