//! A partner's order API to try and test against.
//!
//! The Orders API relays to a partner that is somebody else's: it cannot be asked to time out in the right moment,
//! to lose its answer after it has made the order, or to send nonsense. This partner can. It keeps orders, prices
//! and stock in memory, speaks the contract to the letter, refuses like a grumpy one, and fails on demand: by its
//! settings, by a header of a request, or for the next requests by its control API below `/_sandbox/`.
//!
//! It is a toy, for loopback addresses: it has no keys, no limits and no memory of its last run.

mod catalogue;
mod control;
mod endpoint;
mod failure;
mod form;
mod orders;
mod serve;
mod settings;
mod state;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::clock::Clock;
use tokio::net::TcpListener;

pub use self::failure::Rules;
pub use self::settings::{ErrorStatus, Ids, Settings};
use self::state::State;

/// A partner.
#[derive(Clone, Debug)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl Sandbox {
    /// A partner without orders, with its shelves full.
    #[must_use]
    pub fn new(settings: Settings, clock: Clock) -> Self {
        let state = State::new(settings, clock.now());
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    /// Serves it until `stop` is over. It is more than a router: hanging up without a word is the business of
    /// whoever holds the connection.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let router = endpoint::router().merge(control::router()).with_state(self);
        serve::serve(listener, router, stop).await;
    }

    /// The state; never held over an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
