//! What the server counts and measures, for Prometheus to fetch.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is measured. Cloning shares it.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<RwLock<Registry>>,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram>,
    /// Of the storage.
    pub db: DbMetrics,
    /// Of the event stream.
    pub outbox: OutboxMetrics,
}

/// Of the storage.
#[derive(Clone)]
pub struct DbMetrics {
    pub(crate) writes_waiting: Gauge,
    pub(crate) commits: Counter,
    pub(crate) commit_size: Histogram,
    pub(crate) connections_busy: Gauge,
    pub(crate) conflicts: Counter,
}

impl DbMetrics {
    pub(crate) fn committed(&self, jobs: usize) {
        self.commits.inc();
        self.commit_size.observe(jobs as f64);
    }
}

/// Of the event stream.
#[derive(Clone, Default)]
pub struct OutboxMetrics {
    pub(crate) backlog: Gauge,
    pub(crate) oldest_age: Gauge,
    pub(crate) published: Counter,
    pub(crate) returned: Counter,
    pub(crate) failures: Counter,
    pub(crate) connected: Gauge,
    pub(crate) partitions: Gauge,
    /// Events wait for a broker: those that it has taken wait no longer.
    pub(crate) has_broker: Arc<AtomicBool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    api: &'static str,
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    api: &'static str,
    route: &'static str,
}

impl Default for DbMetrics {
    fn default() -> Self {
        Self {
            writes_waiting: Gauge::default(),
            commits: Counter::default(),
            commit_size: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            connections_busy: Gauge::default(),
            conflicts: Counter::default(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        // From a tenth of a millisecond to some 26 seconds.
        let latency = Family::new_with_constructor(
            (|| Histogram::new(exponential_buckets(0.0001, 4.0, 10))) as fn() -> _,
        );
        let (requests, db, outbox) = (Family::default(), DbMetrics::default(), OutboxMetrics::default());
        let mut registry = Registry::default();
        registry.register("partnerapi_http_requests", "Requests answered", Family::clone(&requests));
        registry.register(
            "partnerapi_http_request_seconds",
            "Time to answer a request",
            Family::clone(&latency),
        );
        registry.register(
            "partnerapi_db_writes_waiting",
            "Writes waiting for their turn",
            db.writes_waiting.clone(),
        );
        registry.register("partnerapi_db_commits", "Durable commits", db.commits.clone());
        registry.register("partnerapi_db_commit_size", "Writes of one commit", db.commit_size.clone());
        registry.register(
            "partnerapi_db_connections_busy",
            "Connections at work",
            db.connections_busy.clone(),
        );
        registry.register(
            "partnerapi_db_conflicts",
            "Transactions run again after a conflict",
            db.conflicts.clone(),
        );
        registry.register(
            "partnerapi_outbox_backlog",
            "Events that wait in the outbox",
            outbox.backlog.clone(),
        );
        registry.register(
            "partnerapi_outbox_oldest_seconds",
            "Age of the oldest event that waits in the outbox",
            outbox.oldest_age.clone(),
        );
        registry.register(
            "partnerapi_outbox_published",
            "Events that the broker has taken",
            outbox.published.clone(),
        );
        registry.register(
            "partnerapi_outbox_returned",
            "Events that the broker has taken, but had no queue for",
            outbox.returned.clone(),
        );
        registry.register(
            "partnerapi_outbox_failures",
            "Tries to connect or to publish that failed",
            outbox.failures.clone(),
        );
        registry.register(
            "partnerapi_outbox_partitions",
            "Partitions of the outbox that this server publishes",
            outbox.partitions.clone(),
        );
        registry.register(
            "partnerapi_broker_connected",
            "Whether the broker is connected",
            outbox.connected.clone(),
        );
        Self { registry: Arc::new(RwLock::new(registry)), requests, latency, db, outbox }
    }
}

impl Metrics {
    /// Adds a metric of an API under its full name. Prometheus' clients add `_total` to a counter.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry.write().unwrap_or_else(PoisonError::into_inner).register(name, help, metric);
    }

    /// Counts one answered request. `route` is a template, never the path that was asked for.
    pub(crate) fn answered(
        &self,
        api: &'static str,
        route: &'static str,
        method: &axum::http::Method,
        status: u16,
        took: Duration,
    ) {
        let method = method_label(method);
        self.requests.get_or_create(&RequestLabels { api, route, method, status }).inc();
        self.latency.get_or_create(&RouteLabels { api, route }).observe(took.as_secs_f64());
    }

    /// All of it in the OpenMetrics text format.
    #[must_use]
    pub fn render(&self) -> String {
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        let mut page = String::new();
        // Writing to a String cannot fail; a metric of ours that cannot be encoded would be seen in every test.
        if let Err(error) = text::encode(&mut page, &registry) {
            tracing::error!(%error, "the metrics cannot be rendered");
        }
        page
    }
}

/// Methods are the client's to invent; labels are not.
fn method_label(method: &axum::http::Method) -> &'static str {
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| method.as_str() == *known)
        .unwrap_or("other")
}
