//! What leaves.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::http::header::{LOCATION, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kernel::http::{Cause, Dialect, Fault, encode, json};
use serde::Serialize;
use serde::ser::Serializer;
use utoipa::ToSchema;

use super::asked::{Asked, Format};
use crate::rules::{Amount, Day, Faults, Product, Refused, Shop, Stock, Total, Values};
use crate::{Inventory, page};

/// A part of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Collection<T> {
    /// How much there is in all.
    pub(crate) count: i64,
    /// The address of the next page.
    pub(crate) next: Option<String>,
    /// The address of the page before.
    pub(crate) previous: Option<String>,
    pub(crate) results: Vec<T>,
}

/// An object of stock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StockView<'a> {
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = Date)]
    date: Day,
    shop_id: &'a str,
    product_id: &'a str,
    /// With four decimals.
    #[serde(serialize_with = "amount")]
    #[schema(value_type = String)]
    qty: Amount,
    /// With four decimals.
    #[serde(serialize_with = "optional_amount")]
    #[schema(value_type = Option<String>)]
    original_price: Option<Amount>,
    /// With two decimals.
    #[serde(serialize_with = "total")]
    #[schema(value_type = String)]
    stock_total_price: Total,
}

impl<'a> StockView<'a> {
    pub(crate) fn of(stock: &'a Stock) -> Self {
        let Stock { number: _, shop_id, product_id, values: Values { day, qty, price, total } } = stock;
        Self { date: *day, shop_id, product_id, qty: *qty, original_price: *price, stock_total_price: *total }
    }
}

fn shown<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn amount<S: Serializer>(amount: &Amount, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&amount.padded())
}

fn optional_amount<S: Serializer>(amount: &Option<Amount>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.map(Amount::padded).serialize(serializer)
}

fn total<S: Serializer>(total: &Total, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&total.padded())
}

/// A shop.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShopView<'a> {
    /// Its address here; in a file it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = true)]
    url: String,
    shop_id: &'a str,
    name: &'a str,
    address: Option<&'a str>,
    #[schema(format = Date)]
    open_date: Option<String>,
    latitude: Option<String>,
    longitude: Option<String>,
    group_id: Option<&'a str>,
    format_id: Option<&'a str>,
}

impl<'a> ShopView<'a> {
    pub(crate) fn of(shop: &'a Shop, url: String) -> Self {
        let Shop { shop_id, name, folded: _, address, open_date, latitude, longitude, group_id, format_id } =
            shop;
        Self {
            url,
            shop_id,
            name,
            address: address.as_deref(),
            open_date: open_date.map(|day| day.to_string()),
            latitude: latitude.map(|degrees| degrees.to_string()),
            longitude: longitude.map(|degrees| degrees.to_string()),
            group_id: group_id.as_deref(),
            format_id: format_id.as_deref(),
        }
    }
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductView<'a> {
    /// Its address here; in a file it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = true)]
    url: String,
    product_id: &'a str,
    name: &'a str,
    barcode: Option<&'a str>,
    article: Option<&'a str>,
    category_id: Option<&'a str>,
    unit_id: Option<&'a str>,
    brand_id: Option<&'a str>,
    producer_id: Option<&'a str>,
    active: bool,
}

impl<'a> ProductView<'a> {
    pub(crate) fn of(product: &'a Product, url: String) -> Self {
        let Product {
            product_id,
            name,
            folded: _,
            barcode,
            article,
            category_id,
            unit_id,
            brand_id,
            producer_id,
            active,
        } = product;
        Self {
            url,
            product_id,
            name,
            barcode: barcode.as_deref(),
            article: article.as_deref(),
            category_id: category_id.as_deref(),
            unit_id: unit_id.as_deref(),
            brand_id: brand_id.as_deref(),
            producer_id: producer_id.as_deref(),
            active: *active,
        }
    }
}

/// What was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoredView {
    /// What was there before.
    pub(crate) updated: usize,
    /// What was not.
    pub(crate) inserted: usize,
    /// What was left out, with `on_error=skip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<usize>,
    /// Why, by its place in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errors: Option<BTreeMap<usize, Faults>>,
}

/// What is wrong with a body: with an object by field, or with the objects of a list by their places.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Wrong {
    Object(Faults),
    List {
        /// How many of how many.
        detail: String,
        /// The first hundred, counted from 0.
        errors: BTreeMap<usize, Faults>,
    },
    Body {
        /// Why it cannot be read.
        detail: String,
    },
}

/// The shape of what else can go wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// For people.
    detail: String,
}

