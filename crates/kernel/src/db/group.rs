//! Writes of one kind that go together.
//!
//! A transaction costs many times what one item changes in it: round trips, a flush, and on PostgreSQL the chance
//! that a neighbour changes the same page and all of it runs again. Items that wait while a transaction runs are
//! therefore written by the next one, all of them. A lone item waits for nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::job::{Job, Outcome};
use super::queue::{WAITING_AT_MOST, too_many_wait};
use super::{Db, Error, Tx, settle};
use crate::api::{Tasks, UnderWay};

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
    /// A transaction is under way, at whose end those who wait get the next.
    is_busy: bool,
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
        let state = Mutex::new(State { waiting: VecDeque::new(), is_busy: false });
        Self(Arc::new(Inner { db, tasks, work: Box::new(work), state }))
    }

    /// Writes an item, and answers only after a durable commit. Once handed over it is written, whether or not
    /// somebody still waits for the answer.
    ///
    /// # Errors
    /// Whatever `work` returns for the item alone: when a group fails, each of it is tried by itself, so that none
    /// fails for its neighbour's fault. [`Error::Unavailable`], which is nobody's fault, if the database is, or if too
    /// many wait already.
    pub async fn write(&self, item: I) -> Result<O, Error> {
        let (reply, answer) = oneshot::channel();
        let is_first = {
            let mut state = self.0.state();
            if state.waiting.len() >= WAITING_AT_MOST {
                return Err(too_many_wait());
            }
            state.waiting.push_back((item, reply));
            !std::mem::replace(&mut state.is_busy, true)
        };
        if is_first {
            self.0.go_on();
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

    /// Hands those over who wait.
    fn go_on(self: &Arc<Self>) {
        let (items, replies): (Vec<I>, Vec<Reply<O>>) = {
            let mut state = self.state();
            let count = state.waiting.len().min(AT_MOST);
            state.is_busy = count > 0;
            state.waiting.drain(..count).unzip()
        };
        if !items.is_empty() {
            Turn(Arc::clone(self)).hand_over(items, replies, VecDeque::new());
        }
    }
}

/// The group's one transaction under way. Whatever ends it, those who wait come next.
struct Turn<I: Send + Sync + 'static, O: Send + 'static>(Arc<Inner<I, O>>);

impl<I: Send + Sync + 'static, O: Send + 'static> Turn<I, O> {
    fn hand_over(self, items: Vec<I>, replies: Vec<Reply<O>>, alone: VecDeque<(I, Reply<O>)>) {
        let inner = Arc::clone(&self.0);
        let (outcome, _under_way) = (Outcome::none_yet(), inner.tasks.begin());
        inner.db.hand_over(Box::new(Batch { turn: self, items, replies, alone, outcome, _under_way }));
    }

    /// Hands the next over of those who are tried alone, or ends.
    fn go_on_with(self, mut alone: VecDeque<(I, Reply<O>)>) {
        if let Some((item, reply)) = alone.pop_front() {
            self.hand_over(vec![item], vec![reply], alone);
        }
    }
}

impl<I: Send + Sync + 'static, O: Send + 'static> Drop for Turn<I, O> {
    fn drop(&mut self) {
        self.0.go_on();
    }
}

/// The items of a transaction.
struct Batch<I: Send + Sync + 'static, O: Send + 'static> {
    turn: Turn<I, O>,
    items: Vec<I>,
    replies: Vec<Reply<O>>,
    /// Those of a batch that failed, each of which then has a transaction of its own.
    alone: VecDeque<(I, Reply<O>)>,
    outcome: Outcome<Vec<O>, Error>,
    _under_way: UnderWay,
}

impl<I: Send + Sync + 'static, O: Send + 'static> Job for Batch<I, O> {
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.outcome.of_run(|| (self.turn.0.work)(tx, &self.items))
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let Self { turn, items, replies, alone, outcome, _under_way } = *self;
        let outcome = outcome.settled(failure);
        if matches!(&outcome, Err(error) if items.len() > 1 && !matches!(error, Error::Unavailable(_))) {
            turn.go_on_with(items.into_iter().zip(replies).collect());
            return;
        }
        // First, and on this thread: the next transaction is then ready before the database looks for it.
        turn.go_on_with(alone);
        match outcome {
            Ok(outcomes) => {
                for (outcome, reply) in outcomes.into_iter().zip(replies) {
                    // Who has hung up does not wait for it.
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

    fn is_abandoned(&self) -> bool {
        false
    }
}
