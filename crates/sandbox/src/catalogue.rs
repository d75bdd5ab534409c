//! What the partner sells, and where.

use std::collections::BTreeMap;

use kernel::decimal::Fixed;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// Roubles and kopecks.
pub(crate) type Price = Fixed<2>;

/// The shops, by their ids.
pub(crate) const SHOPS: [(&str, &str); 4] = [
    ("1086", "Pharmacy 1086, Lesnaya street 12"),
    ("1087", "Pharmacy 1087, Station square 1"),
    ("1130", "Pharmacy 1130, Garden ring 40"),
    ("2004", "Night pharmacy 2004, Airport road 3"),
];

/// What the shelves hold at the beginning: id, name, price for a reservation, price for a pre-order, both in
/// kopecks, and how many there are.
type Row = (&'static str, &'static str, Option<i64>, Option<i64>, Option<u64>);

const ITEMS: [Row; 14] = [
    ("58", "Activated charcoal 250 mg, 10 tablets", Some(1000), Some(950), None),
    ("21737", "Ascorbic acid with glucose, 10 tablets", Some(1000), None, None),
    ("30412", "Omega-3 1000 mg, 60 capsules", Some(64152), None, None),
    ("11203", "Paracetamol 500 mg, 20 tablets", Some(3890), Some(3500), None),
    ("11874", "Ibuprofen 400 mg, 20 tablets", Some(12735), Some(11900), None),
    ("4410", "Drotaverine 40 mg, 28 tablets", Some(18900), Some(17560), None),
    ("50118", "Sea water nasal spray, 100 ml", Some(41200), Some(38990), None),
    ("73", "Cotton swab, a single one", Some(45), Some(45), None),
    ("88041", "Insulin glargine, 5 pens", None, Some(318_420), None),
    ("90260", "Knee brace, made to measure", None, Some(412_500), None),
    ("61950", "Digital thermometer", Some(32950), Some(31000), Some(12)),
    ("70233", "Blood pressure monitor", Some(289_000), Some(274_999), Some(5)),
    ("99007", "Compression stockings, size M", Some(184_000), Some(175_000), Some(3)),
    ("40500", "Brilliant green solution 1 %, 10 ml", Some(5250), Some(5000), Some(0)),
];

/// Something that is sold.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    name: String,
    /// Its price for a reservation; none: it cannot be reserved.
    reservation: Option<Price>,
    /// Its price for a pre-order; none: it cannot be ordered in advance.
    pre_order: Option<Price>,
    /// How many there are; none: as many as anybody wants.
    pub(crate) stock: Option<u64>,
}

impl Item {
    pub(crate) fn costs(&self, price: Price) -> bool {
        self.reservation == Some(price) || self.pre_order == Some(price)
    }

    /// The refusal that tells its prices, each `more` than it is.
    pub(crate) fn wrong_price(&self, more: Price, comma: bool) -> String {
        let shown = |price: Option<Price>| match price {
            None => "NONE".to_owned(),
            Some(price) => {
                let shown = Price::from_units(price.units().saturating_add(more.units())).to_string();
                if comma { shown.replace('.', ",") } else { shown }
            }
        };
        format!("Wrong price: current price is {} or {}", shown(self.reservation), shown(self.pre_order))
    }

    pub(crate) fn show(&self, id: &str) -> Value {
        let price = |price: Option<Price>| price.map(|price| price.to_string());
        json!({
            "id": id, "name": self.name, "stock": self.stock,
            "reservation": price(self.reservation), "pre_order": price(self.pre_order),
        })
    }
}

/// What is on the shelves.
#[derive(Clone, Debug)]
pub(crate) struct Catalogue(BTreeMap<String, Item>);

impl Default for Catalogue {
    fn default() -> Self {
        let items = ITEMS.iter().map(|(id, name, reservation, pre_order, stock)| {
            let item = Item {
                name: (*name).to_owned(),
                reservation: reservation.map(Price::from_units),
                pre_order: pre_order.map(Price::from_units),
                stock: *stock,
            };
            ((*id).to_owned(), item)
        });
        Self(items.collect())
    }
}

impl Catalogue {
    pub(crate) fn get(&self, id: &str) -> Option<&Item> {
        self.0.get(id)
    }

    /// Takes so many off the shelf.
    pub(crate) fn take(&mut self, id: &str, count: u64) {
        if let Some(stock) = self.0.get_mut(id).and_then(|item| item.stock.as_mut()) {
            *stock = stock.saturating_sub(count);
        }
    }

    /// Puts so many back.
    pub(crate) fn put_back(&mut self, id: &str, count: u64) {
        if let Some(stock) = self.0.get_mut(id).and_then(|item| item.stock.as_mut()) {
            *stock = stock.saturating_add(count);
        }
    }

    /// Changes an item, or adds one.
    pub(crate) fn change(&mut self, id: &str, change: Change) -> Value {
        let item = self.0.entry(id.to_owned()).or_insert_with(|| Item {
            name: format!("Item {id}"),
            reservation: None,
            pre_order: None,
            stock: None,
        });
        let Change { name, reservation, pre_order, stock } = change;
        item.name = name.unwrap_or_else(|| item.name.clone());
        item.reservation = reservation.unwrap_or(item.reservation);
        item.pre_order = pre_order.unwrap_or(item.pre_order);
        item.stock = stock.unwrap_or(item.stock);
        item.show(id)
    }

    /// Takes an item off sale. False: there was none.
    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.0.remove(id).is_some()
    }

    pub(crate) fn show(&self) -> Value {
        let shops = SHOPS.iter().map(|(id, name)| json!({"id": id, "name": name}));
        json!({
            "items": self.0.iter().map(|(id, item)| item.show(id)).collect::<Vec<_>>(),
            "shops": shops.collect::<Vec<_>>(),
        })
    }
}

/// What is to change of an item. What is left out stays; `null` means not sold so, or as many as anybody wants.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    reservation: Option<Option<Price>>,
    #[serde(default, deserialize_with = "given")]
    pre_order: Option<Option<Price>>,
    #[serde(default, deserialize_with = "given")]
    stock: Option<Option<u64>>,
}

/// Tells `null` from what is left out.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_told_as_the_contract_writes_them() {
        let catalogue = Catalogue::default();
        let told = |id: &str, comma| catalogue.get(id).unwrap().wrong_price(Price::from_units(0), comma);
        assert_eq!(told("30412", false), "Wrong price: current price is 641.52 or NONE");
        assert_eq!(told("30412", true), "Wrong price: current price is 641,52 or NONE");
        assert_eq!(told("88041", false), "Wrong price: current price is NONE or 3184.2");
    }

    #[test]
    fn a_change_tells_null_from_what_is_left_out() {
        let mut catalogue = Catalogue::default();
        let change =
            serde_json::from_str(r#"{"reservation": "12.30", "pre_order": null, "stock": 2}"#).unwrap();
        let item = catalogue.change("58", change);
        assert_eq!(item["name"], "Activated charcoal 250 mg, 10 tablets");
        assert_eq!(
            (&item["reservation"], &item["pre_order"], &item["stock"]),
            (&json!("12.3"), &Value::Null, &json!(2))
        );
        assert_eq!(catalogue.change("58", Change::default()), item);
    }
}
