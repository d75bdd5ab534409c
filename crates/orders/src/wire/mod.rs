//! The contract as types: both versions' requests and answers, and what goes wrong around them.

mod answers;
mod described;
mod requests;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::http::{Cause, Dialect, Fault};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use self::answers::{
    CancelOne, CancelTwo, CreateOne, CreateTwo, StatusOne, StatusTwo, cancelled, created, status,
};
pub(crate) use self::described::{
    CancelOneRequest, CancelTwoRequest, OrderOne, OrderPath, OrderTwo, StatusOneRequest, StatusTwoQuery,
    TheirOrderQuery,
};
pub(crate) use self::requests::{
    CANCEL_ONE, CANCEL_TWO, Reference, STATUS_ONE, STATUS_TWO, body, order, reference,
};
use crate::Orders;
use crate::fields::Complaint;

/// Which clothing an answer wears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// 422, with every fault.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unprocessable {
    pub(crate) detail: Vec<Complaint>,
}

pub(crate) fn unprocessable(detail: Vec<Complaint>) -> Response {
    // Not what was sent: it holds names and phones.
    let cause = detail.first().map_or("", |complaint| complaint.kind);
    Cause(cause.to_owned()).of((StatusCode::UNPROCESSABLE_ENTITY, Json(Unprocessable { detail })))
}

/// The shape of what is no 422 and no answer of an operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// For people.
    detail: String,
}

impl Dialect for Orders {
    type ErrorBody = ErrorBody;
    const ERRORS: &'static [(u16, &'static str)] = &[
        (400, "A parameter that is no UTF-8"),
        (401, "From no trusted network, and without a key"),
        (404, "No such path"),
        (413, "The body is too large"),
        (429, "Too many failed attempts"),
        (500, "A fault of the service"),
        (503, "The service cannot work now"),
    ];
    const BODY_LIMIT: usize = 4 << 20;

    fn render(fault: &Fault) -> Response {
        let detail = match fault {
            Fault::NotFound => "Not Found",
            Fault::MethodNotAllowed(_) => "Method Not Allowed",
            Fault::Unauthenticated | Fault::WrongCredential => "Not authenticated",
            other => other.public_message(),
        };
        (fault.status(), Json(ErrorBody { detail: detail.to_owned() })).into_response()
    }
}
