//! What both versions answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Version;
use crate::relay::{CancelOutcome, CreateOutcome, StatusOutcome};
use crate::rules::{Item, Order, PriceError, QuantityError, Refusal};

/// An item as it was sent, in an answer of version 2.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemTwo {
    their_id: String,
    /// A decimal number with the decimals with which it came.
    price: String,
    count: i64,
    part: Option<String>,
}

/// An item as it was sent, in an answer of version 1.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ItemOne {
    their_id: String,
    price: String,
    count: i64,
}

/// What version 2 answers to a new order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum CreateTwo {
    Success { their_order_id: String, items: Vec<ItemTwo> },
    Error { data: CreateErrors },
}

/// Why an order was not made: each null or set.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct CreateErrors {
    partner_error: Option<bool>,
    service_error: Option<bool>,
    quantity_errors: Option<QuantityErrors>,
    price_errors: Option<PriceErrors>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuantityErrors {
    items: Vec<QuantityError>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PriceErrors {
    items: Vec<PriceError>,
}

/// What version 1 answers to a new order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "Result", rename_all = "snake_case")]
pub(crate) enum CreateOne {
    #[serde(rename_all = "PascalCase")]
    Success { their_order_id: String, items: Vec<ItemOne> },
    #[serde(rename_all = "PascalCase")]
    OrderRejected { message: String },
    #[serde(rename_all = "PascalCase")]
    TransientError { message: String },
}

pub(crate) fn created(version: Version, order: &Order, outcome: CreateOutcome) -> Response {
    match version {
        Version::One => Json(created_one(order, outcome)).into_response(),
        Version::Two => {
            let status = match outcome {
                CreateOutcome::ServiceError(_) => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::OK,
            };
            (status, Json(created_two(order, outcome))).into_response()
        }
    }
}

fn created_two(order: &Order, outcome: CreateOutcome) -> CreateTwo {
    let data = match outcome {
        CreateOutcome::Made(their_order_id) => {
            let items = order.items.iter().map(|Item { their_id, price, count, part }| ItemTwo {
                their_id: their_id.clone(),
                price: price.to_string(),
                count: *count,
                part: part.clone(),
            });
            return CreateTwo::Success { their_order_id, items: items.collect() };
        }
        CreateOutcome::Refused(refusal) if refusal.message.is_none() => CreateErrors {
            quantity_errors: (!refusal.quantity.is_empty())
                .then_some(QuantityErrors { items: refusal.quantity }),
            price_errors: (!refusal.price.is_empty()).then_some(PriceErrors { items: refusal.price }),
            ..CreateErrors::default()
        },
        CreateOutcome::Refused(_) | CreateOutcome::PartnerError(_) => {
            CreateErrors { partner_error: Some(true), ..CreateErrors::default() }
        }
        CreateOutcome::ServiceError(_) => {
            CreateErrors { service_error: Some(true), ..CreateErrors::default() }
        }
    };
    CreateTwo::Error { data }
}

fn created_one(order: &Order, outcome: CreateOutcome) -> CreateOne {
    match outcome {
        CreateOutcome::Made(their_order_id) => {
            let items = order.items.iter().map(|item| ItemOne {
                their_id: item.their_id.clone(),
                price: item.price.to_string(),
                count: item.count,
            });
            CreateOne::Success { their_order_id, items: items.collect() }
        }
        CreateOutcome::Refused(Refusal { message: Some(message), is_about_items: false, .. }) => {
            CreateOne::OrderRejected { message }
        }
        CreateOutcome::Refused(_) => {
            CreateOne::TransientError { message: "Some items are not available as ordered".into() }
        }
        CreateOutcome::PartnerError(_) => {
            CreateOne::TransientError { message: "The partner cannot be reached".into() }
        }
        CreateOutcome::ServiceError(_) => {
            CreateOne::TransientError { message: "The service is not available".into() }
        }
    }
}

/// What version 2 answers about an order's status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum StatusTwo {
    Success { status_id: i64, their_status_id: i64, their_items: Option<Vec<BoughtItem>> },
    Error { message: String },
}

/// How many of an item were bought.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoughtItem {
    their_item_id: String,
    bought_count: i64,
}

/// What version 1 answers about an order's status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "Result", rename_all = "snake_case")]
pub(crate) enum StatusOne {
    #[serde(rename_all = "PascalCase")]
    Success { status_id: i64, their_status_id: i64, their_items: Option<Vec<BoughtItem>> },
    #[serde(rename_all = "PascalCase")]
    Error { message: String },
}

pub(crate) fn status(version: Version, outcome: StatusOutcome) -> Response {
    match (version, outcome) {
        (Version::Two, Ok(ids)) => Json(StatusTwo::Success {
            status_id: ids.status_id,
            their_status_id: ids.their_status_id,
            their_items: None,
        })
        .into_response(),
        (Version::Two, Err(message)) => Json(StatusTwo::Error { message }).into_response(),
        (Version::One, Ok(ids)) => Json(StatusOne::Success {
            status_id: ids.status_id,
            their_status_id: ids.their_status_id,
            their_items: None,
        })
        .into_response(),
        (Version::One, Err(message)) => Json(StatusOne::Error { message }).into_response(),
    }
}

/// What version 2 answers to a cancellation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum CancelTwo {
    Success,
    OrderCancelRejected { message: String },
    TransientError { message: String },
}

/// What version 1 answers to a cancellation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "Result", rename_all = "snake_case")]
pub(crate) enum CancelOne {
    Success,
    #[serde(rename_all = "PascalCase")]
    OrderCancelRejected {
        message: String,
    },
    #[serde(rename_all = "PascalCase")]
    TransientError {
        message: String,
    },
}

pub(crate) fn cancelled(version: Version, outcome: CancelOutcome) -> Response {
    match version {
        Version::Two => Json(match outcome {
            CancelOutcome::Done => CancelTwo::Success,
            CancelOutcome::NotAllowed(message) => CancelTwo::OrderCancelRejected { message },
            CancelOutcome::Failed(message) => CancelTwo::TransientError { message },
        })
        .into_response(),
        Version::One => Json(match outcome {
            CancelOutcome::Done => CancelOne::Success,
            CancelOutcome::NotAllowed(message) => CancelOne::OrderCancelRejected { message },
            CancelOutcome::Failed(message) => CancelOne::TransientError { message },
        })
        .into_response(),
    }
}
