//! A closure on its way to a database thread, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::{Error, Tx};

/// What an engine sees of a caller's closure. It may be run several times before it is answered.
pub(super) trait Job: Send {
    /// Runs the closure; true if what it wrote is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Gives the caller the result of the last run, or `failure` if the engine could not keep it.
    fn answer(self: Box<Self>, failure: Option<Error>);
    /// True when nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

/// The result of a closure's last run.
pub(super) struct Outcome<T, E>(Option<Result<T, E>>);

impl<T, E: From<Error>> Outcome<T, E> {
    pub(super) fn none_yet() -> Self {
        Self(None)
    }

    /// Keeps what a run results in; true if what it wrote is to be kept.
    pub(super) fn of_run(&mut self, run: impl FnOnce() -> Result<T, E>) -> bool {
        // The closure has no effect outside its transaction, which is undone: nothing half-done can be seen.
        let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Error::Panicked.into()));
        let keep = result.is_ok();
        self.0 = Some(result);
        keep
    }

    /// What the caller is told.
    pub(super) fn settled(self, failure: Option<Error>) -> Result<T, E> {
        match (failure, self.0) {
            (Some(failure), _) => Err(failure.into()),
            (None, Some(result)) => result,
            (None, None) => Err(Error::closed().into()),
        }
    }
}

pub(super) struct Call<T, E, F> {
    work: F,
    outcome: Outcome<T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Call<T, E, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    pub(super) fn boxed(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work, outcome: Outcome::none_yet(), reply }), answer)
    }
}

impl<T, E, F> Job for Call<T, E, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.outcome.of_run(|| (self.work)(tx))
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        // A caller that has hung up does not wait for its answer; the work is done all the same.
        drop(self.reply.send(self.outcome.settled(failure)));
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}
