//! What can go wrong in a database, as far as a caller can do something about it.

/// A failure of the storage, apart from what the caller's own rules refuse.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, the disk is full, the queue is full: it may work later.
    #[error("the database cannot serve this now: {0}")]
    Unavailable(String),
    /// A statement failed: a broken constraint or a fault of ours.
    #[error("a statement failed: {0}")]
    Statement(String),
    /// The closure panicked; nothing of it was kept.
    #[error("the transaction panicked")]
    Panicked,
    /// The engine cannot do this.
    #[error("{0}")]
    Unsupported(&'static str),
}

impl Error {
    pub(super) fn closed() -> Self {
        Self::Unavailable("the database is closed".into())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, FileLockingProtocolFailed, OutOfMemory,
            ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(
                CannotOpen
                | DatabaseBusy
                | DatabaseLocked
                | DiskFull
                | FileLockingProtocolFailed
                | OutOfMemory
                | ReadOnly
                | SystemIoFailure,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Statement(error.to_string()),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        // Class 08: connection, 53: no resources (a full disk too), 57: shut down, 25006: a standby, 58: I/O.
        let passing = match error.code() {
            None => {
                error.is_closed()
                    || std::error::Error::source(&error).is_some_and(|s| s.is::<std::io::Error>())
            }
            Some(code) => {
                let code = code.code();
                ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "25006"
            }
        };
        let text = match error.as_db_error() {
            Some(db) => format!("{} ({})", db.message(), db.code().code()),
            None => match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            },
        };
        if passing { Self::Unavailable(text) } else { Self::Statement(text) }
    }
}
