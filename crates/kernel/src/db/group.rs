//! Writes of one kind that go together.
//!
//! A transaction costs many times what one item changes in it: round trips, a flush, and on PostgreSQL the chance
//! that a neighbour changes the same page and all of it runs again. Items that wait while a transaction runs are
//! therefore written by the next one, all of them. A lone item waits for nobody.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::queue::{WAITING_AT_MOST, too_many_wait};
use super::{Db, Error, Tx, settle};
use crate::api::Tasks;

/// Items of one transaction. Bounds how long the first of them waits.
const AT_MOST: usize = 256;

type Work<I, O> = dyn Fn(&mut Tx<'_>, &[I]) -> Result<Vec<O>, Error> + Send + Sync;
type Reply<O> = oneshot::Sender<Result<O, Error>>;

/// Writes items of one kind, as many together as wait.
pub struct Group<I, O>(Arc<Inner<I, O>>);

struct Inner<I, O> {
    db: Db,
    tasks: Tasks,
    work: Box<Work<I, O>>,
    state: Mutex<State<I, O>>,
}

struct State<I, O> {
    waiting: VecDeque<(I, Reply<O>)>,
    /// Somebody takes what waits.
    is_attended: bool,
}

impl<I, O> Group<I, O>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    /// `work` writes the items it is given, and has an outcome for each of them in their order. As with
    /// [`Db::write`] it may run several times for them. It is one of the `tasks` while anything waits.
    pub fn new(
        db: Db,
        tasks: Tasks,
        work: impl Fn(&mut Tx<'_>, &[I]) -> Result<Vec<O>, Error> + Send + Sync + 'static,
    ) -> Self {
        let state = Mutex::new(State { waiting: VecDeque::new(), is_attended: false });
        Self(Arc::new(Inner { db, tasks, work: Box::new(work), state }))
    }

    /// Writes an item, and answers only after a durable commit. Once handed over it is written, whether or not
    /// somebody still waits for the answer.
    ///
    /// # Errors
    /// Whatever `work` returns for the item alone: when a group fails each of it is tried by itself, so that none
    /// fails for its neighbour's fault. [`Error::Unavailable`] if too many wait already.
    pub async fn write(&self, item: I) -> Result<O, Error> {
        let (reply, answer) = oneshot::channel();
        {
            let mut state = self.0.state();
            if state.waiting.len() >= WAITING_AT_MOST {
                return Err(too_many_wait());
            }
            state.waiting.push_back((item, reply));
            if !std::mem::replace(&mut state.is_attended, true) {
                drop(self.0.tasks.spawn(Arc::clone(&self.0).attend()));
            }
        }
        settle(answer).await
    }
}

impl<I, O> Inner<I, O>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    fn state(&self) -> MutexGuard<'_, State<I, O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes group after group until nothing waits.
    async fn attend(self: Arc<Self>) {
        while let Some((items, replies)) = self.next() {
            let items = Arc::new(items);
            match self.write(&items, 0..items.len()).await {
                Err(_) if items.len() > 1 => {
                    for (index, reply) in replies.into_iter().enumerate() {
                        let alone = self.write(&items, index..index + 1).await;
                        answer(alone, [reply]);
                    }
                }
                outcomes => answer(outcomes, replies),
            }
        }
    }

    fn next(&self) -> Option<(Vec<I>, Vec<Reply<O>>)> {
        let mut state = self.state();
        let count = state.waiting.len().min(AT_MOST);
        state.is_attended = count > 0;
        (count > 0).then(|| state.waiting.drain(..count).unzip())
    }

    async fn write(self: &Arc<Self>, items: &Arc<Vec<I>>, which: Range<usize>) -> Result<Vec<O>, Error> {
        let (inner, items) = (Arc::clone(self), Arc::clone(items));
        self.db.write(move |tx| (inner.work)(tx, items.get(which.clone()).unwrap_or_default())).await
    }
}

/// Tells each what became of its item. Who has hung up does not wait for it.
fn answer<O>(outcomes: Result<Vec<O>, Error>, replies: impl IntoIterator<Item = Reply<O>>) {
    match outcomes {
        Ok(outcomes) => {
            for (outcome, reply) in outcomes.into_iter().zip(replies) {
                drop(reply.send(Ok(outcome)));
            }
        }
        Err(error) => {
            for reply in replies {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}
