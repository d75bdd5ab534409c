//! What both versions ask for, as the OpenAPI document shows it. It is read in `requests`, field by field: all
//! faults have to be told at once, which no deserializer does.

#![expect(dead_code, reason = "these types are described, never made")]

use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{IntoParams, ToSchema};

/// An order, as version 2 takes it.
#[derive(ToSchema)]
pub(crate) struct OrderTwo {
    /// Our number of the order.
    order_id: i64,
    /// RFC 3339; without an offset it is UTC.
    #[schema(format = DateTime)]
    date: String,
    client: ClientTwo,
    their_pharmacy_id: String,
    /// 1 is a pre-order, 2 a reservation.
    #[schema(minimum = 1, maximum = 2)]
    order_type: i64,
    #[schema(min_items = 1)]
    items: Vec<OrderedItemTwo>,
    comment: Option<String>,
    /// Kept, and not forwarded.
    #[schema(required = false)]
    extra: Map<String, Value>,
}

/// Who ordered, as version 2 takes it.
#[derive(ToSchema)]
pub(crate) struct ClientTwo {
    name: String,
    phone: String,
    email: String,
}

/// An item, as version 2 takes it.
#[derive(ToSchema)]
pub(crate) struct OrderedItemTwo {
    #[schema(max_length = 256)]
    their_id: String,
    #[schema(schema_with = price)]
    price: (),
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    count: i64,
    #[schema(max_length = 256)]
    part: Option<String>,
}

/// An order, as version 1 takes it.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct OrderOne {
    /// Our number of the order.
    order_id: i32,
    /// RFC 3339; without an offset it is UTC.
    #[schema(format = DateTime)]
    date: String,
    client: ClientOne,
    their_pharmacy_id: String,
    /// 1 is a reservation, any other number a pre-order.
    reserve: i64,
    #[schema(min_items = 1)]
    items: Vec<OrderedItemOne>,
    comment: Option<String>,
    /// Kept, and not forwarded.
    #[schema(required = false)]
    extra: Map<String, Value>,
}

/// Who ordered, as version 1 takes it.
#[derive(ToSchema)]
pub(crate) struct ClientOne {
    #[schema(rename = "FIO")]
    name: String,
    #[schema(rename = "Phone")]
    phone: String,
    #[schema(rename = "EMail")]
    email: String,
}

/// An item, as version 1 takes it.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct OrderedItemOne {
    #[schema(max_length = 256)]
    their_id: String,
    #[schema(schema_with = price)]
    price: (),
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    count: i64,
}

fn price() -> impl Into<RefOr<Schema>> {
    let number = ObjectBuilder::new().schema_type(Type::Number).exclusive_minimum(Some(0));
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^\d+(\.\d+)?([eE][+-]?\d+)?$"));
    let description = "A decimal number above 0, of 38 digits at most.";
    OneOfBuilder::new().item(number).item(text).description(Some(description))
}

/// The path of version 2's status.
#[derive(IntoParams)]
pub(crate) struct OrderPath {
    /// Our number of the order.
    order_id: i64,
}

/// The query of version 2's status, where the path names the order.
#[derive(IntoParams)]
pub(crate) struct TheirOrderQuery {
    /// The partner's id of the order; the recorded one where it is left out.
    #[param(max_length = 256)]
    their_order_id: Option<String>,
}

/// The query of version 2's status.
#[derive(IntoParams)]
pub(crate) struct StatusTwoQuery {
    /// Our number of the order.
    order_id: i64,
    /// The partner's id of the order; the recorded one where it is left out.
    #[param(max_length = 256)]
    their_order_id: Option<String>,
}

/// What version 1's status asks for.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
pub(crate) struct StatusOneRequest {
    order_id: i32,
    #[schema(max_length = 256)]
    their_order_id: String,
    /// The partner's status that the client knows.
    their_status_id: Option<i64>,
}

/// What cancels an order in version 2: in the body, or where that is empty, in the query.
#[derive(IntoParams, ToSchema)]
pub(crate) struct CancelTwoRequest {
    /// Our number of the order.
    order_id: i64,
    #[schema(max_length = 256)]
    #[param(max_length = 256)]
    their_order_id: String,
    their_pharmacy_id: Option<String>,
    client_phone: Option<String>,
}

/// What cancels an order in version 1.
#[derive(ToSchema)]
pub(crate) struct CancelOneRequest {
    #[schema(rename = "order_ID")]
    order_id: i32,
    #[schema(rename = "their_order_ID", max_length = 256)]
    their_order_id: String,
    #[schema(rename = "TheirPharmacyId")]
    their_pharmacy_id: Option<String>,
    client_phone: Option<String>,
}
