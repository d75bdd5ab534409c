//! The time, as a parameter: what runs out can be tested without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::UNIX_EPOCH;

/// Microseconds since 1970-01-01T00:00:00Z: how every instant is kept.
pub type Micros = i64;

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;

/// Tells the time. A server has the system's clock, a test may have one that it sets.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands until it is set.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until [`Clock::set`] moves it.
    #[must_use]
    pub fn manual(now: Micros) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now)))
    }

    /// The instant it is.
    #[must_use]
    pub fn now(&self) -> Micros {
        match self {
            Self::System => system_now(),
            Self::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Moves a manual clock; the system's clock stays as it is.
    pub fn set(&self, now: Micros) {
        if let Self::Manual(at) = self {
            at.store(now, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn system_now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}
