//! The database as a whole: opening, migrating, copying.

use std::path::PathBuf;

use anyhow::Context as _;
use kernel::clock::Clock;
use kernel::db::{Db, Options};
use kernel::metrics::DbMetrics;

use crate::cli::Common;
use crate::telling::tell;

/// The database of a command that adds to it: made where there is none, its schema brought up to date.
pub(crate) async fn open(common: &Common) -> anyhow::Result<Db> {
    let db = connect(common, true).await?;
    db.migrate(Clock::System.now()).await.context("cannot bring the schema up to date")?;
    Ok(db)
}

/// The database of a command that only looks: it has to be there, with a schema that this version knows.
pub(crate) async fn look(common: &Common) -> anyhow::Result<Db> {
    let db = connect(common, false).await?;
    match db.pending().await.context("cannot read the database")? {
        0 => Ok(db),
        steps => anyhow::bail!("the schema lacks {steps} steps: run partnerapi migrate first"),
    }
}

async fn connect(common: &Common, create: bool) -> anyhow::Result<Db> {
    let options =
        Options { location: common.database_url.clone(), read_replica: None, create, connections: 1 };
    Db::open(options, DbMetrics::default()).await.context("cannot open the database")
}

pub(crate) async fn migrate(common: &Common) -> anyhow::Result<()> {
    let db = connect(common, true).await?;
    let steps = db.migrate(Clock::System.now()).await.context("cannot bring the schema up to date")?;
    db.close().await;
    if steps.is_empty() {
        return tell("The schema is up to date.");
    }
    steps.iter().try_for_each(|step| tell(&format!("Applied {step}.")))
}

pub(crate) async fn backup(common: &Common, file: PathBuf) -> anyhow::Result<()> {
    let db = look(common).await?;
    let name = file.display().to_string();
    let written = db.backup(file).await;
    db.close().await;
    written.with_context(|| format!("cannot write {name}"))?;
    tell(&format!("Wrote {name}."))
}
