//! The Affiliates API (seed 004, «Nova API do ParceirosPromo»): suppliers see the accesses that affiliates brought
//! them, send in their sales and learn what commission each earns.
//!
//! Lists are long, and any page and any count costs the same as in a short one: each access and each sale has a
//! place in its supplier's history (`store/places.rs`), and sales of a status are tallied by blocks of places
//! (`store/tallies.rs`). Accesses come from browsers, one by one; those that come at once are written together.
//!
//! Known quirks of the wire format, kept on purpose:
//! - Messages are Portuguese, and positions in a list count from 1.
//! - The key stands alone in `Basic`, without a user; the kernel takes it there as everywhere.
//! - A page that does not exist is page 1.
//! - An access tells its instant in UTC, a sale in the supplier's time zone.

mod geo;
mod handlers;
mod rules;
mod store;
mod transfer;
mod wire;

use std::net::IpAddr;
use std::sync::Arc;

use kernel::api::{Api, Kernel};
use kernel::cache::Answers;
use kernel::db::Group;
use kernel::http::methods::{GET, OPTIONS, POST, PUT};
use kernel::http::{Operation, Place, Routes, fit};
use kernel::limit::PerMinute;
use kernel::transfer::Transfer;

pub use crate::geo::Geo;
use crate::handlers::Question;
use crate::store::accesses::Visit;
pub use crate::wire::ErrorBody;

/// What keys, files and metrics call this API.
pub const NAME: &str = "affiliates";
const PLACE: Place = Place { bases: &[""], spaces: &["/api/accesses", "/api/purchases", "/cmp"] };

/// Bytes of questions and answers kept at most.
const ANSWERS_AT_MOST: usize = 16 << 20;

/// How accesses are recorded.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Accesses that one address may report in a minute.
    pub accesses_per_minute: u32,
    /// What knows where an address is, if anything does.
    pub geo: Option<Geo>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { accesses_per_minute: 60, geo: None }
    }
}

/// The Affiliates API; also the state of its handlers and the speaker of its dialect.
#[derive(Clone)]
pub struct Affiliates {
    kernel: Arc<Kernel>,
    accesses: Arc<Group<Visit, bool>>,
    reports: Arc<PerMinute<IpAddr>>,
    geo: Option<Geo>,
    answers: Arc<Answers<Question>>,
}

impl Affiliates {
    /// The API on `kernel`.
    #[must_use]
    pub fn new(kernel: Arc<Kernel>, settings: Settings) -> Self {
        let Settings { accesses_per_minute, geo } = settings;
        let accesses = Arc::new(Group::new(kernel.db.clone(), kernel.tasks.clone(), store::accesses::record));
        let reports = Arc::new(PerMinute::new(accesses_per_minute));
        let answers = Arc::new(Answers::new(ANSWERS_AT_MOST, Question::bytes));
        Self { kernel, accesses, reports, geo, answers }
    }

    fn operations() -> Vec<Operation<Self>> {
        vec![
            Operation::new(GET, "/api/accesses", "Accesses of some days", handlers::accesses)
                .query::<wire::AccessesQuery>()
                .answers::<wire::Accesses>(),
            Operation::new(
                GET,
                "/api/accesses/count",
                "How many accesses some days have",
                handlers::count_accesses,
            )
            .query::<wire::DaysQuery>()
            .answers::<wire::AccessesCount>(),
            Operation::new(GET, "/api/purchases", "Sales of some days", handlers::purchases)
                .query::<wire::PurchasesQuery>()
                .answers::<wire::Purchases>(),
            Operation::new(
                GET,
                "/api/purchases/count",
                "How many sales some days have",
                handlers::count_purchases,
            )
            .query::<wire::PurchasesCountQuery>()
            .answers::<wire::PurchasesCount>(),
            Operation::new(POST, "/api/purchases", "Send in sales", handlers::add_purchases)
                .takes::<wire::SalesBody>()
                .answers::<wire::Message>(),
            Operation::new(PUT, "/api/purchases", "Change the status of sales", handlers::update_purchases)
                .takes::<wire::UpdatesBody>()
                .answers::<wire::Message>(),
            Operation::new(GET, "/cmp", "The script that reports accesses", handlers::script)
                .answers_with("text/javascript")
                .public(wire::REPORT_LIMIT),
            Operation::new(
                POST,
                "/cmp",
                "Report an access; the JSON may be called text/plain",
                handlers::report,
            )
            .takes::<wire::Report>()
            .succeeds_with(204)
            .public(wire::REPORT_LIMIT),
            Operation::new(OPTIONS, "/cmp", "What a browser asks before it reports", handlers::preflight)
                .succeeds_with(204)
                .public(wire::REPORT_LIMIT),
        ]
    }
}

impl Api for Affiliates {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Routes {
        fit(&self.kernel, NAME, PLACE, Self::operations(), self.clone())
    }

    fn transfer(&self) -> Option<&dyn Transfer> {
        Some(&transfer::Affiliates)
    }
}
