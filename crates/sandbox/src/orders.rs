//! Orders: reading them, judging them, and where they stand.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::clock::Micros;
use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, Price, SHOPS};
use crate::failure::ItemFault;
use crate::form::Form;

/// Where an order goes by itself.
const COURSE: [&str; 5] = ["created", "accepted", "delivery", "in_shop", "done"];
/// What the form has once, and the longest text that fits.
const FIELDS: [(&str, usize); 5] =
    [("shop_id", 32), ("phone", 20), ("first_name", 150), ("email", 254), ("external_id", 64)];
/// What the form has for each item.
const LISTS: [&str; 3] = ["ids[]", "quantity[]", "prices[]"];
/// An item that nobody orders.
const UNORDERED: &str = "999999";

/// Texts by what they are about.
pub(crate) type Errors = BTreeMap<String, Vec<String>>;

/// What was ordered, word for word.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) item: String,
    quantity: String,
    price: String,
}

impl Line {
    /// How many; nothing: that is no quantity.
    pub(crate) fn count(&self) -> Option<u64> {
        let plain = self.quantity.bytes().all(|byte| byte.is_ascii_digit());
        self.quantity.parse().ok().filter(|count| plain && *count > 0)
    }
}

/// An order.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) external_id: String,
    /// The other fields of the form, as they came.
    fields: Vec<(&'static str, String)>,
    pub(crate) lines: Vec<Line>,
    made_at: Micros,
    pub(crate) stage: Stage,
    /// Its items are off the shelf.
    pub(crate) holds_stock: bool,
}

/// Where an order stands.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// Wherever the course of time has brought it.
    OnCourse,
    /// Where it was put; perhaps in a place that nobody else knows, or in none.
    At(Option<String>),
}

impl Order {
    /// Reads the form as a partner does that wants it exactly so.
    ///
    /// # Errors
    /// What is wrong with it, field by field.
    pub(crate) fn read(form: &Form, now: Micros) -> Result<Self, Errors> {
        let mut errors = Errors::new();
        let mut complain =
            |field: &str, text: &str| errors.entry(field.into()).or_default().push(text.into());
        for name in form.names() {
            if !LISTS.contains(&name) && !FIELDS.iter().any(|(field, _)| *field == name) {
                complain(name, "There is no such field");
            }
        }
        for (field, longest) in FIELDS {
            let value = form.one(field);
            match form.all(field).count() {
                0 => complain(field, "This field is required"),
                2.. => complain(field, "Given more than once"),
                _ if value.is_empty() && field != "email" => complain(field, "This field is required"),
                _ if value.chars().count() > longest => complain(field, "Too long"),
                _ => {}
            }
        }
        let (shop, phone, email) = (form.one("shop_id"), form.one("phone"), form.one("email"));
        if !shop.is_empty() && !SHOPS.iter().any(|(id, _)| *id == shop) {
            complain("shop_id", "Shop not found");
        }
        if !phone.is_empty() && !is_phone(phone) {
            complain("phone", "Enter a phone like 79997772211");
        }
        if !email.is_empty() && !is_email(email) {
            complain("email", "Enter an e-mail address");
        }
        let [ids, quantities, prices] = LISTS.map(|name| form.all(name).collect::<Vec<_>>());
        if ids.is_empty() {
            complain("ids", "Order something");
        } else if ids.len() != quantities.len() || ids.len() != prices.len() {
            complain("ids", "ids[], quantity[] and prices[] must be equally many");
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let lines = ids.iter().zip(quantities).zip(prices).map(|((id, quantity), price)| Line {
            item: (*id).to_owned(),
            quantity: quantity.to_owned(),
            price: price.to_owned(),
        });
        let (lines, external_id) = (lines.collect(), form.one("external_id").to_owned());
        let fields = FIELDS.into_iter().filter(|(field, _)| *field != "external_id");
        let fields = fields.map(|(field, _)| (field, form.one(field).to_owned())).collect();
        Ok(Self { external_id, fields, lines, made_at: now, stage: Stage::OnCourse, holds_stock: true })
    }

    /// What stands in the way of selling these items; nothing, if they can be sold. With a `fault` that was asked
    /// for something always does.
    pub(crate) fn judge(
        &self,
        catalogue: &Catalogue,
        comma: bool,
        fault: Option<(ItemFault, Option<&str>)>,
    ) -> Errors {
        let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
        for line in &self.lines {
            let sum = wanted.entry(&line.item).or_default();
            *sum = sum.saturating_add(line.count().unwrap_or_default());
        }
        let mut errors = Errors::new();
        let mut complain = |item: &str, text: String| {
            let texts = errors.entry(item.to_owned()).or_default();
            if !texts.contains(&text) {
                texts.push(text);
            }
        };
        for line in &self.lines {
            let Some(item) = catalogue.get(&line.item) else {
                complain(&line.item, "Item not found".into());
                continue;
            };
            let wanted = wanted.get(line.item.as_str()).copied().unwrap_or_default();
            if line.count().is_none() || item.stock.is_some_and(|stock| stock < wanted) {
                complain(&line.item, "Wrong quantity".into());
            }
            if !line.price.parse().is_ok_and(|price: Price| item.costs(price)) {
                complain(&line.item, item.wrong_price(Price::default(), comma));
            }
        }
        let Some((fault, only)) = fault else { return errors };
        let first = self.lines.first().map_or(UNORDERED, |line| &line.item);
        match fault {
            ItemFault::UnknownText => complain(only.unwrap_or(first), "Item is being recounted".into()),
            ItemFault::Unordered => complain(only.unwrap_or(UNORDERED), "Item not found".into()),
            ItemFault::NotFound | ItemFault::WrongQuantity | ItemFault::WrongPrice => {
                for line in self.lines.iter().filter(|line| only.is_none_or(|only| only == line.item)) {
                    let text = match (fault, catalogue.get(&line.item)) {
                        (ItemFault::WrongQuantity, _) => "Wrong quantity".into(),
                        (ItemFault::WrongPrice, Some(item)) => {
                            item.wrong_price(Price::from_units(100), comma)
                        }
                        _ => "Item not found".into(),
                    };
                    complain(&line.item, text);
                }
            }
        }
        errors
    }

    /// The word for where it stands, if there is one.
    pub(crate) fn status(&self, now: Micros, advance: Option<Duration>) -> Option<&str> {
        match &self.stage {
            Stage::At(status) => status.as_deref(),
            Stage::OnCourse => {
                let age = u128::try_from(now - self.made_at).unwrap_or_default();
                let steps = advance.map_or(0, |pace| age / pace.as_micros().max(1));
                let step = usize::try_from(steps).unwrap_or(usize::MAX);
                COURSE.get(step).or(COURSE.last()).copied()
            }
        }
    }

    /// All that is known of it, the words of the form as they came.
    pub(crate) fn show(&self, id: Value, status: Option<&str>) -> Value {
        let mut shown = Map::from_iter([
            ("id".into(), id),
            ("external_id".into(), json!(self.external_id)),
            ("status".into(), json!(status)),
        ]);
        shown.extend(self.fields.iter().map(|(field, value)| ((*field).into(), json!(value))));
        let lines = self
            .lines
            .iter()
            .map(|line| json!({"id": line.item, "quantity": line.quantity, "price": line.price}));
        shown.insert("items".into(), lines.collect());
        Value::Object(shown)
    }
}

/// A Russian number as `79997772211` and in no other form; of other numbers nothing is known.
fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let russian = text.starts_with("+7") || (digits == 11 && text.starts_with(['7', '8']));
    let allowed = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-() ".contains(&byte));
    if russian { plain && text.starts_with('7') } else { allowed && digits >= 5 }
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !text.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "shop_id=1086&phone=79997772211&first_name=Test&email=&external_id=10";

