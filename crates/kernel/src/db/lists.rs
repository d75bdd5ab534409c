//! Parts of lists, lists of values to look for, and statements of many rows.

use std::fmt::Write as _;

use super::{Error, Row, Tx, Value};

/// Values of one `IN (…)` at most.
const VALUES_AT_MOST: usize = 512;
/// Placeholders of one statement. SQLite takes 32,766, PostgreSQL 65,535.
const PLACEHOLDERS_AT_MOST: usize = 16_000;
/// Rows of one statement: more save no more round trips that anybody would notice.
const ROWS_AT_MOST: usize = 500;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Rows at most.
    pub limit: u32,
    /// Rows that are left out before them.
    pub offset: i64,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it holds.
    pub rows: Vec<T>,
    /// Nothing comes after it.
    pub is_last: bool,
}

impl Tx<'_> {
    /// Runs a statement that has an order and no limit, and maps those of its rows that `window` shows. It reads one
    /// row more, to know whether there is one.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn page<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        window: Window,
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Page<T>, Error> {
        let Window { limit, offset } = window;
        let sql = format!("{sql} LIMIT ${} OFFSET ${}", params.len() + 1, params.len() + 2);
        let params = [params, &[(i64::from(limit) + 1).into(), offset.into()]].concat();
        let mut rows = self.query(&sql, &params, map)?;
        let is_last = rows.len() <= limit as usize;
        rows.truncate(limit as usize);
        Ok(Page { rows, is_last })
    }

    /// Runs a statement in which `IN ()` stands for one of `values`, which are distinct, as often as the engines need
    /// it.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn query_in<'v, V: Copy + Into<Value<'v>>, T>(
        &mut self,
        sql: &str,
        params: &[Value<'v>],
        values: &[V],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        for chunk in values.chunks(VALUES_AT_MOST) {
            // Filled up with the last one to a power of two: else each length were a statement of its own to prepare.
            let filled = chunk.iter().chain(chunk.last().into_iter().cycle()).copied();
            let filled = filled.take(chunk.len().next_power_of_two()).map(Into::into);
            let bound: Vec<Value<'_>> = params.iter().copied().chain(filled).collect();
            let places: Vec<String> = (params.len() + 1..=bound.len()).map(|at| format!("${at}")).collect();
            self.each(&sql.replace("IN ()", &format!("IN ({})", places.join(", "))), &bound, |row| {
                found.push(map(row)?);
                Ok::<_, Error>(())
            })?;
        }
        Ok(found)
    }

    /// Runs a query in which `rows` are a table `given` with these columns, as often as the engines need it. `params`
    /// stand before the rows: the first is `$1`.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn query_given<const N: usize, T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        (columns, rows): (&str, &[[Value<'_>; N]]),
        mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        for chunk in rows.chunks(rows_at_most(N)) {
            let mut text = format!("WITH given ({columns}) AS (VALUES");
            // PostgreSQL takes the types of all rows from the first.
            push_rows(&mut text, chunk.len(), N, params.len(), |column| match chunk.first()?[column] {
                Value::Int(_) => Some("BIGINT"),
                Value::Text(_) => Some("TEXT"),
                Value::Null => None,
            });
            text.push_str(") ");
            text.push_str(sql);
            self.each(&text, &[params, chunk.as_flattened()].concat(), |row| {
                found.push(map(row)?);
                Ok::<_, Error>(())
            })?;
        }
        Ok(found)
    }

    /// Runs `INSERT INTO … (columns) VALUES` with many rows, followed by `tail` (an `ON CONFLICT` clause or
    /// nothing).
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn insert_many<const N: usize>(
        &mut self,
        head: &str,
        tail: &str,
        rows: &[[Value<'_>; N]],
    ) -> Result<u64, Error> {
        let mut inserted = 0;
        self.insert(head, tail, rows, |tx, sql, values| {
            inserted += tx.execute(sql, values)?;
            Ok(())
        })?;
        Ok(inserted)
    }

    /// As [`Tx::insert_many`], where `tail` ends with a `RETURNING` clause, whose rows it maps.
    ///
    /// # Errors
    /// As [`Tx::insert_many`].
    pub fn insert_many_returning<T, const N: usize>(
        &mut self,
        head: &str,
        tail: &str,
        rows: &[[Value<'_>; N]],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut returned = Vec::new();
        self.insert(head, tail, rows, |tx, sql, values| {
            tx.each(sql, values, |row| {
                returned.push(map(row)?);
                Ok(())
            })
        })?;
        Ok(returned)
    }

    /// Runs statements that insert `rows`. On PostgreSQL each is a round trip and takes many rows. On SQLite one that
    /// takes many could fail halfway, for which the engine keeps what it overwrites, from 64 KiB on in a temporary file.
    fn insert<const N: usize>(
        &mut self,
        head: &str,
        tail: &str,
        rows: &[[Value<'_>; N]],
        mut run: impl FnMut(&mut Self, &str, &[Value<'_>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let at_once = if self.is_postgres() { rows_at_most(N) } else { 1 };
        let (mut length, mut sql) = (0, String::new());
        for chunk in rows.chunks(at_once) {
            if chunk.len() != length {
                (length, sql) = (chunk.len(), many(head, chunk.len(), N, tail));
            }
            run(self, &sql, chunk.as_flattened())?;
        }
        Ok(())
    }
}

fn rows_at_most(columns: usize) -> usize {
    (PLACEHOLDERS_AT_MOST / columns).min(ROWS_AT_MOST)
}

/// The statement that inserts so many rows of so many columns.
fn many(head: &str, rows: usize, columns: usize, tail: &str) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * columns * 7 + 2);
    sql.push_str(head);
    push_rows(&mut sql, rows, columns, 0, |_| None);
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// Appends ` ($1, $2), ($3, $4)`, counted on from `before`. In the first row a column has the type that `types` gives
/// it.
fn push_rows(
    sql: &mut String,
    rows: usize,
    columns: usize,
    before: usize,
    types: impl Fn(usize) -> Option<&'static str>,
) {
    let mut placeholder = before;
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..columns {
            placeholder += 1;
            if column > 0 {
                sql.push_str(", ");
            }
            // Writing into a string cannot fail.
            let _ = match types(column).filter(|_| row == 0) {
                Some(kind) => write!(sql, "CAST(${placeholder} AS {kind})"),
                None => write!(sql, "${placeholder}"),
            };
        }
        sql.push(')');
    }
}
