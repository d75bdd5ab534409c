//! Making an order once, whatever times out.
//!
//! The intent is recorded first; the partner is asked whether it has the order before it is told to make it, and
//! again before it is told a second time; and whoever finds an intent without an end asks again. Equal requests at
//! the same moment share one making: in this process by a map, between servers by a claim on the record.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kernel::clock::Micros;
use kernel::db::Error as DbError;
use tokio::sync::watch;

use super::{CreateOutcome, Relay};
use crate::partner::{CallError, Creation, Partner};
use crate::rules::{self, Order, Refusal};
use crate::settings::micros;
use crate::store::{self, Before, Claim, Claiming, Made, Try};

/// The pause before looking again at an order that another server is at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What a claim lasts beyond the calls for which it is taken: our own work around them.
const MARGIN: Duration = Duration::from_secs(5);

/// An order that is being made, and the outcome for which others wait.
pub(super) struct Making {
    order: Arc<Order>,
    outcome: watch::Receiver<Option<CreateOutcome>>,
}

/// Ends a making for those who wait, in whatever way it ends.
struct UnderWay {
    relay: Arc<Relay>,
    order_id: i64,
    outcome: watch::Sender<Option<CreateOutcome>>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = self.relay.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.order_id);
    }
}

/// The making of one order: what is made where, and what was tried for it so far.
struct Attempt<'a> {
    relay: &'a Relay,
    partner: &'a Partner,
    order: &'a Arc<Order>,
    tries: Vec<Try>,
    /// The record says that this body is to be made.
    is_intended: bool,
    /// The partner may have made it although nobody knows.
    may_be_made: bool,
}

impl Relay {
    /// Makes an order, or finds that it is made. What was begun is finished even if the caller hangs up.
    pub(crate) async fn create(self: &Arc<Self>, order: Order) -> CreateOutcome {
        let order = Arc::new(order);
        loop {
            let (is_same, mut outcome) = self.join_or_start(&order);
            let outcome = outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
            match outcome {
                Ok(Some(outcome)) if is_same => return outcome,
                Ok(_) => {}
                Err(_) if is_same => {
                    return CreateOutcome::ServiceError("making the order panicked".into());
                }
                Err(_) => {}
            }
        }
    }

