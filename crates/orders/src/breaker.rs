//! Leaving a partner alone that does not answer: shoppers get their error at once, and the partner its rest.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Opens after a run of failures, lets one call through after a pause, and closes when that one succeeds.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures_at_most: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Open until then; afterwards one call may try.
    open_until: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(failures_at_most: u32, pause: Duration) -> Self {
        Self { failures_at_most, pause, state: Mutex::default() }
    }

    /// Whether a call may be made at `now`. The one that is let through after the pause holds the others back for
    /// another pause, so that a partner that comes back is not trampled.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.open_until = Some(now + self.pause);
                true
            }
        }
    }

    /// Whether calls are held back at `now`.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open_until.is_some_and(|until| now < until)
    }

    /// Takes note of a call's end.
    pub(crate) fn note(&self, succeeded: bool, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.failures_at_most {
            state.open_until = Some(now + self.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_a_run_of_failures_and_tries_one_call_after_a_pause() {
        let pause = Duration::from_secs(10);
        let breaker = Breaker::new(2, pause);
        let now = Instant::now();
        breaker.note(false, now);
        breaker.note(true, now);
        breaker.note(false, now);
        assert!(breaker.admits(now), "a success in between ends the run");
        breaker.note(false, now);
        assert!(!breaker.admits(now));
        assert!(!breaker.admits(now + pause / 2) && breaker.is_open(now + pause / 2));
        assert!(!breaker.is_open(now + pause), "the background may try, too");
        assert!(breaker.admits(now + pause), "one call may try");
        assert!(!breaker.admits(now + pause), "and no other meanwhile");
        breaker.note(true, now + pause);
        assert!(breaker.admits(now + pause));
    }
}
