//! Which part of a collection is asked for, and in which order.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::db::can_hold;
use serde::{Deserialize, Serialize};

use super::Day;

const PAGE_SIZE: u32 = 100;
pub(crate) const PAGE_SIZE_AT_MOST: u32 = 10_000;

/// The objects of a page: at most 10,000; what is no positive number counts as left out.
pub(crate) fn page_size(text: Option<&str>) -> u32 {
    let digits =
        text.map(str::trim).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    // A number that is too long for its type is too large for a page.
    let asked = digits.map_or(0, |digits| digits.parse().unwrap_or(u32::MAX));
    if asked == 0 { PAGE_SIZE } else { asked.min(PAGE_SIZE_AT_MOST) }
}

/// A page, counted from 1. `None`: there is none of that name.
pub(crate) fn page_number(text: Option<&str>) -> Option<i64> {
    let Some(text) = text else { return Some(1) };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number > 0)
}

/// Days from one to another, both inclusive; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Days {
    pub(crate) from: Option<Day>,
    pub(crate) to: Option<Day>,
}

impl Days {
    /// The day, if there is one alone.
    pub(crate) fn single(&self) -> Option<Day> {
        self.from.filter(|from| self.to == Some(*from))
    }

    /// Whether every day is in it.
    pub(crate) fn is_all(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// The first and the last day.
    pub(crate) fn ends(&self) -> (i64, i64) {
        (self.from.map_or(i64::MIN, |day| day.0), self.to.map_or(i64::MAX, |day| day.0))
    }
}

/// What may be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The name; of stock, its product's.
    Name,
    /// The id; of stock, its product's.
    Identifier,
    Date,
    ShopId,
    Qty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Rising,
    Falling,
}

/// Keys in the order of their weight. Last comes always the number, rising.
pub(crate) type Order = Vec<(Key, Direction)>;

/// Reads `name,-date`. What is unknown is passed over, and so is a key that was there before.
pub(crate) fn orders(text: &str, known: fn(&str) -> Option<Key>) -> Order {
    let mut order = Order::new();
    for term in text.split(',').map(str::trim) {
        let (name, direction) =
            term.strip_prefix('-').map_or((term, Direction::Rising), |name| (name, Direction::Falling));
        if let Some(key) = known(name).filter(|key| order.iter().all(|(before, _)| before != key)) {
            order.push((key, direction));
        }
    }
    order
}

/// The keys of shops and products.
pub(crate) fn key_of_names(name: &str) -> Option<Key> {
    match name {
        "name" => Some(Key::Name),
        "identifier" => Some(Key::Identifier),
        _ => None,
    }
}

/// The keys of stock.
pub(crate) fn key_of_stock(name: &str) -> Option<Key> {
    match name {
        "date" => Some(Key::Date),
        "shop_id" => Some(Key::ShopId),
        "product_id" => Some(Key::Identifier),
        "qty" => Some(Key::Qty),
        other => key_of_names(other),
    }
}

/// A text without regard to case, in any script: what differs only in case has the same. Letter by letter, so that
/// a part of a text folds as it does in the whole; up and down, so that `ß` is `ss` and `ς` is `σ`.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// A listing of shops or products.
#[derive(Clone, Debug)]
pub(crate) struct NameListing {
    /// Folded.
    pub(crate) search: Option<String>,
    pub(crate) order: Order,
    pub(crate) size: u32,
}

/// A listing of stock.
#[derive(Clone, Debug, Hash)]
pub(crate) struct StockListing {
    pub(crate) days: Days,
    pub(crate) shop_id: Option<String>,
    pub(crate) product_id: Option<String>,
    /// Folded.
    pub(crate) search: Option<String>,
    pub(crate) order: Order,
    pub(crate) size: u32,
}

/// What to search for, folded. `None`: the empty text, which is in everything.
pub(crate) fn search(text: &str) -> Option<String> {
    const LONGER_THAN_ANY_NAME: usize = 1000;
    if !can_hold(text) {
        // No name has one, and no database takes one.
        return Some(" ".repeat(LONGER_THAN_ANY_NAME));
    }
    Some(fold(text).chars().take(LONGER_THAN_ANY_NAME).collect()).filter(|folded: &String| !folded.is_empty())
}

