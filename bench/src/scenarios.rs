//! What is measured.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use postgres::{Client, NoTls};

use crate::halls::{self, Names};
use crate::http;
use crate::load::{Drive, Stock, pgbench};
use crate::process::{Database, Process};
use crate::table::Row;
use crate::turns::{Turns, spread, turn, written};

/// What the server must reach of the baseline's rate.
const BOOKING_TARGET: f64 = 0.25;
const READ_TARGET: f64 = 0.5;
const BOOKINGS_A_COMMIT_TARGET: f64 = 40.0;
const MEMORY_TARGET: f64 = 100.0;
const START_TARGET: Duration = Duration::from_millis(100);
const STARTS: usize = 20;

pub(crate) const CONNECTIONS: usize = 32;
pub(crate) const ENGINES: [&str; 2] = ["SQLite", "PostgreSQL"];
/// Seats of a show on sale.
pub(crate) const SEATS_OF_SALE: usize = 5_000;
/// More bookings a second than there will be.
const SQLITE_BOOKINGS: usize = 50_000;
const POSTGRES_BOOKINGS: usize = 15_000;
/// The hall that is read.
const SHOWS: usize = 50;
const SEATS: usize = 1_000;
const SEATS_PATH: &str = "/api/partners/v1/events/seats/1/1";
const LISTS_PATH: &str = "/api/partners/v1/events/lists";
/// Bookings a second that disturb the readers, and among how many they are shared.
const BOOKINGS_BESIDE: f64 = 100.0;
const BUYERS: usize = 4;

/// Everything that can be measured, and with what.
pub(crate) struct Bench {
    pub(crate) rounds: u32,
    pub(crate) seconds: u32,
    /// Of the server to PostgreSQL, for writing; and clients of pgbench.
    pub(crate) connections: u32,
    /// The large network of routes, in small ones.
    pub(crate) times: usize,
    /// Objects of stock where there are many.
    pub(crate) objects: usize,
    /// Accesses of a long history; it has a tenth as many sales.
    pub(crate) accesses: usize,
    pub(crate) directory: PathBuf,
    pub(crate) postgres: String,
    pub(crate) rabbitmq: String,
}

impl Bench {
    /// Bookings on SQLite: at the issue's 32 connections, at more, and with every request logged.
    pub(crate) fn sqlite_booking(&self) -> anyhow::Result<Vec<Row>> {
        let a_turn = SQLITE_BOOKINGS * self.seconds as usize;
        let mut stock = stock(a_turn * (self.rounds as usize + 3));
        let database = self.sqlite("sale", &sale(&stock))?;
        let mut rows = Vec::new();
        for (connections, log, rounds) in
            [(CONNECTIONS, "warn", self.rounds), (64, "warn", 1), (128, "warn", 1), (CONNECTIONS, "info", 1)]
        {
            let is_the_target = rows.is_empty();
            eprintln!("SQLite: bookings, {connections} connections, log {log}");
            let server = database.serve(log, self.connections)?;
            let baseline = self.baseline(&book_one(&server, &database, &mut stock)?)?;
            let drive = self.drive(&database, connections);
            let written = written(&server)?;
            let mut turns = Turns::default();
            for _ in 0..rounds {
                let stock = stock.take(a_turn)?;
                turns.baseline.push(turn(&baseline, |port| drive.bookings(port, &stock))?);
                turns.server.push(turn(&server, |port| drive.bookings(port, &stock))?);
            }
            let written = written.until(&server)?;
            written.cover(&turns)?;
            let logged = if log == "info" { ", each request logged to /dev/null" } else { "" };
            let name = format!("Booking, SQLite, {connections} connections{logged}");
            rows.push(turns.row(&name, is_the_target.then_some(BOOKING_TARGET), &server)?);
            if log == "warn" {
                let size = written.jobs / written.commits;
                rows.push(Row {
                    scenario: format!("Bookings a commit, {connections} connections"),
                    server: format!("{size:.1}"),
                    target: if is_the_target {
                        format!("≥ {BOOKINGS_A_COMMIT_TARGET}")
                    } else {
                        String::new()
                    },
                    met: is_the_target.then_some(size >= BOOKINGS_A_COMMIT_TARGET),
                    ..Row::default()
                });
            }
        }
        Ok(rows)
    }

