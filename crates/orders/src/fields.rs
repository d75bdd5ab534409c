//! Reading a JSON body field by field, and telling all its faults at once in the shape that FastAPI gives.

use kernel::db::can_hold;
use kernel::decimal::written_out;
use kernel::time::OffsetTime;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::rules::{NoPrice, PRICE_DIGITS, Price};

/// A step on the way to a fault: a field's name or a position in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Step {
    Field(String),
    Position(usize),
}

impl From<&str> for Step {
    fn from(name: &str) -> Self {
        Self::Field(name.to_owned())
    }
}

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Complaint {
    /// What kind of fault, in pydantic's words.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) loc: Vec<Step>,
    pub(crate) msg: String,
    pub(crate) input: Value,
}

/// Why a value is not what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    kind: &'static str,
    msg: String,
}

impl Problem {
    pub(crate) fn new(kind: &'static str, msg: impl Into<String>) -> Self {
        Self { kind, msg: msg.into() }
    }
}

/// Faults that are told of one request. Each repeats what it is about: a body of empty items would be answered with
/// thirty times as much.
const COMPLAINTS_AT_MOST: usize = 1_000;

/// Collects the faults of one request.
#[derive(Debug, Default)]
pub(crate) struct Report {
    complaints: Vec<Complaint>,
}

/// An object of the request, and the way to it.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    loc: &'a [Step],
}

impl Report {
    /// The value, if nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Complaint>> {
        match value {
            Some(value) if self.complaints.is_empty() => Ok(value),
            _ => Err(self.complaints),
        }
    }

    /// One problem alone.
    pub(crate) fn of(problem: Problem, loc: &[Step], input: &Value) -> Vec<Complaint> {
        let mut report = Self::default();
        report.complain(problem, loc.to_vec(), input);
        report.complaints
    }

    fn complain(&mut self, problem: Problem, loc: Vec<Step>, input: &Value) {
        let Problem { kind, msg } = problem;
        if self.complaints.len() < COMPLAINTS_AT_MOST {
            self.complaints.push(Complaint { kind, loc, msg, input: input.clone() });
        }
    }

    /// The value as an object.
    pub(crate) fn object<'a>(&mut self, value: &'a Value, loc: &'a [Step]) -> Option<Object<'a>> {
        match value {
            Value::Object(fields) => Some(Object { fields, loc }),
            other => {
                let problem = Problem::new(
                    "model_attributes_type",
                    "Input should be a valid dictionary or object to extract fields from",
                );
                self.complain(problem, loc.to_vec(), other);
                None
            }
        }
    }

    /// A field that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        object: Object<'_>,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
    ) -> Option<T> {
        let loc = object.at(name);
        match object.fields.get(name) {
            Some(value) => match parse(value) {
                Ok(parsed) => Some(parsed),
                Err(problem) => {
                    self.complain(problem, loc, value);
                    None
                }
            },
            None => {
                let whole = Value::Object(object.fields.clone());
                self.complain(Problem::new("missing", "Field required"), loc, &whole);
                None
            }
        }
    }

    /// A field that may be left out or null. The outer `None` is a fault.
    pub(crate) fn optional<T>(
        &mut self,
        object: Object<'_>,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
    ) -> Option<Option<T>> {
        match object.fields.get(name) {
            Some(Value::Null) => Some(None),
            _ => self.if_given(object, name, parse),
        }
    }

    /// A field that may be left out, but not be null. The outer `None` is a fault.
    pub(crate) fn if_given<T>(
        &mut self,
        object: Object<'_>,
        name: &str,
        parse: impl FnOnce(&Value) -> Result<T, Problem>,
    ) -> Option<Option<T>> {
        match object.fields.contains_key(name) {
            true => self.required(object, name, parse).map(Some),
            false => Some(None),
        }
    }

    /// A list with at least one element, each read by `read`.
    pub(crate) fn list<T>(
        &mut self,
        object: Object<'_>,
        name: &str,
        mut read: impl FnMut(&mut Self, Object<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let elements = self.required(object, name, |value| match value {
            Value::Array(elements) if elements.is_empty() => {
                Err(Problem::new("too_short", "List should have at least 1 item after validation, not 0"))
            }
            Value::Array(elements) => Ok(elements.clone()),
            _ => Err(Problem::new("list_type", "Input should be a valid list")),
        })?;
        let loc = object.at(name);
        let mut read_elements = Vec::with_capacity(elements.len());
        for (position, element) in elements.iter().enumerate() {
            let loc: Vec<Step> = loc.iter().cloned().chain([Step::Position(position)]).collect();
            let element = self.object(element, &loc).and_then(|element| read(self, element));
            read_elements.push(element);
        }
        read_elements.into_iter().collect()
    }

    /// An object inside an object, read by `read`.
    pub(crate) fn inner<T>(
        &mut self,
        object: Object<'_>,
        name: &str,
        read: impl FnOnce(&mut Self, Object<'_>) -> Option<T>,
    ) -> Option<T> {
        let inner = self.required(object, name, |value| Ok(value.clone()))?;
        let loc = object.at(name);
        self.object(&inner, &loc).and_then(|inner| read(self, inner))
    }
}

impl Object<'_> {
    fn at(&self, name: &str) -> Vec<Step> {
        self.loc.iter().cloned().chain([Step::from(name)]).collect()
    }
}

