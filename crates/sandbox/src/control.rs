//! The control API below `/_sandbox/`: what tests and curious people use to look behind the counter.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::Sandbox;
use crate::catalogue::{Change, given};
use crate::failure::{Endpoint, Failure, ITEM_NAMES, NAMES};
use crate::form::Form;
use crate::state::Armed;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/_sandbox/", get(index))
        .route("/_sandbox/orders", get(orders))
        .route("/_sandbox/orders/{id}", put(set_status))
        .route("/_sandbox/catalogue", get(catalogue))
        .route("/_sandbox/items/{id}", put(change_item).delete(remove_item))
        .route("/_sandbox/failures", get(failures).post(arm).delete(disarm))
        .route("/_sandbox/settings", get(settings).put(change_settings))
        .route("/_sandbox/reset", post(reset))
        .fallback(async || Refused(StatusCode::NOT_FOUND, "Not found".into()))
}

/// What was asked of the control API cannot be.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"detail": self.1}))).into_response()
    }
}

type Answer = Result<Json<Value>, Refused>;

fn bad(told: impl ToString) -> Refused {
    Refused(StatusCode::BAD_REQUEST, told.to_string())
}

fn missing(what: &str) -> Refused {
    Refused(StatusCode::NOT_FOUND, format!("there is no such {what}"))
}

/// Reads a JSON body whatever it calls itself: curl calls everything a form.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(bad)
}

async fn index() -> Json<Value> {
    Json(json!({
        "partner": ["GET /find-orders", "POST /create", "GET /orders-data", "POST /cancel"],
        "control": [
            "GET /_sandbox/orders", "PUT /_sandbox/orders/{id}", "GET /_sandbox/catalogue",
            "PUT and DELETE /_sandbox/items/{id}", "GET, POST and DELETE /_sandbox/failures",
            "GET and PUT /_sandbox/settings", "POST /_sandbox/reset",
        ],
        "failures": NAMES,
        "failures of create": ITEM_NAMES,
    }))
}

async fn orders(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Answer {
    let query = query.unwrap_or_default();
    let form = Form::read(&query).ok_or_else(|| bad("the query is not UTF-8"))?;
    let external_id = form.all("external_id").last();
    Ok(Json(sandbox.state().report(external_id, sandbox.clock.now())))
}

async fn set_status(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Answer {
    let body: Map<String, Value> = read(&body)?;
    let status = match body.get("status") {
        Some(Value::String(status)) if body.len() == 1 => Some(status.clone()),
        Some(Value::Null) if body.len() == 1 => None,
        _ => return Err(bad(r#"send {"status": "…"}, or {"status": null} for an order without one"#)),
    };
    let now = sandbox.clock.now();
    let shown = sandbox.state().set_status(&id, status, now);
    shown.map(Json).ok_or_else(|| missing("order"))
}

async fn catalogue(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.state().catalogue.show())
}

async fn change_item(State(sandbox): State<Sandbox>, Path(id): Path<String>, body: Bytes) -> Answer {
    let change: Change = read(&body)?;
    Ok(Json(sandbox.state().catalogue.change(&id, change)))
}

async fn remove_item(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    let removed = sandbox.state().catalogue.remove(&id);
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(missing("item")) }
}

/// A failure for the next requests of an endpoint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arming {
    endpoint: String,
    failure: String,
    #[serde(default = "once")]
    count: u64,
    external_id: Option<String>,
}

fn once() -> u64 {
    1
}

async fn arm(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let Arming { endpoint, failure, count, external_id } = read(&body)?;
    let endpoint: Endpoint = endpoint.parse().map_err(bad)?;
    let failure = Failure::read(&failure, endpoint).map_err(bad)?;
    if count == 0 {
        return Err(bad("count may be 1 or more"));
    }
    let mut state = sandbox.state();
    state.armed.push(Armed { endpoint, failure, count, external_id });
    Ok(Json(armed(&state.armed)))
}

async fn failures(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(armed(&sandbox.state().armed))
}

async fn disarm(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.state().armed.clear();
    StatusCode::NO_CONTENT
}

fn armed(all: &[Armed]) -> Value {
    let all = all.iter().map(|Armed { endpoint, failure, count, external_id }| {
        json!({
            "endpoint": endpoint.name(), "failure": failure.name, "count": count, "external_id": external_id,
        })
    });
    json!({"armed": all.collect::<Vec<_>>()})
}

/// What is to change of the settings. What is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    ids: Option<String>,
    next_id: Option<u64>,
    /// Seconds; `null`: by hand only.
    #[serde(default, deserialize_with = "given")]
    advance: Option<Option<f64>>,
    decimal_comma: Option<bool>,
    error_status: Option<u16>,
    fail: Option<String>,
}

async fn change_settings(State(sandbox): State<Sandbox>, body: Bytes) -> Answer {
    let change: SettingsChange = read(&body)?;
    let ids = change.ids.map(|ids| ids.parse().map_err(|told| bad(format!("ids {told}")))).transpose()?;
    let advance = change.advance.map(|seconds| seconds.map(Duration::try_from_secs_f64).transpose());
    let advance = advance.transpose().map_err(|_| bad("advance may be seconds, or null"))?;
    let error_status = change.error_status.map(|status| status.to_string().parse());
    let error_status = error_status.transpose().map_err(|told| bad(format!("error_status {told}")))?;
    let fail = change.fail.map(|rules| rules.parse()).transpose();
    let fail = fail.map_err(|told| bad(format!("fail {told}")))?;
    // All of it can be: only now does any of it change.
    let mut state = sandbox.state();
    if let Some(id) = change.next_id {
        state.next_id(id);
    }
    let settings = &mut state.settings;
    settings.ids = ids.unwrap_or(settings.ids);
    settings.advance = advance.unwrap_or(settings.advance);
    settings.decimal_comma = change.decimal_comma.unwrap_or(settings.decimal_comma);
    settings.error_status = error_status.unwrap_or(settings.error_status);
    settings.fail = fail.unwrap_or_else(|| settings.fail.clone());
    Ok(Json(settings.show()))
}

async fn settings(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.state().settings.show())
}

async fn reset(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.state().reset();
    StatusCode::NO_CONTENT
}