    /// Seats and lists on SQLite, with nothing else going on, and seats while others book.
    pub(crate) fn sqlite_reads(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.sqlite("halls", &halls::programme(SHOWS, SEATS, Names::Real))?;
        take_half(&database, self.connections)?;
        let mut rows = Vec::new();
        for (name, path) in [(seats_name(), SEATS_PATH), (lists_name(), LISTS_PATH)] {
            rows.push(self.reads(&database, &format!("{name}, SQLite"), path, Some(READ_TARGET))?);
        }
        rows.push(self.disturbed_reads(&database, "SQLite")?);
        Ok(rows)
    }

    /// A read that is asked for again and again, next to the bare program with the same bytes.
    pub(crate) fn reads(
        &self,
        database: &Database,
        name: &str,
        path: &str,
        target: Option<f64>,
    ) -> anyhow::Result<Row> {
        eprintln!("{name}: {path}");
        let server = database.serve("warn", self.connections)?;
        let baseline = self.baseline(&http::get(server.port, path, &database.key)?)?;
        let drive = self.drive(database, CONNECTIONS);
        let mut turns = Turns::default();
        for _ in 0..self.rounds {
            turns.baseline.push(turn(&baseline, |port| drive.reads(port, path))?);
            turns.server.push(turn(&server, |port| drive.reads(port, path))?);
        }
        turns.row(name, target, &server)
    }

    /// A read on PostgreSQL, next to the same statements run by pgbench.
    pub(crate) fn reads_next_to_pgbench(
        &self,
        database: &Database,
        name: &str,
        path: &str,
        script: &str,
        variables: &[(&str, String)],
        target: f64,
    ) -> anyhow::Result<Row> {
        eprintln!("{name}: {path}");
        let server = database.serve("warn", self.connections)?;
        let drive = self.drive(database, CONNECTIONS);
        let mut turns = Turns::default();
        for _ in 0..self.rounds {
            turns.pgbench.push(self.pgbench(database, script, variables)?);
            turns.server.push(turn(&server, |port| drive.reads(port, path))?);
        }
        turns.row(name, Some(target), &server)
    }

    /// `events/seats` of a show while other seats of the hall are sold at a steady pace. The baseline has peace.
    fn disturbed_reads(&self, database: &Database, engine: &str) -> anyhow::Result<Row> {
        eprintln!("{engine}: {SEATS_PATH} while others book");
        let server = database.serve("warn", self.connections)?;
        let baseline = self.baseline(&http::get(server.port, SEATS_PATH, &database.key)?)?;
        let drive = self.drive(database, CONNECTIONS);
        let mut turns = Turns::default();
        turns.baseline.push(turn(&baseline, |port| drive.reads(port, SEATS_PATH))?);
        let (began, stop, buyers) = (Instant::now(), AtomicBool::new(false), 0..BUYERS);
        let booked = std::thread::scope(|scope| {
            let buyers: Vec<_> = buyers
                .map(|buyer| {
                    scope.spawn({
                        let stop = &stop;
                        let (port, key) = (server.port, &database.key);
                        move || buy(buyer, stop, port, key)
                    })
                })
                .collect();
            let read = turn(&server, |port| drive.reads(port, SEATS_PATH));
            stop.store(true, Ordering::Relaxed);
            turns.server.push(read?);
            buyers
                .into_iter()
                .map(|buyer| buyer.join().unwrap_or_else(|_| bail!("a buyer panicked")))
                .sum::<anyhow::Result<usize>>()
        })?;
        let pace = booked as f64 / began.elapsed().as_secs_f64();
        turns.row(&format!("{}, {engine}, during {pace:.0} bookings a second", seats_name()), None, &server)
    }

