//! How much stock a filter leaves, without a look at the stock: what is counted while it is stored is added up.

use kernel::db::{Error, Tx, Value};

use super::Account;
use super::listing::Filter;

/// How much is in a filter that does not search.
pub(super) fn counted(tx: &mut Tx<'_>, account: &Account, filter: &Filter<'_>) -> Result<i64, Error> {
    if filter.is_none() {
        return Ok(account.stock);
    }
    let (from, to) = filter.listing.days.ends();
    let mut params: Vec<Value<'_>> = vec![account.number.into(), from.into(), to.into()];
    params.extend([filter.shop, filter.product].into_iter().flatten().map(Value::from));
    let of_days = "inventory_days days CROSS JOIN";
    let same_day = "counted.account = $1 AND counted.day = days.day";
    let (sum, table, on) = match (filter.shop, filter.product) {
        (None, None) => ("sum(days.stock)", "inventory_days days".to_owned(), String::new()),
        (Some(_), None) => (
            "sum(counted.stock)",
            format!("{of_days} inventory_shop_days counted"),
            format!("AND {same_day} AND counted.shop = $4"),
        ),
        (None, Some(_)) => (
            "sum(counted.stock)",
            format!("{of_days} inventory_product_days counted"),
            format!("AND {same_day} AND counted.product = $4"),
        ),
        // An object a day at most.
        (Some(_), Some(_)) => (
            "count(*)",
            format!("{of_days} inventory_stock counted"),
            format!("AND {same_day} AND counted.shop = $4 AND counted.product = $5"),
        ),
    };
    let sql = format!(
        "SELECT CAST(COALESCE({sum}, 0) AS BIGINT) FROM {table} \
         WHERE days.account = $1 AND days.day BETWEEN $2 AND $3 {on}"
    );
    Ok(tx.query_opt(&sql, &params, |row| row.get(0))?.unwrap_or_default())
}
