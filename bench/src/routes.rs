//! Reads of the Routes API: their rates next to a bare program, and what they cost in a network a hundred times as
//! large.

use std::time::Instant;

use postgres::{Client, NoTls};

use crate::network::{Network, name_of};
use crate::process::Database;
use crate::scenarios::{Bench, ENGINES};
use crate::sizes::{Change, Place, compare};
use crate::table::Row;

/// Renames a chat.
const CHANGE: Change = Change {
    method: "PUT",
    path: "/telegram-chats/1/",
    body: |look| format!(r#"{{"title": "Чат 1, {look}"}}"#),
    status: 204,
};
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
            rows.push(self.reads(&database, &format!("{name}, SQLite"), &path, Some(target))?);
        }
        Ok(rows)
    }

    /// Reads on PostgreSQL, next to the same statements run by pgbench.
    pub(crate) fn postgres_routes(&self) -> anyhow::Result<Vec<Row>> {
        let database = self.network(self.postgres_url("routes")?, DRIVEN)?;
        Client::connect(&database.url, NoTls)?.batch_execute("VACUUM ANALYZE")?;
        let mut rows = Vec::new();
        for Read { name, path, target, script, variables } in driven() {
            let name = format!("{name}, PostgreSQL");
            rows.push(self.reads_next_to_pgbench(&database, &name, &path, script, &variables, target)?);
        }
        Ok(rows)
    }

    /// Every read in a small network and in a large one, each time after something was written.
    pub(crate) fn routes_by_size(&self) -> anyhow::Result<Vec<Row>> {
        let large = Network { times: self.times };
        let mut rows = Vec::new();
        for engine in ENGINES {
            let place = |network, name| -> anyhow::Result<Place> {
                Place::open(&self.network(self.url(engine, name)?, network)?, self.connections, CHANGE)
            };
            let places = [place(SMALL, "small_network")?, place(large, "large_network")?];
            let reads = std::iter::zip(sized(SMALL), sized(large))
                .map(|((name, in_small), (_, in_large))| (name, [in_small, in_large]));
            rows.extend(compare(engine, "in a large network, and in a small one", places, reads)?);
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
