//! Reads of the Routes API: their rates next to a bare program, and what they cost in a network a hundred times as
//! large.

use std::time::{Duration, Instant};

use anyhow::ensure;
use postgres::{Client, NoTls};

use crate::http::{self, Connection};
use crate::load::pgbench;
use crate::network::{Network, name_of};
use crate::process::{Database, Process};
use crate::scenarios::{Bench, CONNECTIONS};
use crate::table::Row;
use crate::turns::{Turns, spread, turn};

/// What a read may cost in the large network, of its cost in the small one.
const SIZE_TARGET: f64 = 1.5;
/// How often a read is timed in each of them.
const LOOKS: usize = 150;
/// The network whose reads are driven hard.
const DRIVEN: Network = Network { times: 10 };
const SMALL: Network = Network { times: 1 };

/// A read that is driven hard.
struct Read {
    name: &'static str,
    path: String,
    target: f64,
    /// The same for pgbench.
    script: &'static str,
    variables: Vec<(&'static str, String)>,
}

fn driven() -> [Read; 3] {
    let unit = name_of(7);
    [
        Read {
            name: "100 of 1,000 units",
            path: "/units/?limit=100".to_owned(),
            target: 0.5,
            script: "units.sql",
            variables: vec![],
        },
        Read {
            name: "A unit by its name",
            path: format!("/units/name/{}/", encoded(&unit)),
            target: 0.6,
            script: "unit.sql",
            variables: vec![("name", unit)],
        },
        Read {
            name: "100 units of a chat's routes",
            path: "/report-routes/units/?chat_id=7&report_type_id=3".to_owned(),
            target: 0.5,
            script: "route_units.sql",
            variables: vec![("chat", "7".to_owned()), ("type", "3".to_owned())],
        },
    ]
}

/// Reads that must not cost more where there is more. Each shows as much in every network.
fn sized(Network { times }: Network) -> Vec<(&'static str, String)> {
    let last = |page: usize| Network { times }.units() - page;
    [
        ("units, first page", "/units/?limit=100".to_owned()),
        ("units, last page", format!("/units/?limit=100&offset={}", last(100))),
        ("a unit", format!("/units/name/{}/", encoded(&name_of(last(1))))),
        ("regions", "/units/regions/?limit=10".to_owned()),
        ("chats", "/telegram-chats/?limit=10".to_owned()),
        ("a chat", "/telegram-chats/9/".to_owned()),
        ("report types", "/report-types/".to_owned()),
        ("statistics", "/report-types/statistics/".to_owned()),
        ("a report type", "/report-types/names/STATISTICS/".to_owned()),
        ("units of a chat's routes", "/report-routes/units/?chat_id=9&report_type_id=5".to_owned()),
        ("chats of a unit's routes", "/report-routes/telegram-chats/?unit_id=9&report_type_id=5".to_owned()),
        ("regions of a role", "/users/9/regions/?limit=10".to_owned()),
        ("units of a role", "/users/9/units/".to_owned()),
        ("units of a role in a region", format!("/users/9/units/?region_id={}", last(0) / 10)),
        ("report types of a role", "/users/9/report-types/".to_owned()),
    ]
    .into()
}

/// Everything but ASCII, and the space, as a path has it.
fn encoded(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' | 0x80.. => format!("%{byte:02X}"),
        plain => char::from(plain).to_string(),
    };
    name.bytes().map(encode).collect()
}

impl Bench {
    /// Reads on SQLite, next to the bare program with the same bytes.
    pub(crate) fn sqlite_routes(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.network(self.sqlite_url("routes"), DRIVEN)?;
        let mut rows = Vec::new();
        for Read { name, path, target, .. } in driven() {
            eprintln!("SQLite: {path}");
            let server = database.serve("warn", self.connections)?;
            let baseline = self.baseline(&http::get(server.port, &path, &database.key)?)?;
            let drive = self.drive(&database, CONNECTIONS);
            let mut turns = Turns::default();
            for _ in 0..self.rounds {
                turns.baseline.push(turn(&baseline, |port| drive.reads(port, &path))?);
                turns.server.push(turn(&server, |port| drive.reads(port, &path))?);
            }
            rows.push(turns.row(&format!("{name}, SQLite"), Some(target), &server)?);
        }
        Ok(rows)
    }

