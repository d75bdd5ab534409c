//! `partnerapi events`.

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::events;

use super::database;
use crate::cli::Common;
use crate::telling::tell;

/// Events fetched at once.
const PAGE: i64 = 500;
/// The pause before looking for more.
const PAUSE: Duration = Duration::from_millis(200);
/// Positions looked at again: on PostgreSQL an event may appear a little after one with a higher position.
const OVERLAP: i64 = 500;

pub(crate) async fn events(common: &Common, follow: bool, limit: Option<u64>) -> anyhow::Result<()> {
    let db = database::look(common).await?;
    let mut left = limit.unwrap_or(u64::MAX);
    let mut last = 0;
    let mut shown = BTreeSet::new();
    while left > 0 {
        let after = if follow { last - OVERLAP } else { last };
        let page = db.read(move |tx| events::after(tx, after, PAGE + OVERLAP)).await?;
        let fresh: Vec<_> = page.into_iter().filter(|event| !shown.contains(&event.position)).collect();
        for event in &fresh {
            if left == 0 {
                break;
            }
            tell(&serde_json::to_string(event)?)?;
            left -= 1;
            last = last.max(event.position);
            shown.insert(event.position);
        }
        shown = shown.split_off(&(last - OVERLAP));
        match (fresh.is_empty(), follow) {
            (true, false) => break,
            (true, true) => tokio::time::sleep(PAUSE).await,
            (false, _) => {}
        }
    }
    db.close().await;
    Ok(())
}
