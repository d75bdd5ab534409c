//! Reading a file object by object: a history of millions of accesses is never held as a whole.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use kernel::transfer::ImportError;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Takes the objects of a file, one by one, each with its index in its list. What is of no interest is of type
/// [`serde::de::IgnoredAny`], and not parsed.
pub(super) trait Take {
    type Supplier: DeserializeOwned;
    type Affiliate: DeserializeOwned;
    type Access: DeserializeOwned;
    type Purchase: DeserializeOwned;

    fn supplier(&mut self, index: usize, supplier: Self::Supplier) -> Result<(), ImportError>;
    fn affiliate(&mut self, index: usize, affiliate: Self::Affiliate) -> Result<(), ImportError>;
    fn access(&mut self, index: usize, access: Self::Access) -> Result<(), ImportError>;
    fn purchase(&mut self, index: usize, purchase: Self::Purchase) -> Result<(), ImportError>;
}

/// Hands all objects of a file over.
pub(super) fn read<T: Take>(source: impl Read, take: &mut T) -> Result<(), ImportError> {
    let mut stopped = None;
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    let document = Document { take, stopped: &mut stopped };
    let read = deserializer.deserialize_map(document).and_then(|()| deserializer.end());
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(ImportError::File(error.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

const LISTS: [&str; 4] = ["suppliers", "affiliates", "accesses", "purchases"];

struct Document<'t, T> {
    take: &'t mut T,
    /// Why the taker wants no more.
    stopped: &'t mut Option<ImportError>,
}

impl<'de, T: Take> Visitor<'de> for Document<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with lists of {}", LISTS.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut lists: A) -> Result<(), A::Error> {
        let Self { take, stopped } = self;
        let mut seen = Vec::new();
        while let Some(name) = lists.next_key::<String>()? {
            let Some(name) = LISTS.into_iter().find(|list| *list == name) else {
                return Err(A::Error::custom(format!("{name:?} is none of {}", LISTS.join(", "))));
            };
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("{name} stands in the file twice")));
            }
            seen.push(name);
            match name {
                "suppliers" => {
                    lists.next_value_seed(List::new(name, stopped, |index, it| take.supplier(index, it)))?;
                }
                "affiliates" => {
                    lists.next_value_seed(List::new(name, stopped, |index, it| take.affiliate(index, it)))?;
                }
                "accesses" => {
                    lists.next_value_seed(List::new(name, stopped, |index, it| take.access(index, it)))?;
                }
                _ => {
                    lists.next_value_seed(List::new(name, stopped, |index, it| take.purchase(index, it)))?;
                }
            }
        }
        Ok(())
    }
}

/// A list whose objects are handed over as they come.
struct List<'s, F, D> {
    name: &'static str,
    stopped: &'s mut Option<ImportError>,
    take: F,
    objects: PhantomData<D>,
}

impl<'s, F: FnMut(usize, D) -> Result<(), ImportError>, D> List<'s, F, D> {
    fn new(name: &'static str, stopped: &'s mut Option<ImportError>, take: F) -> Self {
        Self { name, stopped, take, objects: PhantomData }
    }
}

impl<'de, F, D> DeserializeSeed<'de> for List<'_, F, D>
where
    F: FnMut(usize, D) -> Result<(), ImportError>,
    D: DeserializeOwned,
{
    type Value = ();

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<(), S::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F, D> Visitor<'de> for List<'_, F, D>
where
    F: FnMut(usize, D) -> Result<(), ImportError>,
    D: DeserializeOwned,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let next = list.next_element_seed(Located {
                place: || format!("{}[{index}]", self.name),
                object: PhantomData,
            });
            let Some(object) = next? else { return Ok(()) };
            if let Err(error) = (self.take)(index, object) {
                *self.stopped = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// An object whose mistakes are told with the place where they are.
struct Located<P, D> {
    place: P,
    object: PhantomData<D>,
}

impl<'de, P: Fn() -> String, D: DeserializeOwned> DeserializeSeed<'de> for Located<P, D> {
    type Value = D;

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<D, S::Error> {
        let mut track = serde_path_to_error::Track::new();
        D::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track)).map_err(|error| {
            let path = track.path().to_string();
            let dot = if path.starts_with(['.', '[']) { "" } else { "." };
            let path = if path == "." { String::new() } else { format!("{dot}{path}") };
            // The text of the error ends with line and column.
            S::Error::custom(format!("{}{path}: {error}", (self.place)()))
        })
    }
}
