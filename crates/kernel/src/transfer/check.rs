//! What is checked of a file's objects alike, whatever they are.

use std::fmt::Display;

use super::ImportError;
use crate::db::can_hold;

/// A mistake in a field of the object at this place: `events[0].shows[1]`.
pub fn mistake(place: &str, field: &str, what: impl Display) -> ImportError {
    ImportError::File(format!("{place}.{field}: {what}"))
}

/// A text that can be stored.
///
/// # Errors
/// [`mistake`].
pub fn check_text(place: &str, field: &str, text: &str) -> Result<(), ImportError> {
    if can_hold(text) { Ok(()) } else { Err(mistake(place, field, "holds a NUL")) }
}

/// A text that can be stored and has 1 to so many characters.
///
/// # Errors
/// [`mistake`].
pub fn check_name(place: &str, field: &str, name: &str, at_most: usize) -> Result<(), ImportError> {
    check_text(place, field, name)?;
    match name.chars().count() {
        length if (1..=at_most).contains(&length) => Ok(()),
        length => Err(mistake(place, field, format!("has {length} characters, and may have 1 to {at_most}"))),
    }
}
