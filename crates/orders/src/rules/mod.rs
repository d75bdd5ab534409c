//! Decisions about orders: what a partner's answer means, what is the same order, what comes next. No I/O.

mod refusal;
mod status;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use kernel::clock::{Micros, SECOND};
use kernel::decimal::written_out;
use kernel::time::OffsetTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::refusal::{PriceError, QuantityError, Refusal, first_text, refusal};
pub use self::status::StatusMap;
pub(crate) use self::status::{FIRST_STATUS, StatusIds, is_final};

/// A price above 0, with the decimals with which it came. `10` and `10.00` are equal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Price(String);

impl Price {
    /// Without needless zeros, for comparing.
    fn normal(&self) -> (&str, &str) {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
    }
}

/// Digits of a price at most, so many that nobody means more.
pub(crate) const PRICE_DIGITS: usize = 38;

/// Why a text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPrice {
    Malformed,
    NotAboveZero,
    TooLong,
}

impl FromStr for Price {
    type Err = NoPrice;

    /// What JSON calls a number (RFC 8259, section 6), above 0. An exponent is written out, all else stays as it came.
    fn from_str(text: &str) -> Result<Self, NoPrice> {
        let text = &*written_out(text);
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let size = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) =
            size.split_once('.').map_or((size, None), |(whole, fraction)| (whole, Some(fraction)));
        if !plain(whole) || !fraction.is_none_or(plain) {
            return Err(NoPrice::Malformed);
        }
        if whole.len() + fraction.map_or(0, str::len) > PRICE_DIGITS {
            return Err(NoPrice::TooLong);
        }
        let price = Self(text.to_owned());
        if text != size || price.normal() == ("", "") { Err(NoPrice::NotAboveZero) } else { Ok(price) }
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

/// When an order was given. Equal instants are equal, in whatever offset they were written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct OrderDate(pub(crate) OffsetTime);

impl PartialEq for OrderDate {
    fn eq(&self, other: &Self) -> bool {
        self.0.at() == other.0.at()
    }
}

/// Whether the shopper fetches what lies there, or what is ordered for them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderType {
    /// 1 on the wire.
    PreOrder,
    /// 2 on the wire.
    Reservation,
}

/// An order, as both versions of the API mean it and as it is recorded. Equal orders are "the same body".
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Order {
    pub(crate) order_id: i64,
    pub(crate) date: OrderDate,
    pub(crate) client: Client,
    pub(crate) pharmacy: String,
    pub(crate) order_type: OrderType,
    pub(crate) items: Vec<Item>,
    pub(crate) comment: Option<String>,
    pub(crate) extra: Map<String, Value>,
}

impl Order {
    /// The fields in which another one with this number differs.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let Self { order_id: _, date, client, pharmacy, order_type, items, comment, extra } = self;
        let fields = [
            ("date", *date == other.date),
            ("client", *client == other.client),
            ("their_pharmacy_id", *pharmacy == other.pharmacy),
            ("order_type", *order_type == other.order_type),
            ("items", *items == other.items),
            ("comment", *comment == other.comment),
            ("extra", *extra == other.extra),
        ];
        fields.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
    }
}

/// Who ordered. Never logged.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
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

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    pub(crate) their_id: String,
    pub(crate) price: Price,
    pub(crate) count: i64,
    pub(crate) part: Option<String>,
}