    fn read(form: &str) -> Result<Order, Errors> {
        Order::read(&Form::read(form).unwrap(), 0)
    }

    #[test]
    fn only_a_russian_number_has_one_form() {
        for good in ["79997772211", "+44 20 7946 0958", "380441234567", "82-10-1234-5678"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["+79997772211", "89997772211", "8 (999) 777-22-11", "7 999 777 22 11", "call me", "112"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_form_is_told_at_once() {
        let errors =
            read("shop_id=1&phone=8&first_name=&external_id=1&external_id=2&comment=x&ids[]=58").unwrap_err();
        let fields: Vec<_> = errors.keys().map(String::as_str).collect();
        assert_eq!(fields, ["comment", "email", "external_id", "first_name", "ids", "phone", "shop_id"]);
    }

    #[test]
    fn lines_of_one_item_share_its_stock() {
        let two_lines = |first: u64, second: u64| {
            let order = read(&format!(
                "{GOOD}&ids[]=70233&quantity[]={first}&prices[]=2890&ids[]=70233&quantity[]={second}&prices[]=2749.99"
            ));
            order.unwrap().judge(&Catalogue::default(), false, None)
        };
        assert!(two_lines(2, 3).is_empty());
        assert_eq!(two_lines(3, 3)["70233"], ["Wrong quantity"]);
        assert_eq!(two_lines(u64::MAX, u64::MAX)["70233"], ["Wrong quantity"]);
    }

    #[test]
    fn an_order_moves_with_time_until_it_is_done() {
        let order = read(&format!("{GOOD}&ids[]=58&quantity[]=1&prices[]=10")).unwrap();
        let at = |seconds: i64| order.status(seconds * 1_000_000, Some(Duration::from_secs(10)));
        let seen = [0, 9, 10, 20, 30, 40, 4_000_000].map(at).map(Option::unwrap);
        assert_eq!(seen, ["created", "created", "accepted", "delivery", "in_shop", "done", "done"]);
        assert_eq!(order.status(i64::MAX, None), Some("created"));
    }
}
