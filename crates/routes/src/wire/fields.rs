//! Reading a request field by field, so that all its faults can be told at once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use kernel::db::Window;
use serde_json::Value;

use crate::rules::{Error, Mistake, Mistakes, NO_FIELD, UnitId};

/// Entries of a page where nothing else is asked for.
const LIMIT: u32 = 100;
/// Entries that may be asked for.
const LIMITS: RangeInclusive<i64> = 1..=1000;
/// The parameter of a query that is a list: given several times, or with commas, or both.
const LIST: &str = "unit_ids";

/// The fields of a request, and what was found to be wrong with them.
pub(crate) struct Fields {
    values: Vec<(String, Value)>,
    mistakes: Mistakes,
}

/// Reads the fields of a JSON body.
pub(crate) fn body<T>(bytes: &[u8], read: impl FnOnce(&mut Fields) -> Option<T>) -> Result<T, Error> {
    let broken = |mistake| Error::Invalid(Mistakes::from([(NO_FIELD, vec![mistake])]));
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(values)) => Fields::read(values.into_iter().collect(), read),
        Ok(_) => Err(broken(Mistake::NotAnObject)),
        Err(error) => Err(broken(Mistake::NotJson(error.to_string()))),
    }
}

/// Reads the parameters of a query. Of several with one name the last counts.
pub(crate) fn query<T>(
    pairs: Vec<(String, String)>,
    read: impl FnOnce(&mut Fields) -> Option<T>,
) -> Result<T, Error> {
    let (list, single): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == LIST);
    let list: Vec<Value> = list.iter().flat_map(|(_, value)| value.split(',')).map(Value::from).collect();
    let mut values: Vec<_> = single.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    if !list.is_empty() {
        values.push((LIST.to_owned(), Value::Array(list)));
    }
    Fields::read(values, read)
}

/// What two parts of a request say, or what is wrong with either.
pub(crate) fn both<A, B>(one: Result<A, Error>, other: Result<B, Error>) -> Result<(A, B), Error> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Error::Invalid(mut mistakes)), Err(Error::Invalid(more))) => {
            mistakes.extend(more);
            Err(Error::Invalid(mistakes))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

impl Fields {
    fn read<T>(values: Vec<(String, Value)>, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, Error> {
        let mut fields = Self { values, mistakes: Mistakes::new() };
        match read(&mut fields) {
            Some(read) if fields.mistakes.is_empty() => Ok(read),
            _ => Err(Error::Invalid(fields.mistakes)),
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().rfind(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// A field that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Mistake>,
    ) -> Option<T> {
        let parsed = match self.value(name) {
            None => Err(Mistake::Missing),
            Some(Value::Null) => Err(Mistake::Null),
            Some(value) => parse(value),
        };
        parsed.map_err(|mistake| self.mistakes.entry(name).or_default().push(mistake)).ok()
    }

    /// A field that may be left out or null. The outer `None` is a mistake.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Mistake>,
    ) -> Option<Option<T>> {
        match self.value(name) {
            None | Some(Value::Null) => Some(None),
            Some(_) => self.required(name, parse).map(Some),
        }
    }

    /// A field of which it matters whether it is left out or null. The outermost `None` is a mistake.
    pub(crate) fn nullable<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, Mistake>,
    ) -> Option<Option<Option<T>>> {
        match self.value(name).is_some() {
            false => Some(None),
            true => self.optional(name, parse).map(Some),
        }
    }

    /// Which part of a list is wanted.
    pub(crate) fn window(&mut self) -> Option<Window> {
        let limit = self.optional("limit", |value| within(value, LIMITS));
        let offset = self.optional("offset", |value| within(value, 0..=i64::MAX));
        let limit = limit?.map_or(Some(LIMIT), |limit| u32::try_from(limit).ok());
        Some(Window { limit: limit?, offset: offset?.unwrap_or(0) })
    }

    /// Units, at least one.
    pub(crate) fn units(&mut self) -> Option<BTreeSet<UnitId>> {
        self.required(LIST, |value| match value {
            Value::Array(items) if items.is_empty() => Err(Mistake::EmptyList),
            Value::Array(items) => items.iter().map(|item| integer(item).map(UnitId)).collect(),
            _ => Err(Mistake::NotAList),
        })
    }
}

/// An integer of 64 bits, as a number or as text: parameters are texts anyway.
pub(crate) fn integer(value: &Value) -> Result<i64, Mistake> {
    let parsed = match value {
        Value::Number(number) => number.to_string().parse(),
        // Rust would take a plus before it, too.
        Value::String(text) if !text.starts_with('+') => text.parse(),
        _ => return Err(Mistake::NotAnInteger),
    };
    parsed.map_err(|_| Mistake::NotAnInteger)
}

fn within(value: &Value, range: RangeInclusive<i64>) -> Result<i64, Mistake> {
    match integer(value)? {
        number if number < *range.start() => Err(Mistake::TooSmall(*range.start())),
        number if number > *range.end() => Err(Mistake::TooLarge(*range.end())),
        number => Ok(number),
    }
}

/// The text of a value, as a type that is made from it.
pub(crate) fn text<T>(
    parse: impl FnOnce(&str) -> Result<T, Mistake>,
) -> impl FnOnce(&Value) -> Result<T, Mistake> {
    |value| value.as_str().ok_or(Mistake::NotAText).and_then(parse)
}
