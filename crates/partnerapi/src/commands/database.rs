//! The database as a whole: opening, migrating, copying.

use std::path::PathBuf;

use anyhow::Context as _;
use kernel::clock::Clock;
use kernel::db::{Db, Options};
use kernel::metrics::DbMetrics;

use crate::cli::Common;
use crate::telling::tell;

/// The database of a command: a connection or two, and the schema brought up to date.
pub(crate) async fn open(common: &Common) -> anyhow::Result<Db> {
    let db = connect(common).await?;
    db.migrate(Clock::System.now()).await.context("cannot bring the schema up to date")?;
    Ok(db)
}

async fn connect(common: &Common) -> anyhow::Result<Db> {
    let options = Options { location: common.database_url.clone(), read_replica: None, connections: 1 };
    Db::open(options, DbMetrics::default()).await.context("cannot open the database")
}

pub(crate) async fn migrate(common: &Common) -> anyhow::Result<()> {
    let db = connect(common).await?;
    let steps = db.migrate(Clock::System.now()).await.context("cannot bring the schema up to date")?;
    db.close().await;
    if steps.is_empty() {
        return tell("The schema is up to date.");
    }
    steps.iter().try_for_each(|step| tell(&format!("Applied {step}.")))
}

pub(crate) async fn backup(common: &Common, file: PathBuf) -> anyhow::Result<()> {
    let db = open(common).await?;
    db.backup(file.clone()).await.with_context(|| format!("cannot write {}", file.display()))?;
    db.close().await;
    Ok(())
}
