//! Parts of lists, and lists of numbers to look for.

use super::tx::{push_rows, rows_at_most};
use super::{Error, Row, Tx, Value};

/// Numbers of one statement at most.
const NUMBERS_AT_MOST: usize = 512;

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

    /// Runs a statement in which `IN ()` stands for one of `numbers`, which are distinct, as often as the engines
    /// need it.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn query_in<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        numbers: &[i64],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        for chunk in numbers.chunks(NUMBERS_AT_MOST) {
            // Filled up with the last one to a power of two: else each length were a statement of its own to prepare.
            let filled = chunk.iter().chain(chunk.last().into_iter().cycle()).copied();
            let filled = filled.take(chunk.len().next_power_of_two()).map(Value::Int);
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
}
