//! `partnerapi import` and `partnerapi export`.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::api::{Api, Kernel};
use kernel::clock::Clock;
use kernel::db::Db;
use kernel::http::HttpSettings;
use kernel::metrics::Metrics;
use kernel::transfer::{ExportError, ImportError, Secrets, Summary, Transfer, as_text};

use super::database;
use crate::cli::Common;
use crate::telling::tell;
use crate::{WrongUsage, apis};

pub(crate) async fn import(
    common: &Common,
    api: &str,
    file: &Path,
    account: Option<&str>,
) -> anyhow::Result<()> {
    let entry = entry(api, account)?;
    let source = Source::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let db = database::open(common).await?;
    let api = mount(entry, &db)?;
    let bar = progress_bar();
    let summary = load(&*api, account, &db, source, &bar).await;
    bar.finish_and_clear();
    db.close().await;
    let summary = summary.with_context(|| file.display().to_string())?;
    let Summary { inserted, updated, removed, unchanged } = summary;
    tell(&format!("{inserted} inserted, {updated} updated, {removed} removed, {unchanged} unchanged"))
}

/// Where an import reads from.
pub(crate) enum Source {
    File(File),
    Bytes(Vec<u8>),
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            io::stdin().read_to_end(&mut bytes)?;
            return Ok(Self::Bytes(bytes));
        }
        let mut file = File::open(path)?;
        if file.metadata()?.is_file() {
            return Ok(Self::File(file));
        }
        // A file is read twice, which cannot be done with a pipe.
        file.read_to_end(&mut bytes)?;
        Ok(Self::Bytes(bytes))
    }
}

/// Parses and stores what `source` has, all or nothing.
pub(crate) async fn load(
    api: &dyn Api,
    account: Option<&str>,
    db: &Db,
    source: Source,
    bar: &ProgressBar,
) -> Result<Summary, ImportError> {
    let parsed = with_transfer(api, account, |transfer| match source {
        Source::File(file) => transfer.parse_file(file),
        Source::Bytes(bytes) => transfer.parse(&as_text(bytes)?),
    });
    let parsed =
        parsed.unwrap_or_else(|| Err(ImportError::File(format!("{} has nothing to import", api.name()))))?;
    bar.set_length(parsed.steps());
    let bar = bar.clone();
    let now = Clock::System.now();
    db.write(move |tx| {
        bar.set_position(0);
        parsed.store(tx, now, &|steps| bar.inc(steps))
    })
    .await
}

pub(crate) async fn export(
    common: &Common,
    api: &str,
    account: Option<&str>,
    secrets: Secrets,
) -> anyhow::Result<()> {
    let entry = entry(api, account)?;
    let db = database::look(common).await?;
    let api = mount(entry, &db)?;
    let account = account.map(str::to_owned);
    let exported = db
        .read(move |tx| {
            let mut out = BufWriter::new(io::stdout().lock());
            let export = |transfer: &dyn Transfer| transfer.export(tx, secrets, &mut out);
            let exported = with_transfer(&*api, account.as_deref(), export).transpose()?;
            out.flush()?;
            Ok::<_, ExportError>(exported)
        })
        .await;
    db.close().await;
    exported.context("cannot export")?.with_context(|| format!("{} has nothing to export", entry.name))
}

/// Hands over what is imported and exported of an API, or of an account in it. `None`: there is no such thing.
pub(crate) fn with_transfer<T>(
    api: &dyn Api,
    account: Option<&str>,
    then: impl FnOnce(&dyn Transfer) -> T,
) -> Option<T> {
    match account.and_then(|account| api.transfer_of(account)) {
        Some(transfer) => Some(then(&*transfer)),
        None => api.transfer().map(then),
    }
}

fn entry(api: &str, account: Option<&str>) -> Result<&'static apis::Entry, WrongUsage> {
    let entry = apis::named(api)?;
    match (entry.by_account, account) {
        (true, Some("")) => Err(WrongUsage("--account may not be empty".to_owned())),
        (true, None) => {
            Err(WrongUsage(format!("the data of {api} belongs to accounts: say whose it is, --account NAME")))
        }
        (false, Some(_)) => {
            Err(WrongUsage(format!("the data of {api} belongs to no account: leave --account out")))
        }
        _ => Ok(entry),
    }
}

fn mount(entry: &apis::Entry, db: &Db) -> anyhow::Result<Arc<dyn Api>> {
    let http = HttpSettings {
        request_timeout: std::time::Duration::MAX,
        trusted_proxies: vec![],
        trusted_networks: vec![],
        public_url: None,
        has_tls: false,
    };
    let kernel: Arc<Kernel> = Kernel::new(db.clone(), Clock::System, Metrics::default(), http);
    (entry.mount)(kernel, &apis::ApiSettings::default())
}

fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
