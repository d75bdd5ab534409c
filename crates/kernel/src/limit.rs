//! Counting what an address, or somebody else, does in a minute: what is wrong, so that guessing does not pay, or all of
//! it.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Micros, SECOND};

/// Keys remembered at most; past it some are forgotten, which only ever forgives.
const REMEMBERED: usize = 100_000;

/// A minute, which begins for each key with the first that is counted.
const WINDOW: Micros = 60 * SECOND;

/// So many of something a minute from one key: an address, say.
#[derive(Debug)]
pub struct PerMinute<K> {
    most: u32,
    windows: Mutex<HashMap<K, Window>>,
}

#[derive(Debug)]
struct Window {
    since: Micros,
    count: u32,
}

/// More than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excess {
    /// By so many.
    pub by: u32,
    /// The time after which it is worth trying again.
    pub wait: Duration,
}

impl<K: Eq + Hash> PerMinute<K> {
    /// Allows `most` a minute.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most, windows: Mutex::default() }
    }

    /// Counts one more, and says if that is too many.
    pub fn count(&self, key: K, now: Micros) -> Option<Excess> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now - window.since < WINDOW);
        }
        if windows.len() >= REMEMBERED {
            windows.clear();
        }
        let window = windows.entry(key).or_insert(Window { since: now, count: 0 });
        if !(0..WINDOW).contains(&(now - window.since)) {
            *window = Window { since: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        let by = window.count.checked_sub(self.most).filter(|by| *by > 0)?;
        Some(Excess { by, wait: Duration::from_micros((window.since + WINDOW - now).unsigned_abs()) })
    }

    /// Takes one back that turned out to be no offence.
    pub fn forgive(&self, key: &K) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(key) {
            window.count = window.count.saturating_sub(1);
        }
    }
}

/// Whom an address stands for: an IPv6 subscriber has a whole /64 to choose addresses from.
#[must_use]
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_allowed_has_to_wait_until_the_minute_is_over() {
        let limit = PerMinute::new(2);
        let second = |seconds: i64| 600 * SECOND + seconds * SECOND;
        assert_eq!(limit.count("one", second(0)), None);
        assert_eq!(limit.count("one", second(10)), None);
        let wait = Duration::from_secs(45);
        assert_eq!(limit.count("one", second(15)), Some(Excess { by: 1, wait }));
        assert_eq!(limit.count("one", second(15)), Some(Excess { by: 2, wait }));
        assert_eq!(limit.count("another", second(15)), None, "another is not concerned");
        assert_eq!(limit.count("one", second(60)), None);
    }

    #[test]
    fn what_was_no_offence_is_not_counted() {
        let limit = PerMinute::new(1);
        for _ in 0..3 {
            assert_eq!(limit.count("one", 0), None);
            limit.forgive(&"one");
        }
        limit.forgive(&"one");
        assert_eq!(limit.count("one", 0), None);
        assert!(limit.count("one", 0).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_count_together() {
        let subscriber = |address: &str| subscriber(address.parse().unwrap());
        assert_eq!(subscriber("2001:db8::1"), subscriber("2001:db8::2"));
        assert_ne!(subscriber("2001:db8::1"), subscriber("2001:db8:0:1::2"));
        assert_eq!(subscriber("::ffff:192.0.2.1"), subscriber("192.0.2.1"));
        assert_ne!(subscriber("192.0.2.1"), subscriber("192.0.2.2"));
    }
}
