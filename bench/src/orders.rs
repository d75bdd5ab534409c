//! Creating orders at a partner by way of the server, next to a bare program that sends them on.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::http;
use crate::process::{Database, Process};
use crate::scenarios::{Bench, CONNECTIONS};
use crate::table::Row;
use crate::turns::{Turns, turn};

/// What the server must reach of the bare program's rate.
const TARGET: f64 = 0.7;
/// Between the first ids of two turns: more orders than there will be in one.
const IDS_OF_A_TURN: u64 = 100_000_000;
/// What a call to a partner takes that is somewhere else.
const PARTNER_MS: u32 = 10;
/// Looking after orders begins long after the end: the bare program does nothing of the kind.
const NO_POLLS: (&str, &str) = ("PARTNERAPI_STATUS_POLL", "3600");

/// What the partner says of its orders.
#[derive(Deserialize)]
struct Report {
    orders: Vec<Made>,
    duplicates: Vec<String>,
}

#[derive(Deserialize)]
struct Made {
    id: u64,
    external_id: String,
}

/// As much of an event as tells which order it is about.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    order_id: u64,
    their_order_id: Option<String>,
}

impl Bench {
    pub(crate) fn sqlite_orders(&self) -> anyhow::Result<Vec<Row>> {
        self.orders("SQLite", &Database::make(self.sqlite_url("orders"), "orders")?)
    }

    pub(crate) fn postgres_orders(&self) -> anyhow::Result<Vec<Row>> {
        self.orders("PostgreSQL", &Database::make(self.postgres_url("orders")?, "orders")?)
    }

    /// At the 32 connections; at a single one, where nobody waits for anybody's core; and with a partner whose
    /// answers take as long as a network and a database make them.
    fn orders(&self, engine: &str, database: &Database) -> anyhow::Result<Vec<Row>> {
        let partner = Process::partner()?;
        let proxy = Process::proxy(&partner)?;
        let (mut rows, mut turns_begun) = (Vec::new(), 0);
        let mut first_id = || {
            turns_begun += 1;
            turns_begun * IDS_OF_A_TURN
        };
        let (theirs, ours) = (self.directory.join("by-proxy"), self.directory.join("by-server"));
        let (mut by_proxy, mut by_server) = (Vec::new(), Vec::new());
        for (connections, is_slow) in [(CONNECTIONS, false), (1, false), (CONNECTIONS, true)] {
            eprintln!("{engine}: orders, {connections} connections, a slow partner: {is_slow}");
            if is_slow {
                slow_down(&partner)?;
            }
            let settings = [("PARTNERAPI_URL", partner.url()), (NO_POLLS.0, NO_POLLS.1.to_owned())];
            let server = database.serve_with("warn", self.connections, &settings)?;
            let drive = self.drive(database, connections);
            let mut turns = Turns::default();
            for _ in 0..self.rounds {
                let first = first_id();
                turns.baseline.push(turn(&proxy, |port| drive.orders(port, first, &theirs))?);
                by_proxy.extend(ids(&theirs)?);
                let first = first_id();
                turns.server.push(turn(&server, |port| drive.orders(port, first, &ours))?);
                by_server.extend(ids(&ours)?);
            }
            let plural = if connections == 1 { "" } else { "s" };
            let mut at = format!("{engine}, {connections} connection{plural}");
            if is_slow {
                at.push_str(&format!(", {PARTNER_MS} ms a call to the partner"));
            }
            let target = (connections == CONNECTIONS && !is_slow).then_some(TARGET);
            rows.push(turns.row(&format!("Creating an order, {at}"), target, &server)?);
            rows.push(turns.added_latency(&format!("What the server adds to it, {at}")));
        }
        check(&partner, database, &by_proxy, &by_server)?;
        Ok(rows)
    }
}

/// Lets the partner take its time from now on.
fn slow_down(partner: &Process) -> anyhow::Result<()> {
    for endpoint in ["find-orders", "create"] {
        let failure = format!("slow:{PARTNER_MS}");
        let body = serde_json::json!({"endpoint": endpoint, "failure": failure, "count": u32::MAX});
        let (status, answer) =
            http::exchange(partner.port, "POST", "/_sandbox/failures", "", &body.to_string())?;
        ensure!(status == 200, "the partner will not: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// The partner's ids in a file.
fn ids(file: &Path) -> anyhow::Result<Vec<u64>> {
    std::fs::read_to_string(file)?.lines().map(|id| id.parse().context("an id of the partner's")).collect()
}

/// No order was made twice, every order that was acknowledged exists, and what the server acknowledged it has
/// recorded under the id under which it was asked for.
fn check(partner: &Process, database: &Database, by_proxy: &[u64], by_server: &[u64]) -> anyhow::Result<()> {
    let mut recorded = HashMap::new();
    for line in database.events()?.lines() {
        let Event { kind, data: EventData { order_id, their_order_id } } = serde_json::from_str(line)?;
        if let ("orders.order.created", Some(theirs)) = (kind.as_str(), their_order_id) {
            recorded.insert(theirs.parse::<u64>()?, order_id);
        }
    }
    let report = http::get(partner.port, "/_sandbox/orders", "")?;
    let Report { orders, duplicates } = serde_json::from_slice(&report)?;
    ensure!(duplicates.is_empty(), "ordered more than once: {duplicates:?}");
    let made: HashMap<u64, String> = orders.into_iter().map(|made| (made.id, made.external_id)).collect();
    let acknowledged: HashSet<u64> = by_proxy.iter().chain(by_server).copied().collect();
    ensure!(acknowledged.len() == by_proxy.len() + by_server.len(), "one order answers two requests");
    for id in &acknowledged {
        ensure!(made.contains_key(id), "the partner does not have its order {id}");
    }
    for id in by_server {
        let ours = recorded.get(id).with_context(|| format!("no event tells of the partner's order {id}"))?;
        ensure!(made.get(id) == Some(&ours.to_string()), "the partner's order {id} is not of our {ours}");
    }
    eprintln!("{} orders at the partner, none twice, all that were acknowledged among them", made.len());
    Ok(())
}
