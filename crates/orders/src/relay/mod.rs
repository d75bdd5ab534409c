//! Between our shops and the partner: calls and records in turns.
//!
//! Between "the partner accepted" and "we recorded it" anything can happen. `making.rs` makes an order once whatever
//! times out, `following.rs` finds out how it stands, lets go of it, and looks after what nobody asks about.

mod following;
mod making;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use kernel::api::Kernel;
use kernel::db::{Error as DbError, Group, Tx};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use self::making::Making;
use crate::partner::Partner;
use crate::rules::{Refusal, StatusIds};
use crate::settings::Settings;
use crate::store::{self, Claim, Claiming, Herald, Made, Try};

/// What became of a request for a new order. The texts are for the log.
#[derive(Clone, Debug)]
pub(crate) enum CreateOutcome {
    Made(String),
    Refused(Refusal),
    PartnerError(String),
    ServiceError(String),
}

/// Our numbers for an order's status, or why there are none.
pub(crate) type StatusOutcome = Result<StatusIds, String>;

/// What became of a cancellation.
#[derive(Clone, Debug)]
pub(crate) enum CancelOutcome {
    Done,
    NotAllowed(String),
    Failed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabel {
    service: &'static str,
}

const SERVICE: ServiceLabel = ServiceLabel { service: "partnerapi" };

/// A counter of the seed service.
#[derive(Default)]
struct SeedCounter(Family<ServiceLabel, Counter>);

impl SeedCounter {
    fn registered(kernel: &Kernel, name: &str, help: &str) -> Self {
        let counter = Self::default();
        // It shows from the beginning, as 0.
        drop(counter.0.get_or_create(&SERVICE));
        kernel.metrics.register(name, help, Family::clone(&counter.0));
        counter
    }

    fn count(&self) {
        self.0.get_or_create(&SERVICE).inc();
    }
}

/// The seed service's counters, under its names.
struct Counters {
    created: SeedCounter,
    creating_errors: SeedCounter,
    status_changes: SeedCounter,
    mapping_errors: SeedCounter,
}

impl Counters {
    fn registered(kernel: &Kernel) -> Self {
        let counter = |name, help| SeedCounter::registered(kernel, name, help);
        Self {
            created: counter("orders_created_counter", "Orders made at the partner"),
            creating_errors: counter("orders_creating_errors_counter", "Orders that were not made"),
            status_changes: counter("order_changing_status_counter", "Changes of an order's status seen"),
            mapping_errors: counter(
                "order_status_mapping_error",
                "Statuses of the partner without a number of ours",
            ),
        }
    }
}

/// Relays orders to the partner.
pub(crate) struct Relay {
    kernel: Arc<Kernel>,
    settings: Arc<Settings>,
    partner: Option<Partner>,
    counters: Counters,
    claims: Group<Claiming, Claim>,
    made: Group<Made, ()>,
    /// Orders being made by this process.
    under_way: Mutex<HashMap<i64, Making>>,
}

impl Relay {
    pub(crate) fn new(kernel: Arc<Kernel>, settings: Settings) -> Result<Self, reqwest::Error> {
        let partner = Partner::new(&settings, &kernel.metrics)?;
        let (counters, settings) = (Counters::registered(&kernel), Arc::new(settings));
        let claims = Group::new(kernel.db.clone(), kernel.tasks.clone(), store::claim_all);
        let made = Group::new(kernel.db.clone(), kernel.tasks.clone(), {
            let (settings, clock) = (Arc::clone(&settings), kernel.clock.clone());
            move |tx, made| store::made_all(tx, &settings, clock.now(), made)
        });
        Ok(Self { kernel, settings, partner, counters, claims, made, under_way: Mutex::default() })
    }

    /// Records what became of an order, with its events, in one transaction.
    async fn record<T: Send + 'static>(
        &self,
        order_id: i64,
        mut work: impl FnMut(&mut Tx<'_>, &Herald<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (settings, clock) = (Arc::clone(&self.settings), self.kernel.clock.clone());
        self.kernel
            .db
            .write(move |tx| work(tx, &Herald { settings: &settings, now: clock.now(), order_id }))
            .await
    }

    /// A try that ends now.
    fn try_of(&self, call: &'static str, outcome: impl Into<String>) -> Try {
        Try { at: self.kernel.clock.now(), call, outcome: outcome.into() }
    }
}
