//! Objects as clients give them, before anything is known of their values.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A field's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Given<'a> {
    /// Left out, null or empty: that is the same.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// As it is written.
    Number(&'a str),
    Truth(bool),
    /// An object, a list, or a string that is no text.
    Other,
}

impl<'a> Given<'a> {
    /// Reads a value of JSON.
    fn read(raw: &'a RawValue) -> Self {
        let raw = raw.get();
        match raw.as_bytes() {
            [b'"', ..] => match raw.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                Some(plain) if !plain.contains('\\') => Self::text(Cow::Borrowed(plain)),
                _ => serde_json::from_str(raw).map_or(Self::Other, |text| Self::text(Cow::Owned(text))),
            },
            b"null" => Self::Absent,
            b"true" => Self::Truth(true),
            b"false" => Self::Truth(false),
            [b'-' | b'0'..=b'9', ..] => Self::Number(raw),
            _ => Self::Other,
        }
    }

    fn text(text: Cow<'a, str>) -> Self {
        if text.is_empty() { Self::Absent } else { Self::Text(text) }
    }
}

/// The values of an object, in the order in which its fields are named. Fields of other names are ignored; one that
/// comes several times counts the last time.
pub(crate) fn object<'a, const N: usize>(
    json: &'a str,
    names: &'static [&'static str; N],
) -> Result<[Given<'a>; N], serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let object = Fields(names).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(object)
}

/// The values of a form.
pub(crate) fn form<'a, T: AsRef<str>, const N: usize>(
    fields: &'a [(T, T)],
    names: &'static [&'static str; N],
) -> [Given<'a>; N] {
    names.map(|name| {
        let last = fields.iter().rev().find(|(field, _)| field.as_ref() == name);
        last.map_or(Given::Absent, |(_, value)| Given::text(Cow::Borrowed(value.as_ref())))
    })
}

#[derive(Clone, Copy)]
struct Fields<const N: usize>(&'static [&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Fields<N> {
    type Value = [Given<'de>; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Fields<N> {
    type Value = [Given<'de>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = std::array::from_fn(|_| Given::Absent);
        while let Some(place) = map.next_key_seed(Name(self.0))? {
            match place {
                Some(place) => values[place] = Given::read(map.next_value::<&RawValue>()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(values)
    }
}

/// Reads a field's name as its place among the known ones.
#[derive(Clone, Copy)]
struct Name<const N: usize>(&'static [&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Name<N> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<const N: usize> Visitor<'_> for Name<N> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["a", "b", "c"];

    #[test]
    fn values_stand_where_their_names_do() {
        let [a, b, c] = object(r#"{"x": {"a": 5}, "c": "п\u0456", "a": 1.50, "b": "text"}"#, &NAMES).unwrap();
        assert_eq!(a, Given::Number("1.50"));
        assert_eq!(b, Given::Text("text".into()));
        assert_eq!(c, Given::Text("пі".into()));
    }

    #[test]
    fn left_out_null_and_empty_are_the_same() {
        let values = object(r#"{"a": null, "b": ""}"#, &NAMES).unwrap();
        assert_eq!(values, [const { Given::Absent }; 3]);
    }

    #[test]
    fn the_last_of_several_counts() {
        assert_eq!(object(r#"{"a": 1, "\u0061": 2}"#, &NAMES).unwrap()[0], Given::Number("2"));
        let fields = [("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
        assert_eq!(form(&fields, &NAMES)[0], Given::Text("2".into()));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["[]", "5", "\"text\"", "null", "{\"a\": }", "{} {}", ""] {
            assert!(object(json, &NAMES).is_err(), "{json}");
        }
    }

    #[test]
    fn a_string_that_is_no_text_is_told_from_one() {
        let [a, b, c] = object(r#"{"a": "\ud800", "b": [1], "c": true}"#, &NAMES).unwrap();
        assert_eq!((a, b, c), (Given::Other, Given::Other, Given::Truth(true)));
    }
}
