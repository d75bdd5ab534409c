//! The sweep: reservations that have run out are marked, and their events written, without anybody asking.

use std::sync::Arc;
use std::time::Duration;

use kernel::api::{Job, Kernel};
use kernel::db::Error;

use crate::store::expiry::{RunOut, has_run_out, mark_run_out};

/// The contract asks for a sweep at least every 5 s.
const EVERY: Duration = Duration::from_secs(2);
/// Reservations of one transaction, so that no booking waits long behind a sweep.
const AT_ONCE: u32 = 200;

pub(crate) fn jobs(kernel: &Arc<Kernel>) -> Vec<Job> {
    let kernel = Arc::clone(kernel);
    vec![Job {
        name: "tickets-sweep",
        every: EVERY,
        run: Box::new(move || Box::pin(sweep(Arc::clone(&kernel)))),
    }]
}

async fn sweep(kernel: Arc<Kernel>) -> Result<(), Error> {
    loop {
        let now = kernel.clock.now();
        // A look is cheaper than an empty write, and must not be at a replica that lags behind the marking.
        let due = kernel.db.read_latest(move |tx| has_run_out(tx, now)).await?;
        if !due || kernel.db.write(move |tx| mark_run_out(tx, now, RunOut::Any(AT_ONCE))).await? < AT_ONCE {
            return Ok(());
        }
    }
}