    /// Bookings on PostgreSQL, next to the same statements run by pgbench.
    pub(crate) fn postgres_booking(&self) -> anyhow::Result<Vec<Row>> {
        let a_turn = POSTGRES_BOOKINGS * self.seconds as usize;
        let mut stock = stock(a_turn * self.rounds as usize * 2);
        let database = self.postgres("sale", &sale(&stock))?;
        eprintln!("PostgreSQL: bookings");
        let server = database.serve("warn", self.connections)?;
        let drive = self.drive(&database, CONNECTIONS);
        let (written, mut turns) = (written(&server)?, Turns::default());
        for _ in 0..self.rounds {
            let part = stock.take(a_turn)?;
            let variables = [
                ("n", "-1".to_owned()),
                ("first", part.first.to_string()),
                ("clients", self.connections.to_string()),
                ("seats_of_show", part.seats_of_show.to_string()),
                ("entity", "ticket:1234567".to_owned()),
                ("data", r#"{"id":"1234567","event_id":1,"show_id":10,"seat_id":"1234","external_id":null,"reserved_to":null}"#.to_owned()),
            ];
            turns.pgbench.push(self.pgbench(&database, "booking.sql", &variables)?);
            let part = stock.take(a_turn)?;
            turns.server.push(turn(&server, |port| drive.bookings(port, &part))?);
        }
        let written = written.until(&server)?;
        written.cover(&turns)?;
        let mut client = Client::connect(&database.url, NoTls)?;
        // One statement, one snapshot: the last bookings may still be under way.
        let counts =
            "SELECT (SELECT count(*) FROM tickets_tickets), (SELECT sum(taken)::bigint FROM tickets_seats)";
        let counts = client.query_one(counts, &[])?;
        let (tickets, taken): (i64, i64) = (counts.get(0), counts.get(1));
        ensure!(tickets == taken, "{tickets} tickets for {taken} taken seats: pgbench found no seats");
        let name = format!(
            "Booking, PostgreSQL, {CONNECTIONS} connections, {} to the database ({:.2} conflicts a booking)",
            self.connections,
            written.conflicts / written.jobs
        );
        Ok(vec![turns.row(&name, Some(BOOKING_TARGET), &server)?])
    }

    /// Seats and lists on PostgreSQL, next to the same statements run by pgbench.
    pub(crate) fn postgres_reads(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.postgres("halls", &halls::programme(SHOWS, SEATS, Names::Real))?;
        take_half(&database, self.connections)?;
        Client::connect(&database.url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
        let mut rows = Vec::new();
        for (name, path, script) in
            [(seats_name(), SEATS_PATH, "seats.sql"), (lists_name(), LISTS_PATH, "lists.sql")]
        {
            let name = format!("{name}, PostgreSQL");
            let variables = [("show", "1".to_owned())];
            rows.push(self.reads_next_to_pgbench(&database, &name, path, script, &variables, READ_TARGET)?);
        }
        rows.push(self.disturbed_reads(&database, "PostgreSQL")?);
        Ok(rows)
    }

    /// From the start of the process to the first good answer of `/readyz`.
    pub(crate) fn start(&self) -> anyhow::Result<Vec<Row>> {
        let programme = halls::programme(1, SEATS, Names::Real);
        let databases = [
            ("SQLite", self.sqlite("start", &programme)?),
            ("PostgreSQL", self.postgres("start", &programme)?),
        ];
        let mut rows = Vec::new();
        for (engine, database) in databases {
            eprintln!("{engine}: start to ready");
            let (mut times, mut memory) = (Vec::new(), 0.0_f64);
            for _ in 0..STARTS {
                let server = database.serve("warn", self.connections)?;
                times.push(server.ready_after.as_secs_f64() * 1e3);
                memory = memory.max(server.peak_memory()?);
            }
            let (least, middle, most) = spread(&times);
            rows.push(Row {
                scenario: format!("Start to ready, {engine}, of {STARTS}"),
                server: format!("{middle:.0} ms ({least:.0} to {most:.0})"),
                target: format!("< {} ms", START_TARGET.as_millis()),
                met: Some(middle < START_TARGET.as_secs_f64() * 1e3),
                memory: Some(memory),
                ..Row::default()
            });
        }
        Ok(rows)
    }

    pub(crate) fn drive<'a>(&self, database: &'a Database, connections: usize) -> Drive<'a> {
        Drive { connections, seconds: self.seconds, key: &database.key }
    }

    pub(crate) fn baseline(&self, answer: &[u8]) -> anyhow::Result<Process> {
        let file = self.directory.join("answer.json");
        std::fs::write(&file, answer)?;
        Process::baseline(&file)
    }

    pub(crate) fn sqlite(&self, name: &str, programme: &str) -> anyhow::Result<Database> {
        eprintln!("SQLite: filling the database {name}");
        Database::fill(self.sqlite_url(name), &self.directory, "tickets", programme)
    }

    pub(crate) fn sqlite_url(&self, name: &str) -> String {
        format!("sqlite:{}", self.directory.join(name).with_extension("db").display())
    }

