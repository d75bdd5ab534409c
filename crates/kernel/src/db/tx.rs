//! A transaction, a row and a value, the same on both engines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{IsNull, ToSql, Type, private::BytesMut};

use super::Error;

/// Whether a database can hold the text: in PostgreSQL's there is no NUL. To be asked of all that comes from outside
/// before it is bound, or looked for.
#[must_use]
pub fn can_hold(text: &str) -> bool {
    !text.contains('\0')
}

/// A value bound to a placeholder. Its `Debug` says nothing of what it holds: the PostgreSQL client writes the
/// parameters of statements into the log.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// A `BIGINT`.
    Int(i64),
    /// A `TEXT` that the database [can hold](can_hold).
    Text(&'a str),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Text(_) => "a text",
        })
    }
}

macro_rules! value_from_int {
    ($($int:ty),*) => {$(
        impl From<$int> for Value<'_> {
            fn from(int: $int) -> Self {
                Self::Int(i64::from(int))
            }
        }
    )*};
}
value_from_int!(i64, i32, u32, bool);

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) if *ty == Type::INT8 => int.to_sql(ty, out),
            Self::Int(int) if *ty == Type::INT4 => i32::try_from(*int)?.to_sql(ty, out),
            Self::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            other => Err(format!("{other:?} does not fit {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    postgres::types::to_sql_checked!();
}

/// A type that a column of either engine can be read as: `i64`, `String`, and `Option` of them.
pub trait Column: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a> {}

impl<T> Column for T where T: rusqlite::types::FromSql + for<'a> postgres::types::FromSql<'a> {}

/// One row of a result.
pub enum Row<'a> {
    /// A row of the embedded engine.
    Sqlite(&'a rusqlite::Row<'a>),
    /// A row of PostgreSQL.
    Postgres(&'a postgres::Row),
}

impl Row<'_> {
    /// The column at `index`, counted from 0.
    ///
    /// # Errors
    /// [`Error::Statement`] if there is no such column or it holds another type.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, Error> {
        match self {
            Self::Sqlite(row) => Ok(row.get(index)?),
            Self::Postgres(row) => Ok(row.try_get(index)?),
        }
    }

    /// The truth value at `index`, which is kept as 0 or 1.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn truth(&self, index: usize) -> Result<bool, Error> {
        Ok(self.get::<i64>(index)? != 0)
    }
}

/// Statements that a PostgreSQL connection has prepared, by their text.
pub(super) type Prepared = HashMap<Box<str>, postgres::Statement>;

/// More statements than the product has texts: past it somebody builds SQL from data, and the oldest go.
const PREPARED_AT_MOST: usize = 512;

/// A transaction under way.
pub struct Tx<'a> {
    engine: Engine<'a>,
    /// A statement met a concurrent transaction: the whole of it must run again.
    pub(super) conflict: bool,
    /// A statement met a unique value that is there already: perhaps since the transaction has looked for it.
    pub(super) is_taken: bool,
    /// The first statement that failed. Whatever the closure makes of it, nothing of it is kept.
    pub(super) failed: Option<Error>,
}

enum Engine<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(postgres::Transaction<'a>, &'a mut Prepared),
}

