//! Starts the server in tests and talks to it.
//!
//! A test of this product starts the real binary on a free port with a database of its own, on one engine or
//! the other, and speaks HTTP to it. [`App`] does the starting, checks on every answer what must always hold,
//! and at its end that the server stops in peace.

mod affiliates;
mod app;
mod balancer;
mod broker;
mod browser;
mod certificate;
mod database;
mod gate;
mod inventory;
mod partner;
mod postgres;
mod process;
mod rabbitmq;
mod services;
mod terminal;
mod tickets;
mod wire;

pub use self::affiliates::{Supplier, suppliers};
pub use self::app::{Answer, App, Builder, metric};
pub use self::balancer::{Balancer, free_address};
pub use self::broker::{Broker, Message};
pub use self::browser::Browser;
pub use self::certificate::Certificate;
pub use self::database::{Database, Engine, Hold, open};
pub use self::gate::{Gate, Way};
pub use self::inventory::Inventory;
pub use self::partner::Partner;
pub use self::postgres::Postgres;
pub use self::process::{Finished, Running, Server, binary};
pub use self::rabbitmq::RabbitMq;
pub use self::terminal::Terminal;
pub use self::tickets::{Tickets, hall, hall_of};
pub use self::wire::{Wire, WireAnswer};

use std::future::Future;
use std::time::{Duration, Instant};

/// Makes two tests of each function, one an engine: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                $crate::run(super::$name($crate::Engine::Sqlite));
            }

            #[test]
            fn postgres() {
                $crate::run(super::$name($crate::Engine::Postgres));
            }
        }
    )*};
}

/// Runs a test to its end on threads of its own.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a test needs threads").block_on(test);
}

/// Waits until `condition` holds.
///
/// # Panics
/// If it does not within three minutes, which no working server needs, however busy the machine.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < Duration::from_secs(180), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
