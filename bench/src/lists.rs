//! Lists of rows that are sent in, and bare loops that write the same rows.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{bail, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::http;
use crate::load::Load;
use crate::turns::spread;

/// Pages of the log after which the loop moves it into the database, as the server's other thread does.
const CHECKPOINT_PAGES: u32 = 4_000;

/// The issues' one client, and some at once.
pub(crate) const SENDERS: [usize; 2] = [1, 4];

/// Who sends lists, and where to.
#[derive(Clone, Copy)]
pub(crate) struct Senders<'a> {
    pub(crate) count: usize,
    pub(crate) key: &'a str,
    pub(crate) path: &'a str,
    /// What a success is answered with.
    pub(crate) status: u16,
    /// Rows of each list.
    pub(crate) rows: usize,
}

impl Senders<'_> {
    /// POSTs the lists, each once, every sender the next one when the one before was answered. Counts rows.
    pub(crate) fn send(&self, port: u16, lists: &[String]) -> anyhow::Result<Load> {
        let next = AtomicUsize::new(0);
        let began = Instant::now();
        let times = std::thread::scope(|scope| {
            let senders: Vec<_> =
                (0..self.count).map(|_| scope.spawn(|| self.send_some(port, lists, &next))).collect();
            let mut times = Vec::new();
            for sender in senders {
                times.extend(sender.join().unwrap_or_else(|_| bail!("a sender panicked"))?);
            }
            Ok::<_, anyhow::Error>(times)
        })?;
        let rows = lists.len() * self.rows;
        let rate = rows as f64 / began.elapsed().as_secs_f64();
        let mut sorted = times;
        sorted.sort_by(f64::total_cmp);
        let p99 = sorted.get(sorted.len() * 99 / 100).copied().unwrap_or_default();
        Ok(Load { requests: rows as u64, rate, p50: spread(&sorted).1, p99 })
    }

    /// Sends lists until there are no more; how many milliseconds each took.
    fn send_some(&self, port: u16, lists: &[String], next: &AtomicUsize) -> anyhow::Result<Vec<f64>> {
        let mut connection = http::Connection::new(port, self.key);
        let mut times = Vec::new();
        while let Some(list) = lists.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let (status, answer) = connection.exchange("POST", self.path, list)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(status == self.status, "a list: {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(times)
    }
}

/// A bare loop of rusqlite: one statement, prepared once, and a transaction a list.
pub(crate) struct Loop {
    connection: Connection,
}

impl Loop {
    /// Opens a database with the server's settings, as far as they concern a writer.
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        Ok(Self { connection })
    }

    /// Writes the lists and gives the rows a second.
    pub(crate) fn write<const N: usize>(
        &mut self,
        sql: &str,
        lists: &[Vec<[Value; N]>],
    ) -> anyhow::Result<f64> {
        let (began, mut rows) = (Instant::now(), 0);
        for list in lists {
            let transaction = self.connection.transaction()?;
            let mut statement = transaction.prepare_cached(sql)?;
            for row in list {
                rows += statement.execute(params_from_iter(row))?;
            }
            drop(statement);
            transaction.commit()?;
        }
        let expected: usize = lists.iter().map(Vec::len).sum();
        ensure!(rows == expected, "the loop wrote {rows} of {expected} rows");
        Ok(rows as f64 / began.elapsed().as_secs_f64())
    }
}
