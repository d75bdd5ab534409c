//! `partnerapi serve`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kernel::api::{Api, Job, Kernel};
use kernel::clock::Clock;
use kernel::db::{Db, Location, Options};
use kernel::events::{self, Forget, Publisher};
use kernel::http::{self, HttpSettings, Tls};
use kernel::metrics::Metrics;
use rand::RngExt as _;
use sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::apis::ApiSettings;
use crate::cli::{Common, Serve};
use crate::settings::{PublicUrl, Replica};
use crate::{WrongUsage, apis, demo, docs};

/// The time that the database has at the end for what was handed over.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);

pub(crate) async fn serve(common: &Common, settings: Serve) -> anyhow::Result<()> {
    if settings.demo && !settings.listen.0.ip().is_loopback() {
        return Err(WrongUsage("--demo serves on a loopback address only".into()).into());
    }
    // From the first moment on: whoever sees that it listens may tell it to stop.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let tls = tls(&settings)?;
    let mut api_settings =
        ApiSettings { affiliates: settings.affiliates.settings()?, orders: settings.orders.settings() };
    let kernel = kernel(common, &settings).await?;
    let (stop, stopping) = watch::channel(());
    let mut background = JoinSet::new();
    if settings.demo && api_settings.orders.partner_url.is_none() {
        api_settings.orders.partner_url = Some(run_sandbox(&mut background, until(stopping.clone())).await?);
    }
    let apis = apis::mounted(&kernel, &api_settings)?;
    let listener = bind(settings.listen.0).await?;
    let metrics_listener = match settings.metrics_port.0 {
        Some(port) => Some(bind_everywhere(port).await?),
        None => None,
    };
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if settings.demo {
        demo::fill(&kernel, &apis, &format!("{scheme}://{address}")).await?;
    }

    start_jobs(&mut background, &kernel, &apis, &settings, &stopping);
    let routes = apis.iter().map(|api| api.routes()).collect();
    let app = http::app(&kernel, routes, docs::router, metrics_listener.is_none());
    if let Some(listener) = metrics_listener {
        tracing::info!(address = %listener.local_addr()?, "metrics");
        let app = http::metrics_app(&kernel);
        let stopped = until(stopping.clone());
        background.spawn(http::serve(listener, None, app, stopped, Duration::from_secs(1)));
    }
    tracing::info!("listening on {scheme}://{address}");
    let told_to_stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests under way are finished first");
    };
    http::serve(listener, tls, app, told_to_stop, settings.request_timeout.0).await;
    kernel.tasks.finished().await;
    drop(stop);
    while background.join_next().await.is_some() {}
    if tokio::time::timeout(CLOSED_WITHIN, kernel.db.close()).await.is_err() {
        anyhow::bail!("the database hangs; what it had not answered was not acknowledged");
    }
    tracing::info!("stopped");
    Ok(())
}

/// TLS as it is set: both files or none.
pub(crate) fn tls(settings: &Serve) -> anyhow::Result<Option<Tls>> {
    match (&settings.tls_cert.0, &settings.tls_key.0) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let loaded = Tls::load(certificate, key);
            loaded.map(Some).map_err(|error| {
                WrongUsage(format!(
                    "PARTNERAPI_TLS_CERT (--tls-cert) and PARTNERAPI_TLS_KEY (--tls-key) may be PEM files that go together: {error}"
                ))
                .into()
            })
        }
        (Some(_), None) => {
            Err(WrongUsage("PARTNERAPI_TLS_CERT is set, so PARTNERAPI_TLS_KEY must be too".into()).into())
        }
        (None, Some(_)) => {
            Err(WrongUsage("PARTNERAPI_TLS_KEY is set, so PARTNERAPI_TLS_CERT must be too".into()).into())
        }
    }
}

