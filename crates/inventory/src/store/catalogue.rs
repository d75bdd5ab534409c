//! Shops and products.

use std::collections::{HashMap, HashSet};

use kernel::db::{Error, Row, Tx, Value};
use kernel::transfer::Summary;

use super::{Account, account, claim, numbers_of};
use crate::rules::{Coordinate, Day, Direction, Key, NameListing, Product, Shop};

/// A shop or a product. `N` columns are written of it.
pub(crate) trait Entry<const N: usize>: Sized + Send + Sync + 'static {
    const TABLE: &'static str;
    /// The column of its id.
    const ID: &'static str;
    /// The columns that are written, the first five of them `account, number`, its id, `name, folded`.
    const COLUMNS: [&'static str; N];
    /// The column of the account in which they are counted.
    const COUNTED: &'static str;

    fn id(&self) -> &str;
    fn count_of(account: &Account) -> i64;
    fn values(&self, account: i64, number: i64) -> [Value<'_>; N];
    /// Reads a row of [`Entry::COLUMNS`].
    fn read(row: &Row<'_>) -> Result<Self, Error>;
}

impl Entry<11> for Shop {
    const TABLE: &'static str = "inventory_shops";
    const ID: &'static str = "shop_id";
    const COLUMNS: [&'static str; 11] = [
        "account",
        "number",
        "shop_id",
        "name",
        "folded",
        "address",
        "open_date",
        "latitude",
        "longitude",
        "group_id",
        "format_id",
    ];
    const COUNTED: &'static str = "shops";

    fn id(&self) -> &str {
        &self.shop_id
    }

    fn count_of(account: &Account) -> i64 {
        account.shops
    }

    fn values(&self, account: i64, number: i64) -> [Value<'_>; 11] {
        let Self { shop_id, name, folded, address, open_date, latitude, longitude, group_id, format_id } =
            self;
        [
            account.into(),
            number.into(),
            shop_id.into(),
            name.into(),
            folded.into(),
            address.as_ref().into(),
            open_date.map(|day| day.0).into(),
            latitude.map(Coordinate::units).into(),
            longitude.map(Coordinate::units).into(),
            group_id.as_ref().into(),
            format_id.as_ref().into(),
        ]
    }

    fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            shop_id: row.get(2)?,
            name: row.get(3)?,
            folded: row.get(4)?,
            address: row.get(5)?,
            open_date: row.get::<Option<i64>>(6)?.map(Day),
            latitude: row.get::<Option<i64>>(7)?.map(Coordinate::from_units),
            longitude: row.get::<Option<i64>>(8)?.map(Coordinate::from_units),
            group_id: row.get(9)?,
            format_id: row.get(10)?,
        })
    }
}

impl Entry<12> for Product {
    const TABLE: &'static str = "inventory_products";
    const ID: &'static str = "product_id";
    const COLUMNS: [&'static str; 12] = [
        "account",
        "number",
        "product_id",
        "name",
        "folded",
        "barcode",
        "article",
        "category_id",
        "unit_id",
        "brand_id",
        "producer_id",
        "active",
    ];
    const COUNTED: &'static str = "products";

    fn id(&self) -> &str {
        &self.product_id
    }

    fn count_of(account: &Account) -> i64 {
        account.products
    }

    fn values(&self, account: i64, number: i64) -> [Value<'_>; 12] {
        let Self {
            product_id,
            name,
            folded,
            barcode,
            article,
            category_id,
            unit_id,
            brand_id,
            producer_id,
            active,
        } = self;
        [
            account.into(),
            number.into(),
            product_id.into(),
            name.into(),
            folded.into(),
            barcode.as_ref().into(),
            article.as_ref().into(),
            category_id.as_ref().into(),
            unit_id.as_ref().into(),
            brand_id.as_ref().into(),
            producer_id.as_ref().into(),
            (*active).into(),
        ]
    }

    fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            product_id: row.get(2)?,
            name: row.get(3)?,
            folded: row.get(4)?,
            barcode: row.get(5)?,
            article: row.get(6)?,
            category_id: row.get(7)?,
            unit_id: row.get(8)?,
            brand_id: row.get(9)?,
            producer_id: row.get(10)?,
            active: row.truth(11)?,
        })
    }
}

