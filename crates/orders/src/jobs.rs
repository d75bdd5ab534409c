//! Looking after orders that nobody asks about.

use std::sync::Arc;
use std::time::Duration;

use kernel::api::Job;

use crate::relay::Relay;

/// How often is looked for orders whose time has come.
const EVERY: Duration = Duration::from_secs(1);
/// Orders looked at side by side; a dead server keeps them from the others for a while.
const AT_ONCE: i64 = 16;

pub(crate) fn jobs(relay: &Arc<Relay>) -> Vec<Job> {
    let relay = Arc::clone(relay);
    let run = move || -> kernel::api::JobRun {
        let relay = Arc::clone(&relay);
        Box::pin(async move {
            while relay.look_after(AT_ONCE).await? > 0 {}
            Ok(())
        })
    };
    vec![Job { name: "orders-look-after", every: EVERY, run: Box::new(run) }]
}
