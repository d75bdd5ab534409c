//! Making an order once, whatever times out.
//!
//! Between "the partner accepted" and "we recorded it" anything can happen. So the intent is recorded first; the
//! partner is asked whether it has the order before it is told to make it, and again before it is told a second
//! time; and whoever finds an intent without an end asks again. Equal requests at the same moment share one
//! making: in this process by a map, between servers by a claim on the record.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::api::Kernel;
use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::watch;

use crate::partner::{CallError, Cancellation, Creation, Measures, Partner};
use crate::rules::{self, Order, Refusal, StatusIds};
use crate::settings::Settings;
use crate::store::{self, Claim, Herald, Recorded, State};
use crate::wire::Reference;

/// The pause before looking again at an order that another server is at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What became of a request for a new order. The texts are for the log and for version 1.
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

/// The seed service's counters, under its names.
#[derive(Default)]
struct Counters {
    created: Family<ServiceLabel, Counter>,
    creating_errors: Family<ServiceLabel, Counter>,
    status_changes: Family<ServiceLabel, Counter>,
    mapping_errors: Family<ServiceLabel, Counter>,
}

impl Counters {
    fn registered(kernel: &Kernel) -> Self {
        let counters = Self::default();
        for (name, help, family) in [
            ("orders_created_counter", "Orders made at the partner", &counters.created),
            ("orders_creating_errors_counter", "Orders that were not made", &counters.creating_errors),
            ("order_changing_status_counter", "Changes of an order's status seen", &counters.status_changes),
            (
                "order_status_mapping_error",
                "Statuses of the partner without a number of ours",
                &counters.mapping_errors,
            ),
        ] {
            drop(family.get_or_create(&SERVICE));
            kernel.metrics.register(name, help, Family::clone(family));
        }
        counters
    }
}

type Making = watch::Receiver<Option<CreateOutcome>>;

/// Relays orders to the partner.
pub(crate) struct Relay {
    kernel: Arc<Kernel>,
    settings: Settings,
    partner: Option<Partner>,
    counters: Counters,
    /// Orders being made by this process, with what was asked for.
    under_way: Mutex<HashMap<i64, (String, Making)>>,
}

impl Relay {
    pub(crate) fn new(kernel: Arc<Kernel>, settings: Settings) -> Result<Self, reqwest::Error> {
        let measures = Measures::registered(&kernel.metrics);
        let partner = match &settings.partner_url {
            Some(url) => Some(Partner::new(url.clone(), &settings, measures)?),
            None => None,
        };
        let counters = Counters::registered(&kernel);
        Ok(Self { kernel, settings, partner, counters, under_way: Mutex::default() })
    }

    /// Makes an order, or finds that it is made. What was begun is finished even if the caller hangs up.
    pub(crate) async fn create(self: &Arc<Self>, order: Order) -> CreateOutcome {
        let record = order.record();
        loop {
            let (is_same, mut making) = self.join_or_start(&order, &record);
            let outcome = making.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
            match outcome {
                Ok(Some(outcome)) if is_same => return outcome,
                Ok(_) => {}
                Err(_) => return CreateOutcome::ServiceError("making the order panicked".into()),
            }
        }
    }