/// A Russian phone in any usual form as 11 digits that begin with 7; any other as it was sent.
pub(crate) fn phone(sent: &str) -> String {
    let digits: String = sent.chars().filter(char::is_ascii_digit).collect();
    let other = sent.chars().any(|c| !c.is_ascii_digit() && !" +-().\u{a0}".contains(c));
    // After a plus stands the code of a country: +8… is none of Russia's.
    let is_international = sent.trim_start_matches([' ', '(', '\u{a0}']).starts_with('+');
    match (digits.len(), digits.as_bytes().first()) {
        _ if other => sent.to_owned(),
        (11, Some(b'7')) => digits,
        (11, Some(b'8')) if !is_international => format!("7{}", &digits[1..]),
        (10, Some(b'9')) if !is_international => format!("7{digits}"),
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

/// The pause before the next look at an order: it doubles up to an hour, and begins with `first`.
pub(crate) fn next_pause(last: Micros, first: Micros) -> Micros {
    const LONGEST: Micros = 3600 * SECOND;
    last.saturating_mul(2).clamp(first, LONGEST.max(first))
}

/// A text of the partner without what it may repeat of the client, or tell of others: for the log and for events.
pub(crate) fn without_client(text: &str, client: &Client) -> String {
    let Client { name, phone, email } = client;
    let parts = [name.as_str(), phone, &self::phone(phone), email];
    // A name of one letter would tear every word apart, and gives nobody away.
    let parts = parts.into_iter().filter(|part| part.chars().count() > 1);
    without_addresses(&parts.fold(text.to_owned(), |text, part| text.replace(part, "…")))
}

/// A text without the e-mails and phones in it. It leaves out rather too much: a list of numbers may look like a phone.
pub(crate) fn without_addresses(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    let without_emails: String = words
        .map(|word| match word.contains('@') {
            true => format!("…{}", &word[word.trim_end().len()..]),
            false => word.to_owned(),
        })
        .collect();
    let mut kept = String::with_capacity(without_emails.len());
    let mut rest = without_emails.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end =
            from.find(|c: char| !c.is_ascii_digit() && !BETWEEN_DIGITS.contains(&c)).unwrap_or(from.len());
        let number = from[..end].trim_end_matches(BETWEEN_DIGITS);
        kept.push_str(before);
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        kept.push_str(if digits >= PHONE_DIGITS { "…" } else { number });
        rest = &from[number.len()..];
    }
    kept + rest
}

/// What people put between the digits of a phone.
const BETWEEN_DIGITS: [char; 6] = [' ', '-', '.', '(', ')', '\u{a0}'];
/// So many digits, and no fewer, may be somebody's phone.
const PHONE_DIGITS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn order(order_type: OrderType) -> Order {
        let item = |their_id: &str| Item {
            their_id: their_id.into(),
            price: "10".parse().unwrap(),
            count: 12,
            part: None,
        };
        Order {
            order_id: 10,
            date: OrderDate(OffsetTime::new(0, 0)),
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
        for other in [
            "+380 44 123 45 67",
            "+81 3 1234 5678",
            "(+84) 91 234 56 78",
            "+999 777 22 11",
            "call me",
            "",
            "7999",
            "+7 999 777-22-11 ext 5",
        ] {
            assert_eq!(phone(other), other);
        }
    }

    #[test]
    fn prices_are_equal_by_value_and_keep_their_decimals() {
        let price = |text: &str| text.parse::<Price>().unwrap();
        assert_eq!(price("10"), price("10.00"));
        assert_ne!(price("10"), price("10.01"));
        assert_eq!(price("641.50").to_string(), "641.50");
        for text in ["0", "0.00", "-1"] {
            assert_eq!(text.parse::<Price>().err(), Some(NoPrice::NotAboveZero), "{text}");
        }
        assert_eq!(price("6.4e2").to_string(), "640");
        for text in ["e3", "", ".5", "5.", "NaN", "1,5", "-", "--1"] {
            assert_eq!(text.parse::<Price>().err(), Some(NoPrice::Malformed), "{text}");
        }
        assert_eq!("1".repeat(39).parse::<Price>().err(), Some(NoPrice::TooLong));
    }

    #[test]
    fn equal_values_are_the_same_body_and_what_is_recorded_is_all_of_it() {
        let order = |date: &str, price: &str| {
            let mut order = order(OrderType::Reservation);
            order.date = OrderDate(OffsetTime::parse_utc(date).unwrap());
            order.items[0].price = price.parse().unwrap();
            order.extra.insert("nested".into(), serde_json::json!({"b": [1.50], "a": null}));
            order
        };
        let sent = order("2024-06-20T03:14:44.615", "10");
        assert_eq!(sent, order("2024-06-20T06:14:44.615+03:00", "10.00"));
        assert_ne!(sent, order("2024-06-20T03:14:44.616", "10"));
        assert_ne!(sent, order("2024-06-20T03:14:44.615", "10.01"));
        let recorded = serde_json::to_string(&order("2024-06-20T06:14:44+03:00", "10.00")).unwrap();
        let read: Order = serde_json::from_str(&recorded).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), recorded);
        assert!(recorded.contains("06:14:44+03:00") && recorded.contains("\"10.00\""), "{recorded}");
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let second = SECOND;
        let mut pauses = vec![30 * second];
        while pauses.len() < 9 {
            pauses.push(next_pause(pauses[pauses.len() - 1], 30 * second));
        }
        let seconds: Vec<i64> = pauses.iter().map(|pause| pause / second).collect();
        assert_eq!(seconds, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(next_pause(0, 7_200 * second), 7_200 * second, "a first one of more than an hour stays");
    }

    #[test]
    fn a_partners_text_is_logged_without_what_it_repeats_of_the_client() {
        let client =
            Client { name: "Анна".into(), phone: "8 999 777-22-11".into(), email: "a@b.example".into() };
        let text = "Анна <a@b.example> 79997772211: wrong phone";
        assert_eq!(without_client(text, &client), "… <…> …: wrong phone");
        let text = "8.912.345.67.89, +7\u{a0}912\u{a0}3456789";
        assert_eq!(without_client(text, &client), "…, +…");
        let text = "+7 (912) 345-67-89 of igor@example.org is blocked, see 1234-567";
        assert_eq!(without_client(text, &client), "+… of … is blocked, see 1234-567");
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
}
