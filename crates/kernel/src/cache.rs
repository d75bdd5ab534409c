//! What was worked out before, kept for as long as nothing that it shows has changed.
//!
//! Most reads repeat the one before. What they give is kept with the stamp of what it was made from: the state of
//! the whole database, where the engine can tell it ([`Db::stamp`](crate::db::Db::stamp)), or a hash of the part
//! that matters. It is served again while the stamp is the same, and no further than the instant at which time
//! itself changes it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;

use crate::clock::Micros;
use crate::db::Stamp;

/// Answers by their questions, each given again while nothing is written to the database.
#[derive(Debug)]
pub struct Answers<Q> {
    kept: Cache<Q, Stamp, Bytes>,
    weigh: fn(&Q) -> usize,
}

impl<Q: Clone + Eq + Hash> Answers<Q> {
    /// Holds answers and questions up to a total of bytes; `weigh` says how many a question has.
    #[must_use]
    pub fn new(bytes_at_most: usize, weigh: fn(&Q) -> usize) -> Self {
        Self { kept: Cache::new(bytes_at_most), weigh }
    }

    /// The answer that was kept, or else what `read` makes of the question and a database whose state was `stamp` or a
    /// later one.
    ///
    /// # Errors
    /// Those of `read`, which are not kept.
    pub async fn of<E, F: Future<Output = Result<Bytes, E>>>(
        &self,
        question: Q,
        stamp: Option<Stamp>,
        read: impl FnOnce(&Q) -> F,
    ) -> Result<Bytes, E> {
        let Some(stamp) = stamp else { return read(&question).await };
        if let Some(answer) = self.kept.get(&question, &stamp, 0) {
            return Ok(answer);
        }
        let answer = read(&question).await?;
        let weight = (self.weigh)(&question) + answer.len();
        self.kept.put(question, stamp, Micros::MAX, weight, answer.clone());
        Ok(answer)
    }
}

/// Values by their key, each good for one stamp and until an instant.
#[derive(Debug)]
pub struct Cache<K, S, V> {
    entries: Mutex<Entries<K, S, V>>,
    weight_at_most: usize,
}

#[derive(Debug)]
struct Entries<K, S, V> {
    by_key: HashMap<K, Entry<S, V>>,
    weight: usize,
    /// Counts looks, to know what was used last.
    looks: u64,
}

#[derive(Debug)]
struct Entry<S, V> {
    stamp: S,
    until: Micros,
    weight: usize,
    used: u64,
    value: V,
}

impl<K: Clone + Eq + Hash, S: Eq, V: Clone> Cache<K, S, V> {
    /// A cache that holds values up to a total weight; bytes, say.
    #[must_use]
    pub fn new(weight_at_most: usize) -> Self {
        let entries = Entries { by_key: HashMap::new(), weight: 0, looks: 0 };
        Self { entries: Mutex::new(entries), weight_at_most }
    }

    /// The value of `key`, if it was put in with this stamp and its time is not over.
    pub fn get<Q>(&self, key: &K, stamp: &Q, now: Micros) -> Option<V>
    where
        S: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.looks += 1;
        let looks = entries.looks;
        let entry = entries.by_key.get_mut(key)?;
        if entry.stamp.borrow() != stamp || now >= entry.until {
            return None;
        }
        entry.used = looks;
        Some(entry.value.clone())
    }

    /// Keeps `value`, which was made from what had this stamp or later. What was used least recently makes room.
    pub fn put(&self, key: K, stamp: S, until: Micros, weight: usize, value: V) {
        if weight > self.weight_at_most {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.weight + weight > self.weight_at_most {
            entries.make_room(self.weight_at_most / 4 + weight, self.weight_at_most);
        }
        entries.looks += 1;
        entries.weight += weight;
        let used = entries.looks;
        if let Some(old) = entries.by_key.insert(key, Entry { stamp, until, weight, used, value }) {
            entries.weight -= old.weight;
        }
    }
}

impl<K: Clone + Eq + Hash, S, V> Entries<K, S, V> {
    /// Lets the least recently used go until so much more fits; a quarter at once, so that it is rarely done.
    fn make_room(&mut self, wanted: usize, at_most: usize) {
        let mut by_use: Vec<(u64, K)> =
            self.by_key.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if self.weight + wanted <= at_most {
                return;
            }
            if let Some(old) = self.by_key.remove(&key) {
                self.weight -= old.weight;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_for_its_stamp_and_its_time() {
        let cache = Cache::<_, String, _>::new(100);
        cache.put("hall", "hash".to_owned(), 50, 10, "seats");
        assert_eq!(cache.get(&"hall", "hash", 49), Some("seats"));
        assert_eq!(cache.get(&"hall", "hash", 50), None, "its time is over");
        assert_eq!(cache.get(&"hall", "other", 49), None, "what it shows has changed");
    }

    #[test]
    fn what_was_used_least_recently_makes_room() {
        let cache = Cache::<_, u8, _>::new(100);
        for key in 0..4 {
            cache.put(key, 0, Micros::MAX, 25, key);
        }
        assert_eq!(cache.get(&0, &0, 0), Some(0));
        cache.put(4, 0, Micros::MAX, 25, 4);
        assert_eq!(cache.get(&0, &0, 0), Some(0), "it was used");
        assert_eq!(cache.get(&1, &0, 0), None);
        assert_eq!(cache.get(&4, &0, 0), Some(4));
        cache.put(5, 0, Micros::MAX, 101, 5);
        assert_eq!(cache.get(&5, &0, 0), None, "too heavy for all of it");
    }
}
