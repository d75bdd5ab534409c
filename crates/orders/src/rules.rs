//! Decisions about orders: what a partner's answer means, what is the same order, what comes next. No I/O.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use kernel::time::OffsetTime;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A price above 0, with the decimals with which it came. `10` and `10.00` are equal.
#[derive(Clone, Debug)]
pub(crate) struct Price(String);

impl Price {
    /// Without needless zeros, for comparing.
    fn normal(&self) -> (&str, &str) {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
    }
}

impl FromStr for Price {
    type Err = ();

    /// Digits, and a point with digits. No sign, no exponent, and not so many that nobody means it.
    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) =
            text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
        let sound = plain(whole) && fraction.is_none_or(plain) && text.len() <= 40;
        let price = Self(text.to_owned());
        if sound && price.normal() != ("", "") { Ok(price) } else { Err(()) }
    }
}

impl PartialEq for Price {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Price {}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Whether the shopper fetches what lies there, or what is ordered for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderType {
    /// 1 on the wire.
    PreOrder,
    /// 2 on the wire.
    Reservation,
}

/// An order, as both versions of the API mean it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) order_id: i64,
    pub(crate) date: OffsetTime,
    pub(crate) client: Client,
    pub(crate) pharmacy: String,
    pub(crate) order_type: OrderType,
    pub(crate) items: Vec<Item>,
    pub(crate) comment: Option<String>,
    pub(crate) extra: Map<String, Value>,
}

/// Who ordered. Never logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) email: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) their_id: String,
    pub(crate) price: Price,
    pub(crate) count: i64,
    pub(crate) part: Option<String>,
}

impl Order {
    /// What is kept of it, and by which "the same body" is judged: one text for equal values.
    pub(crate) fn record(&self) -> String {
        let Self { order_id, date, client, pharmacy, order_type, items, comment, extra } = self;
        let items: Vec<Value> = items
            .iter()
            .map(|Item { their_id, price, count, part }| {
                let (whole, fraction) = price.normal();
                serde_json::json!({"their_id": their_id, "price": format!("{whole}.{fraction}"), "count": count, "part": part})
            })
            .collect();
        let mut extra: Vec<_> = extra.iter().collect();
        extra.sort_by_key(|(name, _)| name.as_str());
        serde_json::json!({
            "order_id": order_id, "date": date.at(), "pharmacy": pharmacy,
            "client": {"name": client.name, "phone": client.phone, "email": client.email},
            "order_type": *order_type as i64, "items": items, "comment": comment.as_deref().unwrap_or(""),
            "extra": Map::from_iter(extra.into_iter().map(|(name, value)| (name.clone(), value.clone()))),
        })
        .to_string()
    }
}

/// A Russian phone in any usual form as 11 digits that begin with 7; any other as it was sent.
pub(crate) fn phone(sent: &str) -> String {
    let digits: String = sent.chars().filter(char::is_ascii_digit).collect();
    let other = sent.chars().any(|c| !c.is_ascii_digit() && !" +-().\u{a0}".contains(c));
    match (digits.len(), digits.as_bytes().first()) {
        _ if other => sent.to_owned(),
        (11, Some(b'7' | b'8')) => format!("7{}", &digits[1..]),
        (10, Some(b'9')) => format!("7{digits}"),
        _ => sent.to_owned(),
    }
}

/// The least of the partner's ids: as numbers where all are digits.
pub(crate) fn least_id(ids: Vec<String>) -> Option<String> {
    let numeric = ids.iter().all(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
    ids.into_iter().min_by(|one, other| if numeric { by_number(one, other) } else { one.cmp(other) })
}

fn by_number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Why the partner did not take an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Refusal {
    pub(crate) quantity: Vec<QuantityError>,
    pub(crate) price: Vec<PriceError>,
    /// The partner's own words, where it was not about items.
    pub(crate) message: Option<String>,
}

/// An item of which there is not as much as was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct QuantityError {
    pub(crate) their_id: String,
    pub(crate) ordered: i64,
    /// `None`: unknown.
    pub(crate) available: Option<i64>,
}

/// An item that costs something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PriceError {
    pub(crate) their_id: String,
    pub(crate) ordered: String,
    pub(crate) available: String,
}

