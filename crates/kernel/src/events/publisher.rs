//! Sends the outbox on to RabbitMQ.
//!
//! Every event has to arrive at least once, and those of one entity in their order, though the broker goes away,
//! connections break, and several servers share the work. So an event counts as published when the broker has
//! confirmed it and that is written down, and not before; until then it is sent again. A server publishes only the
//! partitions that it holds a lease of.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout};

use super::broker::{Address, Broker, Exchange};
use super::lane::{Lanes, Sent};
use super::partitions::Leases;
use super::unpublished;
use crate::clock::Clock;
use crate::db::{self, Db};
use crate::metrics::OutboxMetrics;

/// The pause before an empty outbox is looked at again.
const POLL: Duration = Duration::from_millis(100);
/// The pause after a batch that took all there was, so that what happens meanwhile goes together.
const GATHER: Duration = Duration::from_millis(20);
/// How long is published before the server looks up: for others that want a share, for partitions whose lane was
/// through before the rest.
const TURN: Duration = Duration::from_millis(500);
/// The pause between two complaints that no queue wants what is published.
const COMPLAIN: Duration = Duration::from_secs(60);
/// The pause before a connection that worked is made anew, and after the database failed.
pub(super) const BREATH: Duration = Duration::from_secs(1);
/// What is under way may take so long when the server stops.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How to publish.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The broker.
    pub address: Address,
    /// The exchange that gets the events; made if there is none.
    pub exchange: Exchange,
    /// What connecting, and publishing a batch, may take.
    pub timeout: Duration,
    /// How often what failed is repeated before the round is given up; for ever if `None`.
    pub repeats: Option<u32>,
    /// The pause before a repeat.
    pub pause: Duration,
}

/// Publishes what is in the outbox.
pub struct Publisher {
    db: Db,
    clock: Clock,
    metrics: OutboxMetrics,
    settings: Settings,
    stopping: watch::Receiver<()>,
    leases: Leases,
    /// Events that no queue wanted of which somebody was told, and when that was.
    returned: (u64, Option<Instant>),
}

/// Why a try ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot connect to {0}: {1}")]
    Connecting(Address, lapin::Error),
    #[error("{0} does not answer within {1:?}")]
    NoAnswer(Address, Duration),
    #[error("the connection broke: {0}")]
    Publishing(lapin::Error),
    #[error("the connection broke")]
    Broken,
    #[error("events were not confirmed within {0:?}")]
    NoConfirmation(Duration),
    #[error("the broker refused {0} events")]
    Refused(usize),
    #[error("the server stops before events were confirmed")]
    Stopped,
}

