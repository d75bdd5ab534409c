//! Pages of stock.
//!
//! The plain collection is a stretch of numbers. What is filtered or ordered is read from the index that has it in its
//! order, from where the page before ended; only who jumps to a page skips what lies before it.

use kernel::db::{Error, Row, Tx, Value};

use super::catalogue::{ESCAPE, LIKE, pattern};
use super::{Account, account, counts, stock};
use crate::rules::{Direction, Key, KeyValue, Order, Position, Stock, StockListing};

/// So much is sorted rather than read in the order of an index that has much else in it.
const SORTED_AT_MOST: i64 = 20_000;

/// A page of stock.
#[derive(Debug)]
pub(crate) struct Listed {
    /// All that the listing has.
    pub(crate) count: i64,
    pub(crate) objects: Vec<Stock>,
    /// Where the page ends, if that helps to find the next one.
    pub(crate) end: Option<Position>,
}

/// A listing whose ids are known.
pub(super) struct Filter<'a> {
    pub(super) listing: &'a StockListing,
    pub(super) shop: Option<i64>,
    pub(super) product: Option<i64>,
    found: Option<Found>,
}

/// What a search has found.
struct Found {
    pattern: String,
    in_shops: bool,
    in_products: bool,
}

impl Filter<'_> {
    pub(super) fn is_none(&self) -> bool {
        self.shop.is_none() && self.is_none_but_for_a_shop()
    }

    fn is_none_but_for_a_shop(&self) -> bool {
        self.listing.days.is_all() && self.product.is_none() && self.found.is_none()
    }
}

/// A page of a listing, which begins behind `after`, if that is known. `None`: there is no such page.
pub(crate) fn page(
    tx: &mut Tx<'_>,
    account_name: &str,
    listing: &StockListing,
    page: i64,
    after: Option<&Position>,
) -> Result<Option<Listed>, Error> {
    let account = account(tx, account_name)?;
    let Some(filter) = resolve(tx, &account, listing)? else {
        return Ok((page == 1).then_some(Listed { count: 0, objects: Vec::new(), end: None }));
    };
    let size = i64::from(listing.size);
    let before = (page - 1).saturating_mul(size);
    let count = match filter.found {
        None => counts::counted(tx, &account, &filter)?,
        Some(_) => matching(tx, &account, &filter)?,
    };
    if page > 1 && before >= count {
        return Ok(None);
    }
    if let (Some(first), true) = (stretch(tx, &account, &filter, count)?, listing.order.is_empty()) {
        let last = first + count - 1;
        let objects =
            stock::between(tx, account.number, first + before, last.min(first + before + size - 1))?;
        return Ok(Some(Listed { count, objects, end: None }));
    }
    let window = Window { after, skipped: if after.is_some() { 0 } else { before }, size };
    let mut found = numbers(tx, &account, &filter, count, &window)?;
    let numbers: Vec<i64> = found.iter().map(|position| position.number).collect();
    let objects = stock::of_numbers(tx, account.number, &numbers)?;
    Ok(Some(Listed { count, objects, end: found.pop() }))
}

/// The listing with numbers for its ids. `None`: it is empty, whatever there is.
fn resolve<'a>(
    tx: &mut Tx<'_>,
    account: &Account,
    listing: &'a StockListing,
) -> Result<Option<Filter<'a>>, Error> {
    let mut filter = Filter { listing, shop: None, product: None, found: None };
    for (table, column, id, number) in [
        ("inventory_shops", "shop_id", &listing.shop_id, &mut filter.shop),
        ("inventory_products", "product_id", &listing.product_id, &mut filter.product),
    ] {
        let Some(id) = id else { continue };
        let sql = format!("SELECT number FROM {table} WHERE account = $1 AND {column} = $2");
        *number = tx.query_opt(&sql, &[account.number.into(), id.into()], |row| row.get(0))?;
        if number.is_none() {
            return Ok(None);
        }
    }
    if let Some(search) = &listing.search {
        let pattern = pattern(search);
        let mut is_in = |table| {
            let sql = format!("SELECT number FROM {table} WHERE account = $1 AND {LIKE} $2 {ESCAPE} LIMIT 1");
            let found =
                tx.query_opt(&sql, &[account.number.into(), (&pattern).into()], |row| row.get::<i64>(0))?;
            Ok::<_, Error>(found.is_some())
        };
        let (in_shops, in_products) = (is_in("inventory_shops")?, is_in("inventory_products")?);
        if !in_shops && !in_products {
            return Ok(None);
        }
        filter.found = Some(Found { pattern, in_shops, in_products });
    }
    Ok(Some(filter))
}

