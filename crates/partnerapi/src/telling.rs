//! Words for people on standard output; logs go to standard error.

use std::io::{self, Write as _};

/// Prints a line. A reader that has gone away, `head` for instance, is no mistake of ours.
pub(crate) fn tell(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => Ok(told?),
    }
}
