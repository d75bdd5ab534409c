//! The page to read and try the APIs at, from files inside the binary: it works without the internet.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kernel::http::{Fault, Plain};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

const DOCUMENT: &str = "/openapi.json";

/// `/openapi.json`, and the page that shows it at `/docs`.
pub(crate) fn router(document: OpenApi) -> Router {
    let document = Bytes::from(document.to_json().unwrap_or_default());
    let config = Arc::new(Config::from(DOCUMENT).validator_url("none"));
    let (index_config, file_config) = (Arc::clone(&config), config);
    Router::new()
        .route(DOCUMENT, get(async move || ([(CONTENT_TYPE, "application/json")], document.clone())))
        .route("/docs", get(async move || page("index.html", index_config)))
        .route("/docs/{*file}", get(async move |Path(file): Path<String>| page(&file, file_config)))
        .method_not_allowed_fallback(async |method: Method| {
            Fault::MethodNotAllowed(method).respond::<Plain>()
        })
}

fn page(file: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(found)) => {
            let mut body = found.bytes.into_owned();
            if file == "index.html"
                && let Ok(html) = std::str::from_utf8(&body)
            {
                // The page is served without a slash at the end, from where its own links would lead astray.
                body = html.replacen("<head>", "<head><base href=\"/docs/\">", 1).into_bytes();
            }
            ([(CONTENT_TYPE, found.content_type)], body).into_response()
        }
        Ok(None) => Fault::NotFound.respond::<Plain>(),
        Err(error) => Fault::Internal(error.to_string()).respond::<Plain>(),
    }
}