    /// The making of this order that is under way, or a new one; and whether it is for the same body.
    fn join_or_start(self: &Arc<Self>, order: &Order, record: &str) -> (bool, Making) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked_for, making)) = under_way.get(&order.order_id) {
            return (asked_for == record, making.clone());
        }
        let (end, making) = watch::channel(None);
        under_way.insert(order.order_id, (record.to_owned(), making.clone()));
        let (relay, order, record) = (Arc::clone(self), order.clone(), record.to_owned());
        self.kernel.tasks.spawn(async move {
            let outcome = relay.make(&order, &record).await;
            if !matches!(outcome, CreateOutcome::Made(_)) {
                relay.counters.creating_errors.get_or_create(&SERVICE).inc();
                tracing::warn!(order_id = order.order_id, reason = %why(&outcome), "an order was not made");
            }
            relay.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&order.order_id);
            end.send_replace(Some(outcome));
        });
        (true, making)
    }

    async fn make(&self, order: &Order, record: &str) -> CreateOutcome {
        let Some(partner) = &self.partner else {
            return CreateOutcome::ServiceError("PARTNERAPI_URL is not set".into());
        };
        match self.claim(order.order_id, record).await {
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
            Ok(Claim::Confirmed(their_order_id)) => CreateOutcome::Made(their_order_id),
            Ok(Claim::Taken) => {
                CreateOutcome::PartnerError("another server is still waiting for the partner".into())
            }
            Ok(Claim::Ours) => self.ask(partner, order, record).await,
        }
    }

    /// Claims an order. If another server has it, waits for its end for as long as that can take.
    async fn claim(&self, order_id: i64, record: &str) -> Result<Claim, DbError> {
        let patience = self.claim_time();
        let deadline = self.kernel.clock.now() + patience;
        loop {
            let (now, text) = (self.kernel.clock.now(), record.to_owned());
            let claim = self
                .kernel
                .db
                .write(move |tx| store::claim(tx, now, now + patience, order_id, &text))
                .await?;
            if !matches!(claim, Claim::Taken) || now >= deadline {
                return Ok(claim);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Longer than the calls of one making can take, so that only a dead server's claim runs out.
    fn claim_time(&self) -> Micros {
        let calls = self.settings.order_calls;
        let rounds = (calls.timeout + calls.sleep) * (calls.retries + 1);
        let whole = rounds * (calls.retries + 2) + Duration::from_secs(5);
        Micros::try_from(whole.as_micros()).unwrap_or(Micros::MAX / 4)
    }

    /// Asks the partner whether it has the order, and to make it if not.
    async fn ask(&self, partner: &Partner, order: &Order, record: &str) -> CreateOutcome {
        let patience = partner.order_patience();
        let mut repeats = 0;
        loop {
            match partner.find(order.order_id).await {
                Ok(None) => {}
                Ok(Some(their_order_id)) => {
                    return self.keep(order, record, "find-orders", &their_order_id).await;
                }
                Err(error) => return self.give_up(order.order_id, "find-orders", &error).await,
            }
            match partner.create(order).await {
                Ok(Creation::Made(their_order_id)) => {
                    self.counters.created.get_or_create(&SERVICE).inc();
                    return self.keep(order, record, "create", &their_order_id).await;
                }
                Ok(Creation::Refused(errors)) => {
                    let (refusal, left_out) = rules::refusal(order, &errors);
                    for text in left_out {
                        tracing::warn!(order_id = order.order_id, text, "left out of the partner's errors");
                    }
                    return self.reject(order.order_id, record, refusal).await;
                }
                Err(CallError::Unreachable(why)) if repeats < patience.retries => {
                    repeats += 1;
                    tracing::warn!(order_id = order.order_id, why, "asking whether the order was made");
                    tokio::time::sleep(patience.sleep).await;
                }
                Err(error) => return self.give_up(order.order_id, "create", &error).await,
            }
        }
    }

    async fn keep(
        &self,
        order: &Order,
        record: &str,
        call: &'static str,
        their_order_id: &str,
    ) -> CreateOutcome {
        let (record, theirs) = (record.to_owned(), their_order_id.to_owned());
        let kept = self.herald(order.order_id, move |tx, herald| {
            if let Some(old) = store::find(tx, herald.order_id)? {
                if old.record != record {
                    tracing::warn!(
                        order_id = herald.order_id,
                        "the order was asked for again with another body"
                    );
                }
                if old.state != State::Intended && old.their_order_id.as_deref() == Some(&theirs) {
                    return store::release(tx, herald.now, herald.order_id);
                }
            }
            store::note_try(tx, herald.now, herald.order_id, call, "made")?;
            herald.made(tx, &record, &theirs)
        });
        match kept.await {
            Ok(()) => CreateOutcome::Made(their_order_id.to_owned()),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }

    async fn reject(&self, order_id: i64, record: &str, refusal: Refusal) -> CreateOutcome {
        let (record, noted) = (record.to_owned(), refusal.clone());
        let kept = self.herald(order_id, move |tx, herald| {
            store::note_try(tx, herald.now, herald.order_id, "create", "refused")?;
            herald.rejected(tx, &record, &noted)
        });
        match kept.await {
            Ok(()) => CreateOutcome::Refused(refusal),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }

    /// Notes why nothing is known of the order, and lets go of it.
    async fn give_up(&self, order_id: i64, call: &'static str, error: &CallError) -> CreateOutcome {
        let why = error.to_string();
        let outcome = why.clone();
        let let_go = self.herald(order_id, move |tx, herald| {
            store::note_try(tx, herald.now, herald.order_id, call, &outcome)?;
            store::release(tx, herald.now, herald.order_id)
        });
        match let_go.await {
            Ok(()) => CreateOutcome::PartnerError(why),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }

    /// Runs `work` in a transaction, with what it needs to write events.
    async fn herald<T: Send + 'static>(
        &self,
        order_id: i64,
        mut work: impl FnMut(&mut Tx<'_>, &Herald<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (settings, clock) = (self.settings.clone(), self.kernel.clock.clone());
        self.kernel
            .db
            .write(move |tx| work(tx, &Herald { settings: &settings, now: clock.now(), order_id }))
            .await
    }

    /// How an order stands, by the partner.
    pub(crate) async fn status(&self, reference: &Reference) -> StatusOutcome {
        let Some(partner) = &self.partner else { return Err("No partner is set".into()) };
        let order_id = reference.order_id;
        let recorded = self.kernel.db.read_latest(move |tx| store::find(tx, order_id)).await;
        let recorded = recorded.map_err(|error| {
            tracing::error!(%error, "an order could not be looked up");
            "The service is not available".to_owned()
        })?;
        let theirs = reference.their_order_id.clone().or_else(|| recorded.as_ref()?.their_order_id.clone());
        let theirs = theirs.ok_or("No such order is known")?;
        let word = partner.status(&theirs).await.map_err(|error| {
            tracing::warn!(order_id, %error, "no status");
            "The partner cannot be reached".to_owned()
        })??;
        let ours = recorded.is_some_and(|recorded| recorded.their_order_id.as_ref() == Some(&theirs));
        let changed = if ours { self.note_status(order_id, &theirs, &word).await } else { Ok(false) };
        let changed = changed.map_err(|error| {
            tracing::error!(%error, "a status could not be recorded");
            "The service is not available".to_owned()
        })?;
        let ids = self.settings.status_map.ids(&word);
        if changed || reference.their_status_id.is_some_and(|known| known != ids.their_status_id) {
            self.counters.status_changes.get_or_create(&SERVICE).inc();
        }
        if self.settings.status_map.known(&word).is_none() {
            self.counters.mapping_errors.get_or_create(&SERVICE).inc();
            tracing::warn!(order_id, status = word, "the partner has a status that the table does not");
        }
        Ok(ids)
    }

    async fn note_status(&self, order_id: i64, theirs: &str, word: &str) -> Result<bool, DbError> {
        let (theirs, word) = (theirs.to_owned(), word.to_owned());
        self.herald(order_id, move |tx, herald| herald.status(tx, &theirs, &word, rules::is_final(&word)))
            .await
    }

    /// Cancels an order at the partner.
    pub(crate) async fn cancel(&self, reference: &Reference) -> CancelOutcome {
        let order_id = reference.order_id;
        let Some(theirs) = reference.their_order_id.clone() else {
            return CancelOutcome::Failed("No such order is known".into());
        };
        let recorded = match self.kernel.db.read_latest(move |tx| store::find(tx, order_id)).await {
            Ok(recorded) => recorded.filter(|recorded| recorded.their_order_id.as_ref() == Some(&theirs)),
            Err(error) => return unavailable(&error),
        };
        if recorded.as_ref().is_some_and(|recorded| recorded.state == State::Cancelled) {
            return CancelOutcome::Done;
        }
        let Some(partner) = &self.partner else { return CancelOutcome::Failed("No partner is set".into()) };
        match partner.cancel(&theirs).await {
            Ok(Cancellation::NotAllowed(message)) => CancelOutcome::NotAllowed(message),
            Ok(Cancellation::Failed(message)) => CancelOutcome::Failed(message),
            Err(error) => {
                tracing::warn!(order_id, %error, "an order was not cancelled");
                CancelOutcome::Failed("The partner cannot be reached".into())
            }
            Ok(Cancellation::Done) => {
                let noted = self.herald(order_id, move |tx, herald| match recorded.is_some() {
                    true => herald.cancelled(tx, &theirs),
                    false => Ok(()),
                });
                noted.await.map_or_else(|error| unavailable(&error), |()| CancelOutcome::Done)
            }
        }
    }

    /// Finds out what became of orders whose time has come: intents without an end, and statuses. Gives the number
    /// of orders it looked at.
    pub(crate) async fn look_after(&self, at_most: i64) -> Result<usize, DbError> {
        let Some(partner) = &self.partner else { return Ok(0) };
        let (clock, claim) = (self.kernel.clock.clone(), self.look_time());
        let due = self.kernel.db.write(move |tx| store::claim_due(tx, clock.now(), claim, at_most)).await?;
        for order in &due {
            match (order.state, &order.their_order_id) {
                (State::Intended, _) => self.settle(partner, order).await?,
                (_, Some(theirs)) => self.follow(partner, order.order_id, theirs).await?,
                (_, None) => {}
            }
        }
        Ok(due.len())
    }

    fn look_time(&self) -> Micros {
        let calls = self.settings.status_calls;
        let whole = (calls.timeout + calls.sleep) * (calls.retries + 1) * 32;
        Micros::try_from(whole.as_micros()).unwrap_or(Micros::MAX / 4) + self.claim_time()
    }

    async fn settle(&self, partner: &Partner, order: &Recorded) -> Result<(), DbError> {
        let found = partner.find(order.order_id).await;
        let record = order.record.clone();
        self.herald(order.order_id, move |tx, herald| match &found {
            Ok(Some(theirs)) => {
                store::note_try(tx, herald.now, herald.order_id, "find-orders", "made")?;
                herald.made(tx, &record, theirs)
            }
            Ok(None) => herald.look_later(tx, "the partner does not have it"),
            Err(error) => herald.look_later(tx, &error.to_string()),
        })
        .await
    }

    async fn follow(&self, partner: &Partner, order_id: i64, theirs: &str) -> Result<(), DbError> {
        match partner.status(theirs).await {
            Ok(Ok(word)) => {
                if self.note_status(order_id, theirs, &word).await? {
                    self.counters.status_changes.get_or_create(&SERVICE).inc();
                }
                if self.settings.status_map.known(&word).is_none() {
                    self.counters.mapping_errors.get_or_create(&SERVICE).inc();
                }
                Ok(())
            }
            Ok(Err(why)) => self.later(order_id, why).await,
            Err(error) => self.later(order_id, error.to_string()).await,
        }
    }

    async fn later(&self, order_id: i64, why: String) -> Result<(), DbError> {
        self.herald(order_id, move |tx, herald| herald.look_later(tx, &why)).await
    }
}

fn why(outcome: &CreateOutcome) -> String {
    match outcome {
        CreateOutcome::Made(_) => String::new(),
        CreateOutcome::Refused(refusal) => refusal.message.clone().unwrap_or_else(|| "items".into()),
        CreateOutcome::PartnerError(why) | CreateOutcome::ServiceError(why) => why.clone(),
    }
}

fn unavailable(error: &DbError) -> CancelOutcome {
    tracing::error!(%error, "a cancellation could not be recorded");
    CancelOutcome::Failed("The service is not available".into())
}
