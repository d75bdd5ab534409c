//! Publishing the outbox, next to a bare program that publishes the same bodies.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use postgres::{Client, NoTls};
use serde_json::json;

use crate::broker::Queue;
use crate::halls::{self, Names};
use crate::load::Load;
use crate::process::{Database, Process};
use crate::scenarios::{Bench, CONNECTIONS, SEATS_OF_SALE};
use crate::table::Row;
use crate::turns::{Turn, Turns};

/// What the server must reach of the bare program's rate.
const TARGET: f64 = 0.7;
/// Events for each second of a turn.
const EVENTS: usize = 15_000;
const EXCHANGE: &str = "bench";
/// What bookings that are paid at once are published as.
const KEY: &str = "tickets.ticket.paid";

impl Bench {
    pub(crate) fn sqlite_outbox(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.sqlite("outbox", &self.seats_for_events())?;
        self.outbox("SQLite", &database, |number| {
            let copy = self.directory.join(format!("outbox-{number}.db"));
            database.back_up(&copy)?;
            Ok(format!("sqlite:{}", copy.display()))
        })
    }

    pub(crate) fn postgres_outbox(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.postgres("outbox", &self.seats_for_events())?;
        self.outbox("PostgreSQL", &database, |number| {
            let mut client = Client::connect(&self.postgres, NoTls)?;
            // The connections of the server that has been ended may not be gone yet.
            client.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = 'bench_outbox'",
                &[],
            )?;
            let copy = format!("bench_outbox_{number}");
            client.batch_execute(&format!("CREATE DATABASE {copy} TEMPLATE bench_outbox"))?;
            let (server, _) = self.postgres.rsplit_once('/').context("an address with a database")?;
            let url = format!("{server}/{copy}");
            let mut client = Client::connect(&url, NoTls)?;
            // Two calls, since neither may be in a transaction.
            client.batch_execute("VACUUM ANALYZE")?;
            client.batch_execute("CHECKPOINT")?;
            Ok(url)
        })
    }

    /// Fills an outbox, and has a copy of it published in each turn.
    fn outbox(
        &self,
        engine: &str,
        database: &Database,
        copy: impl Fn(u32) -> anyhow::Result<String>,
    ) -> anyhow::Result<Vec<Row>> {
        let (file, count) = self.fill_outbox(engine, database)?;
        let (mut turns, mut last) = (Turns::default(), None);
        for number in 0..self.rounds {
            eprintln!("{engine}: publishing {count} events");
            // The server of the turn before ends here.
            drop(last.take());
            let copy = Database { url: copy(number)?, key: database.key.clone() };
            let queue = Queue::declare(&self.rabbitmq, EXCHANGE)?;
            let began = Instant::now();
            let bare = Process::publisher(&file, &self.rabbitmq, EXCHANGE, KEY)?;
            turns.baseline.push(published(&queue, count, began, &bare)?);
            drop(bare);
            queue.delete()?;
            let queue = Queue::declare(&self.rabbitmq, EXCHANGE)?;
            let settings = [
                ("PARTNERAPI_RABBITMQ_URL", self.rabbitmq.clone()),
                ("PARTNERAPI_RABBITMQ_EXCHANGE", EXCHANGE.to_owned()),
            ];
            let began = Instant::now();
            let server = copy.serve_with("warn", self.connections, &settings)?;
            turns.server.push(published(&queue, count, began, &server)?);
            queue.delete()?;
            last = Some(server);
        }
        let server = last.context("no turns")?;
        let row = turns.row(&format!("Publishing events, {engine}"), Some(TARGET), &server)?;
        Ok(vec![Row { latency: String::new(), ..row }])
    }

    /// Books all seats; writes the events into a file, a body a line, and counts them.
    fn fill_outbox(&self, engine: &str, database: &Database) -> anyhow::Result<(PathBuf, u32)> {
        eprintln!("{engine}: filling the outbox");
        let server = database.serve("warn", self.connections)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(book(&server.url(), &database.key, self.events()))?;
        drop(server);
        let events = database.events()?;
        let file = self.directory.join("bodies");
        std::fs::write(&file, &events)?;
        let count = events.lines().count();
        ensure!(count == self.events(), "{count} events of {} bookings", self.events());
        Ok((file, count.try_into()?))
    }

    fn seats_for_events(&self) -> String {
        halls::programme(self.events().div_ceil(SEATS_OF_SALE), SEATS_OF_SALE, Names::Numbers)
    }

    fn events(&self) -> usize {
        EVENTS * self.seconds as usize
    }
}

/// Books so many seats, each paid at once, with as many connections as the load has elsewhere.
async fn book(url: &str, key: &str, seats: usize) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let buyers = (0..CONNECTIONS).map(|buyer| {
        let client = &client;
        async move {
            for seat in (buyer..seats).step_by(CONNECTIONS) {
                let show = seat / SEATS_OF_SALE + 1;
                let body = json!({"seat_id": Names::Numbers.of(seat % SEATS_OF_SALE), "paid": 1});
                let path = format!("{url}/api/partners/v1/tickets/add/1/{show}");
                client.post(path).bearer_auth(key).json(&body).send().await?.error_for_status()?;
            }
            Ok(())
        }
    });
    try_join_all(buyers).await.map(drop)
}

/// Waits until all events are in the queue; what the program under load took for it.
fn published(queue: &Queue, count: u32, began: Instant, program: &Process) -> anyhow::Result<Turn> {
    queue.await_messages(count)?;
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    let cpu = program.busy_seconds()? * 1e6 / f64::from(count);
    Ok(Turn { load: Load { requests: count.into(), rate, p50: 0.0, p99: 0.0 }, cpu })
}