impl Publisher {
    /// A publisher that works until the sender of `stopping` is dropped.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Clock,
        metrics: OutboxMetrics,
        settings: Settings,
        stopping: watch::Receiver<()>,
    ) -> Self {
        metrics.has_broker.store(true, Ordering::Relaxed);
        let leases = Leases::new(db.clone(), clock.clone());
        Self { db, clock, metrics, settings, stopping, leases, returned: (0, None) }
    }

    /// Works until it is told to stop.
    pub async fn run(mut self) {
        while !self.is_stopping() {
            self.round().await;
            if !self.is_stopping() {
                self.await_the_next_round().await;
            }
        }
    }

    /// Tries, and repeats what failed until it works or the repeats are used up.
    async fn round(&mut self) {
        let mut repeats = 0;
        loop {
            let mut has_worked = false;
            let Err(failure) = self.attempt(&mut has_worked).await else { return };
            if self.is_stopping() {
                tracing::warn!(%failure, "events that were not confirmed will be sent again");
                return;
            }
            self.metrics.failures.inc();
            if has_worked {
                tracing::warn!(%failure, "the broker is lost and will be connected again");
                repeats = 0;
                self.pause(BREATH.min(self.settings.pause)).await;
                continue;
            }
            if self.settings.repeats.is_some_and(|most| repeats >= most) {
                tracing::error!(%failure, repeats, "events cannot be published and wait in the outbox");
                return;
            }
            repeats = repeats.saturating_add(1);
            tracing::warn!(%failure, repeats, "events cannot be published yet");
            self.pause(self.settings.pause).await;
        }
    }

    /// After the repeats are used up: the next round begins with the next event, or after the pause.
    async fn await_the_next_round(&mut self) {
        let before = self.db.read_latest(unpublished::newest).await;
        let next_event = async {
            loop {
                sleep(POLL).await;
                let newest = self.db.read_latest(unpublished::newest).await;
                if let (Ok(before), Ok(newest)) = (&before, newest)
                    && newest > *before
                {
                    return;
                }
            }
        };
        tokio::select! {
            () = stopped(&self.stopping) => {}
            () = sleep(self.settings.pause.max(POLL)) => {}
            () = next_event => {}
        }
    }

    /// Connects and publishes until something fails, or until it is told to stop.
    async fn attempt(&mut self, has_worked: &mut bool) -> Result<(), Failure> {
        let Settings { address, exchange, timeout: patience, .. } = &self.settings;
        let broker = tokio::select! {
            () = stopped(&self.stopping) => return Ok(()),
            connected = timeout(*patience, Broker::connect(address, exchange)) => match connected {
                Ok(Ok(broker)) => broker,
                Ok(Err(error)) => return Err(Failure::Connecting(address.clone(), error)),
                Err(_) => return Err(Failure::NoAnswer(address.clone(), *patience)),
            },
        };
        tracing::info!(%address, %exchange, "connected to the broker");
        self.metrics.connected.set(1);
        let ended = self.serve(&broker, has_worked).await;
        self.metrics.connected.set(0);
        self.metrics.partitions.set(0);
        if let Err(error) = self.leases.release().await {
            tracing::warn!(%error, "partitions of the outbox could not be given back; others get them in some seconds");
        }
        broker.close().await;
        ended
    }

    async fn serve(&mut self, broker: &Broker, has_worked: &mut bool) -> Result<(), Failure> {
        let mut deadline = None;
        loop {
            // What was committed before the stop still goes, if it goes soon.
            let is_last = self.is_stopping();
            if is_last && Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + GRACE) {
                return Ok(());
            }
            match self.look().await {
                Ok(partitions) => {
                    let sent = self.publish(broker, &partitions).await?;
                    *has_worked = true;
                    if sent.any {
                        if !sent.has_more && !is_last {
                            sleep(GATHER).await;
                        }
                        continue;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read and will be tried again");
                    self.pause(BREATH).await;
                }
            }
            if is_last {
                return Ok(());
            }
            if !broker.is_alive() {
                return Err(Failure::Broken);
            }
            self.pause(POLL).await;
        }
    }

    /// The partitions that this server is to publish now: none if nothing waits.
    async fn look(&mut self) -> Result<Vec<i64>, db::Error> {
        if self.leases.is_due() {
            self.leases.balance().await?;
            self.metrics.partitions.set(i64::try_from(self.leases.held().len()).unwrap_or_default());
        }
        let waits = self.db.read_latest(unpublished::any).await?;
        Ok(if waits { self.leases.held().to_vec() } else { Vec::new() })
    }

    /// Publishes what waits in partitions, for a while, and keeps the leases meanwhile.
    async fn publish(&mut self, broker: &Broker, partitions: &[i64]) -> Result<Sent, Failure> {
        let lanes = Lanes {
            db: &self.db,
            clock: &self.clock,
            metrics: &self.metrics,
            stopping: &self.stopping,
            broker,
            patience: self.settings.timeout,
            until: Instant::now() + TURN,
            marking: Mutex::default(),
        };
        let sent = {
            let sent = lanes.publish(partitions);
            tokio::pin!(sent);
            loop {
                tokio::select! {
                    sent = &mut sent => break sent,
                    () = sleep(BREATH) => {}
                }
                if self.leases.is_due()
                    && let Err(error) = self.leases.renew().await
                {
                    tracing::warn!(%error, "the leases of the outbox could not be renewed");
                }
            }
        };
        self.complain();
        sent
    }

    /// Says now and then that no queue wants what is published.
    fn complain(&mut self) {
        let (told, last) = &mut self.returned;
        let returned = self.metrics.returned.get() - *told;
        if returned > 0 && last.is_none_or(|last| last.elapsed() >= COMPLAIN) {
            tracing::warn!(returned, "no queue wanted these events; they are kept in the outbox for a week");
            self.returned = (*told + returned, Some(Instant::now()));
        }
    }

    async fn pause(&self, time: Duration) {
        pause(&self.stopping, time).await;
    }

    fn is_stopping(&self) -> bool {
        self.stopping.has_changed().is_err()
    }
}

/// A pause that ends early when the server stops. Never none at all: that would be a busy loop.
pub(super) async fn pause(stopping: &watch::Receiver<()>, time: Duration) {
    tokio::select! {
        () = stopped(stopping) => {}
        () = sleep(time.max(POLL)) => {}
    }
}

/// Over when the sender is dropped.
pub(super) async fn stopped(stopping: &watch::Receiver<()>) {
    let mut stopping = stopping.clone();
    while stopping.changed().await.is_ok() {}
}
