//! `partnerapi init-account-roles` and `partnerapi init-report-types`.

use kernel::clock::Clock;
use routes::Initial;

use super::database;
use crate::cli::Common;
use crate::telling::tell;

/// Adds what is missing of what every network begins with.
pub(crate) async fn init(common: &Common, what: Initial) -> anyhow::Result<()> {
    let db = database::open(common).await?;
    let now = Clock::System.now();
    let added = db.write(move |tx| what.add_missing(tx, now)).await;
    if added.as_ref().is_ok_and(|added| !added.is_empty()) {
        db.noticed().await;
    }
    db.close().await;
    let added = added?;
    if added.is_empty() {
        return tell("Nothing to add: all of them are there.");
    }
    added.iter().try_for_each(|thing| tell(&format!("Added {thing}.")))
}
