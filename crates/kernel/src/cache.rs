//! Answers kept as they were sent, for as long as nothing that they show has changed.
//!
//! Most reads repeat the one before. Where the engine can tell that nothing was committed since
//! ([`Db::stamp`](crate::db::Db::stamp)), the same bytes are served again: never older than the last commit of
//! any process, and no further than the instant at which time itself changes the answer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use crate::clock::Micros;
use crate::db::Stamp;

/// Values by their key, each good for one state of the database and until an instant.
#[derive(Debug)]
pub struct Cache<K, V> {
    entries: Mutex<Entries<K, V>>,
    weight_at_most: usize,
}

#[derive(Debug)]
struct Entries<K, V> {
    by_key: HashMap<K, Entry<V>>,
    weight: usize,
}

#[derive(Debug)]
struct Entry<V> {
    stamp: Stamp,
    until: Micros,
    weight: usize,
    value: V,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache that holds values up to a total weight; bytes, say.
    #[must_use]
    pub fn new(weight_at_most: usize) -> Self {
        Self { entries: Mutex::new(Entries { by_key: HashMap::new(), weight: 0 }), weight_at_most }
    }

    /// The value of `key`, if it was put in at this stamp and its time is not over.
    pub fn get(&self, key: &K, stamp: Stamp, now: Micros) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.by_key.get(key)?;
        (entry.stamp == stamp && now < entry.until).then(|| entry.value.clone())
    }

    /// Keeps `value`, which comes from a read begun after `stamp` was taken.
    pub fn put(&self, key: K, stamp: Stamp, until: Micros, weight: usize, value: V) {
        if weight > self.weight_at_most {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.weight + weight > self.weight_at_most {
            // Stale entries go first; if the living alone are too many, all start anew.
            entries.by_key.retain(|_, entry| entry.stamp == stamp);
            entries.weight = entries.by_key.values().map(|entry| entry.weight).sum();
            if entries.weight + weight > self.weight_at_most {
                entries.by_key.clear();
                entries.weight = 0;
            }
        }
        entries.weight += weight;
        if let Some(old) = entries.by_key.insert(key, Entry { stamp, until, weight, value }) {
            entries.weight -= old.weight;
        }
    }
}
