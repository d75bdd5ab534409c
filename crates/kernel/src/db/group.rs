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
    /// Whatever `work` returns for the item alone: when a group fails each of it is tried by itself, so that none
    /// fails for its neighbour's fault. [`Error::Unavailable`] if too many wait already.
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
            self.hand_over(items, replies, true);
        }
    }

    fn hand_over(self: &Arc<Self>, items: Vec<I>, replies: Vec<Reply<O>>, leads: bool) {
        self.db.hand_over(Box::new(Together {
            group: Arc::clone(self),
            items,
            replies,
            leads,
            outcome: Outcome::none_yet(),
            _under_way: self.tasks.begin(),
        }));
    }
}

/// The items of a transaction.
struct Together<I, O> {
    group: Arc<Inner<I, O>>,
    items: Vec<I>,
    replies: Vec<Reply<O>>,
    /// Those who wait go after it.
    leads: bool,
    outcome: Outcome<Vec<O>, Error>,
    _under_way: UnderWay,
}

impl<I, O> Job for Together<I, O>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.outcome.of_run(|| (self.group.work)(tx, &self.items))
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        // First, and on this thread: the next transaction is then ready before the database looks for it.
        if self.leads {
            self.group.go_on();
        }
        match self.outcome.settled(failure) {
            Ok(outcomes) => {
                for (outcome, reply) in outcomes.into_iter().zip(self.replies) {
                    // Who has hung up does not wait for it.
                    drop(reply.send(Ok(outcome)));
                }
            }
            Err(_) if self.items.len() > 1 => {
                for (item, reply) in self.items.into_iter().zip(self.replies) {
                    self.group.hand_over(vec![item], vec![reply], false);
                }
            }
            Err(error) => {
                for reply in self.replies {
                    drop(reply.send(Err(error.clone())));
                }
            }
        }
    }

    fn is_abandoned(&self) -> bool {
        false
    }
}
