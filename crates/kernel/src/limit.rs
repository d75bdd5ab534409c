//! Counting what an address does wrong, so that guessing does not pay.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Micros, SECOND};

/// Addresses remembered at most; past it some are forgotten, which only ever forgives.
const REMEMBERED: usize = 100_000;

/// A minute, which begins for each address with its first offence.
const WINDOW: Micros = 60 * SECOND;

/// So many of something a minute from one address.
#[derive(Debug)]
pub struct PerMinute {
    most: u32,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug)]
struct Window {
    since: Micros,
    count: u32,
}

impl PerMinute {
    /// Allows `most` a minute.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most, windows: Mutex::default() }
    }

    /// Counts one more; if that is too many, the time after which it is worth trying again.
    pub fn count(&self, address: IpAddr, now: Micros) -> Option<Duration> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now - window.since < WINDOW);
        }
        if windows.len() >= REMEMBERED {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_insert(Window { since: now, count: 0 });
        if !(0..WINDOW).contains(&(now - window.since)) {
            *window = Window { since: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        let left = window.since + WINDOW - now;
        (window.count > self.most).then(|| Duration::from_micros(left.unsigned_abs()))
    }
}

/// An IPv6 subscriber has a whole /64 to choose addresses from.
fn network(address: IpAddr) -> IpAddr {
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
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let second = |seconds: i64| 600 * SECOND + seconds * SECOND;
        assert_eq!(limit.count(address, second(0)), None);
        assert_eq!(limit.count(address, second(10)), None);
        assert_eq!(limit.count(address, second(15)), Some(Duration::from_secs(45)));
        assert_eq!(
            limit.count("192.0.2.2".parse().unwrap(), second(15)),
            None,
            "another address is not concerned"
        );
        assert_eq!(limit.count(address, second(60)), None);
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_count_together() {
        let limit = PerMinute::new(1);
        assert_eq!(limit.count("2001:db8::1".parse().unwrap(), 0), None);
        assert!(limit.count("2001:db8::2".parse().unwrap(), 0).is_some());
        assert_eq!(limit.count("2001:db8:0:1::2".parse().unwrap(), 0), None);
    }
}
