//! What an import reads, as often as it takes.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek as _, SeekFrom};

use super::ImportError;

/// What some editors put at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes that are read at once.
const AT_ONCE: usize = 256 << 10;

/// A file that is not held as a whole, or a text.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Text(String),
    /// On disk.
    File(File),
}

impl Content {
    /// Reads it from its beginning.
    ///
    /// # Errors
    /// [`ImportError::File`] if the file cannot be read.
    pub fn open(&self) -> Result<Box<dyn BufRead + '_>, ImportError> {
        let mut reader: Box<dyn BufRead + '_> = match self {
            Self::Text(text) => Box::new(text.as_bytes()),
            Self::File(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
                Box::new(BufReader::with_capacity(AT_ONCE, file))
            }
        };
        if reader.fill_buf().map_err(unreadable)?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok(reader)
    }
}

/// A file could not be read.
pub fn unreadable(error: std::io::Error) -> ImportError {
    ImportError::File(format!("cannot read: {error}"))
}
