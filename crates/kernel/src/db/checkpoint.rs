//! Moving SQLite's log into the database, beside the writer.
//!
//! The engine as it comes has the writer do that after a commit, and whoever waits for the next commit waits for
//! thousands of pages. Here another thread moves them. Where writes never cease it would never be done, and the log
//! never begin anew: the few pages that were written meanwhile the writer moves itself.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use crossbeam_channel::{Receiver, Sender};
use rusqlite::Connection;
use rusqlite::hooks::Wal;

use super::Error;

/// Pages of the log at which the thread is asked to move it.
const LONG: i32 = 4_000;
/// Pages more at which it is asked again, and so many that the writer moves itself.
const FEW: i32 = 700;

/// What the writer asks, and what it is told.
pub(super) struct Requests {
    asked: Receiver<()>,
    moved: Arc<AtomicI32>,
}

/// Watches the log of the connection that writes. The requests end with it.
pub(super) fn watch(writer: &mut Connection) -> Result<Requests, Error> {
    let (ask, asked) = crossbeam_channel::bounded(1);
    let moved = Arc::<AtomicI32>::default();
    let mut watch = Watch { ask, asked_at: 0, moved: Arc::clone(&moved) };
    writer.wal_hook(Some(move |log: &mut Wal, pages| {
        watch.committed(log, pages);
        Ok(())
    }))?;
    Ok(Requests { asked, moved })
}

struct Watch {
    ask: Sender<()>,
    /// The length of the log when the thread was last asked; 0 if the log has begun anew since.
    asked_at: i32,
    /// Pages of the log that are in the database.
    moved: Arc<AtomicI32>,
}

impl Watch {
    fn committed(&mut self, log: &mut Wal, pages: i32) {
        if pages < LONG {
            self.asked_at = 0;
            self.moved.store(0, Ordering::Relaxed);
        } else if pages >= LONG + FEW && pages - self.moved.load(Ordering::Relaxed) <= FEW {
            // The thread may be at it this moment. Then, as after a failure, the next commit tries again.
            drop(log.checkpoint());
        } else if pages >= self.asked_at + FEW {
            self.asked_at = pages;
            // Full: it is asked already.
            self.ask.try_send(()).ok();
        }
    }
}

/// Moves the log when asked. SQLite flushes the database only once all of the log is in it, and would leave that to the
/// writer: `database` is its file.
pub(super) fn serve(connection: &Connection, database: &File, requests: &Requests) {
    let checkpoint = || -> Result<(), Error> {
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
        database.sync_data().map_err(|error| Error::Unavailable(error.to_string()))?;
        requests.moved.store(moved, Ordering::Relaxed);
        Ok(())
    };
    while requests.asked.recv().is_ok() {
        if let Err(error) = checkpoint() {
            tracing::warn!(%error, "SQLite's log could not be moved into the database");
        }
    }
}