/// The database as it is set: only PostgreSQL has replicas.
pub(crate) fn options(common: &Common, settings: &Serve, create: bool) -> Result<Options, WrongUsage> {
    let location = common.database_url.clone();
    let read_replica = settings.database_read_url.0.clone().map(|Replica(address)| address);
    if read_replica.is_some() && matches!(location, Location::Sqlite(_)) {
        return Err(WrongUsage(
            "PARTNERAPI_DATABASE_READ_URL goes with a PostgreSQL PARTNERAPI_DATABASE_URL only".into(),
        ));
    }
    Ok(Options { location, read_replica, create, connections: settings.database_connections })
}

async fn kernel(common: &Common, settings: &Serve) -> anyhow::Result<Arc<Kernel>> {
    let metrics = Metrics::default();
    let options = options(common, settings, true)?;
    let db = Db::open(options, metrics.db.clone()).await.context("cannot open the database")?;
    let steps = db.migrate(Clock::System.now()).await.context("cannot bring the schema up to date")?;
    for step in steps {
        tracing::info!(step, "schema brought up to date");
    }
    let http = HttpSettings {
        request_timeout: settings.request_timeout.0,
        trusted_proxies: settings.trusted_proxies.0.clone(),
        trusted_networks: settings.trusted_networks.0.clone(),
        public_url: settings.public_url.0.clone().map(|PublicUrl(url)| url),
        has_tls: settings.tls_cert.0.is_some(),
    };
    Ok(Kernel::new(db, Clock::System, metrics, http))
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Every address; a machine without IPv6 has those of IPv4 only.
async fn bind_everywhere(port: u16) -> anyhow::Result<TcpListener> {
    match bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).await {
        Err(_) => bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).await,
        bound => bound,
    }
}

/// Runs a partner to try the Orders API against, and gives its address.
async fn run_sandbox(
    background: &mut JoinSet<()>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<String> {
    let listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let sandbox = Sandbox::new(sandbox::Settings::default(), Clock::System);
    background.spawn(async move { sandbox.serve(listener, stop).await });
    Ok(url)
}

fn start_jobs(
    running: &mut JoinSet<()>,
    kernel: &Arc<Kernel>,
    apis: &[Arc<dyn Api>],
    settings: &Serve,
    stopping: &watch::Receiver<()>,
) {
    let publishing = settings.rabbitmq.settings();
    let forget = if publishing.is_some() { Forget::Published } else { Forget::All };
    for job in apis.iter().flat_map(|api| api.jobs()).chain([forget_old_events(kernel, forget)]) {
        running.spawn(repeat(job, stopping.clone()));
    }
    if let Some(publishing) = publishing {
        let (db, clock, metrics) = (kernel.db.clone(), kernel.clock.clone(), kernel.metrics.outbox.clone());
        running.spawn(Publisher::new(db, clock, metrics, publishing, stopping.clone()).run());
    }
}

fn forget_old_events(kernel: &Arc<Kernel>, which: Forget) -> Job {
    let (db, clock): (Db, Clock) = (kernel.db.clone(), kernel.clock.clone());
    let run = move || -> kernel::api::JobRun {
        let (db, now) = (db.clone(), clock.now());
        Box::pin(async move {
            while events::forget_old(&db, which, now).await? {}
            Ok(())
        })
    };
    Job { name: "forget-old-events", every: Duration::from_secs(600), run: Box::new(run) }
}

/// Runs a job until the server stops, and then waits for no more of it: what it has handed to the database is done
/// all the same. The pauses differ by a quarter, so that several servers come apart.
async fn repeat(job: Job, stopping: watch::Receiver<()>) {
    let rounds = async {
        loop {
            let part = rand::rng().random_range(0.75..1.0);
            tokio::time::sleep(job.every.mul_f64(part)).await;
            if let Err(error) = (job.run)().await {
                tracing::warn!(job = job.name, %error, "a job failed and will be tried again");
            }
        }
    };
    tokio::select! {
        () = until(stopping) => {}
        () = rounds => {}
    }
}

/// Over when the sender of `stopping` is dropped.
async fn until(mut stopping: watch::Receiver<()>) {
    while stopping.changed().await.is_ok() {}
}