/// What the partner's `errors` mean for this order, and what of them is left out and only logged.
pub(crate) fn refusal(order: &Order, errors: &Value) -> (Refusal, Vec<String>) {
    let mut refusal = Refusal::default();
    let mut left_out = Vec::new();
    let mut unknown = false;
    let items = errors.get("items").and_then(Value::as_object);
    for (their_id, texts) in items.into_iter().flatten() {
        let Some(item) = order.items.iter().find(|item| item.their_id == *their_id) else {
            left_out.push(format!("an error about the item {their_id:?}, which was not ordered"));
            continue;
        };
        for text in texts_of(texts) {
            match item_error(item, order.order_type, &text) {
                Some(ItemError::Quantity(error)) => refusal.quantity.push(error),
                Some(ItemError::Price(error)) => refusal.price.push(error),
                None => {
                    unknown = true;
                    left_out.push(format!("the item {their_id:?}: {text:?}"));
                }
            }
        }
    }
    if unknown || (refusal.quantity.is_empty() && refusal.price.is_empty()) {
        refusal = Refusal { message: Some(first_text(errors)), ..Refusal::default() };
    }
    (refusal, left_out)
}

enum ItemError {
    Quantity(QuantityError),
    Price(PriceError),
}

fn item_error(item: &Item, order_type: OrderType, text: &str) -> Option<ItemError> {
    let quantity = |available| {
        Some(ItemError::Quantity(QuantityError {
            their_id: item.their_id.clone(),
            ordered: item.count,
            available,
        }))
    };
    match text.trim() {
        "Item not found" => quantity(Some(0)),
        "Wrong quantity" => quantity(None),
        other => {
            let (reservation, pre_order) =
                other.strip_prefix("Wrong price: current price is ")?.split_once(" or ")?;
            let offered = match order_type {
                OrderType::Reservation => reservation,
                OrderType::PreOrder => pre_order,
            };
            let offered = offered.trim().replace(',', ".");
            if offered == "NONE"
                || (!offered.is_empty() && offered.bytes().all(|byte| matches!(byte, b'0' | b'.')))
            {
                return quantity(Some(0));
            }
            let available = offered.parse::<Price>().ok()?.to_string();
            let (their_id, ordered) = (item.their_id.clone(), item.price.to_string());
            Some(ItemError::Price(PriceError { their_id, ordered, available }))
        }
    }
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts_of).collect(),
        Value::Object(fields) => fields.values().flat_map(texts_of).collect(),
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}

/// The partner's first error as plain text.
pub(crate) fn first_text(errors: &Value) -> String {
    texts_of(errors).into_iter().next().unwrap_or_else(|| "The partner gave no reason".to_owned())
}

/// Our numbers for a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusIds {
    pub(crate) status_id: i64,
    pub(crate) their_status_id: i64,
}

/// The partner's words for statuses, and our numbers.
#[derive(Clone, Debug)]
pub struct StatusMap(BTreeMap<String, StatusEntry>);

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusEntry {
    status_id: i64,
    their_status_id: i64,
}

/// A status that the table does not have.
const UNKNOWN: StatusIds = StatusIds { status_id: -1, their_status_id: -1 };

impl Default for StatusMap {
    fn default() -> Self {
        let words =
            [("created", 0), ("accepted", 1), ("delivery", 1), ("done", 2), ("cancelled", 3), ("in_shop", 4)];
        Self(
            words
                .map(|(word, id)| (word.to_owned(), StatusEntry { status_id: id, their_status_id: id }))
                .into(),
        )
    }
}

impl FromStr for StatusMap {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|_| "may be JSON like {\"created\":{\"status_id\":0,\"their_status_id\":0}}")
    }
}

impl StatusMap {
    /// Our numbers for the partner's word; `None` if the table does not have it.
    pub(crate) fn known(&self, word: &str) -> Option<StatusIds> {
        let StatusEntry { status_id, their_status_id } = *self.0.get(word)?;
        Some(StatusIds { status_id, their_status_id })
    }

    pub(crate) fn ids(&self, word: &str) -> StatusIds {
        self.known(word).unwrap_or(UNKNOWN)
    }
}

