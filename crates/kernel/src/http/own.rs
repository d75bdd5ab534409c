//! The whole application: the APIs side by side, and what belongs to none of them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use axum::{Json, Router};
use serde::Serialize;
use tower::{Layer as _, ServiceExt as _};
use tower_http::normalize_path::NormalizePathLayer;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

use super::SECURITY_SCHEMES;
use super::attend::{Client, Door, attend};
use super::dialect::{Fault, Plain};
use super::operations::Routes;
use super::serve::Service;
use crate::api::Kernel;
use crate::metrics;

/// The time that `/metrics` gives the database.
const MEASURED_WITHIN: Duration = Duration::from_secs(1);

/// Puts the APIs together with health, metrics and documentation. `docs` gives the page that shows the
/// OpenAPI document a place; both `/path` and `/path/` are served everywhere.
#[must_use]
pub fn app(
    kernel: &Arc<Kernel>,
    apis: Vec<Routes>,
    docs: impl FnOnce(OpenApi) -> Router,
    with_metrics: bool,
) -> Service {
    let mut document = base_document();
    let mut router = Router::new();
    let mut spaces = Vec::new();
    for api in apis {
        document.merge(api.document);
        router = router.merge(api.router);
        spaces.extend(api.spaces.iter().map(|space| (*space, api.unknown.clone())));
    }
    let mut own = vec![("/healthz", get(health)), ("/readyz", get(ready))];
    if with_metrics {
        own.push(("/metrics", get(metrics_for_trusted)));
    }
    let refuse = async |method: Method| Fault::MethodNotAllowed(method).respond::<Plain>();
    for (path, handler) in own {
        let handler = attended(kernel, path, handler.fallback(refuse));
        router = router.route(path, handler.with_state(Arc::clone(kernel)));
    }
    let door = Door { kernel: Arc::clone(kernel), api: "kernel", route: "documentation", allow: None };
    router = router.merge(docs(document).layer(from_fn_with_state(door, attend::<Plain>)));
    let unknown = attended(kernel, "unknown", any(async || Fault::NotFound.respond::<Plain>()));
    router = router.fallback_service(told_by_its_api(spaces, unknown.with_state(Arc::clone(kernel))));
    NormalizePathLayer::trim_trailing_slash().layer(router)
}

/// Answers for an unknown path: the API in whose space it is, or `nobody`. A catch-all route for each space could not
/// stand beside a parameter: `/users/{*rest}` beside `/users/{id}`.
fn told_by_its_api(
    spaces: Vec<(&'static str, MethodRouter)>,
    nobody: MethodRouter,
) -> impl tower::Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync
{
    let spaces: Arc<[_]> = spaces.into();
    tower::service_fn(move |request: Request| {
        let path = request.uri().path();
        let is_in = |space: &str| {
            path.strip_prefix(space).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let owner = spaces.iter().find(|(space, _)| is_in(space)).map_or(&nobody, |(_, unknown)| unknown);
        owner.clone().oneshot(request)
    })
}

fn attended(
    kernel: &Arc<Kernel>,
    route: &'static str,
    handler: MethodRouter<Arc<Kernel>>,
) -> MethodRouter<Arc<Kernel>> {
    let door = Door { kernel: Arc::clone(kernel), api: "kernel", route, allow: None };
    handler.layer(from_fn_with_state(door, attend::<Plain>))
}

fn base_document() -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("partnerapi")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("One server for partner APIs. Operations take the key of their API, but for those that say otherwise.")),
        )
        .build();
    let components = document.components.get_or_insert_default();
    let [bearer, basic, header] = SECURITY_SCHEMES else { return document };
    components.add_security_scheme(*bearer, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme(*basic, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    components
        .add_security_scheme(*header, SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))));
    document
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// The process lives.
async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// It can do its work: a write lasts.
async fn ready(State(kernel): State<Arc<Kernel>>) -> Response {
    match kernel.readiness.check(&kernel.db, &kernel.clock).await {
        Ok(()) => Json(Health { status: "ready" }).into_response(),
        Err(cause) => {
            let health = Json(Health { status: "database unavailable" });
            super::Cause(cause).of((StatusCode::SERVICE_UNAVAILABLE, health))
        }
    }
}

async fn metrics_for_trusted(state: State<Arc<Kernel>>, Extension(client): Extension<Client>) -> Response {
    if client.trusted { metrics_page(state).await } else { Fault::Forbidden.respond::<Plain>() }
}

pub(super) async fn metrics_page(State(kernel): State<Arc<Kernel>>) -> Response {
    let measured = crate::events::measure(&kernel.db, &kernel.metrics.outbox, kernel.clock.now());
    // The metrics are needed most while the database is away: then the outbox is told as it was last.
    match tokio::time::timeout(MEASURED_WITHIN, measured).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the outbox could not be measured"),
        Err(_) => tracing::warn!("the outbox could not be measured in time"),
    }
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], kernel.metrics.render()).into_response()
}

/// The application behind the metrics port.
#[must_use]
pub fn metrics_app(kernel: &Arc<Kernel>) -> Service {
    let router = Router::new()
        .route("/metrics", get(metrics_page))
        .fallback(async || Fault::NotFound.respond::<Plain>())
        .with_state(Arc::clone(kernel));
    NormalizePathLayer::trim_trailing_slash().layer(router)
}