    /// Reads on PostgreSQL, next to the same statements run by pgbench.
    pub(crate) fn postgres_routes(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.network(self.postgres_url("routes")?, DRIVEN)?;
        Client::connect(&database.url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
        let mut rows = Vec::new();
        for Read { name, path, target, script, variables } in driven() {
            eprintln!("PostgreSQL: {path}");
            let server = database.serve("warn", self.connections)?;
            let drive = self.drive(&database, CONNECTIONS);
            let mut turns = Turns::default();
            for _ in 0..self.rounds {
                turns.pgbench.push(pgbench(
                    &database.url,
                    script,
                    self.connections,
                    self.seconds,
                    &variables,
                )?);
                turns.server.push(turn(&server, |port| drive.reads(port, &path))?);
            }
            rows.push(turns.row(&format!("{name}, PostgreSQL"), Some(target), &server)?);
        }
        Ok(rows)
    }

    /// Every read in a small network and in a large one, each time after something was written.
    pub(crate) fn routes_by_size(&self) -> anyhow::Result<Vec<Row>> {
        let large = Network { times: self.times };
        let of_sqlite = |name: &str| Ok(self.sqlite_url(name));
        let mut rows = self.compare_sizes("SQLite", large, of_sqlite)?;
        rows.extend(self.compare_sizes("PostgreSQL", large, |name| self.postgres_url(name))?);
        Ok(rows)
    }

    fn compare_sizes(
        &self,
        engine: &str,
        large: Network,
        url: impl Fn(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Vec<Row>> {
        let place = |network: Network, name: &str| -> anyhow::Result<Place> {
            let database = self.network(url(name)?, network)?;
            if engine == "PostgreSQL" {
                Client::connect(&database.url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
            }
            Place::open(&database, self.connections)
        };
        let mut places = [place(SMALL, "small_network")?, place(large, "large_network")?];
        let mut rows = Vec::new();
        for ((name, in_small), (_, in_large)) in std::iter::zip(sized(SMALL), sized(large)) {
            eprintln!("{engine}: {name}, {in_large}");
            let mut times = [Vec::new(), Vec::new()];
            for _ in 0..LOOKS {
                for ((place, path), times) in
                    std::iter::zip(places.iter_mut().zip([&in_small, &in_large]), &mut times)
                {
                    times.push(place.look(path)?.as_secs_f64() * 1e6);
                }
            }
            let [base, cost] = times.map(|times| spread(&times).1);
            let ratio = cost / base;
            rows.push(Row {
                scenario: format!("Reading {name}, {engine}: p50 in a large network, and in a small one"),
                server: format!("{cost:.0} µs"),
                baseline: format!("{base:.0} µs"),
                ratio: format!("{ratio:.2}"),
                target: format!("≤ {SIZE_TARGET}"),
                met: Some(ratio <= SIZE_TARGET),
                ..Row::default()
            });
        }
        Ok(rows)
    }

    fn network(&self, url: String, network: Network) -> anyhow::Result<Database> {
        eprintln!("filling a network of {} units, {} routes", network.units(), network.routes());
        let began = Instant::now();
        let database = Database::fill(url, &self.directory, "routes", &network.file())?;
        eprintln!("  it took {:.1} s", began.elapsed().as_secs_f64());
        Ok(database)
    }
}

/// A server with a connection to it.
struct Place {
    connection: Connection,
    /// Ends with it.
    _server: Process,
    looks: usize,
}

impl Place {
    fn open(database: &Database, connections: u32) -> anyhow::Result<Self> {
        let server = database.serve("warn", connections)?;
        let connection = Connection::open(server.port, &database.key)?;
        Ok(Self { connection, _server: server, looks: 0 })
    }

    /// The time that a read takes whose answer cannot have been kept: something has just been written.
    fn look(&mut self, path: &str) -> anyhow::Result<Duration> {
        self.looks += 1;
        let title = format!(r#"{{"title": "Чат 1, {}"}}"#, self.looks);
        let (status, _) = self.connection.exchange("PUT", "/telegram-chats/1/", &title)?;
        ensure!(status == 204, "a write was answered with {status}");
        let began = Instant::now();
        let (status, body) = self.connection.exchange("GET", path, "")?;
        let took = began.elapsed();
        ensure!(status == 200, "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(took)
    }
}
