//! The partner's API over HTTP: what is asked, what fails, what is answered.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, http::HeaderMap};
use futures_util::stream;
use serde_json::{Value, json};

use crate::Sandbox;
use crate::failure::{Endpoint, Failure, Kind, Nonsense, Refusal};
use crate::form::Form;
use crate::serve::HangUp;
use crate::state::Reply;

/// The header that makes its own request fail.
const FAILURE: &str = "x-sandbox-failure";
/// No form is longer.
const FORM_AT_MOST: usize = 4 << 20;
const MEGABYTE: usize = 1 << 20;

pub(crate) fn router() -> Router<Sandbox> {
    let mut router = Router::new();
    for endpoint in Endpoint::ALL {
        let attend =
            move |State(sandbox): State<Sandbox>, request: Request| attend(sandbox, endpoint, request);
        let method: MethodRouter<Sandbox> = match endpoint {
            Endpoint::FindOrders | Endpoint::OrdersData => get(attend),
            Endpoint::Create | Endpoint::Cancel => post(attend),
        };
        router = router.route(&format!("/{}", endpoint.name()), method);
    }
    router
}

async fn attend(sandbox: Sandbox, endpoint: Endpoint, request: Request) -> Response {
    // A partner goes on with what it has begun when its client has given up: then it counts most.
    let played = tokio::spawn(play(sandbox, endpoint, request)).await;
    played.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn play(sandbox: Sandbox, endpoint: Endpoint, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let form = match endpoint {
        Endpoint::FindOrders | Endpoint::OrdersData => Form::read(parts.uri.query().unwrap_or_default()),
        Endpoint::Create | Endpoint::Cancel => read_form(&parts.headers, body).await,
    };
    let Some(form) = form else {
        let reply = sandbox.state().refuse(json!(["Send a form"]));
        tracing::info!(endpoint = endpoint.name(), status = reply.status.as_u16(), "no form");
        return reply.into_response();
    };
    let named = parts.headers.get(FAILURE).map(|name| name.to_str().unwrap_or_default());
    let named = match named.map(|name| Failure::read(name, endpoint)).transpose() {
        Ok(named) => named,
        Err(told) => return (StatusCode::BAD_REQUEST, Json(json!({"detail": told}))).into_response(),
    };
    let (about, failure) = {
        let mut state = sandbox.state();
        let about = state.about(endpoint, &form);
        state.count(endpoint, &about);
        let failure = named.or_else(|| state.failure(endpoint, &about));
        (about, failure)
    };
    let (reply, response) = answer(&sandbox, endpoint, &form, failure.as_ref()).await;
    let done = reply.map_or_else(String::new, |body| body.to_string());
    // Nothing here is about a person: ids, and words of the partner's own.
    tracing::info!(
        endpoint = endpoint.name(),
        external_id = about.join(","),
        failure = failure.as_ref().map(|failure| failure.name.as_str()),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        done,
        "request"
    );
    response
}

async fn read_form(headers: &HeaderMap, body: Body) -> Option<Form> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return None;
    }
    let bytes = to_bytes(body, FORM_AT_MOST).await.ok()?;
    Form::read(std::str::from_utf8(&bytes).ok()?)
}

/// Does what is asked for, as far as the failure lets it, and answers, as far as the failure lets it.
async fn answer(
    sandbox: &Sandbox,
    endpoint: Endpoint,
    form: &Form,
    failure: Option<&Failure>,
) -> (Option<Value>, Response) {
    let (before, after) = failure.map(Failure::pauses).unwrap_or_default();
    wait(before).await;
    let fault = failure.and_then(Failure::items);
    let works = failure.is_none_or(Failure::works);
    let reply = works.then(|| sandbox.state().perform(endpoint, form, fault, sandbox.clock.now()));
    wait(after).await;
    let done = reply.as_ref().map(|reply| reply.body.clone());
    let response = match (failure.map(|failure| &failure.kind), reply) {
        (None | Some(Kind::Slow(_) | Kind::Items(..)), Some(reply)) => reply.into_response(),
        (Some(Kind::HangUp), _) => hang_up(),
        (Some(Kind::Status(status)), _) => broken(*status),
        (Some(Kind::Refusal(refusal)), _) => sandbox.state().refuse(errors(*refusal)).into_response(),
        (Some(Kind::Nonsense(nonsense)), reply) => nonsense_of(*nonsense, endpoint, reply),
        (None | Some(Kind::Slow(_) | Kind::Items(..)), None) => broken(StatusCode::INTERNAL_SERVER_ERROR),
    };
    (done, response)
}

/// The timer rounds up to a millisecond: no wait must be none.
async fn wait(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

fn hang_up() -> Response {
    let mut response = StatusCode::BAD_GATEWAY.into_response();
    response.extensions_mut().insert(HangUp);
    response
}

/// An error as a proxy in front of a partner gives it.
fn broken(status: StatusCode) -> Response {
    let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
    let mut response = (status, Html(page)).into_response();
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn errors(refusal: Refusal) -> Value {
    match refusal {
        Refusal::Text => json!("The shop takes no orders today"),
        Refusal::List => json!(["The shop takes no orders today", "Call us"]),
        Refusal::Object => json!({"shop_id": ["The shop takes no orders today"]}),
        Refusal::Empty => json!([]),
        Refusal::NotAllowed => json!(["cancellation not allowed"]),
    }
}

fn nonsense_of(nonsense: Nonsense, endpoint: Endpoint, reply: Option<Reply>) -> Response {
    let as_json = |body: Body| ([(CONTENT_TYPE, "application/json")], body).into_response();
    match nonsense {
        Nonsense::Html => {
            Html("<html><body><h1>We are moving to new servers</h1></body></html>").into_response()
        }
        Nonsense::BrokenJson => as_json(Body::from(r#"{"status": "ok", "order_id": 10"#)),
        Nonsense::WrongShape => Json(wrong_shape(endpoint)).into_response(),
        Nonsense::Empty => as_json(Body::empty()),
        Nonsense::Huge(megabytes) => as_json(huge(megabytes)),
        Nonsense::Gzip => {
            let mut response = as_json(Body::from(&b"\x1f\x8b\x08this is not what it says it is"[..]));
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Nonsense::Cut => {
            let whole = Bytes::from(reply.map(|reply| reply.body.to_string()).unwrap_or_default());
            let half = whole.slice(..whole.len() / 2);
            as_json(Body::from_stream(stream::iter([Ok(half), Err(std::io::Error::other("cut"))])))
        }
    }
}

/// JSON that begins well.
fn wrong_shape(endpoint: Endpoint) -> Value {
    match endpoint {
        Endpoint::FindOrders => json!({"data": {"ids": {"first": 10}}}),
        Endpoint::Create => json!({"status": "ok", "order_id": {"number": 10}}),
        Endpoint::OrdersData => json!({"status": "ok", "data": ["accepted"]}),
        Endpoint::Cancel => json!({"status": true}),
    }
}

/// A text of so many megabytes, made while it is sent.
fn huge(megabytes: u32) -> Body {
    let piece = Bytes::from(vec![b'x'; MEGABYTE]);
    let begin = Bytes::from_static(br#"{"status": "ok", "filler": ""#);
    let pieces = std::iter::once(begin)
        .chain(std::iter::repeat_n(piece, megabytes as usize))
        .chain([Bytes::from_static(br#""}"#)]);
    Body::from_stream(stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)))
}
