//! A JSON document, read object by object.

use std::fmt;
use std::io::Read;

use kernel::transfer::ImportError;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Part, Place, Take};
use crate::wire::Source;

const PARTS: [Part; 3] = [Part::Shops, Part::Products, Part::Stock];
const EXPECTED: &str = "an object with lists of shops, products and stock";

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shops => "shops",
            Self::Products => "products",
            Self::Stock => "stock",
        }
    }
}

/// Hands all objects of a document over.
pub(super) fn read(source: impl Read, take: &mut Take<'_>) -> Result<(), ImportError> {
    let mut stopped = None;
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    let document = Document { take, stopped: &mut stopped };
    let read = deserializer.deserialize_map(document).and_then(|()| deserializer.end());
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, read) => read.map_err(|error| ImportError::File(error.to_string())),
    }
}

struct Document<'s, 't> {
    take: &'s mut Take<'t>,
    /// Why the taker wants no more.
    stopped: &'s mut Option<ImportError>,
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut lists: A) -> Result<(), A::Error> {
        let Self { take, stopped } = self;
        let mut seen = Vec::new();
        while let Some(name) = lists.next_key::<String>()? {
            let Some(part) = PARTS.into_iter().find(|part| part.name() == name) else {
                return Err(A::Error::custom(format!("{name:?} is none of shops, products, stock")));
            };
            if seen.contains(&part) {
                return Err(A::Error::custom(format!("{name} stands in the file twice")));
            }
            seen.push(part);
            lists.next_value_seed(List { part, take: &mut *take, stopped: &mut *stopped })?;
        }
        Ok(())
    }
}

/// A list whose objects are handed over as they come.
struct List<'s, 't> {
    part: Part,
    take: &'s mut Take<'t>,
    stopped: &'s mut Option<ImportError>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.part.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(object) = list.next_element::<Box<RawValue>>()? {
            let place = Place::Element(self.part, index);
            if let Err(error) = (self.take)(self.part, place, &Source::Json(&object)) {
                *self.stopped = Some(error);
                return Err(A::Error::custom("stopped"));
            }
            index += 1;
        }
        Ok(())
    }
}