/// The first number of a filter whose objects are all there are from one number to another: everything, and mostly
/// also days, which are uploaded one after the other.
fn stretch(
    tx: &mut Tx<'_>,
    account: &Account,
    filter: &Filter<'_>,
    count: i64,
) -> Result<Option<i64>, Error> {
    if filter.is_none() {
        return Ok(Some(1));
    }
    if filter.shop.is_some() || filter.product.is_some() || filter.found.is_some() {
        return Ok(None);
    }
    let ends = ends(tx, account, filter)?;
    Ok(ends.filter(|(first, last)| last - first + 1 == count).map(|(first, _)| first))
}

/// Between which numbers the days of a filter are.
fn ends(tx: &mut Tx<'_>, account: &Account, filter: &Filter<'_>) -> Result<Option<(i64, i64)>, Error> {
    let (from, to) = filter.listing.days.ends();
    let sql = "SELECT min(first), max(last) FROM inventory_days WHERE account = $1 AND day BETWEEN $2 AND $3";
    let ends = tx.query_opt(sql, &[account.number.into(), from.into(), to.into()], |row| {
        Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?))
    })?;
    Ok(match ends {
        Some((Some(first), Some(last))) => Some((first, last)),
        _ => None,
    })
}

/// A statement in the making.
struct Statement<'a> {
    /// What has to hold.
    terms: Vec<String>,
    params: Vec<Value<'a>>,
}

impl<'a> Statement<'a> {
    fn bind(&mut self, value: impl Into<Value<'a>>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    fn require(&mut self, term: String) {
        self.terms.push(term);
    }
}

/// Which column a term is about, and whether an index may serve it. A `+` keeps both engines from taking an index
/// for a column.
#[derive(Clone, Copy)]
struct Served<'a>(&'a [&'a str]);

impl Served<'_> {
    fn column(self, name: &str) -> String {
        if self.0.contains(&name) { format!("s.{name}") } else { format!("+s.{name}") }
    }
}

/// How many objects a search leaves.
fn matching(tx: &mut Tx<'_>, account: &Account, filter: &Filter<'_>) -> Result<i64, Error> {
    let mut statement = filtered(account, filter, Served(&["day", "shop", "product"]));
    statement.require("s.account = $1".to_owned());
    let sql = format!("SELECT count(*) FROM inventory_stock s WHERE {}", statement.terms.join(" AND "));
    Ok(tx.query_opt(&sql, &statement.params, |row| row.get(0))?.unwrap_or_default())
}