    /// The making of this order that is under way, or a new one; and whether it is for the same body.
    fn join_or_start(self: &Arc<Self>, order: &Arc<Order>) -> (bool, watch::Receiver<Option<CreateOutcome>>) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(making) = under_way.get(&order.order_id) {
            return (making.order == *order, making.outcome.clone());
        }
        let (sender, outcome) = watch::channel(None);
        under_way.insert(order.order_id, Making { order: Arc::clone(order), outcome: outcome.clone() });
        let under_way = UnderWay { relay: Arc::clone(self), order_id: order.order_id, outcome: sender };
        let order = Arc::clone(order);
        self.kernel.tasks.spawn(async move {
            let relay = &under_way.relay;
            let outcome = relay.make(&order).await;
            if let Some(why) = why_not(&outcome) {
                relay.counters.creating_errors.count();
                let why = rules::without_client(why, &order.client);
                tracing::warn!(order_id = order.order_id, why, "an order was not made");
            }
            under_way.outcome.send_replace(Some(outcome));
        });
        (true, outcome)
    }

    async fn make(&self, order: &Arc<Order>) -> CreateOutcome {
        let Some(partner) = &self.partner else {
            return CreateOutcome::ServiceError("PARTNERAPI_URL is not set".into());
        };
        match self.claim(order).await {
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
            Ok(Claim::Confirmed(their_order_id)) => CreateOutcome::Made(their_order_id),
            Ok(Claim::Taken) => {
                CreateOutcome::PartnerError("another server is still waiting for the partner".into())
            }
            Ok(Claim::Ours(before)) => {
                let (is_intended, may_be_made, differences) = match before {
                    Before::Nothing => (true, false, Vec::new()),
                    Before::Intent(differences) => (differences.is_empty(), true, differences),
                    Before::End(differences) => (false, false, differences),
                };
                if !differences.is_empty() {
                    let (order_id, other) = (order.order_id, differences.join(", "));
                    tracing::warn!(order_id, other, "the order is asked for again with another body");
                }
                let attempt =
                    Attempt { relay: self, partner, order, tries: Vec::new(), is_intended, may_be_made };
                attempt.run().await
            }
        }
    }

    /// Claims an order. If another server has it, waits for its end for as long as that can take.
    async fn claim(&self, order: &Arc<Order>) -> Result<Claim, DbError> {
        let (clock, lasts) = (&self.kernel.clock, self.claim_lasts());
        let deadline = clock.now() + lasts;
        loop {
            let now = clock.now();
            let claiming = Claiming { order: Arc::clone(order), now, until: now + lasts };
            let claim = self.claims.write(claiming).await?;
            if !matches!(claim, Claim::Taken) || now >= deadline {
                return Ok(claim);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Longer than one round can take (a pause, asking for the order, telling the partner to make it), so that only
    /// a dead server's claim runs out.
    fn claim_lasts(&self) -> Micros {
        let calls = self.settings.order_calls;
        micros(calls.sleep + calls.longest() + calls.timeout + MARGIN)
    }
}

impl Attempt<'_> {
    /// Asks the partner whether it has the order, and to make it if not.
    async fn run(mut self) -> CreateOutcome {
        let (order_id, patience) = (self.order.order_id, self.relay.settings.order_calls);
        let mut repeats = 0;
        loop {
            match self.partner.find(order_id).await {
                Ok(None) => self.note("find-orders", "not there"),
                Ok(Some(their_order_id)) => {
                    self.note("find-orders", "found");
                    return self.made(their_order_id).await;
                }
                Err(error) => return self.give_up("find-orders", &error).await,
            }
            if !self.is_intended
                && let Err(error) = self.intend().await
            {
                return CreateOutcome::ServiceError(error.to_string());
            }
            self.may_be_made = true;
            match self.partner.create(self.order).await {
                Ok(Creation::Made(their_order_id)) => {
                    self.relay.counters.created.count();
                    self.note("create", "made");
                    return self.made(their_order_id).await;
                }
                Ok(Creation::Refused(errors)) => {
                    let (refusal, left_out) = rules::refusal(self.order, &errors);
                    for text in left_out {
                        let text = rules::without_client(&text, &self.order.client);
                        tracing::warn!(order_id, text, "left out of the partner's errors");
                    }
                    self.note("create", "refused");
                    return self.rejected(refusal).await;
                }
                Err(error @ CallError::Unreachable(_)) if repeats < patience.retries => {
                    repeats += 1;
                    self.partner.note_repeat("create");
                    self.note("create", error.to_string());
                    tracing::warn!(order_id, %error, "asking whether the order was made");
                    // The claim lasts for one round.
                    if let Err(error) = self.intend().await {
                        return CreateOutcome::ServiceError(error.to_string());
                    }
                    tokio::time::sleep(patience.sleep).await;
                }
                Err(error) => return self.give_up("create", &error).await,
            }
        }
    }

    fn note(&mut self, call: &'static str, outcome: impl Into<String>) {
        self.tries.push(self.relay.try_of(call, outcome));
    }

    /// Writes down, before the partner is told, what it is told; and renews the claim.
    async fn intend(&mut self) -> Result<(), DbError> {
        let (order, lasts) = (Arc::clone(self.order), self.relay.claim_lasts());
        let now = self.relay.kernel.clock.now();
        self.relay.kernel.db.write(move |tx| store::intend(tx, now, now + lasts, &order)).await?;
        self.is_intended = true;
        Ok(())
    }

    async fn made(self, their_order_id: String) -> CreateOutcome {
        let order_id = self.order.order_id;
        let made = Made { order_id, their_order_id: their_order_id.clone(), tries: self.tries };
        match self.relay.made.write(made).await {
            Ok(()) => CreateOutcome::Made(their_order_id),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }

    async fn rejected(self, refusal: Refusal) -> CreateOutcome {
        let message = refusal.message.as_deref();
        let message = message.map(|text| rules::without_client(text, &self.order.client));
        let (tries, noted) = (self.tries, Refusal { message, ..refusal.clone() });
        let recorded = self.relay.record(self.order.order_id, move |tx, herald| {
            store::note_tries(tx, herald.order_id, &tries)?;
            herald.rejected(tx, &noted)
        });
        match recorded.await {
            Ok(()) => CreateOutcome::Refused(refusal),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }

    /// Notes why nothing is known of the order, and lets go of it.
    async fn give_up(mut self, call: &'static str, error: &CallError) -> CreateOutcome {
        self.note(call, error.to_string());
        let (tries, may_be_made) = (self.tries, self.may_be_made);
        let recorded = self.relay.record(self.order.order_id, move |tx, herald| {
            store::note_tries(tx, herald.order_id, &tries)?;
            store::release(tx, herald.order_id, may_be_made.then_some(herald.now))
        });
        match recorded.await {
            Ok(()) => CreateOutcome::PartnerError(error.to_string()),
            Err(error) => CreateOutcome::ServiceError(error.to_string()),
        }
    }
}

/// Why an order was not made, for the log.
fn why_not(outcome: &CreateOutcome) -> Option<&str> {
    match outcome {
        CreateOutcome::Made(_) => None,
        CreateOutcome::Refused(refusal) => {
            Some(refusal.message.as_deref().unwrap_or("refused for its items"))
        }
        CreateOutcome::PartnerError(why) | CreateOutcome::ServiceError(why) => Some(why),
    }
}
