//! HTTP in, HTTP out.

use std::future::Future;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use kernel::http::{Admitted, Payload, Query, Segments};
use serde_json::{Map, Value};

use crate::Orders;
use crate::fields::{Complaint, Problem, Report, Step};
use crate::relay::{CancelOutcome, CreateOutcome};
use crate::wire::{self, Version};

pub(crate) async fn create_two(State(api): State<Orders>, _: Admitted, Payload(body): Payload) -> Response {
    create(api, Version::Two, &body).await
}

pub(crate) async fn create_one(State(api): State<Orders>, _: Admitted, Payload(body): Payload) -> Response {
    create(api, Version::One, &body).await
}

async fn create(api: Orders, version: Version, body: &[u8]) -> Response {
    let order = match json(body).and_then(|body| wire::order(version, &body)) {
        Ok(order) => order,
        Err(complaints) => return wire::unprocessable(complaints),
    };
    let too_late = || CreateOutcome::PartnerError("the time of the request was over".into());
    let outcome = in_time(&api, api.relay.create(order.clone()), too_late).await;
    wire::created(version, &order, outcome)
}

pub(crate) async fn status_by_path(
    State(api): State<Orders>,
    _: Admitted,
    Segments(order_id): Segments<String>,
    Query(query): Query,
) -> Response {
    // The path's number is checked like the query's, but complained of where it is.
    let mut fields = query;
    fields.insert("order_id".into(), Value::String(order_id));
    let reference = wire::reference(&wire::STATUS_TWO, &Value::Object(fields), &[Step::from("query")]);
    let reference = reference.map_err(|complaints| complaints.into_iter().map(at_path).collect());
    status(api, Version::Two, reference).await
}

fn at_path(complaint: Complaint) -> Complaint {
    if complaint.loc.last() == Some(&Step::from("order_id")) {
        return Complaint { loc: vec![Step::from("path"), Step::from("order_id")], ..complaint };
    }
    complaint
}

pub(crate) async fn status_by_query(State(api): State<Orders>, _: Admitted, Query(query): Query) -> Response {
    let reference = wire::reference(&wire::STATUS_TWO, &Value::Object(query), &[Step::from("query")]);
    status(api, Version::Two, reference).await
}

pub(crate) async fn status_one(State(api): State<Orders>, _: Admitted, Payload(body): Payload) -> Response {
    let reference = json(&body).and_then(|body| wire::reference(&wire::STATUS_ONE, &body, &wire::body()));
    status(api, Version::One, reference).await
}

async fn status(
    api: Orders,
    version: Version,
    reference: Result<wire::Reference, Vec<Complaint>>,
) -> Response {
    let reference = match reference {
        Ok(reference) => reference,
        Err(complaints) => return wire::unprocessable(complaints),
    };
    let too_late = || Err("The partner did not answer in time".to_owned());
    wire::status(version, in_time(&api, api.relay.status(&reference), too_late).await)
}

pub(crate) async fn cancel_two(
    State(api): State<Orders>,
    _: Admitted,
    Query(query): Query,
    Payload(body): Payload,
) -> Response {
    // Some proxies drop the body of a DELETE: then the query says the same.
    let (fields, loc) = match body.as_slice() {
        [] => (Ok(Value::Object(query)), Step::from("query")),
        body => (json(body), Step::from("body")),
    };
    let reference = fields.and_then(|fields| wire::reference(&wire::CANCEL_TWO, &fields, &[loc]));
    cancel(api, Version::Two, reference).await
}

pub(crate) async fn cancel_one(State(api): State<Orders>, _: Admitted, Payload(body): Payload) -> Response {
    let reference = json(&body).and_then(|body| wire::reference(&wire::CANCEL_ONE, &body, &wire::body()));
    cancel(api, Version::One, reference).await
}

async fn cancel(
    api: Orders,
    version: Version,
    reference: Result<wire::Reference, Vec<Complaint>>,
) -> Response {
    let reference = match reference {
        Ok(reference) => reference,
        Err(complaints) => return wire::unprocessable(complaints),
    };
    let relay = std::sync::Arc::clone(&api.relay);
    // Finished even if the caller hangs up: what the partner cancelled has to be recorded.
    let cancelled = api.kernel.tasks.spawn(async move { relay.cancel(&reference).await });
    let cancelled = async { cancelled.await.unwrap_or(CancelOutcome::Failed("The service failed".into())) };
    let too_late = || CancelOutcome::Failed("The partner did not answer in time".into());
    wire::cancelled(version, in_time(&api, cancelled, too_late).await)
}

/// The answer, or `too_late` shortly before the kernel would answer for us: in the words of the operation.
async fn in_time<T>(api: &Orders, answer: impl Future<Output = T>, too_late: impl FnOnce() -> T) -> T {
    let limit = api.kernel.http.request_timeout;
    let limit = limit.saturating_sub((limit / 20).min(Duration::from_millis(250)));
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| too_late())
}

fn json(body: &[u8]) -> Result<Value, Vec<Complaint>> {
    serde_json::from_slice(body).map_err(|error| {
        let loc = [Step::from("body"), Step::Position(position(body, &error))];
        Report::of(
            Problem::new("json_invalid", format!("JSON decode error: {error}")),
            &loc,
            &Value::Object(Map::new()),
        )
    })
}

/// Where in the body the reading ended, counted in bytes from 0.
fn position(body: &[u8], error: &serde_json::Error) -> usize {
    let lines_before = body.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    lines_before.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1)
}
