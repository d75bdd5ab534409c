//! The sweep: reservations that have run out are marked, and their events written, without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use kernel::api::{Job, Kernel};
use kernel::db::Error;

use crate::store::expiry::{RunOut, mark_run_out};

/// The contract asks for a sweep at least every 5 s.
const EVERY: Duration = Duration::from_secs(2);
/// Reservations of one transaction, so that no booking waits long behind a sweep.
const AT_ONCE: i64 = 200;

pub(crate) fn jobs(kernel: &Arc<Kernel>) -> Vec<Job> {
    let kernel = Arc::clone(kernel);
    vec![Job {
        name: "tickets-sweep",
        every: EVERY,
        run: Box::new(move || Box::pin(sweep(Arc::clone(&kernel)))),
    }]
}

async fn sweep(kernel: Arc<Kernel>) -> Result<(), Error> {
    let due = "SELECT count(*) FROM (SELECT id FROM tickets_tickets WHERE state = 0 AND reserved_to <= $1 LIMIT 1) AS due";
    loop {
        let now = kernel.clock.now();
        // A look costs nothing, an empty write a flush of the disk.
        let due = kernel.db.read(move |tx| tx.query_opt(due, &[now.into()], |row| row.truth(0))).await?;
        if due != Some(true) {
            return Ok(());
        }
        kernel.db.write(move |tx| mark_run_out(tx, now, RunOut::Any(AT_ONCE))).await?;
    }
}
