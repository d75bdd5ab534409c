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
use kernel::transfer::{ExportError, Import, ImportError, Secrets, Summary, Transfer, as_text};

use super::database;
use crate::WrongUsage;
use crate::apis::{ApiSettings, Entry};
use crate::cli::Common;
use crate::telling::tell;

pub(crate) async fn import(
    common: &Common,
    entry: &Entry,
    file: &Path,
    account: Option<&str>,
) -> anyhow::Result<()> {
    check_account(entry, account)?;
    let source = Source::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let db = database::open(common).await?;
    let api = mount(entry, &db)?;
    let bar = progress_bar();
    let summary = match parse(&*api, account, source) {
        Ok(parsed) => store(&db, parsed, &bar).await,
        Err(error) => Err(error),
    };
    bar.finish_and_clear();
    if summary.is_ok() {
        db.noticed().await;
    }
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

/// Reads what `source` has, and checks what can be checked without the database.
pub(crate) fn parse(
    api: &dyn Api,
    account: Option<&str>,
    source: Source,
) -> Result<Box<dyn Import>, ImportError> {
    let parsed = with_transfer(api, account, |transfer| match source {
        Source::File(file) => transfer.parse_file(file),
        Source::Bytes(bytes) => transfer.parse(&as_text(bytes)?),
    });
    parsed.unwrap_or_else(|| Err(ImportError::File(format!("{} has nothing to import", api.name()))))
}

async fn store(db: &Db, parsed: Box<dyn Import>, bar: &ProgressBar) -> Result<Summary, ImportError> {
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
    entry: &Entry,
    account: Option<&str>,
    secrets: Secrets,
) -> anyhow::Result<()> {
    check_account(entry, account)?;
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

fn check_account(entry: &Entry, account: Option<&str>) -> Result<(), WrongUsage> {
    let name = entry.name;
    match (entry.by_account, account) {
        (true, Some("")) => Err(WrongUsage("--account may not be empty".to_owned())),
        (true, None) => Err(WrongUsage(format!(
            "the data of {name} belongs to accounts: say whose it is, --account NAME"
        ))),
        (false, Some(_)) => {
            Err(WrongUsage(format!("the data of {name} belongs to no account: leave --account out")))
        }
        _ => Ok(()),
    }
}

fn mount(entry: &Entry, db: &Db) -> anyhow::Result<Arc<dyn Api>> {
    let http = HttpSettings {
        request_timeout: std::time::Duration::MAX,
        trusted_proxies: vec![],
        trusted_networks: vec![],
        public_url: None,
        has_tls: false,
    };
    let kernel: Arc<Kernel> = Kernel::new(db.clone(), Clock::System, Metrics::default(), http);
    (entry.mount)(kernel, &ApiSettings::default())
}

fn progress_bar() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
