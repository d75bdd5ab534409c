//! Demo data: what a newcomer finds after `serve --demo`.

pub(crate) mod affiliates;
pub(crate) mod inventory;
pub(crate) mod routes;
pub(crate) mod tickets;

use std::sync::Arc;

use anyhow::Context as _;
use kernel::api::{Api, Kernel};
use kernel::clock::Micros;
use kernel::db::{Error, Tx};
use kernel::keys;
use kernel::transfer::ImportError;

use crate::commands::transfer::{Source, parse, with_transfer};
use crate::telling::tell;
use crate::{WrongUsage, apis};

/// What an API shows of itself.
#[derive(Debug)]
pub(crate) struct Demo {
    /// Whose key is made.
    pub(crate) account: &'static str,
    /// A file that its import reads, if it has reference data.
    pub(crate) data: Option<fn(Micros) -> String>,
    /// A line to copy, with `{key}` and `{url}` in it.
    pub(crate) curl: &'static str,
}

/// An order that the sandbox partner takes.
pub(crate) const ORDER: &str = "curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
    -d '{\"order_id\": 10, \"date\": \"2024-06-20T03:14:44.615Z\", \"client\": {\"name\": \"Test\", \"phone\": \"79997772211\", \
    \"email\": \"example@example.com\"}, \"their_pharmacy_id\": \"1086\", \"order_type\": 2, \
    \"items\": [{\"their_id\": \"58\", \"price\": 10, \"count\": 10}]}' {url}/v2/orders/";

/// The mark of a database that holds demo data.
const MARK: &str = "demo";

/// Fills a new database with demo data, or finds that it is filled; makes a key for each API and prints it.
/// Keys of earlier starts stay good.
pub(crate) async fn fill(kernel: &Arc<Kernel>, mounted: &[Arc<dyn Api>], url: &str) -> anyhow::Result<()> {
    let now = kernel.clock.now();
    if !is_marked(kernel).await? {
        for (entry, api) in apis::APIS.iter().zip(mounted) {
            refuse_unless_empty(kernel, entry, api).await?;
        }
        let mut files = Vec::new();
        for (entry, api) in apis::APIS.iter().zip(mounted) {
            if let Some(data) = entry.demo.data {
                let account = entry.by_account.then_some(entry.demo.account);
                let parsed = parse(&**api, account, Source::Bytes(data(now).into_bytes()));
                files.push(parsed.with_context(|| format!("the demo data of {}", entry.name))?);
            }
        }
        // All of it or nothing: a part would count as somebody's data at the next start.
        let filled = kernel.db.write(move |tx| {
            for file in &files {
                file.store(tx, now, &|_| ())?;
            }
            tx.execute(
                "INSERT INTO kernel_marks (name, set_at) VALUES ($1, $2)",
                &[MARK.into(), now.into()],
            )?;
            Ok::<_, ImportError>(())
        });
        filled.await.context("the demo data")?;
    }
    tell("Demo keys, one an API, and a line to try each with:")?;
    for entry in apis::APIS {
        let (api, account) = (entry.name, entry.demo.account);
        let key = kernel.db.write(move |tx| keys::create(tx, now, api, account, false)).await?;
        tell(&format!("\n{api}: {key}\n  {}", entry.demo.curl.replace("{key}", &key).replace("{url}", url)))?;
    }
    tell(&format!("\nAll operations, to read and to try: {url}/docs"))
}

async fn is_marked(kernel: &Kernel) -> Result<bool, Error> {
    let marked = "SELECT set_at FROM kernel_marks WHERE name = $1";
    let found =
        kernel.db.read(move |tx| tx.query_opt(marked, &[MARK.into()], |row| row.get::<i64>(0))).await?;
    Ok(found.is_some())
}

/// Demo data would be mixed up with what somebody works with.
async fn refuse_unless_empty(kernel: &Kernel, entry: &apis::Entry, api: &Arc<dyn Api>) -> anyhow::Result<()> {
    let (name, api) = (entry.name, Arc::clone(api));
    let account = entry.by_account.then_some(entry.demo.account);
    let is_empty = move |tx: &mut Tx<'_>| {
        with_transfer(&*api, account, |transfer| transfer.is_empty(tx)).unwrap_or(Ok(true))
    };
    if kernel.db.read(is_empty).await? {
        return Ok(());
    }
    Err(WrongUsage(format!(
        "this database holds data of {name} already; --demo fills a new one only (--database-url sqlite:demo.db)"
    ))
    .into())
}
