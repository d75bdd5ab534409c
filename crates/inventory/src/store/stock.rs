//! Objects of stock out of the tables.

use std::collections::HashMap;

use kernel::db::{Error, Row, Tx, Value};

use super::account;
use crate::rules::{Amount, Day, Stock, Total, Values};

const COLUMNS: &str = "s.number, s.day, shop.shop_id, product.product_id, s.qty, s.price, s.total";
/// In this order: a page of stock is small, and what it refers to is found by its number.
const JOINED: &str = "CROSS JOIN inventory_shops shop CROSS JOIN inventory_products product";
const ON: &str = "s.account = $1 AND shop.account = $1 AND shop.number = s.shop \
                  AND product.account = $1 AND product.number = s.product";

fn read(row: &Row<'_>) -> Result<Stock, Error> {
    let values = Values {
        day: Day(row.get(1)?),
        qty: Amount::from_units(row.get(4)?),
        price: row.get::<Option<i64>>(5)?.map(Amount::from_units),
        total: Total::from_units(row.get(6)?),
    };
    Ok(Stock { number: row.get(0)?, shop_id: row.get(2)?, product_id: row.get(3)?, values })
}

/// The objects from one number to another, both inclusive.
pub(crate) fn between(tx: &mut Tx<'_>, account: i64, first: i64, last: i64) -> Result<Vec<Stock>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM inventory_stock s {JOINED} WHERE {ON} AND s.number BETWEEN $2 AND $3 ORDER BY s.number"
    );
    tx.query(&sql, &[account.into(), first.into(), last.into()], read)
}

/// The objects of these numbers, in their order.
pub(super) fn of_numbers(tx: &mut Tx<'_>, account: i64, numbers: &[i64]) -> Result<Vec<Stock>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM given CROSS JOIN inventory_stock s {JOINED} WHERE {ON} AND s.number = given.number"
    );
    let given: Vec<[Value<'_>; 1]> = numbers.iter().map(|number| [(*number).into()]).collect();
    let mut objects = tx.query_given(&sql, &[account.into()], ("number", &given), read)?;
    let places: HashMap<i64, usize> =
        numbers.iter().enumerate().map(|(place, number)| (*number, place)).collect();
    objects.sort_unstable_by_key(|object| places.get(&object.number));
    Ok(objects)
}

/// The object of that number.
pub(crate) fn by_number(tx: &mut Tx<'_>, account_name: &str, number: i64) -> Result<Option<Stock>, Error> {
    let account = account(tx, account_name)?;
    Ok(between(tx, account.number, number, number)?.pop())
}

/// The object of a day, a shop and a product, of which only that `ids` is `{shop}_{product}` is known. Ids may hold
/// the `_` themselves: every way to take it apart is tried, and the first that names an object counts.
pub(crate) fn by_name(
    tx: &mut Tx<'_>,
    account_name: &str,
    day: Day,
    ids: &str,
) -> Result<Option<Stock>, Error> {
    let account = account(tx, account_name)?;
    let ways: Vec<[Value<'_>; 3]> = (0_i64..)
        .zip(ids.match_indices('_'))
        .map(|(way, (at, _))| [way.into(), (&ids[..at]).into(), (&ids[at + 1..]).into()])
        .collect();
    let sql = format!(
        "SELECT {COLUMNS}, given.way FROM given {JOINED} CROSS JOIN inventory_stock s WHERE {ON} \
         AND shop.shop_id = given.shop AND product.product_id = given.product AND s.day = $2"
    );
    let params = [account.number.into(), day.0.into()];
    let found = tx.query_given(&sql, &params, ("way, shop, product", &ways), |row| {
        Ok((row.get::<i64>(7)?, read(row)?))
    })?;
    Ok(found.into_iter().min_by_key(|(way, _)| *way).map(|(_, object)| object))
}