/// Why a request is not done.
#[derive(Debug)]
pub(crate) enum Failure {
    NotFound,
    /// Of one object, or of the query.
    Faulty(Faults),
    /// Of a list of so many.
    Refused(Refused, usize),
    /// A body that cannot be read.
    Unreadable(String),
    /// A list of more objects than this.
    TooMany(usize),
    /// A body of this type.
    Media(String),
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<kernel::db::Error> for Failure {
    fn from(error: kernel::db::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// An answer before it has a form.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    /// JSON, laid out if it is for a page.
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(asked: &Asked, status: StatusCode, body: &impl Serialize) -> Result<Self, Failure> {
        let body = match asked.format {
            Format::Json => encode(body)?,
            Format::Page => {
                serde_json::to_vec_pretty(body).map_err(|error| Fault::Internal(error.to_string()))?.into()
            }
        };
        Ok(Self { status, location: None, body })
    }
}

/// Gives an answer the form that was asked for.
pub(crate) fn answer(asked: &Asked, reply: Result<Reply, Failure>) -> Response {
    let (reply, cause) = match reply {
        Ok(reply) => (reply, None),
        Err(failure) => match failed(asked, failure) {
            Ok((reply, cause)) => (reply, Some(Cause(cause))),
            Err(fault) => return fault.respond::<Inventory>(),
        },
    };
    let Reply { status, location, body } = reply;
    let mut response = match asked.format {
        Format::Json => (status, json(body)).into_response(),
        Format::Page => page::page(asked, status, location.as_deref(), &body),
    };
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    match cause {
        Some(cause) => cause.of(response),
        None => response,
    }
}

/// The answer to a failure that has a form, and its words for the log.
fn failed(asked: &Asked, failure: Failure) -> Result<(Reply, String), Fault> {
    let (status, wrong, cause) = match failure {
        Failure::NotFound => {
            let detail = "Not found".to_owned();
            (StatusCode::NOT_FOUND, Wrong::Body { detail }, "Not found".to_owned())
        }
        Failure::Faulty(faults) => {
            (StatusCode::BAD_REQUEST, Wrong::Object(faults), "a faulty object".to_owned())
        }
        Failure::Refused(Refused { count, errors }, of) => {
            let detail = format!("{count} of {of} objects refused.");
            (StatusCode::BAD_REQUEST, Wrong::List { detail: detail.clone(), errors }, detail)
        }
        Failure::Unreadable(detail) => {
            (StatusCode::BAD_REQUEST, Wrong::Body { detail: detail.clone() }, detail)
        }
        Failure::TooMany(at_most) => {
            let detail = format!("A list may have {at_most} objects at most.");
            (StatusCode::PAYLOAD_TOO_LARGE, Wrong::Body { detail: detail.clone() }, detail)
        }
        Failure::Media(told) => {
            let detail = format!("Unsupported media type \"{told}\" in request.");
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, Wrong::Body { detail: detail.clone() }, detail)
        }
        Failure::Fault(fault) => return Err(fault),
    };
    match Reply::json(asked, status, &wrong) {
        Ok(reply) => Ok((reply, cause)),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(_) => Err(Fault::Internal("an answer is no JSON".into())),
    }
}

impl Dialect for Inventory {
    type ErrorBody = ErrorBody;
    const ERRORS: &'static [(u16, &'static str)] = &[
        (400, "The request cannot be read"),
        (401, "Without a credential, or with a wrong one"),
        (404, "Not found"),
        (413, "Too large, or too many objects"),
        (415, "The body is of another type"),
        (429, "Too many failed attempts"),
        (500, "A fault of the service"),
        (503, "The service cannot work now"),
    ];
    const BODY_LIMIT: usize = 32 << 20;
    const CHALLENGE: &'static str = "Bearer realm=\"api\"";
    const ALWAYS_ALLOWS: bool = true;

    fn render(fault: &Fault) -> Response {
        let detail = match fault {
            Fault::MethodNotAllowed(method) => format!("Method \"{method}\" not allowed."),
            Fault::Unauthenticated => "Authentication credentials were not provided.".to_owned(),
            Fault::WrongCredential => "Invalid token.".to_owned(),
            Fault::RateLimited(wait) => {
                format!("Request was throttled. Expected available in {} seconds.", wait.as_secs() + 1)
            }
            Fault::Forbidden => "CSRF Failed: the request comes from a page of another site.".to_owned(),
            other => other.public_message().to_owned(),
        };
        (fault.status(), Json(ErrorBody { detail })).into_response()
    }

    fn finish(_: Option<&kernel::keys::Caller>, response: &mut Response) {
        response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    }
}

/// The addresses of the collections.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Root {
    pub(crate) product_inventory: String,
    pub(crate) shops: String,
    pub(crate) products: String,
}
