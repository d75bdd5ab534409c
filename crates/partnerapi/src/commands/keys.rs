//! `partnerapi keys`.

use anyhow::Context as _;
use kernel::clock::Clock;
use kernel::{keys, time};

use super::database;
use crate::WrongUsage;
use crate::apis::Entry;
use crate::cli::Common;
use crate::telling::tell;

pub(crate) async fn create(
    common: &Common,
    api: &'static Entry,
    account: String,
    errors_as_200: bool,
) -> anyhow::Result<()> {
    let api = api.name;
    if errors_as_200 && api != tickets::NAME {
        return Err(WrongUsage("--errors-as-200 is for keys of the Tickets API".into()).into());
    }
    if !(1..=255).contains(&account.chars().count()) || account.chars().any(char::is_control) {
        return Err(
            WrongUsage("--account may be 1 to 255 characters, but no control characters".into()).into()
        );
    }
    let db = database::open(common).await?;
    let now = Clock::System.now();
    let key = db.write(move |tx| keys::create(tx, now, api, &account, errors_as_200)).await?;
    let Err(untold) = tell(&key) else {
        db.close().await;
        return Ok(());
    };
    // Nobody has seen it, and nobody will.
    let revoked: Result<String, keys::RevokeError> = db.write(move |tx| keys::revoke(tx, now, &key)).await;
    db.close().await;
    let prefix = revoked.with_context(|| format!("a key was made that could not be printed ({untold:#})"))?;
    Err(anyhow::anyhow!("the key could not be printed ({untold:#}), so {prefix} was revoked"))
}

pub(crate) async fn list(common: &Common) -> anyhow::Result<()> {
    let db = database::look(common).await?;
    let listed = db.read(keys::list).await?;
    db.close().await;
    for keys::Listed { prefix, api, account, created_at, revoked_at } in listed {
        let state = revoked_at.map_or_else(|| "live".to_owned(), |at| format!("revoked {}", time::utc(at)));
        tell(&format!("{prefix}\t{api}\t{account}\tcreated {}\t{state}", time::utc(created_at)))?;
    }
    Ok(())
}

pub(crate) async fn revoke(common: &Common, beginning: String) -> anyhow::Result<()> {
    if beginning.is_empty() {
        return Err(WrongUsage("PREFIX is the beginning of a key, as keys list shows it".into()).into());
    }
    let db = database::look(common).await?;
    let now = Clock::System.now();
    let revoked: Result<String, keys::RevokeError> =
        db.write(move |tx| keys::revoke(tx, now, &beginning)).await;
    db.close().await;
    match revoked {
        Ok(prefix) => tell(&format!("Revoked {prefix}.")),
        Err(refused) => Err(refused.into()),
    }
}
