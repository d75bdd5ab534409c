//! Turns of the server and its baseline, and the row that they come to.

use anyhow::{Context as _, ensure};

use crate::http;
use crate::load::Load;
use crate::process::Process;
use crate::table::{Row, thousands};

/// One turn of a program under load.
pub(crate) struct Turn {
    pub(crate) load: Load,
    /// Microseconds that a core was busy for a request.
    pub(crate) cpu: f64,
}

/// Turns of the server, and of what it is compared with.
#[derive(Default)]
pub(crate) struct Turns {
    pub(crate) server: Vec<Turn>,
    pub(crate) baseline: Vec<Turn>,
    /// In place of `baseline`.
    pub(crate) pgbench: Vec<f64>,
}

/// Loads a program and takes its own time.
pub(crate) fn turn(
    process: &Process,
    load: impl FnOnce(u16) -> anyhow::Result<Load>,
) -> anyhow::Result<Turn> {
    let before = process.busy_seconds()?;
    let load = load(process.port)?;
    let busy = process.busy_seconds()? - before;
    Ok(Turn { load, cpu: busy * 1e6 / load.requests as f64 })
}

/// What the server has made durable so far, by its own count.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    pub(crate) jobs: f64,
    pub(crate) commits: f64,
    pub(crate) conflicts: f64,
}

/// Asks a server for it.
pub(crate) fn written(server: &Process) -> anyhow::Result<Written> {
    let page = String::from_utf8(http::get(server.port, "/metrics", "")?)?;
    let value = |name: &str| -> anyhow::Result<f64> {
        let found = page.lines().filter_map(|line| line.split_once(' ')).find(|(label, _)| *label == name);
        Ok(found.with_context(|| format!("no metric {name}"))?.1.parse()?)
    };
    Ok(Written {
        jobs: value("partnerapi_db_commit_size_sum")?,
        commits: value("partnerapi_db_commit_size_count")?,
        conflicts: value("partnerapi_db_conflicts_total")?,
    })
}

impl Written {
    /// What has come to it since.
    pub(crate) fn until(self, server: &Process) -> anyhow::Result<Self> {
        let now = written(server)?;
        Ok(Self {
            jobs: now.jobs - self.jobs,
            commits: now.commits - self.commits,
            conflicts: now.conflicts - self.conflicts,
        })
    }

    /// Every booking that was answered must have been written.
    pub(crate) fn cover(&self, turns: &Turns) -> anyhow::Result<()> {
        let answered: u64 = turns.server.iter().map(|turn| turn.load.requests).sum();
        ensure!(self.jobs >= answered as f64, "{answered} bookings answered, {} written", self.jobs);
        Ok(())
    }
}

impl Turns {
    /// How much later the server's answers come than the baseline's.
    pub(crate) fn added_latency(&self, scenario: &str) -> Row {
        let added = |percentile: fn(&Load) -> f64| {
            let pairs = std::iter::zip(&self.server, &self.baseline);
            let added: Vec<f64> =
                pairs.map(|(server, base)| percentile(&server.load) - percentile(&base.load)).collect();
            spread(&added).1
        };
        Row {
            scenario: scenario.to_owned(),
            latency: format!("{:+.2} / {:+.2}", added(|load| load.p50), added(|load| load.p99)),
            ..Row::default()
        }
    }

    /// The row; `target` is the least ratio that is good enough.
    pub(crate) fn row(&self, scenario: &str, target: Option<f64>, server: &Process) -> anyhow::Result<Row> {
        let of = |turns: &[Turn], what: fn(&Turn) -> f64| turns.iter().map(what).collect::<Vec<_>>();
        let rates = of(&self.server, |turn| turn.load.rate);
        let baselines = [of(&self.baseline, |turn| turn.load.rate), self.pgbench.clone()].concat();
        let ratios: Vec<f64> = std::iter::zip(&rates, &baselines).map(|(rate, base)| rate / base).collect();
        let (least, ratio, most) = spread(&ratios);
        let middle = |values: &[f64]| spread(values).1;
        let cpu = middle(&of(&self.server, |turn| turn.cpu));
        Ok(Row {
            scenario: scenario.to_owned(),
            server: thousands(middle(&rates)),
            baseline: thousands(middle(&baselines)),
            ratio: if ratios.len() > 1 {
                format!("{ratio:.2} ({least:.2} to {most:.2})")
            } else {
                format!("{ratio:.2}")
            },
            target: target.map_or_else(String::new, |target| format!("≥ {target}")),
            met: target.map(|target| ratio >= target),
            latency: format!(
                "{:.1} / {:.1}",
                middle(&of(&self.server, |turn| turn.load.p50)),
                middle(&of(&self.server, |turn| turn.load.p99))
            ),
            cpu: match self.baseline.is_empty() {
                true => format!("{cpu:.0}"),
                false => format!("{cpu:.0} / {:.0}", middle(&of(&self.baseline, |turn| turn.cpu))),
            },
            memory: Some(server.peak_memory()?),
        })
    }
}

/// The least, the median and the most.
pub(crate) fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let (low, high) = (at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2));
    (at(0), (low + high) / 2.0, at(sorted.len().saturating_sub(1)))
}
