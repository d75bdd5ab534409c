//! What both versions ask for, read from JSON or from a query.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Version;
use crate::fields::{self, Complaint, Object, Report, Step, dictionary, instant, integer, short_text, text};
use crate::rules::{Client, Item, Order, OrderDate, OrderType};

/// Characters of an identifier of the partner's at most.
const THEIR_ID: usize = 256;

const INT32: RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;
const INT64: RangeInclusive<i64> = i64::MIN..=i64::MAX;

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
        Version::One => (&ONE, INT32),
        Version::Two => (&TWO, INT64),
    };
    let mut report = Report::default();
    let loc = body();
    let order = report.object(value, &loc).and_then(|object| {
        // Every field is looked at before the first missing one ends the reading: all faults at once.
        let order_id = report.required(object, names.order_id, integer(ids));
        let date = report.required(object, names.date, instant);
        let client = report.inner(object, names.client[0], |report, client| {
            let [_, name, phone, email] = names.client;
            let name = report.required(client, name, text);
            let phone = report.required(client, phone, text);
            let email = report.required(client, email, text);
            Some(Client { name: name?, phone: phone?, email: email? })
        });
        let pharmacy = report.required(object, names.pharmacy, text);
        let order_type = match version {
            Version::One => report.required(object, names.order_type, integer(INT64)).map(reserve),
            Version::Two => {
                report.required(object, names.order_type, integer(1..=2)).map(|code| match code {
                    1 => OrderType::PreOrder,
                    _ => OrderType::Reservation,
                })
            }
        };
        let items =
            report.list(object, names.items[0], |report, item| read_item(report, item, version, names));
        let comment = report.optional(object, names.comment, text);
        let extra = report.if_given(object, names.extra, dictionary);
        Some(Order {
            order_id: order_id?,
            date: OrderDate(date?),
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
    let their_id = report.required(item, their_id, short_text(THEIR_ID));
    let price = report.required(item, price, fields::price);
    let count = report.required(item, count, integer(1..=i64::from(i32::MAX)));
    let part = match version {
        Version::One => Some(None),
        Version::Two => report.optional(item, "part", short_text(THEIR_ID)),
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

/// Fields of a reference, under the names that an operation has for them.
pub(crate) struct ReferenceNames {
    order_id: &'static str,
    order_ids: RangeInclusive<i64>,
    their_order_id: &'static str,
    is_their_order_id_required: bool,
    their_status_id: Option<&'static str>,
    /// Texts that deployed clients send and nobody needs.
    more: &'static [&'static str],
}

pub(crate) const STATUS_ONE: ReferenceNames = ReferenceNames {
    order_id: "OrderId",
    order_ids: INT32,
    their_order_id: "TheirOrderId",
    is_their_order_id_required: true,
    their_status_id: Some("TheirStatusId"),
    more: &[],
};

pub(crate) const STATUS_TWO: ReferenceNames = ReferenceNames {
    order_id: "order_id",
    order_ids: INT64,
    their_order_id: "their_order_id",
    is_their_order_id_required: false,
    their_status_id: None,
    more: &[],
};

pub(crate) const CANCEL_ONE: ReferenceNames = ReferenceNames {
    order_id: "order_ID",
    order_ids: INT32,
    their_order_id: "their_order_ID",
    is_their_order_id_required: true,
    their_status_id: None,
    more: &["TheirPharmacyId", "client_phone"],
};

pub(crate) const CANCEL_TWO: ReferenceNames = ReferenceNames {
    order_id: "order_id",
    order_ids: INT64,
    their_order_id: "their_order_id",
    is_their_order_id_required: true,
    their_status_id: None,
    more: &["their_pharmacy_id", "client_phone"],
};

/// Reads the fields of a reference, which stand at `loc`, or tells everything that is wrong with them.
pub(crate) fn reference(
    names: &ReferenceNames,
    value: &Value,
    loc: &[Step],
) -> Result<Reference, Vec<Complaint>> {
    let mut report = Report::default();
    let read = report.object(value, loc).and_then(|object| {
        let order_id = report.required(object, names.order_id, integer(names.order_ids.clone()));
        let their_order_id = if names.is_their_order_id_required {
            report.required(object, names.their_order_id, short_text(THEIR_ID)).map(Some)
        } else {
            report.optional(object, names.their_order_id, short_text(THEIR_ID))
        };
        let their_status_id = match names.their_status_id {
            Some(name) => report.optional(object, name, integer(INT64)),
            None => Some(None),
        };
        for name in names.more {
            report.optional(object, name, text);
        }
        let their_order_id = their_order_id?.filter(|id| !id.is_empty());
        Some(Reference { order_id: order_id?, their_order_id, their_status_id: their_status_id? })
    });
    report.finish(read)
}
