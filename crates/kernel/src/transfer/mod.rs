//! Reference data in and out, by file.

mod check;
mod content;
mod growth;
mod lists;

use std::fs::File;
use std::io::{Read as _, Write};
use std::ops::AddAssign;

use serde::de::DeserializeOwned;

pub use self::check::{check_name, check_text, mistake};
pub use self::content::{Content, unreadable};
pub use self::growth::Growth;
pub use self::lists::{ListsWriter, Take, located, read_lists};
use crate::clock::Micros;
use crate::db::{Error, Tx};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects that were not there.
    pub inserted: u64,
    /// Objects that were there and differed.
    pub updated: u64,
    /// Objects that the file no longer has.
    pub removed: u64,
    /// Objects that were there just so.
    pub unchanged: u64,
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
    }
}

/// Why a file was not imported. Nothing of it is stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ImportError {
    /// The file has a mistake, at this line or path.
    #[error("{0}")]
    File(String),
    /// The file contradicts what is stored.
    #[error("{0}")]
    Conflict(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] Error),
}

/// A parsed file, ready to be stored. It may be stored several times over, as a transaction may run again.
pub trait Import: Send {
    /// Stores it, all or nothing, and says what changed.
    ///
    /// # Errors
    /// [`ImportError`]; the transaction is then undone.
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError>;

    /// How many steps `progress` is going to count.
    fn steps(&self) -> u64;
}

/// Whether an export tells what is secret: access codes, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// It tells everything else.
    Kept,
    /// It tells them too.
    Told,
}

/// What an API can import and export.
pub trait Transfer: Send + Sync {
    /// Reads a file and checks everything that can be checked without the database.
    ///
    /// # Errors
    /// [`ImportError::File`] names the line or the path of the mistake.
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError>;

    /// As [`Transfer::parse`], of a file. An API whose files need not fit into memory reads it piece by piece, and again
    /// to store it.
    ///
    /// # Errors
    /// As [`Transfer::parse`].
    fn parse_file(&self, mut file: File) -> Result<Box<dyn Import>, ImportError> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        self.parse(&as_text(bytes)?)
    }

    /// Writes everything that [`Transfer::parse`] can read back. Export, import into an empty database and
    /// export give the same.
    ///
    /// # Errors
    /// [`ExportError`] of the database or of the output.
    fn export(&self, tx: &mut Tx<'_>, secrets: Secrets, out: &mut dyn Write) -> Result<(), ExportError>;

    /// Whether nothing is stored that an import could meet.
    ///
    /// # Errors
    /// [`Error`] of the database.
    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, Error>;
}

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] Error),
    /// The output could not be written.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

/// A file's bytes as text, without the mark that some editors put at the beginning.
///
/// # Errors
/// [`ImportError::File`] names the line that is not UTF-8.
pub fn as_text(bytes: Vec<u8>) -> Result<String, ImportError> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        ImportError::File(format!("line {line} is not UTF-8"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Reads JSON into a type; a mistake is named by its path in the document and its line.
///
/// # Errors
/// [`ImportError::File`].
pub fn parse_json<T: DeserializeOwned>(text: &str) -> Result<T, ImportError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        ImportError::File(if path == "." { inner.to_string() } else { format!("{path}: {inner}") })
    })?;
    deserializer.end().map_err(|error| ImportError::File(error.to_string()))?;
    Ok(parsed)
}
