//! Whether a read costs more where there is more.
//!
//! The server is compared with itself: reads take turns over connections that stay, and before each something is
//! written, so that no answer that was kept serves it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use postgres::{Client, NoTls};

use crate::http::Connection;
use crate::process::{Database, Process};
use crate::table::Row;
use crate::turns::spread;

/// What a read may cost where there is much, of its cost where there is little.
const TARGET: f64 = 1.5;
/// How often each is timed.
const LOOKS: usize = 150;

/// A write that changes what is stored, and not how much.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Its body, another one each time.
    pub(crate) body: fn(usize) -> String,
    pub(crate) status: u16,
}

/// A server with a connection to it.
pub(crate) struct Place {
    connection: Connection,
    /// Ends with it.
    _server: Process,
    change: Change,
    looks: usize,
}

impl Place {
    /// Serves a database that has just been filled.
    pub(crate) fn open(database: &Database, connections: u32, change: Change) -> anyhow::Result<Self> {
        if database.is_postgres() {
            Client::connect(&database.url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
        }
        let server = database.serve("warn", connections)?;
        let connection = Connection::new(server.port, &database.key);
        Ok(Self { connection, _server: server, change, looks: 0 })
    }

    /// A good answer.
    pub(crate) fn read(&mut self, path: &str) -> anyhow::Result<Vec<u8>> {
        let (status, body) = self.connection.exchange("GET", path, "")?;
        ensure!(status == 200, "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// The time that a read takes whose answer cannot have been kept: something has just been written.
    pub(crate) fn look(&mut self, path: &str) -> anyhow::Result<Duration> {
        let Change { method, path: changed, body, status: expected } = self.change;
        self.looks += 1;
        let (status, answer) = self.connection.exchange(method, changed, &body(self.looks))?;
        let answer = String::from_utf8_lossy(&answer);
        ensure!(status == expected, "a write was answered with {status}: {answer}");
        let began = Instant::now();
        self.read(path)?;
        Ok(began.elapsed())
    }
}

/// The medians of the times of several looks, which take turns; in microseconds.
pub(crate) fn medians<const N: usize>(
    mut look: impl FnMut(usize) -> anyhow::Result<Duration>,
) -> anyhow::Result<[f64; N]> {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..LOOKS {
        for (which, times) in times.iter_mut().enumerate() {
            times.push(look(which)?.as_secs_f64() * 1e6);
        }
    }
    Ok(times.map(|times| spread(&times).1))
}

/// The row of a read where there is little, `base`, and where there is much.
pub(crate) fn row(scenario: String, base: f64, cost: f64) -> Row {
    let ratio = cost / base;
    Row {
        scenario,
        server: format!("{cost:.0} µs"),
        baseline: format!("{base:.0} µs"),
        ratio: format!("{ratio:.2}"),
        target: format!("≤ {TARGET}"),
        met: Some(ratio <= TARGET),
        ..Row::default()
    }
}

/// Rows of the same reads in a small place and in a large one: each with its name, and its paths in both.
pub(crate) fn compare(
    engine: &str,
    sizes: &str,
    mut places: [Place; 2],
    reads: impl IntoIterator<Item = (&'static str, [String; 2])>,
) -> anyhow::Result<Vec<Row>> {
    let row_of = |(name, paths): (&str, [String; 2])| {
        eprintln!("{engine}: {name}, {}", paths[1]);
        let [base, cost] = medians(|which| places[which].look(&paths[which]))?;
        Ok(row(format!("Reading {name}, {engine}: p50 {sizes}"), base, cost))
    };
    reads.into_iter().map(row_of).collect()
}
