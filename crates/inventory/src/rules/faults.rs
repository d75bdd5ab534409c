//! What is wrong with objects: all of it at once, field by field.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema};

/// Where a fault stands that is of no field alone.
const WHOLE: &str = "non_field_errors";

/// The faults of one object, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<(&'static str, Cow<'static, str>)>);

impl Faults {
    /// A fault of the whole object.
    pub(crate) fn whole(message: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![(WHOLE, message.into())])
    }

    /// A fault of a field. What was said of the whole is said no more: it was judged by its fields.
    pub(crate) fn add(&mut self, field: &'static str, message: impl Into<Cow<'static, str>>) {
        self.0.retain(|(field, _)| *field != WHOLE);
        self.0.push((field, message.into()));
    }

    /// The value of a field, or `None` and one fault more.
    pub(crate) fn take<T>(&mut self, field: &'static str, value: Result<T, Cow<'static, str>>) -> Option<T> {
        value.map_err(|message| self.add(field, message)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (field, message)) in self.0.iter().enumerate() {
            let before = if place > 0 { " " } else { "" };
            match *field {
                WHOLE => write!(f, "{before}{message}")?,
                field => write!(f, "{before}{field}: {message}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (field, message) in &self.0 {
            map.serialize_entry(field, &[message])?;
        }
        map.end()
    }
}

impl PartialSchema for Faults {
    fn schema() -> RefOr<Schema> {
        let messages = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
        let schema = ObjectBuilder::new()
            .schema_type(schema::SchemaType::new(Type::Object))
            .description(Some(
                "Messages by field; what is wrong with the whole object stands under non_field_errors.",
            ))
            .additional_properties(Some(RefOr::T(Schema::Array(messages.build()))));
        RefOr::T(schema.build().into())
    }
}

impl utoipa::ToSchema for Faults {}

/// The faulty objects of a list, by their places in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) errors: BTreeMap<usize, Faults>,
}

impl Refused {
    const SHOWN_AT_MOST: usize = 100;

    pub(crate) fn add(&mut self, place: usize, faults: Faults) {
        self.count += 1;
        if self.errors.len() < Self::SHOWN_AT_MOST {
            self.errors.insert(place, faults);
        }
    }
}