/// Statuses after which a partner's order changes no more.
pub(crate) fn is_final(word: &str) -> bool {
    matches!(word, "done" | "cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(order_type: OrderType) -> Order {
        let item = |their_id: &str| Item {
            their_id: their_id.into(),
            price: "10".parse().unwrap(),
            count: 12,
            part: None,
        };
        Order {
            order_id: 10,
            date: OffsetTime::new(0, 0),
            client: Client { name: "Test".into(), phone: "7".into(), email: "e".into() },
            pharmacy: "1086".into(),
            order_type,
            items: vec![item("58"), item("21737")],
            comment: None,
            extra: Map::new(),
        }
    }

    #[test]
    fn a_russian_phone_goes_out_in_one_form_and_any_other_as_it_came() {
        for phone_of in ["+7 999 777-22-11", "8 (999) 777-22-11", "89997772211", "79997772211", "9997772211"]
        {
            assert_eq!(phone(phone_of), "79997772211", "{phone_of}");
        }
        for other in ["+380 44 123 45 67", "call me", "", "7999", "+7 999 777-22-11 ext 5"] {
            assert_eq!(phone(other), other);
        }
    }

    #[test]
    fn prices_are_equal_by_value_and_keep_their_decimals() {
        let price = |text: &str| text.parse::<Price>().unwrap();
        assert_eq!(price("10"), price("10.00"));
        assert_ne!(price("10"), price("10.01"));
        assert_eq!(price("641.50").to_string(), "641.50");
        for text in ["0", "0.00", "-1", "1e3", "", ".5", "5.", "NaN", "1,5"] {
            assert!(text.parse::<Price>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_least_id_is_a_number_where_all_are() {
        let least = |ids: &[&str]| least_id(ids.iter().map(|&id| id.to_owned()).collect());
        assert_eq!(least(&["10", "9"]).as_deref(), Some("9"));
        assert_eq!(least(&["b10", "9"]).as_deref(), Some("9"));
        assert_eq!(
            least(&["99999999999999999999", "100000000000000000000"]).as_deref(),
            Some("99999999999999999999")
        );
        assert_eq!(least(&[]), None);
    }

    #[test]
    fn item_errors_become_quantity_and_price_errors() {
        let errors = serde_json::json!({"items": {
            "58": ["Wrong price: current price is 641,52 or NONE"], "21737": ["Item not found"], "7": ["Item not found"]
        }});
        let (refusal, left_out) = refusal(&order(OrderType::Reservation), &errors);
        assert_eq!(
            refusal.price,
            [PriceError { their_id: "58".into(), ordered: "10".into(), available: "641.52".into() }]
        );
        assert_eq!(
            refusal.quantity,
            [QuantityError { their_id: "21737".into(), ordered: 12, available: Some(0) }]
        );
        assert_eq!(refusal.message, None);
        assert_eq!(left_out.len(), 1, "the item that was not ordered");
    }

    #[test]
    fn a_pre_order_looks_at_the_second_price_and_none_means_sold_out() {
        let errors = serde_json::json!({"items": {"58": ["Wrong price: current price is 641.52 or NONE"], "21737": ["Wrong quantity"]}});
        let (refusal, _) = refusal(&order(OrderType::PreOrder), &errors);
        let quantity =
            |their_id: &str, available| QuantityError { their_id: their_id.into(), ordered: 12, available };
        assert_eq!(refusal.quantity, [quantity("21737", None), quantity("58", Some(0))]);
        assert!(refusal.price.is_empty());
    }

    #[test]
    fn any_other_text_is_the_partners_refusal() {
        for errors in [
            serde_json::json!({"items": {"58": ["Item not found", "Moon in the wrong house"]}}),
            serde_json::json!({"items": {"7": ["Item not found"]}}),
            serde_json::json!(["shop is closed"]),
            serde_json::json!("shop is closed"),
            serde_json::json!([]),
            Value::Null,
        ] {
            let (refusal, _) = refusal(&order(OrderType::PreOrder), &errors);
            assert!(
                refusal.message.is_some() && refusal.quantity.is_empty() && refusal.price.is_empty(),
                "{errors}"
            );
        }
    }
}
