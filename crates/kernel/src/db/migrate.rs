//! Versioned schema changes, embedded in the binary, the same numbered steps for both engines.

use super::{Error, Tx};

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the order, from 1, without gaps.
    pub number: i64,
    /// What it is about, as its files are named.
    pub name: &'static str,
    /// Its DDL for the embedded engine.
    pub sqlite: &'static str,
    /// Its DDL for PostgreSQL.
    pub postgres: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// All steps, in their order.
#[must_use]
pub fn migrations() -> &'static [Migration] {
    migrations![
        1 "0001_kernel",
        2 "0002_tickets",
        3 "0003_outbox",
        4 "0004_orders",
        5 "0005_routes",
        6 "0006_inventory",
        7 "0007_affiliates",
        8 "0008_routes_paging",
        9 "0009_inventory_qty",
        10 "0010_outbox_of_one_server",
    ]
}

pub(super) fn run(tx: &mut Tx<'_>, now: i64) -> Result<Vec<String>, Error> {
    if !has_table(tx)? {
        tx.script(
            "CREATE TABLE kernel_migrations \
             (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        )?;
    }
    let mut steps = Vec::new();
    for migration in pending(tx)? {
        tx.script(if tx.is_postgres() { migration.postgres } else { migration.sqlite })?;
        tx.execute(
            "INSERT INTO kernel_migrations (number, name, applied_at) VALUES ($1, $2, $3)",
            &[migration.number.into(), migration.name.into(), now.into()],
        )?;
        steps.push(migration.name.to_owned());
    }
    Ok(steps)
}

/// The steps that this database still lacks, in their order.
pub(super) fn pending(tx: &mut Tx<'_>) -> Result<Vec<&'static Migration>, Error> {
    let applied: Vec<i64> = match has_table(tx)? {
        true => tx.query("SELECT number FROM kernel_migrations", &[], |row| row.get(0))?,
        false => Vec::new(),
    };
    Ok(migrations().iter().filter(|migration| !applied.contains(&migration.number)).collect())
}

fn has_table(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let catalogue = match tx.is_postgres() {
        true => {
            "SELECT count(*) FROM pg_catalog.pg_tables \
             WHERE tablename = 'kernel_migrations' AND schemaname = current_schema()"
        }
        false => "SELECT count(*) FROM sqlite_schema WHERE name = 'kernel_migrations'",
    };
    Ok(tx.query_opt(catalogue, &[], |row| row.truth(0))?.unwrap_or_default())
}
