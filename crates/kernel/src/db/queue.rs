//! Jobs waiting for a thread.

use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::Error;
use super::job::Job;

/// Jobs that may wait. One more is refused, since its caller would have given up before its turn.
pub(super) const WAITING_AT_MOST: usize = 16_384;

pub(super) fn too_many_wait() -> Error {
    Error::Unavailable("too many wait for the database".into())
}

/// The way to the threads of a database. Once it is closed nobody gets in, and those who are in are served.
pub(super) struct Queue {
    entrance: RwLock<Option<Sender<Box<dyn Job>>>>,
}

impl Queue {
    pub(super) fn new() -> (Self, Receiver<Box<dyn Job>>) {
        let (entrance, waiting) = crossbeam_channel::bounded(WAITING_AT_MOST);
        (Self { entrance: RwLock::new(Some(entrance)) }, waiting)
    }

    /// Hands a job over; false if it was refused, and told so.
    pub(super) fn hand_over(&self, job: Box<dyn Job>) -> bool {
        let entrance = self.entrance.read().unwrap_or_else(PoisonError::into_inner);
        let sent = match &*entrance {
            Some(entrance) => entrance.try_send(job),
            None => Err(TrySendError::Disconnected(job)),
        };
        drop(entrance);
        let (refused, error) = match sent {
            Ok(()) => return true,
            Err(TrySendError::Full(job)) => (job, too_many_wait()),
            Err(TrySendError::Disconnected(job)) => (job, Error::closed()),
        };
        refused.answer(Some(error));
        false
    }

    pub(super) fn close(&self) {
        self.entrance.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// The threads of a database.
#[derive(Default)]
pub(super) struct Threads(Mutex<Vec<JoinHandle<()>>>);

impl Threads {
    pub(super) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(work)
            .map_err(|error| Error::Unavailable(format!("no thread for the database: {error}")))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Waits until all have ended, which they do once their queues are closed and empty.
    pub(super) fn join(&self) {
        let threads = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }
}
