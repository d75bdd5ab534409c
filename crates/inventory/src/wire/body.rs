//! Bodies: an object or a list of objects, in each of the types that are taken.

use kernel::http::Content;
use serde_json::value::RawValue;

use super::answers::Failure;
use super::names::Named;
use super::objects::{Source, stock};
use crate::rules::{Faults, Upload};

const OBJECTS_AT_MOST: usize = 100_000;

/// What came in a body.
pub(crate) struct Came<T> {
    pub(crate) objects: T,
    pub(crate) is_list: bool,
}

/// Stock.
pub(crate) fn upload(content: &Content) -> Result<Came<Upload>, Failure> {
    let mut upload = Upload::default();
    let is_list = each(content, |source| stock(source, &mut upload))?;
    Ok(Came { objects: upload, is_list })
}

/// Shops or products, each with what is wrong with it.
pub(crate) fn entries<T: Named>(content: &Content) -> Result<Came<Vec<Result<T, Faults>>>, Failure> {
    let mut entries = Vec::new();
    let is_list = each(content, |source| entries.push(T::read(source)))?;
    Ok(Came { objects: entries, is_list })
}

/// Takes the objects of a body in turn. True: they are a list.
fn each(content: &Content, mut take: impl FnMut(&Source<'_>)) -> Result<bool, Failure> {
    let json = match content {
        Content::Json(json) => json,
        Content::Other(told) => return Err(Failure::Media(told.clone())),
        // As a form without fields: everything that is required is missing.
        Content::Nothing => {
            take(&Source::Form(&[]));
            return Ok(false);
        }
        Content::Form(fields) => {
            take(&Source::Form(fields));
            return Ok(false);
        }
    };
    let unreadable = |error: serde_json::Error| Failure::Unreadable(format!("JSON parse error - {error}"));
    let body: &RawValue = serde_json::from_slice(json).map_err(unreadable)?;
    if !body.get().starts_with('[') {
        take(&Source::Json(body));
        return Ok(false);
    }
    let list: Vec<&RawValue> = serde_json::from_str(body.get()).map_err(unreadable)?;
    if list.len() > OBJECTS_AT_MOST {
        return Err(Failure::TooMany(OBJECTS_AT_MOST));
    }
    list.into_iter().for_each(|json| take(&Source::Json(json)));
    Ok(true)
}