/// Stores entries; one whose id is there replaces it, and of several with one id the last counts. How many were
/// there, and how many were not.
pub(crate) fn upsert<'e, const N: usize, E: Entry<N>>(
    tx: &mut Tx<'_>,
    account_name: &str,
    entries: impl IntoIterator<Item = &'e E>,
) -> Result<(usize, usize), Error> {
    let account = claim(tx, account_name)?;
    let mut places = HashMap::new();
    let mut different: Vec<&E> = Vec::new();
    for entry in entries {
        let place = *places.entry(entry.id()).or_insert(different.len());
        match different.get_mut(place) {
            Some(before) => *before = entry,
            None => different.push(entry),
        }
    }
    let ids: Vec<String> = different.iter().map(|entry| entry.id().to_owned()).collect();
    let known = numbers_of(tx, account.number, (E::TABLE, E::ID), &ids)?;
    let before = E::count_of(&account);
    let mut next = before;
    let rows: Vec<[Value<'_>; N]> = std::iter::zip(&different, known)
        .map(|(entry, known)| {
            let number = known.unwrap_or_else(|| {
                next += 1;
                next
            });
            entry.values(account.number, number)
        })
        .collect();
    let updates: Vec<String> =
        E::COLUMNS.iter().skip(3).map(|column| format!("{column} = excluded.{column}")).collect();
    tx.insert_many(
        &format!("INSERT INTO {} ({}) VALUES", E::TABLE, E::COLUMNS.join(", ")),
        &format!("ON CONFLICT (account, number) DO UPDATE SET {}", updates.join(", ")),
        &rows,
    )?;
    if next > before {
        let sql = format!("UPDATE inventory_accounts SET {} = $1 WHERE number = $2", E::COUNTED);
        tx.execute(&sql, &[next.into(), account.number.into()])?;
    }
    let inserted = usize::try_from(next - before).unwrap_or_default();
    Ok((different.len() - inserted, inserted))
}

/// Stores those entries, each with an id of its own, that are not there just so.
pub(crate) fn bring<const N: usize, E: Entry<N> + PartialEq>(
    tx: &mut Tx<'_>,
    account_name: &str,
    entries: &[E],
) -> Result<Summary, Error> {
    let mut unchanged = HashSet::new();
    if !entries.is_empty() {
        let wanted: HashMap<&str, &E> = entries.iter().map(|entry| (entry.id(), entry)).collect();
        each(tx, account_name, |entry: E| {
            if wanted.get(entry.id()).is_some_and(|wanted| **wanted == entry) {
                unchanged.insert(entry.id().to_owned());
            }
            Ok::<_, Error>(())
        })?;
    }
    let changed = entries.iter().filter(|entry| !unchanged.contains(entry.id()));
    let (updated, inserted) = upsert(tx, account_name, changed)?;
    let [inserted, updated, unchanged] =
        [inserted, updated, unchanged.len()].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
    Ok(Summary { inserted, updated, removed: 0, unchanged })
}

/// All entries in the order of their numbers.
pub(crate) fn each<const N: usize, E: Entry<N>, F: From<Error>>(
    tx: &mut Tx<'_>,
    account_name: &str,
    mut take: impl FnMut(E) -> Result<(), F>,
) -> Result<(), F> {
    let account = account(tx, account_name)?;
    let sql =
        format!("SELECT {} FROM {} WHERE account = $1 ORDER BY number", E::COLUMNS.join(", "), E::TABLE);
    tx.each(&sql, &[account.number.into()], |row| take(E::read(row)?))
}

/// The entry with that id.
pub(crate) fn find<const N: usize, E: Entry<N>>(
    tx: &mut Tx<'_>,
    account_name: &str,
    id: &str,
) -> Result<Option<E>, Error> {
    let account = account(tx, account_name)?;
    let sql =
        format!("SELECT {} FROM {} WHERE account = $1 AND {} = $2", E::COLUMNS.join(", "), E::TABLE, E::ID);
    tx.query_opt(&sql, &[account.number.into(), id.into()], E::read)
}

/// How many there are, and those of a page. `None`: there is no such page.
pub(crate) fn page<const N: usize, E: Entry<N>>(
    tx: &mut Tx<'_>,
    account_name: &str,
    listing: &NameListing,
    page: i64,
) -> Result<Option<(i64, Vec<E>)>, Error> {
    let account = account(tx, account_name)?;
    let NameListing { search, order, size } = listing;
    let size = i64::from(*size);
    let pattern = search.as_ref().map(|search| pattern(search));
    let select = format!("SELECT {} FROM {} WHERE account = $1", E::COLUMNS.join(", "), E::TABLE);
    let count = match &pattern {
        None => E::count_of(&account),
        Some(pattern) => {
            let sql = format!("SELECT count(*) FROM {} WHERE account = $1 AND {LIKE} $2 {ESCAPE}", E::TABLE);
            tx.query_opt(&sql, &[account.number.into(), pattern.into()], |row| row.get(0))?
                .unwrap_or_default()
        }
    };
    let before = (page - 1).saturating_mul(size);
    if page > 1 && before >= count {
        return Ok(None);
    }
    if search.is_none() && order.is_empty() {
        let sql = format!("{select} AND number > $2 AND number <= $3 ORDER BY number");
        let params = [account.number.into(), before.into(), (before + size).into()];
        return Ok(Some((count, tx.query(&sql, &params, E::read)?)));
    }
    let keys: String = order
        .iter()
        .map(|(key, direction)| {
            let column = if *key == Key::Name { "folded" } else { E::ID };
            let falling = if *direction == Direction::Falling { " DESC" } else { "" };
            format!("{column}{falling}, ")
        })
        .collect();
    let mut params: Vec<Value<'_>> = vec![account.number.into(), size.into(), before.into()];
    let matching = pattern.as_ref().map_or(String::new(), |pattern| {
        params.push(pattern.into());
        format!(" AND {LIKE} $4 {ESCAPE}")
    });
    let sql = format!("{select}{matching} ORDER BY {keys}number LIMIT $2 OFFSET $3");
    Ok(Some((count, tx.query(&sql, &params, E::read)?)))
}

/// Whether a folded name holds what a pattern was made of.
pub(super) const LIKE: &str = "folded LIKE";
pub(super) const ESCAPE: &str = r"ESCAPE '\'";

/// A pattern for what holds this text, in which nothing has a meaning of its own.
pub(super) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
