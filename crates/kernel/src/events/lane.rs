//! Batches on their way to the broker.
//!
//! A batch is read, sent, confirmed and marked, and while the database has its turn the broker would have none. So
//! there are a few lanes, each with partitions of its own: one waits for the broker while another is at the database.

use futures_util::future::join_all;
use tokio::sync::{Mutex, watch};
use tokio::time::{Duration, Instant, sleep, timeout};

use super::Stored;
use super::broker::{Broker, Outcome};
use super::publisher::{BREATH, Failure, GRACE, pause, stopped};
use super::unpublished::{self, Batch};
use crate::clock::Clock;
use crate::db::Db;
use crate::metrics::OutboxMetrics;

/// Lanes of a server.
const LANES: usize = 2;

/// What the lanes have in common.
pub(super) struct Lanes<'a> {
    pub(super) db: &'a Db,
    pub(super) clock: &'a Clock,
    pub(super) metrics: &'a OutboxMetrics,
    pub(super) stopping: &'a watch::Receiver<()>,
    pub(super) broker: &'a Broker,
    /// What publishing a batch may take.
    pub(super) patience: Duration,
    /// When no lane begins another batch.
    pub(super) until: Instant,
    /// Whoever marks. On PostgreSQL two at once would change the same pages, and run again for it.
    pub(super) marking: Mutex<()>,
}

/// What came of some lanes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    /// Events were published.
    pub(super) any: bool,
    /// There are more, or may be.
    pub(super) has_more: bool,
}

impl Lanes<'_> {
    /// Publishes what waits in `partitions`. When one lane fails the others still finish their batch: what was
    /// confirmed need not be sent again.
    pub(super) async fn publish(&self, partitions: &[i64]) -> Result<Sent, Failure> {
        let share = partitions.len().div_ceil(LANES).max(1);
        let mut all = Sent::default();
        for sent in join_all(partitions.chunks(share).map(|own| self.lane(own))).await {
            let Sent { any, has_more } = sent?;
            all = Sent { any: all.any || any, has_more: all.has_more || has_more };
        }
        Ok(all)
    }

    async fn lane(&self, partitions: &[i64]) -> Result<Sent, Failure> {
        let mut sent = Sent { any: false, has_more: true };
        while sent.has_more && Instant::now() < self.until {
            let own = partitions.to_vec();
            // A replica does not know yet what was marked a moment ago.
            match self.db.read_latest(move |tx| unpublished::batch(tx, &own)).await {
                Ok(Batch { events, .. }) if events.is_empty() => sent.has_more = false,
                Ok(Batch { events, is_part }) => {
                    self.send(events).await?;
                    sent = Sent { any: true, has_more: is_part };
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read and will be tried again");
                    pause(self.stopping, BREATH).await;
                    break;
                }
            }
        }
        Ok(sent)
    }

    /// Publishes a batch and writes down what the broker has taken.
    async fn send(&self, batch: Vec<Stored>) -> Result<(), Failure> {
        let outcomes = tokio::select! {
            outcomes = timeout(self.patience, self.broker.publish(&batch)) => outcomes,
            () = patience_at_the_end(self.stopping) => return Err(Failure::Stopped),
        };
        let outcomes = match outcomes {
            Ok(Ok(outcomes)) => outcomes,
            Ok(Err(error)) => return Err(Failure::Publishing(error)),
            Err(_) => return Err(Failure::NoConfirmation(self.patience)),
        };
        let with = |outcome: Outcome| outcomes.iter().filter(|found| **found == outcome).count();
        let (returned, refused) = (with(Outcome::Returned), with(Outcome::Refused));
        let taken: Vec<i64> = std::iter::zip(&batch, &outcomes)
            .filter(|(_, outcome)| **outcome != Outcome::Refused)
            .map(|(event, _)| event.position)
            .collect();
        self.metrics.published.inc_by(taken.len() as u64);
        self.metrics.returned.inc_by(returned as u64);
        self.mark(&taken).await;
        if refused > 0 { Err(Failure::Refused(refused)) } else { Ok(()) }
    }

    /// Writes down what the broker has taken. Whatever the database makes of it: going on without would send all of
    /// it again.
    async fn mark(&self, taken: &[i64]) {
        let _alone = self.marking.lock().await;
        loop {
            let (positions, now) = (taken.to_vec(), self.clock.now());
            let marked = self.db.write(move |tx| unpublished::mark(tx, now, &positions)).await;
            let Err(error) = marked else { return };
            tracing::warn!(%error, "published events could not be marked and will be tried again");
            if self.stopping.has_changed().is_err() {
                return;
            }
            pause(self.stopping, BREATH).await;
        }
    }
}

/// Over when the server has been stopping for as long as what is under way may take.
async fn patience_at_the_end(stopping: &watch::Receiver<()>) {
    stopped(stopping).await;
    sleep(GRACE).await;
}
