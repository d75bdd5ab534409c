//! How fast the server is, next to a program that does nothing but answer.
//!
//! A rate says as much about the machine and its neighbours as about the program. Every row is therefore a ratio
//! of two rates that were measured in turn within one run: the server's, and that of something that shows what
//! the machine could do. For HTTP that is a bare axum program with the same bytes, for PostgreSQL it is pgbench
//! with the same statements.

mod affiliates;
mod broker;
mod halls;
mod histories;
mod http;
mod lists;
mod load;
mod machine;
mod network;
mod orders;
mod outbox;
mod process;
mod routes;
mod scenarios;
mod shelves;
mod sizes;
mod stock;
mod table;
mod turns;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::scenarios::Bench;

/// Measures the server and prints a table. `bench/run` starts what this needs.
#[derive(Debug, Parser)]
struct Settings {
    /// How often server and baseline take turns for a row.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connections of PostgreSQL that the server writes with, and clients of pgbench.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=200))]
    connections: u32,
    /// The large network of routes: so many times the small one, which has 100 units, 10 chats, 10,000 routes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    times: u32,
    /// Objects of stock where there are many.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(200_000..=100_000_000))]
    objects: u32,
    /// Accesses of a long history, which has a tenth as many sales. A short one has a hundredth of both.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(20_000..=20_000_000))]
    accesses: u32,
    /// Measures these parts only, for instance `sqlite-booking,start`.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Puts the table, which must be whole, into docs/performance.md.
    #[arg(long, conflicts_with = "only")]
    write: bool,
    /// An empty directory on the disk to be measured.
    #[arg(long)]
    directory: PathBuf,
    /// A PostgreSQL server on which databases may be made.
    #[arg(long)]
    postgres: String,
    /// A RabbitMQ server on which an exchange and a queue may be made.
    #[arg(long)]
    rabbitmq: String,
}

/// What can be measured alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    SqliteBooking,
    SqliteReads,
    PostgresBooking,
    PostgresReads,
    SqliteOrders,
    PostgresOrders,
    SqliteOutbox,
    PostgresOutbox,
    SqliteRoutes,
    PostgresRoutes,
    RoutesBySize,
    SqliteStock,
    PostgresStock,
    StockBySize,
    SqliteAffiliates,
    AffiliatesBySize,
    Start,
}

fn main() -> anyhow::Result<()> {
    let settings = Settings::parse();
    // It fails only if somebody was first, and nobody can have been.
    drop(rustls::crypto::ring::default_provider().install_default());
    let wanted = |part: &Part| settings.only.is_empty() || settings.only.contains(part);
    let parts: Vec<Part> = Part::value_variants().iter().copied().filter(wanted).collect();
    let bench = Bench {
        rounds: settings.rounds,
        seconds: settings.seconds,
        connections: settings.connections,
        times: settings.times as usize,
        objects: settings.objects as usize,
        accesses: settings.accesses as usize,
        directory: settings.directory,
        postgres: settings.postgres,
        rabbitmq: settings.rabbitmq,
    };
    let machine = machine::description()?;
    let mut rows = Vec::new();
    for part in parts {
        let measured = match part {
            Part::SqliteBooking => bench.sqlite_booking(),
            Part::SqliteReads => bench.sqlite_reads(),
            Part::PostgresBooking => bench.postgres_booking(),
            Part::PostgresReads => bench.postgres_reads(),
            Part::SqliteOrders => bench.sqlite_orders(),
            Part::PostgresOrders => bench.postgres_orders(),
            Part::SqliteOutbox => bench.sqlite_outbox(),
            Part::PostgresOutbox => bench.postgres_outbox(),
            Part::SqliteRoutes => bench.sqlite_routes(),
            Part::PostgresRoutes => bench.postgres_routes(),
            Part::RoutesBySize => bench.routes_by_size(),
            Part::SqliteStock => bench.sqlite_stock(),
            Part::PostgresStock => bench.postgres_stock(),
            Part::StockBySize => bench.stock_by_size(),
            Part::SqliteAffiliates => bench.sqlite_affiliates(),
            Part::AffiliatesBySize => bench.affiliates_by_size(),
            Part::Start => bench.start(),
        };
        rows.extend(measured?);
    }
    rows.push(scenarios::most_memory(&rows));
    let page = format!(
        "{machine}\n{} of {} s for each rate.\n\n{}",
        if settings.rounds == 1 { "1 turn".to_owned() } else { format!("{} turns", settings.rounds) },
        settings.seconds,
        table::render(&rows)
    );
    println!("\n{page}");
    if settings.write { table::write(&page) } else { Ok(()) }
}