/// A statement with the terms of a filter.
fn filtered<'a>(account: &Account, filter: &'a Filter<'_>, served: Served<'_>) -> Statement<'a> {
    let mut statement = Statement { terms: Vec::new(), params: vec![account.number.into()] };
    for (name, number) in [("shop", filter.shop), ("product", filter.product)] {
        if let Some(number) = number {
            let value = statement.bind(number);
            statement.require(format!("{} = {value}", served.column(name)));
        }
    }
    if let Some(day) = filter.listing.days.single() {
        let value = statement.bind(day.0);
        statement.require(format!("{} = {value}", served.column("day")));
    } else if !filter.listing.days.is_all() {
        let (from, to) = filter.listing.days.ends();
        let (from, to) = (statement.bind(from), statement.bind(to));
        statement.require(format!("{} BETWEEN {from} AND {to}", served.column("day")));
    }
    if let Some(Found { pattern, in_shops, in_products }) = &filter.found {
        let value = statement.bind(pattern);
        let is_in = |name: &str, table: &str| {
            let column = served.column(name);
            format!("{column} IN (SELECT number FROM {table} WHERE account = $1 AND {LIKE} {value} {ESCAPE})")
        };
        let both = [
            in_shops.then(|| is_in("shop", "inventory_shops")),
            in_products.then(|| is_in("product", "inventory_products")),
        ];
        let either: Vec<String> = both.into_iter().flatten().collect();
        statement.require(format!("({})", either.join(" OR ")));
    }
    statement
}

/// Which part of a listing is wanted.
struct Window<'a> {
    after: Option<&'a Position>,
    skipped: i64,
    size: i64,
}

/// The objects of a page, each by what it is ordered by.
fn numbers(
    tx: &mut Tx<'_>,
    account: &Account,
    filter: &Filter<'_>,
    count: i64,
    window: &Window<'_>,
) -> Result<Vec<Position>, Error> {
    let order = &filter.listing.order;
    let way = Way::of(filter, order, count);
    let mut statement = filtered(account, filter, Served(way.served));
    let mut tables = String::from(way.tables);
    statement.require("s.account = $1".to_owned());
    statement.terms.extend(way.terms.iter().map(|term| (*term).to_owned()));
    for (name, table, keys) in [
        ("product", "inventory_products", [Key::Name, Key::Identifier].as_slice()),
        ("shop", "inventory_shops", [Key::ShopId].as_slice()),
    ] {
        let is_ordered_by = order.iter().any(|(key, _)| keys.contains(key));
        if !is_ordered_by {
            continue;
        }
        if !tables.contains(table) {
            tables.push_str(&format!(" CROSS JOIN {table} {name}"));
        }
        statement.require(format!("{name}.account = $1 AND {name}.number = s.{name}"));
    }
    let number = Served(way.served).column("number");
    let within = if way.is_within_days { ends(tx, account, filter)? } else { None };
    match (within, window.after) {
        (Some((first, last)), after) => {
            // Of two lower ends SQLite begins at either, and passes over what lies before the other.
            let first = after.map_or(first, |position| first.max(position.number.saturating_add(1)));
            let (first, last) = (statement.bind(first), statement.bind(last));
            statement.require(format!("{number} BETWEEN {first} AND {last}"));
        }
        (None, Some(position)) => behind(&mut statement, order, position, &number),
        (None, None) => {}
    }
    let keys: Vec<&str> = order.iter().map(|(key, _)| column(*key)).collect();
    let selected: String = keys.iter().map(|key| format!(", {key}")).collect();
    let ordered: String =
        order.iter().map(|(key, direction)| format!("{}{}, ", column(*key), falling(*direction))).collect();
    let (size, skipped) = (statement.bind(window.size), statement.bind(window.skipped));
    let sql = format!(
        "SELECT s.number{selected} FROM {tables} WHERE {} ORDER BY {ordered}{number} LIMIT {size} OFFSET {skipped}",
        statement.terms.join(" AND ")
    );
    tx.query(&sql, &statement.params, |row| position(row, order))
}

fn position(row: &Row<'_>, order: &Order) -> Result<Position, Error> {
    let keys = (1..).zip(order).map(|(at, (key, _))| match key {
        Key::Date | Key::Qty => row.get(at).map(KeyValue::Int),
        Key::Name | Key::Identifier | Key::ShopId => row.get(at).map(KeyValue::Text),
    });
    Ok(Position { keys: keys.collect::<Result<_, _>>()?, number: row.get(0)? })
}

