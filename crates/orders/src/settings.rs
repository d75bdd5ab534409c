//! How the Orders API is set. The names and meanings of the variables are the seed's.

use std::time::Duration;

use kernel::clock::Micros;

use crate::rules::StatusMap;

/// How long and how often a call is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The limit of one try.
    pub timeout: Duration,
    /// Repeats after the first try.
    pub retries: u32,
    /// The pause before a repeat.
    pub sleep: Duration,
}

/// All settings of the API.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The base address of the partner's API, without a slash at its end; `None`: no partner is set.
    pub partner_url: Option<String>,
    /// For asking after a status.
    pub status_calls: Patience,
    /// For every call of creating and cancelling: a shopper waits for these.
    pub order_calls: Patience,
    /// Stands in every event.
    pub source_project_id: i64,
    /// The supplier code of the partner's network. Stands in every event.
    pub kodpost: i64,
    /// The partner's words for statuses.
    pub status_map: StatusMap,
    /// Failed calls in a row after which the partner is left alone for a while.
    pub breaker_failures: u32,
    /// How long it is left alone.
    pub breaker_pause: Duration,
    /// The pause before a new order's status is asked after; it grows.
    pub status_poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            partner_url: None,
            status_calls: Patience { timeout: 30 * second, retries: 3, sleep: 30 * second },
            order_calls: Patience { timeout: 10 * second, retries: 1, sleep: Duration::ZERO },
            source_project_id: 8,
            kodpost: 116_897,
            status_map: StatusMap::default(),
            breaker_failures: 5,
            breaker_pause: 10 * second,
            status_poll: 30 * second,
        }
    }
}

impl Settings {
    /// The pause before a new order is looked at for the first time.
    pub(crate) fn first_look(&self) -> Micros {
        micros(self.status_poll)
    }
}

impl Patience {
    /// The longest that a call may take, all its repeats included.
    pub(crate) fn longest(&self) -> Duration {
        (self.timeout + self.sleep) * (self.retries + 1)
    }
}

/// A span of time as the clock counts it.
pub(crate) fn micros(span: Duration) -> Micros {
    // The settings allow spans of a day.
    Micros::try_from(span.as_micros()).unwrap_or(Micros::MAX / 4)
}
