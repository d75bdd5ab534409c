//! Load: wrk for HTTP, pgbench for the statements alone.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// Where the scripts are, seen from the repository.
const SCRIPTS: &str = "bench";
/// Threads of wrk. One drives a small server well; the second is for answers of a megabyte.
const THREADS: usize = 2;

/// What a turn came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: u64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Half of the answers came sooner, in milliseconds.
    pub(crate) p50: f64,
    /// All but one of a hundred came sooner, in milliseconds.
    pub(crate) p99: f64,
}

/// The line that `report.lua` prints.
#[derive(Debug, Deserialize)]
struct Report {
    requests: u64,
    duration: f64,
    p50: f64,
    p99: f64,
    refused: u64,
    broken: u64,
}

/// How to drive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drive<'a> {
    pub(crate) connections: usize,
    pub(crate) seconds: u32,
    pub(crate) key: &'a str,
}

impl Drive<'_> {
    /// GETs `path`, again and again.
    pub(crate) fn reads(&self, port: u16, path: &str) -> anyhow::Result<Load> {
        self.wrk(port, path, "report.lua", &[])
    }

    /// Books the seats of `stock`, each once.
    pub(crate) fn bookings(&self, port: u16, stock: &Stock) -> anyhow::Result<Load> {
        let Stock { seats_of_show, first, end } = *stock;
        let arguments = [seats_of_show, first, end, THREADS].map(|number| number.to_string());
        self.wrk(port, "/", "booking.lua", &arguments)
    }

    /// Makes orders under ids from `first` on, each once, and writes the partner's ids of those that were
    /// acknowledged into `file`.
    pub(crate) fn orders(&self, port: u16, first: u64, file: &Path) -> anyhow::Result<Load> {
        let file = file.to_str().context("a path in UTF-8")?.to_owned();
        self.wrk(port, "/", "orders.lua", &[first.to_string(), THREADS.to_string(), file])
    }

    /// Reports visits to a supplier's page.
    pub(crate) fn accesses(&self, port: u16, hash: &str, browser: &str) -> anyhow::Result<Load> {
        self.wrk(port, "/cmp", "accesses.lua", &[hash.to_owned(), browser.to_owned()])
    }

    fn wrk(&self, port: u16, path: &str, script: &str, arguments: &[String]) -> anyhow::Result<Load> {
        // A thread has at least one connection.
        let threads = THREADS.min(self.connections);
        let mut wrk = Command::new("wrk");
        wrk.current_dir(Path::new(SCRIPTS).join("wrk"))
            .args(["--threads", &threads.to_string(), "--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{}s", self.seconds), "--timeout", "10s", "--script", script])
            .args(["--header", &format!("Authorization: Bearer {}", self.key)])
            .arg(format!("http://127.0.0.1:{port}{path}"))
            .arg("--")
            .args(arguments);
        let printed = run(wrk)?;
        let report =
            printed.lines().rev().find(|line| line.starts_with('{')).context("wrk without report")?;
        let Report { requests, duration, p50, p99, refused, broken } = serde_json::from_str(report)?;
        ensure!(
            refused == 0,
            "{refused} of {requests} answers were no success; of bookings: too few seats for this rate?"
        );
        ensure!(broken == 0, "{broken} of {requests} requests had no answer");
        let rate = requests as f64 / (duration / 1e6);
        Ok(Load { requests, rate, p50: p50 / 1e3, p99: p99 / 1e3 })
    }
}

/// Seats to be sold, numbered from 0 through all shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stock {
    pub(crate) seats_of_show: usize,
    pub(crate) first: usize,
    pub(crate) end: usize,
}

impl Stock {
    /// Takes the next `count` seats out of it.
    pub(crate) fn take(&mut self, count: usize) -> anyhow::Result<Self> {
        let first = self.first;
        self.first += count;
        ensure!(self.first <= self.end, "more turns than there are seats");
        Ok(Self { first, end: self.first, ..*self })
    }
}

/// Runs a script of pgbench with prepared statements and gives its transactions a second.
pub(crate) fn pgbench(
    url: &str,
    script: &str,
    clients: u32,
    seconds: u32,
    variables: &[(&str, String)],
) -> anyhow::Result<f64> {
    let mut pgbench = Command::new("pgbench");
    pgbench
        .args(["--no-vacuum", "--protocol", "prepared", "--max-tries", "40"])
        .args(["--client", &clients.to_string(), "--jobs", &clients.min(2).to_string()])
        .args(["--time", &seconds.to_string(), "--file", &format!("{SCRIPTS}/pgbench/{script}")]);
    for (name, value) in variables {
        pgbench.arg("--define").arg(format!("{name}={value}"));
    }
    pgbench.arg(url);
    let printed = run(pgbench)?;
    let after = |label: &str| {
        let found = printed.lines().find_map(|line| line.strip_prefix(label));
        found.with_context(|| format!("pgbench without {label:?}"))
    };
    let failed = after("number of failed transactions: ")?;
    ensure!(failed.starts_with("0 "), "transactions of pgbench failed: {failed}");
    Ok(after("tps = ")?.split(' ').next().unwrap_or_default().parse()?)
}

fn run(mut command: Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {complaint}", command.get_program());
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    /// The store's SQL as it is sent: a line's end in a Rust text is a backslash, and indentation is nothing.
    fn sources() -> String {
        let sources = [
            include_str!("../../crates/tickets/src/store/booking.rs"),
            include_str!("../../crates/tickets/src/store/shows.rs"),
            include_str!("../../crates/kernel/src/events/mod.rs"),
            include_str!("../../crates/routes/src/store/reference.rs"),
            include_str!("../../crates/routes/src/store/routes.rs"),
            include_str!("../../crates/inventory/src/store/mod.rs"),
            include_str!("../../crates/inventory/src/store/stock.rs"),
        ];
        let text = sources.concat().replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, columns) = text.split_once("const COLUMNS: &str = \"").expect("the columns of a unit");
        text.replace("{columns}", columns.split('"').next().unwrap_or_default())
    }

    /// `:name` as `$1`, numbered by first appearance in the statement.
    fn numbered(line: &str, seen: &mut Vec<String>) -> String {
        let mut text = String::new();
        for (index, part) in line.split(':').enumerate() {
            if index == 0 {
                text.push_str(part);
                continue;
            }
            let end = part.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(part.len());
            let name = part[..end].to_owned();
            let place = seen.iter().position(|known| *known == name).unwrap_or_else(|| {
                seen.push(name);
                seen.len() - 1
            });
            text.push_str(&format!("${}{}", place + 1, &part[end..]));
        }
        text
    }

    #[test]
    fn pgbench_runs_the_statements_of_the_store() {
        let sources = sources();
        for script in [
            include_str!("../pgbench/booking.sql"),
            include_str!("../pgbench/seats.sql"),
            include_str!("../pgbench/lists.sql"),
            include_str!("../pgbench/units.sql"),
            include_str!("../pgbench/unit.sql"),
            include_str!("../pgbench/route_units.sql"),
            include_str!("../pgbench/stock.sql"),
        ] {
            let mut seen = Vec::new();
            for line in script.lines() {
                // What a script must do by itself: numbers, the transaction, lists of values, the part of a list.
                if ["\\set", "BEGIN", "COMMIT", " VALUES", " (", " LIMIT"]
                    .iter()
                    .any(|own| line.starts_with(own))
                {
                    continue;
                }
                let text = numbered(line.trim_end_matches(';'), &mut seen);
                assert!(sources.contains(text.trim()), "the store does not run: {text}");
                if line.ends_with(';') {
                    seen.clear();
                }
            }
        }
    }
}
