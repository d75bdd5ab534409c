//! `partnerapi check`.

use kernel::clock::Clock;
use kernel::db::{Db, Options};
use kernel::metrics::DbMetrics;

use super::serve;
use crate::cli::{Common, Serve};
use crate::telling::tell;

/// Tries everything that `serve` needs and tells what it found; something wrong is an error at the end.
pub(crate) async fn check(common: &Common, settings: Serve) -> anyhow::Result<()> {
    let mut wrong = 0;
    let mut report = |what: &str, found: Result<String, String>| {
        let line = match found {
            Ok(good) => format!("{what}: {good}"),
            Err(bad) => {
                wrong += 1;
                format!("{what}: WRONG: {bad}")
            }
        };
        tell(&line)
    };
    let tls = serve::tls(&settings).map(|tls| if tls.is_some() { "on".to_owned() } else { "off".to_owned() });
    report("TLS", tls.map_err(|error| format!("{error:#}")))?;
    let listening =
        std::net::TcpListener::bind(settings.listen.0).map(|_| format!("{} is free", settings.listen.0));
    report(
        "address",
        listening.map_err(|error| format!("{} cannot be listened on: {error}", settings.listen.0)),
    )?;
    report("database", reach(common, &settings).await)?;
    if wrong > 0 {
        anyhow::bail!("{wrong} of these would be in the way of serve");
    }
    Ok(())
}

async fn reach(common: &Common, settings: &Serve) -> Result<String, String> {
    let options = Options {
        location: common.database_url.clone(),
        read_replica: settings.database_read_url.0.clone(),
        connections: 1,
    };
    let db = Db::open(options, DbMetrics::default()).await.map_err(|error| error.to_string())?;
    let steps = db.migrate(Clock::System.now()).await.map_err(|error| error.to_string())?;
    let probed = db.probe().await.map_err(|error| error.to_string());
    db.close().await;
    probed.map(|()| match steps.len() {
        0 => "takes writes, its schema is up to date".to_owned(),
        count => format!("takes writes, its schema was brought up to date ({count} steps)"),
    })
}
