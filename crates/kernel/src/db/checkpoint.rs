//! Moving SQLite's log into the database, beside the writer.
//!
//! The engine as it comes has the writer do that after a commit, and whoever waits for the next commit waits for
//! thousands of pages. Here another thread moves most of them. Where writes never cease it would never be done, and
//! the log never begin anew: what has been written meanwhile, which is little, the writer moves itself.

use crossbeam_channel::{Receiver, Sender};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::Error;

/// Pages of the log at which the other thread is asked to begin.
const BEGIN_AT: i32 = 4_000;
/// Pages of the log from which on the writer finishes it.
const FINISH_AT: i32 = 4_700;

/// Watches the log of the connection that writes. Gives what asks for a checkpoint; it ends with the connection.
pub(super) fn watch(writer: &mut Connection) -> Result<Receiver<()>, Error> {
    let (bell, asked) = crossbeam_channel::bounded(1);
    let mut watch = Watch { bell, was_long: false };
    writer.wal_hook(Some(move |log: &mut Wal, pages| {
        watch.look(log, pages);
        Ok(())
    }))?;
    Ok(asked)
}

struct Watch {
    bell: Sender<()>,
    /// The log was long at the commit before.
    was_long: bool,
}

impl Watch {
    fn look(&mut self, log: &mut Wal, pages: i32) {
        let is_long = pages >= BEGIN_AT;
        if is_long && !self.was_long {
            // Full: it has been asked and will come.
            self.bell.try_send(()).ok();
        } else if pages >= FINISH_AT {
            // The other thread may still be at it. Then, as after a failure, it is tried at the next commit.
            drop(log.checkpoint());
        }
        self.was_long = is_long;
    }
}

/// Moves the log when asked.
pub(super) fn serve(connection: &Connection, asked: &Receiver<()>) {
    while asked.recv().is_ok() {
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(%error, "SQLite's log could not be moved into the database");
        }
    }
}