impl<'a> Tx<'a> {
    pub(super) fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Self { engine: Engine::Sqlite(connection), conflict: false, is_taken: false, failed: None }
    }

    pub(super) fn postgres(transaction: postgres::Transaction<'a>, prepared: &'a mut Prepared) -> Self {
        Self {
            engine: Engine::Postgres(transaction, prepared),
            conflict: false,
            is_taken: false,
            failed: None,
        }
    }

    pub(super) fn commit_postgres(self) -> Result<(), postgres::Error> {
        match self.engine {
            Engine::Postgres(transaction, _) => transaction.commit(),
            Engine::Sqlite(_) => Ok(()),
        }
    }

    /// True on PostgreSQL; for the rare text, DDL above all, that cannot be the same.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(..))
    }

    /// Runs one statement and gives the number of rows it changed.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, Error> {
        self.go_on_unless_failed()?;
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite_execute(connection, sql, params).map_err(Failure::from),
            Engine::Postgres(transaction, prepared) => postgres_prepare(transaction, prepared, sql)
                .and_then(|statement| transaction.execute(&statement, &dynamic(params)))
                .map_err(Failure::from),
        };
        done.map_err(|failure| self.note(failure))
    }

    /// Runs one statement and maps its rows.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(map(row)?);
            Ok::<_, Error>(())
        })?;
        Ok(rows)
    }

    /// Runs one statement of which at most the first row matters.
    ///
    /// # Errors
    /// [`Error`]; the transaction is then only good for being undone.
    pub fn query_opt<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        Ok(self.query(sql, params, map)?.into_iter().next())
    }

    /// Runs one statement and hands its rows over one by one, without holding them all.
    ///
    /// # Errors
    /// [`Error`] of the statement, or whatever `take` returned, which ends the reading.
    pub fn each<E: From<Error>>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        mut take: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.go_on_unless_failed()?;
        let failure = match &mut self.engine {
            Engine::Sqlite(connection) => sqlite_each(connection, sql, params, &mut take),
            Engine::Postgres(transaction, prepared) => {
                postgres_each(transaction, prepared, sql, params, &mut take)
            }
        };
        match failure {
            Ok(taken) => taken,
            Err(failure) => Err(self.note(failure).into()),
        }
    }

    /// Runs a script of several statements without parameters: a migration.
    pub(super) fn script(&mut self, sql: &str) -> Result<(), Error> {
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => connection.execute_batch(sql).map_err(Failure::from),
            Engine::Postgres(transaction, _) => transaction.batch_execute(sql).map_err(Failure::from),
        };
        done.map_err(|failure| self.note(failure))
    }

    /// Has PostgreSQL count what is in a table, also what this transaction has put there. SQLite plans without.
    pub(crate) fn count_anew(&mut self, table: &str) -> Result<(), Error> {
        if self.is_postgres() { self.script(&format!("ANALYZE {table}")) } else { Ok(()) }
    }

    /// After a failure nothing runs any more. PostgreSQL refuses it by itself; SQLite may have ended the transaction, and
    /// what came then would be kept at once.
    fn go_on_unless_failed(&self) -> Result<(), Error> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn note(&mut self, failure: Failure) -> Error {
        self.conflict |= failure.conflict;
        self.is_taken |= failure.is_taken;
        self.failed.get_or_insert_with(|| failure.error.clone());
        failure.error
    }
}

struct Failure {
    error: Error,
    conflict: bool,
    is_taken: bool,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self { error: error.into(), conflict: false, is_taken: false }
    }
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        let is_taken = error.code() == Some(&SqlState::UNIQUE_VIOLATION);
        Self { conflict: is_conflict(&error), is_taken, error: error.into() }
    }
}

/// Serialisation failure and deadlock: the transaction did nothing wrong and may run again.
pub(super) fn is_conflict(error: &postgres::Error) -> bool {
    matches!(error.code(), Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED)
}

/// SQLite numbers `$1` by its first appearance, PostgreSQL by its name; `?1` means the latter to SQLite.
fn numbered(sql: &str) -> Cow<'_, str> {
    if sql.contains('$') { Cow::Owned(sql.replace('$', "?")) } else { Cow::Borrowed(sql) }
}

fn sqlite_execute(
    connection: &rusqlite::Connection,
    sql: &str,
    params: &[Value<'_>],
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    let changed = statement.execute(rusqlite::params_from_iter(params))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

fn sqlite_each<E>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: &[Value<'_>],
    take: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<Result<(), E>, Failure> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    let mut rows = statement.query(rusqlite::params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        if let Err(stop) = take(&Row::Sqlite(row)) {
            return Ok(Err(stop));
        }
    }
    Ok(Ok(()))
}

fn postgres_prepare(
    transaction: &mut postgres::Transaction<'_>,
    prepared: &mut Prepared,
    sql: &str,
) -> Result<postgres::Statement, postgres::Error> {
    if let Some(statement) = prepared.get(sql) {
        return Ok(statement.clone());
    }
    let statement = transaction.prepare(sql)?;
    if prepared.len() >= PREPARED_AT_MOST {
        prepared.clear();
    }
    prepared.insert(sql.into(), statement.clone());
    Ok(statement)
}

fn postgres_each<E>(
    transaction: &mut postgres::Transaction<'_>,
    prepared: &mut Prepared,
    sql: &str,
    params: &[Value<'_>],
    take: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<Result<(), E>, Failure> {
    let statement = postgres_prepare(transaction, prepared, sql)?;
    let mut rows = transaction.query_raw(&statement, params)?;
    while let Some(row) = rows.next()? {
        if let Err(stop) = take(&Row::Postgres(&row)) {
            return Ok(Err(stop));
        }
    }
    Ok(Ok(()))
}

fn dynamic<'a>(params: &'a [Value<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as _).collect()
}