fn column(key: Key) -> &'static str {
    match key {
        Key::Name => "product.folded",
        Key::Identifier => "product.product_id",
        Key::Date => "s.day",
        Key::ShopId => "shop.shop_id",
        Key::Qty => "s.qty",
    }
}

fn falling(direction: Direction) -> &'static str {
    match direction {
        Direction::Rising => "",
        Direction::Falling => " DESC",
    }
}

/// Requires what stands behind a position: equal in some keys and beyond it in the next, or equal in all and with a
/// larger number. That the first key is not before it is said once more, in words for an index.
fn behind<'a>(statement: &mut Statement<'a>, order: &Order, position: &'a Position, number: &str) {
    // Of one comparison of rows both engines make a range of an index; of alternatives they do not.
    if let ([(key, Direction::Rising)], [KeyValue::Int(value)]) = (order.as_slice(), position.keys.as_slice())
    {
        let (value, last) = (statement.bind(*value), statement.bind(position.number));
        return statement.require(format!("({}, {number}) > ({value}, {last})", column(*key)));
    }
    let mut equal = String::new();
    let mut ways = Vec::new();
    for (at, ((key, direction), value)) in order.iter().zip(&position.keys).enumerate() {
        let value = match value {
            KeyValue::Int(int) => statement.bind(*int),
            KeyValue::Text(text) => statement.bind(text),
        };
        let beyond = if *direction == Direction::Rising { ">" } else { "<" };
        let column = column(*key);
        if at == 0 {
            statement.require(format!("{column} {beyond}= {value}"));
        }
        ways.push(format!("{equal}{column} {beyond} {value}"));
        equal.push_str(&format!("{column} = {value} AND "));
    }
    let value = statement.bind(position.number);
    ways.push(format!("{equal}{number} > {value}"));
    statement.require(match ways.as_slice() {
        [alone] => alone.clone(),
        several => format!("(({}))", several.join(") OR (")),
    });
}

/// From where a listing is read.
struct Way {
    /// In the order in which they are gone through.
    tables: &'static str,
    terms: &'static [&'static str],
    /// The columns for which an index is taken.
    served: &'static [&'static str],
    /// Whether to look only between the numbers that its days have, where those are the order.
    is_within_days: bool,
}

impl Way {
    fn of(filter: &Filter<'_>, order: &Order, count: i64) -> Self {
        const STOCK: &str = "inventory_stock s";
        let way = |served| Self { tables: STOCK, terms: &[], served, is_within_days: false };
        let days = &filter.listing.days;
        if let (Some(_), Some(_)) = (filter.shop, filter.product) {
            return Self {
                tables: "inventory_days days CROSS JOIN inventory_stock s",
                terms: &["days.account = $1", "s.day = days.day"],
                served: &["shop", "product"],
                is_within_days: false,
            };
        }
        let Some((first, _)) = order.first() else {
            return match (filter.shop, filter.product, &filter.found) {
                _ if count <= SORTED_AT_MOST => way(&["shop", "product", "day"]),
                (_, Some(_), _) => Self { is_within_days: !days.is_all(), ..way(&["product", "number"]) },
                (Some(_), ..) => Self { is_within_days: !days.is_all(), ..way(&["shop", "number"]) },
                (None, None, None) if days.single().is_some() => way(&["day", "number"]),
                _ => Self { is_within_days: !days.is_all(), ..way(&["number"]) },
            };
        };
        if count <= SORTED_AT_MOST {
            return way(&["shop", "product", "day"]);
        }
        match first {
            Key::Name | Key::Identifier => Self {
                tables: "inventory_products product CROSS JOIN inventory_stock s",
                ..way(&["product", "number"])
            },
            Key::ShopId => Self {
                tables: "inventory_shops shop CROSS JOIN inventory_stock s",
                ..way(&["shop", "number"])
            },
            Key::Date => way(&["day", "number"]),
            Key::Qty if filter.is_none_but_for_a_shop() => way(&["number"]),
            Key::Qty => way(&["shop", "product", "day"]),
        }
    }
}
