//! What the partner's errors mean.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Item, Order, OrderType, Price};

/// Why the partner did not take an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Refusal {
    pub(crate) quantity: Vec<QuantityError>,
    pub(crate) price: Vec<PriceError>,
    /// The partner's own words, where no item error could be read from them.
    pub(crate) message: Option<String>,
    /// Whether it was about items, even if in words that nobody knows.
    #[serde(skip)]
    pub(crate) is_about_items: bool,
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
    let items = errors.get("items").and_then(Value::as_object);
    let is_about_items = items.is_some_and(|items| !items.is_empty());
    let mut refusal = Refusal { is_about_items, ..Refusal::default() };
    let mut left_out = Vec::new();
    let mut unknown = false;
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
        refusal = Refusal { message: Some(first_text(errors)), is_about_items, ..Refusal::default() };
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
    let first = texts_of(errors).into_iter().next();
    // No database text can hold a NUL.
    first.map_or_else(|| "The partner gave no reason".to_owned(), |text| text.replace('\0', "\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::order;
    use super::*;

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