/// A text.
pub(crate) fn text(value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) if !can_hold(text) => {
            Err(Problem::new("string_pattern_mismatch", "String should not contain NUL"))
        }
        Value::String(text) => Ok(text.clone()),
        _ => Err(Problem::new("string_type", "Input should be a valid string")),
    }
}

/// A text of at most so many characters.
pub(crate) fn short_text(at_most: usize) -> impl Fn(&Value) -> Result<String, Problem> {
    move |value| {
        let text = text(value)?;
        if text.chars().count() > at_most {
            let most = format!("String should have at most {at_most} characters");
            return Err(Problem::new("string_too_long", most));
        }
        Ok(text)
    }
}

/// An integer in a range; as pydantic takes it, also as a string of digits, or with a fraction of zeros.
pub(crate) fn integer(range: std::ops::RangeInclusive<i64>) -> impl Fn(&Value) -> Result<i64, Problem> {
    move |value| {
        let digits = match value {
            Value::Number(number) => {
                let number = number.to_string();
                let number = written_out(&number);
                match number.split_once('.') {
                    Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole.to_owned(),
                    _ => number.into_owned(),
                }
            }
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(Problem::new("int_type", "Input should be a valid integer")),
        };
        let (is_negative, size) = digits.strip_prefix('-').map_or((false, &*digits), |size| (true, size));
        if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(match value {
                Value::Number(_) => Problem::new(
                    "int_from_float",
                    "Input should be a valid integer, got a number with a fractional part",
                ),
                _ => Problem::new(
                    "int_parsing",
                    "Input should be a valid integer, unable to parse string as an integer",
                ),
            });
        }
        match digits.parse::<i64>() {
            Ok(number) if range.contains(&number) => Ok(number),
            parsed if is_negative || parsed.as_ref().is_ok_and(|number| number < range.start()) => {
                Err(Problem::new(
                    "greater_than_equal",
                    format!("Input should be greater than or equal to {}", range.start()),
                ))
            }
            _ => Err(Problem::new(
                "less_than_equal",
                format!("Input should be less than or equal to {}", range.end()),
            )),
        }
    }
}

/// An instant (RFC 3339); without an offset it is UTC.
pub(crate) fn instant(value: &Value) -> Result<OffsetTime, Problem> {
    let problem = || Problem::new("datetime_from_date_parsing", "Input should be a valid datetime");
    let Value::String(text) = value else {
        return Err(Problem::new("datetime_type", "Input should be a valid datetime"));
    };
    OffsetTime::parse_utc(text).map_err(|_| problem())
}

/// An object whose content is the sender's own affair.
pub(crate) fn dictionary(value: &Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields.clone()),
        _ => Err(Problem::new("dict_type", "Input should be a valid dictionary")),
    }
}

/// A price, as a number or as a text.
pub(crate) fn price(value: &Value) -> Result<Price, Problem> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => {
            return Err(Problem::new(
                "decimal_type",
                "Decimal input should be an integer, float, string or Decimal object",
            ));
        }
    };
    text.parse().map_err(|error| match error {
        NoPrice::NotAboveZero => Problem::new("greater_than", "Input should be greater than 0"),
        NoPrice::Malformed => Problem::new("decimal_parsing", "Input should be a valid decimal"),
        NoPrice::TooLong => Problem::new(
            "decimal_max_digits",
            format!("Decimal input should have no more than {PRICE_DIGITS} digits in total"),
        ),
    })
}
