//! Tables of the Inventory API.
//!
//! Whatever an account has is numbered from 1 without gaps, and nothing is ever removed. So the account's row knows
//! how much there is of everything, and a page by number needs no look at the pages before it.

mod catalogue;
mod counts;
mod intake;
mod listing;
mod stock;
mod upload;

use kernel::db::{Error, Tx};

pub(crate) use self::catalogue::{Entry, bring, each as each_entry, find, page as catalogue_page, upsert};
pub(crate) use self::intake::{Intake, Mistake};
pub(crate) use self::listing::{Listed, page as stock_page};
pub(crate) use self::stock::{between, by_name, by_number};
pub(crate) use self::upload::{Refusal, store};

/// An account and how much it has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Account {
    pub(crate) number: i64,
    pub(crate) shops: i64,
    pub(crate) products: i64,
    pub(crate) stock: i64,
}

/// The account of that name. One that has never stored anything has nothing.
pub(crate) fn account(tx: &mut Tx<'_>, name: &str) -> Result<Account, Error> {
    let found = tx.query_opt(
        "SELECT number, shops, products, stock FROM inventory_accounts WHERE account = $1",
        &[name.into()],
        read,
    )?;
    Ok(found.unwrap_or_default())
}

/// The account of that name, made if it is new. Whoever stores something begins with this: two at once for one
/// account would give away the same numbers, and meet here instead of at the end.
fn claim(tx: &mut Tx<'_>, name: &str) -> Result<Account, Error> {
    let claimed = tx.query_opt(
        "INSERT INTO inventory_accounts (account, shops, products, stock) VALUES ($1, 0, 0, 0) \
         ON CONFLICT (account) DO UPDATE SET account = excluded.account RETURNING number, shops, products, stock",
        &[name.into()],
        read,
    )?;
    claimed.ok_or_else(|| Error::Statement("an account was neither made nor found".into()))
}

fn read(row: &kernel::db::Row<'_>) -> Result<Account, Error> {
    Ok(Account { number: row.get(0)?, shops: row.get(1)?, products: row.get(2)?, stock: row.get(3)? })
}

/// Whether nobody has stored anything.
pub(crate) fn is_empty(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let found =
        tx.query_opt("SELECT number FROM inventory_accounts LIMIT 1", &[], |row| row.get::<i64>(0))?;
    Ok(found.is_none())
}

/// The numbers of ids, in the order of the ids; `None` where there is no such thing.
fn numbers_of(
    tx: &mut Tx<'_>,
    account: i64,
    (table, column): (&str, &str),
    ids: &[String],
) -> Result<Vec<Option<i64>>, Error> {
    let wanted: Vec<_> = (0_i64..).zip(ids).map(|(place, id)| [place.into(), id.into()]).collect();
    let sql = format!(
        "SELECT given.place, known.number FROM given CROSS JOIN {table} known \
         WHERE known.account = $1 AND known.{column} = given.id"
    );
    let found = tx.query_given(&sql, &[account.into()], ("place, id", &wanted), |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    let mut numbers = vec![None; ids.len()];
    for (place, number) in found {
        if let Some(slot) = usize::try_from(place).ok().and_then(|place| numbers.get_mut(place)) {
            *slot = Some(number);
        }
    }
    Ok(numbers)
}
