//! A JSON document, read object by object.

use std::io::Read;

use kernel::transfer::{ImportError, Take, read_lists};
use serde::de::SeqAccess;
use serde_json::value::RawValue;

use super::{Part, Place, TakeEach};
use crate::wire::Source;

impl Part {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Shops => "shops",
            Self::Products => "products",
            Self::Stock => "stock",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "shops" => Self::Shops,
            "products" => Self::Products,
            _ => Self::Stock,
        }
    }
}

/// Hands all objects of a document over.
pub(super) fn read(source: impl Read, take: &mut TakeEach<'_>) -> Result<(), ImportError> {
    read_lists(source, &mut Lists(take))
}

struct Lists<'s, 't>(&'s mut TakeEach<'t>);

impl Take for Lists<'_, '_> {
    const LISTS: &'static [&'static str] = &[Part::Shops.name(), Part::Products.name(), Part::Stock.name()];

    fn next<'de, L: SeqAccess<'de>>(
        &mut self,
        name: &'static str,
        index: usize,
        list: &mut L,
    ) -> Result<Option<Result<(), ImportError>>, L::Error> {
        let part = Part::named(name);
        let object = list.next_element::<Box<RawValue>>()?;
        Ok(object.map(|object| (self.0)(part, Place::Element(part, index), &Source::Json(&object))))
    }
}
