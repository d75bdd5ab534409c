//! Documents of lists, in and out object by object: one with millions of them is never held as a whole.

use std::fmt;
use std::io::{Read, Write};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{ExportError, ImportError};

/// Takes the objects of a document whose fields are lists.
pub trait Take {
    /// The names of the lists. Each may be left out.
    const LISTS: &'static [&'static str];

    /// Takes the next object of a list, with its index in it. `None`: there is no other. The inner error is why the
    /// taker wants no more; it is told as it is.
    ///
    /// # Errors
    /// What the list says when it is asked for its next object.
    fn next<'de, L: SeqAccess<'de>>(
        &mut self,
        name: &'static str,
        index: usize,
        list: &mut L,
    ) -> Result<Option<Result<(), ImportError>>, L::Error>;
}

/// Hands all objects of a document over.
///
/// # Errors
/// [`ImportError::File`] names the line of a mistake; or what `take` says.
pub fn read_lists<T: Take>(source: impl Read, take: &mut T) -> Result<(), ImportError> {
    let mut stopped = None;
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    let document = Document { take, stopped: &mut stopped };
    let read = deserializer.deserialize_map(document).and_then(|()| deserializer.end());
    match (stopped, read) {
        (Some(error), _) => Err(error),
        (None, read) => read.map_err(|error| ImportError::File(error.to_string())),
    }
}

struct Document<'t, T> {
    take: &'t mut T,
    /// Why the taker wants no more.
    stopped: &'t mut Option<ImportError>,
}

impl<'de, T: Take> Visitor<'de> for Document<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with lists of {}", T::LISTS.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut lists: A) -> Result<(), A::Error> {
        let Self { take, stopped } = self;
        let mut seen = Vec::new();
        while let Some(name) = lists.next_key::<String>()? {
            let Some(name) = T::LISTS.iter().copied().find(|list| *list == name) else {
                return Err(A::Error::custom(format!("{name:?} is none of {}", T::LISTS.join(", "))));
            };
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("{name} stands in the file twice")));
            }
            seen.push(name);
            lists.next_value_seed(List { name, take: &mut *take, stopped: &mut *stopped })?;
        }
        Ok(())
    }
}

/// A list whose objects are handed over as they come.
struct List<'t, T> {
    name: &'static str,
    take: &'t mut T,
    stopped: &'t mut Option<ImportError>,
}

impl<'de, T: Take> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Take> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.name)
    }

    fn visit_seq<L: SeqAccess<'de>>(self, mut list: L) -> Result<(), L::Error> {
        for index in 0.. {
            match self.take.next(self.name, index, &mut list)? {
                None => break,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    *self.stopped = Some(error);
                    return Err(L::Error::custom("stopped"));
                }
            }
        }
        Ok(())
    }
}

/// The next object of a list. A mistake in it is told with its place: `accesses[3].pcrid`.
///
/// # Errors
/// What the list says.
pub fn located<'de, L: SeqAccess<'de>, D: DeserializeOwned>(
    name: &str,
    index: usize,
    list: &mut L,
) -> Result<Option<D>, L::Error> {
    list.next_element_seed(Located { name, index, object: PhantomData })
}

struct Located<'n, D> {
    name: &'n str,
    index: usize,
    object: PhantomData<D>,
}

impl<'de, D: DeserializeOwned> DeserializeSeed<'de> for Located<'_, D> {
    type Value = D;

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<D, S::Error> {
        let Self { name, index, .. } = self;
        let mut track = serde_path_to_error::Track::new();
        D::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track)).map_err(|error| {
            let path = track.path().to_string();
            let dot = if path.starts_with(['.', '[']) { "" } else { "." };
            let path = if path == "." { String::new() } else { format!("{dot}{path}") };
            // The text of the error ends with line and column.
            S::Error::custom(format!("{name}[{index}]{path}: {error}"))
        })
    }
}

/// Writes a document whose fields are lists, an object a line, as [`read_lists`] reads it.
pub struct ListsWriter<'o> {
    out: &'o mut dyn Write,
    at: At,
}

/// What was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Begin,
    EmptyList,
    Object,
}

impl<'o> ListsWriter<'o> {
    /// Of nothing so far.
    pub fn of(out: &'o mut dyn Write) -> Self {
        Self { out, at: At::Begin }
    }

    /// Begins a list, to which the objects that follow belong.
    ///
    /// # Errors
    /// [`ExportError::Output`].
    pub fn list(&mut self, name: &str) -> Result<(), ExportError> {
        let before = if self.at == At::Begin { "{" } else { "\n],\n" };
        self.at = At::EmptyList;
        Ok(write!(self.out, "{before}\"{name}\": [")?)
    }

    /// Writes a list of these objects.
    ///
    /// # Errors
    /// [`ExportError::Output`].
    pub fn whole_list(
        &mut self,
        name: &str,
        objects: impl IntoIterator<Item: Serialize>,
    ) -> Result<(), ExportError> {
        self.list(name)?;
        objects.into_iter().try_for_each(|object| self.object(&object))
    }

    /// Writes an object.
    ///
    /// # Errors
    /// [`ExportError::Output`].
    pub fn object(&mut self, object: &impl Serialize) -> Result<(), ExportError> {
        self.separate()?;
        Ok(serde_json::to_writer(&mut *self.out, object).map_err(std::io::Error::from)?)
    }

    /// Writes an object that is JSON already.
    ///
    /// # Errors
    /// [`ExportError::Output`].
    pub fn json(&mut self, object: &str) -> Result<(), ExportError> {
        self.separate()?;
        Ok(self.out.write_all(object.as_bytes())?)
    }

    /// Ends the document.
    ///
    /// # Errors
    /// [`ExportError::Output`].
    pub fn end(self) -> Result<(), ExportError> {
        Ok(self.out.write_all(b"\n]}\n")?)
    }

    fn separate(&mut self) -> Result<(), ExportError> {
        let before: &[u8] = if self.at == At::Object { b",\n" } else { b"\n" };
        self.at = At::Object;
        Ok(self.out.write_all(before)?)
    }
}