/// A value that an object is ordered by.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum KeyValue {
    Int(i64),
    Text(String),
}

/// Where a page ended: the next one begins behind it. Reaching it this way costs the same for every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) keys: Vec<KeyValue>,
    pub(crate) number: i64,
}

impl Position {
    /// The words of a link to `page`, which begins behind this position. `listing` is what else the page depends
    /// on: in another listing, or for another page, the words mean nothing.
    pub(crate) fn link(&self, page: i64, listing: &impl Hash) -> String {
        let words = (page, digest(listing), &self.keys, self.number);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&words).unwrap_or_default())
    }

    /// Reads a link that was made for this page of this listing.
    pub(crate) fn read(link: &str, page: i64, listing: &impl Hash, order: &Order) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(link).ok()?;
        let (of_page, of_listing, keys, number): (i64, u64, Vec<KeyValue>, i64) =
            serde_json::from_slice(&bytes).ok()?;
        // It comes from outside: anybody can write one.
        let fits = |((key, _), value): (&(Key, Direction), &KeyValue)| match value {
            KeyValue::Int(_) => matches!(key, Key::Date | Key::Qty),
            KeyValue::Text(text) => !matches!(key, Key::Date | Key::Qty) && can_hold(text),
        };
        let is_of_this = of_page == page && of_listing == digest(listing) && keys.len() == order.len();
        (is_of_this && order.iter().zip(&keys).all(fits)).then_some(Self { keys, number })
    }
}

fn digest(listing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    listing.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_a_size_whatever_is_asked() {
        for (text, size) in [
            (None, 100),
            (Some(""), 100),
            (Some("0"), 100),
            (Some("-5"), 100),
            (Some("x"), 100),
            (Some("1"), 1),
            (Some("10000"), 10_000),
            (Some("10001"), 10_000),
            (Some("99999999999999999999"), 10_000),
        ] {
            assert_eq!(page_size(text), size, "{text:?}");
        }
    }

    #[test]
    fn a_page_has_a_positive_number() {
        assert_eq!(page_number(None), Some(1));
        assert_eq!(page_number(Some("17")), Some(17));
        for text in ["", "0", "-1", "+1", "x", "1.5", "last", "99999999999999999999"] {
            assert_eq!(page_number(Some(text)), None, "{text}");
        }
    }

    #[test]
    fn an_order_has_several_keys_each_once() {
        use Direction::{Falling, Rising};
        let order = orders("name, -date,unknown,,-name,product_id,identifier", key_of_stock);
        assert_eq!(order, [(Key::Name, Rising), (Key::Date, Falling), (Key::Identifier, Rising)]);
        assert_eq!(orders("qty,date", key_of_names), []);
    }

    #[test]
    fn case_is_folded_in_any_script() {
        for (one, other) in [
            ("МОЛОКО", "Молоко"),
            ("Їжак ЄДИНИЙ", "їЖАК єдиний"),
            ("ΟΔΟΣ", "οδος"),
            ("STRASSE", "Straße"),
            ("ẞ", "ß"),
            ("ՀԱՅ", "հայ"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_eq!(fold("100%_a"), "100%_a");
    }

    #[test]
    fn a_position_is_read_back_for_its_page_and_listing_alone() {
        let order = vec![(Key::Name, Direction::Rising), (Key::Qty, Direction::Falling)];
        let keys = vec![KeyValue::Text("молоко".into()), KeyValue::Int(-5)];
        let position = Position { keys, number: 7 };
        let link = position.link(2, &"listing");
        assert_eq!(Position::read(&link, 2, &"listing", &order), Some(position));
        assert_eq!(Position::read(&link, 3, &"listing", &order), None);
        assert_eq!(Position::read(&link, 2, &"another", &order), None);
        assert_eq!(Position::read("nonsense", 2, &"listing", &order), None);
    }

    #[test]
    fn a_position_that_somebody_made_up_holds_no_surprises() {
        let order = vec![(Key::Name, Direction::Rising)];
        for keys in [vec![], vec![KeyValue::Int(1)], vec![KeyValue::Text("\0".into())]] {
            let link = Position { keys, number: 1 }.link(2, &"listing");
            assert_eq!(Position::read(&link, 2, &"listing", &order), None);
        }
    }
}
