//! The contract as types: both versions' requests and answers.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::http::{Dialect, Fault};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::Orders;
use crate::check::{Complaint, Object, Report, Step, decimal, dictionary, instant, integer, text};
use crate::relay::{CancelOutcome, CreateOutcome, StatusOutcome};
use crate::rules::{Client, Item, Order, OrderType, PriceError, QuantityError};

/// Characters of an identifier of the partner's at most.
const THEIR_ID: usize = 256;
/// Characters of any other text at most; nothing that a person writes is longer.
const TEXT: usize = 10_000;

/// Which clothing an answer wears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Names of fields, which are all that differs between the versions' orders.
struct Names {
    order_id: &'static str,
    date: &'static str,
    client: [&'static str; 4],
    pharmacy: &'static str,
    order_type: &'static str,
    items: [&'static str; 4],
    comment: &'static str,
    extra: &'static str,
}

const ONE: Names = Names {
    order_id: "OrderId",
    date: "Date",
    client: ["Client", "FIO", "Phone", "EMail"],
    pharmacy: "TheirPharmacyId",
    order_type: "Reserve",
    items: ["Items", "TheirId", "Price", "Count"],
    comment: "Comment",
    extra: "Extra",
};

const TWO: Names = Names {
    order_id: "order_id",
    date: "date",
    client: ["client", "name", "phone", "email"],
    pharmacy: "their_pharmacy_id",
    order_type: "order_type",
    items: ["items", "their_id", "price", "count"],
    comment: "comment",
    extra: "extra",
};

/// Where a fault of a body is.
pub(crate) fn body() -> [Step; 1] {
    [Step::from("body")]
}

/// Reads an order of either version, or tells everything that is wrong with it.
pub(crate) fn order(version: Version, value: &Value) -> Result<Order, Vec<Complaint>> {
    let (names, ids) = match version {
        Version::One => (&ONE, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        Version::Two => (&TWO, i64::MIN..=i64::MAX),
    };
    let mut report = Report::default();
    let loc = body();
    let order = report.object(value, &loc).and_then(|object| {
        // Every field is looked at before the first missing one ends the reading: all faults at once.
        let order_id = report.required(object, names.order_id, integer(ids));
        let date = report.required(object, names.date, instant);
        let client = report.inner(object, names.client[0], |report, client| {
            let [_, name, phone, email] = names.client;
            let name = report.required(client, name, text(TEXT));
            let phone = report.required(client, phone, text(TEXT));
            let email = report.required(client, email, text(TEXT));
            Some(Client { name: name?, phone: phone?, email: email? })
        });
        let pharmacy = report.required(object, names.pharmacy, text(THEIR_ID));
        let order_type = match version {
            Version::One => {
                report.required(object, names.order_type, integer(i64::MIN..=i64::MAX)).map(reserve)
            }
            Version::Two => {
                report.required(object, names.order_type, integer(1..=2)).map(|code| match code {
                    1 => OrderType::PreOrder,
                    _ => OrderType::Reservation,
                })
            }
        };
        let items =
            report.list(object, names.items[0], |report, item| read_item(report, item, version, names));
        let comment = report.optional(object, names.comment, text(TEXT));
        let extra = report.optional(object, names.extra, dictionary);
        Some(Order {
            order_id: order_id?,
            date: date?,
            client: client?,
            pharmacy: pharmacy?,
            order_type: order_type?,
            items: items?,
            comment: comment?,
            extra: extra?.unwrap_or_else(Map::new),
        })
    });
    report.finish(order)
}

/// Version 1: 1 is a reservation, everything else a pre-order.
fn reserve(code: i64) -> OrderType {
    if code == 1 { OrderType::Reservation } else { OrderType::PreOrder }
}

fn read_item(report: &mut Report, item: Object<'_>, version: Version, names: &Names) -> Option<Item> {
    let [_, their_id, price, count] = names.items;
    let their_id = report.required(item, their_id, text(THEIR_ID));
    let price = report.required(item, price, decimal(|text| text.parse().ok()));
    let count = report.required(item, count, integer(1..=i64::from(i32::MAX)));
    let part = match version {
        Version::One => Some(None),
        Version::Two => report.optional(item, "part", text(THEIR_ID)),
    };
    Some(Item { their_id: their_id?, price: price?, count: count?, part: part? })
}

/// A request after an order's status, or to cancel it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) order_id: i64,
    pub(crate) their_order_id: Option<String>,
    /// Version 1: the partner's status that the client knows.
    pub(crate) their_status_id: Option<i64>,
}

/// Reads the fields of a reference, under the names that the operation has for them.
pub(crate) fn reference(
    value: &Value,
    loc: &[Step],
    ids: std::ops::RangeInclusive<i64>,
    [order_id, their_order_id, their_status_id]: [&str; 3],
    is_their_id_required: bool,
) -> Result<Reference, Vec<Complaint>> {
    let mut report = Report::default();
    let read = report.object(value, loc).and_then(|object| {
        let order_id = report.required(object, order_id, integer(ids));
        let their_order_id = if is_their_id_required {
            report.required(object, their_order_id, text(THEIR_ID)).map(Some)
        } else {
            report.optional(object, their_order_id, text(THEIR_ID))
        };
        let their_status_id = report.optional(object, their_status_id, integer(i64::MIN..=i64::MAX));
        let their_order_id = their_order_id?.filter(|id| !id.is_empty());
        Some(Reference { order_id: order_id?, their_order_id, their_status_id: their_status_id? })
    });
    report.finish(read)
}

/// 422, with every fault.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unprocessable {
    pub(crate) detail: Vec<Complaint>,
}

pub(crate) fn unprocessable(detail: Vec<Complaint>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Unprocessable { detail })).into_response()
}

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
        CreateOutcome::Refused(refusal) => match refusal.message {
            Some(message) => CreateOne::OrderRejected { message },
            None => CreateOne::TransientError { message: "Some items are not available as ordered".into() },
        },
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

/// The path of version 2's status.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "describes the parameters; they are checked together with the query's")]
pub(crate) struct OrderPath {
    /// Our number of the order.
    order_id: i64,
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
        (401, "From no trusted network, and without a key"),
        (413, "The body is too large"),
        (500, "A fault of the service"),
        (503, "The service cannot work now"),
    ];
    const BODY_LIMIT: usize = 4 << 20;

    fn render(fault: &Fault) -> Response {
        let detail = match fault {
            Fault::NotFound => "Not Found",
            Fault::MethodNotAllowed => "Method Not Allowed",
            Fault::Unauthenticated => "Not authenticated",
            other => other.public_message(),
        };
        (fault.status(), Json(ErrorBody { detail: detail.to_owned() })).into_response()
    }
}
