//! `partnerapi check`.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use kernel::db::{Db, Location, Options};
use kernel::events;
use kernel::metrics::DbMetrics;

use super::serve;
use crate::cli::{Common, Serve};
use crate::telling::tell;

/// Tries everything that `serve` needs and tells what it found, without making a file or changing the schema;
/// something wrong is an error at the end.
pub(crate) async fn check(common: &Common, settings: Serve) -> anyhow::Result<()> {
    let options = serve::options(common, &settings, false)?;
    let tls = serve::tls(&settings).map(|tls| if tls.is_some() { "on" } else { "off" }.to_owned());
    let mut found = vec![
        ("TLS", tls.map_err(|error| format!("{error:#}"))),
        ("address", is_free(settings.listen.0)),
        ("database", database(options).await),
    ];
    if let Some(broker) = settings.rabbitmq.settings() {
        found.push(("broker", events::look(&broker.address, &broker.exchange, broker.timeout).await));
    }
    found.push(("partner", orders::look(&settings.orders.settings()).await));
    found.extend(settings.affiliates.look().map(|found| ("geolocation", found)));
    if let Some(port) = settings.metrics_port.0 {
        found.push(("metrics port", is_free(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))));
    }
    for (what, found) in &found {
        match found {
            Ok(good) => tell(&format!("{what}: {good}"))?,
            Err(bad) => tell(&format!("{what}: WRONG: {bad}"))?,
        }
    }
    match found.iter().filter(|(_, found)| found.is_err()).count() {
        0 => Ok(()),
        wrong => anyhow::bail!("{wrong} of these would be in the way of serve"),
    }
}

/// An address in use is what one finds while the server runs, and then all is well.
fn is_free(address: SocketAddr) -> Result<String, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use, by a running server?"))
        }
        Err(error) => Err(format!("{address} cannot be listened on: {error}")),
    }
}

async fn database(options: Options) -> Result<String, String> {
    if let Location::Sqlite(file) = &options.location
        && !file.exists()
        && file.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir())
    {
        return Ok(format!("{} is not there yet; serve makes it", file.display()));
    }
    let db = Db::open(Options { connections: 1, ..options }, DbMetrics::default())
        .await
        .map_err(|e| e.to_string())?;
    let found = match db.pending().await {
        Ok(0) => db.probe().await.map(|()| "takes writes, and its schema is up to date".to_owned()),
        Ok(steps) => Ok(format!("answers; its schema lacks {steps} steps, which serve and migrate bring")),
        Err(error) => Err(error),
    };
    db.close().await;
    found.map_err(|error| error.to_string())
}