    /// A new database of one of [`ENGINES`].
    pub(crate) fn url(&self, engine: &str, name: &str) -> anyhow::Result<String> {
        if engine == "SQLite" { Ok(self.sqlite_url(name)) } else { self.postgres_url(name) }
    }

    /// A new database.
    pub(crate) fn postgres_url(&self, name: &str) -> anyhow::Result<String> {
        Client::connect(&self.postgres, NoTls)?.batch_execute(&format!("CREATE DATABASE bench_{name}"))?;
        let (server, _) = self.postgres.rsplit_once('/').context("an address with a database")?;
        Ok(format!("{server}/bench_{name}"))
    }

    pub(crate) fn postgres(&self, name: &str, programme: &str) -> anyhow::Result<Database> {
        eprintln!("PostgreSQL: filling the database {name}");
        let database = Database::fill(self.postgres_url(name)?, &self.directory, "tickets", programme)?;
        let mut client = Client::connect(&database.url, NoTls)?;
        client.batch_execute("VACUUM ANALYZE")?;
        let renumbered = client.query("SELECT show FROM tickets_shows WHERE show <> show_id", &[])?;
        ensure!(renumbered.is_empty(), "the scripts of pgbench take a show's number for its id");
        Ok(database)
    }

    fn pgbench(&self, database: &Database, script: &str, more: &[(&str, String)]) -> anyhow::Result<f64> {
        let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let now: i64 = Client::connect(&database.url, NoTls)?.query_one(now, &[])?.get(0);
        let mut variables =
            vec![("now", now.to_string()), ("account", "bench".to_owned()), ("event", "1".to_owned())];
        variables.extend_from_slice(more);
        pgbench(&database.url, script, self.connections, self.seconds, &variables)
    }
}

/// The row that holds every other row to the limit of memory.
pub(crate) fn most_memory(rows: &[Row]) -> Row {
    let most = rows.iter().filter_map(|row| row.memory).fold(0.0, f64::max);
    Row {
        scenario: "Peak RSS, the most of all rows".to_owned(),
        server: format!("{most:.0} MB"),
        target: format!("< {MEMORY_TARGET} MB"),
        met: Some(most < MEMORY_TARGET),
        ..Row::default()
    }
}

fn stock(seats: usize) -> Stock {
    // One more show for the single bookings.
    Stock { seats_of_show: SEATS_OF_SALE, first: 0, end: seats + SEATS_OF_SALE }
}

fn sale(stock: &Stock) -> String {
    halls::programme(stock.end.div_ceil(stock.seats_of_show), stock.seats_of_show, Names::Numbers)
}

/// Books the next seat and gives the answer.
fn book_one(server: &Process, database: &Database, stock: &mut Stock) -> anyhow::Result<Vec<u8>> {
    let seat = stock.take(1)?.first;
    let name = Names::Numbers.of(seat % SEATS_OF_SALE);
    http::book(server.port, &database.key, seat / SEATS_OF_SALE + 1, &name)
}

fn seats_name() -> String {
    format!("Seats of a hall of {SEATS}, half taken")
}

fn lists_name() -> String {
    format!("Lists of {SHOWS} shows of {SEATS} seats")
}

/// Sells every other seat of the first show.
fn take_half(database: &Database, connections: u32) -> anyhow::Result<()> {
    let server = database.serve("warn", connections)?;
    for seat in (0..SEATS).step_by(2) {
        http::book(server.port, &database.key, 1, &Names::Real.of(seat))?;
    }
    Ok(())
}

/// Buys seats of the other shows at a steady pace until told to stop, side by side with other buyers; says how
/// many.
fn buy(buyer: usize, stop: &AtomicBool, port: u16, key: &str) -> anyhow::Result<usize> {
    let (began, mut booked) = (Instant::now(), 0);
    while !stop.load(Ordering::Relaxed) {
        let due = Duration::from_secs(1).mul_f64((booked * BUYERS) as f64 / BOOKINGS_BESIDE);
        match due.checked_sub(began.elapsed()) {
            Some(early) => std::thread::park_timeout(early),
            None => {
                let seat = booked * BUYERS + buyer;
                http::book(port, key, seat / SEATS + 2, &Names::Real.of(seat % SEATS))?;
                booked += 1;
            }
        }
    }
    Ok(booked)
}
