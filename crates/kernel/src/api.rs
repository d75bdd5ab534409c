//! What an API gives to the binary, and what it gets.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Micros, SECOND};
use crate::db::{self, Db};
use crate::http::{HttpSettings, Routes};
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::transfer::Transfer;

/// What all APIs of a server share.
pub struct Kernel {
    /// The storage.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Who is calling.
    pub keys: Keys,
    /// What is measured.
    pub metrics: Metrics,
    /// How requests are received.
    pub http: HttpSettings,
    /// Work that is finished whether or not somebody waits for it.
    pub tasks: Tasks,
    pub(crate) readiness: Readiness,
}

impl Kernel {
    /// Puts a kernel together.
    #[must_use]
    pub fn new(db: Db, clock: Clock, metrics: Metrics, http: HttpSettings) -> Arc<Self> {
        Arc::new(Self {
            keys: Keys::new(db.clone()),
            db,
            clock,
            metrics,
            http,
            tasks: Tasks::default(),
            readiness: Readiness::default(),
        })
    }
}

/// Work that is finished whether or not its caller hangs up, and awaited when the server stops.
#[derive(Clone, Debug)]
pub struct Tasks(watch::Sender<usize>);

impl Default for Tasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Tasks {
    /// Starts `work`.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let under_way = self.begin();
        tokio::spawn(async move {
            let _under_way = under_way;
            work.await
        })
    }

    /// Counts work as under way while what this gives is kept.
    pub(crate) fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.0.clone())
    }

    /// Waits until none is under way.
    pub async fn finished(&self) {
        // The sender is ours: waiting cannot fail.
        drop(self.0.subscribe().wait_for(|count| *count == 0).await);
    }
}

/// Counts work until it ends, in whatever way.
#[derive(Debug)]
pub(crate) struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Whether the database takes writes, asked at most once a second however many ask.
#[derive(Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<(Micros, Result<(), String>)>>,
}

impl Readiness {
    /// A balancer has given up on the answer by then.
    const PATIENCE: Duration = Duration::from_secs(5);

    pub(crate) async fn check(&self, db: &Db, clock: &Clock) -> Result<(), String> {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, found)) if (0..SECOND).contains(&(clock.now() - at)) => found.clone(),
            _ => {
                let found = match tokio::time::timeout(Self::PATIENCE, db.probe()).await {
                    Ok(probed) => probed.map_err(|error| error.to_string()),
                    Err(_) => Err("the database does not answer".to_owned()),
                };
                *last = Some((clock.now(), found.clone()));
                found
            }
        }
    }
}

/// What a job's run comes to.
pub type JobRun = Pin<Box<dyn Future<Output = Result<(), db::Error>> + Send>>;

/// Work that is done again and again in the background.
pub struct Job {
    /// What it is called in the log.
    pub name: &'static str,
    /// The pause between two runs.
    pub every: Duration,
    /// Does it once.
    pub run: Box<dyn Fn() -> JobRun + Send + Sync>,
}

/// One API, as the binary mounts it. A sixth is a crate, an entry in the binary's list, and its migrations.
pub trait Api: Send + Sync {
    /// Its name: on the command line, in keys, in metrics.
    fn name(&self) -> &'static str;

    /// Its routes, fitted with [`crate::http::fit`].
    fn routes(&self) -> Routes;

    /// Its work in the background.
    fn jobs(&self) -> Vec<Job> {
        Vec::new()
    }

    /// What can be imported and exported, if anything.
    fn transfer(&self) -> Option<&dyn Transfer> {
        None
    }

    /// What can be imported and exported of an account, if data belongs to accounts. [`Api::transfer`] then has
    /// nothing.
    fn transfer_of(&self, _account: &str) -> Option<Box<dyn Transfer>> {
        None
    }
}
