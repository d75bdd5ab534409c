//! Words for people on standard output; logs go to standard error.

use std::io::{self, Write as _};

/// Prints a line.
///
/// # Errors
/// If it cannot be written; see [`is_nobody_listening`].
pub(crate) fn tell(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Whether a command ended because its reader has gone away, `head` for instance: that is no mistake.
pub(crate) fn is_nobody_listening(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
