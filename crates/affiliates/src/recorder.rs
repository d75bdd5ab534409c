//! Writes accesses down, those that come at once together.
//!
//! Each costs the same few statements as a hundred do, and the places that they get in their suppliers' histories
//! would make them wait for each other anyway. One batch at a time is written; what comes meanwhile is the next. A
//! lone access waits for nobody, and nobody is told that it is recorded before that is durable.

use std::sync::{Arc, Mutex, PoisonError};

use kernel::api::Kernel;
use kernel::clock::Micros;
use kernel::db;
use kernel::http::Fault;
use rand::Rng as _;
use tokio::sync::oneshot;

use crate::rules::Error;
use crate::store;
use crate::wire::{Details, unknown_supplier};

/// Accesses of one batch. Bounds how long the first of them waits.
const BATCH_AT_MOST: usize = 512;
/// Accesses that may wait. One more is refused, since its browser would have given up before its turn.
const WAITING_AT_MOST: usize = 16_384;

/// An access to be recorded.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) ecommerce_hash: String,
    pub(crate) pcrid: i64,
    pub(crate) details: Details,
}

/// An access in the form in which it is kept.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) ecommerce_hash: String,
    pub(crate) pcrid: i64,
    pub(crate) uuid: String,
    pub(crate) created_at: Micros,
    pub(crate) details: Details,
    /// The details as JSON.
    pub(crate) record: String,
}

/// Whether the supplier of an access is known, in which case it is recorded.
type Answer = oneshot::Sender<Result<bool, db::Error>>;

/// Records accesses.
pub(crate) struct Recorder {
    kernel: Arc<Kernel>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<(Micros, Visit, Answer)>,
    is_being_written: bool,
}

impl Recorder {
    pub(crate) fn new(kernel: Arc<Kernel>) -> Self {
        Self { kernel, queue: Mutex::default() }
    }

    /// Records an access, or tells why not.
    pub(crate) async fn record(self: &Arc<Self>, visit: Visit) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        if self.enqueue(visit, answer)? {
            let recorder = Arc::clone(self);
            drop(self.kernel.tasks.spawn(async move { recorder.write_all().await }));
        }
        match answered.await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(unknown_supplier()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => {
                Err(Error::Fault(Fault::Internal("an access was lost on the way to the database".into())))
            }
        }
    }

    /// Puts an access into the queue; true if somebody has to begin writing.
    fn enqueue(&self, visit: Visit, answer: Answer) -> Result<bool, Error> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() >= WAITING_AT_MOST {
            return Err(Error::Fault(Fault::Unavailable("too many accesses wait for the database".into())));
        }
        // The time is taken here, so that the queue is in its order.
        queue.waiting.push((self.kernel.clock.now(), visit, answer));
        Ok(!std::mem::replace(&mut queue.is_being_written, true))
    }

    fn next_batch(&self) -> Vec<(Micros, Visit, Answer)> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.is_being_written = !queue.waiting.is_empty();
        let length = queue.waiting.len().min(BATCH_AT_MOST);
        queue.waiting.drain(..length).collect()
    }

    async fn write_all(&self) {
        loop {
            let batch = self.next_batch();
            if batch.is_empty() {
                return;
            }
            let (visits, answers): (Vec<Prepared>, Vec<Answer>) =
                batch.into_iter().map(|(now, visit, answer)| (prepared(now, visit), answer)).unzip();
            let write = move |tx: &mut db::Tx<'_>| store::accesses::record(tx, &visits);
            let recorded = self.kernel.db.write(write).await;
            for (index, answer) in answers.into_iter().enumerate() {
                let outcome = match &recorded {
                    Ok(are_known) => Ok(are_known.get(index).copied().unwrap_or(false)),
                    Err(error) => Err(error.clone()),
                };
                // Whoever has hung up needs no answer.
                let _ = answer.send(outcome);
            }
        }
    }
}

fn prepared(now: Micros, visit: Visit) -> Prepared {
    let Visit { ecommerce_hash, pcrid, details } = visit;
    let details = Details { created_at: crate::wire::utc(now), ..details };
    // Texts and numbers cannot fail to be JSON.
    let record = serde_json::to_string(&details).unwrap_or_default();
    let mut random = [0; 16];
    rand::rng().fill_bytes(&mut random);
    let uuid = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
    Prepared { ecommerce_hash, pcrid, uuid, created_at: now, details, record }
}
