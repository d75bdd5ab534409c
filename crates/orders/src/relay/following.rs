//! How orders stand at the partner: asked for, changed by a cancellation, and looked after in the background.

use std::time::Duration;

use futures_util::future::try_join_all;
use kernel::db::Error as DbError;

use super::{CancelOutcome, Relay, StatusOutcome};
use crate::partner::{Cancellation, Partner};
use crate::rules::{self, StatusIds};
use crate::settings::micros;
use crate::store::{self, Made, Recorded, State};
use crate::wire::Reference;

/// What the lease of an order that is looked after lasts beyond the partner's answer.
const MARGIN: Duration = Duration::from_secs(5);

const UNAVAILABLE: &str = "The service is not available";
const UNREACHABLE: &str = "The partner cannot be reached";
const NO_PARTNER: &str = "No partner is set";
const UNKNOWN_ORDER: &str = "No such order is known";

impl Relay {
    /// How an order stands, by the partner.
    pub(crate) async fn status(&self, reference: &Reference) -> StatusOutcome {
        let partner = self.partner.as_ref().ok_or(NO_PARTNER)?;
        let order_id = reference.order_id;
        let recorded = self.recorded(order_id).await?;
        let known = match recorded {
            // Not recorded here: whoever makes it, or the job after its death, does that.
            Some(Recorded { their_order_id: None, state: State::Intended, .. })
                if reference.their_order_id.is_none() =>
            {
                partner.find_meanwhile(order_id).await.map_err(|error| {
                    tracing::warn!(order_id, %error, "it cannot be told whether the order was made");
                    UNREACHABLE
                })?
            }
            recorded => recorded.and_then(|recorded| recorded.their_order_id),
        };
        let theirs = reference.their_order_id.clone().or_else(|| known.clone()).ok_or(UNKNOWN_ORDER)?;
        let word = partner.status(&theirs).await.map_err(|error| {
            tracing::warn!(order_id, %error, "no status");
            UNREACHABLE
        })??;
        let has_changed = known.as_ref() == Some(&theirs)
            && self
                .note_status(order_id, &theirs, &word)
                .await
                .map_err(|error| unavailable(order_id, &error))?;
        let ids = self.ids(order_id, &word);
        if has_changed || reference.their_status_id.is_some_and(|known| known != ids.their_status_id) {
            self.counters.status_changes.count();
        }
        Ok(ids)
    }

    async fn recorded(&self, order_id: i64) -> Result<Option<Recorded>, &'static str> {
        let found = self.kernel.db.read_latest(move |tx| store::find(tx, order_id)).await;
        found.map_err(|error: DbError| unavailable(order_id, &error))
    }

    /// Records a status; true if it is another than before.
    async fn note_status(&self, order_id: i64, theirs: &str, word: &str) -> Result<bool, DbError> {
        let recorded = self.kernel.db.read_latest(move |tx| store::find(tx, order_id)).await?;
        if recorded.is_some_and(|recorded| recorded.status.as_deref() == Some(word)) {
            return Ok(false);
        }
        let (theirs, word) = (theirs.to_owned(), word.to_owned());
        self.record(order_id, move |tx, herald| herald.status(tx, &theirs, &word)).await
    }

    /// Our numbers for the partner's word.
    fn ids(&self, order_id: i64, word: &str) -> StatusIds {
        if self.settings.status_map.known(word).is_none() {
            self.counters.mapping_errors.count();
            tracing::warn!(order_id, status = word, "the partner has a status that the table does not");
        }
        self.settings.status_map.ids(word)
    }

    /// Cancels an order at the partner.
    pub(crate) async fn cancel(&self, reference: &Reference) -> CancelOutcome {
        match self.try_to_cancel(reference).await {
            Ok(outcome) => outcome,
            Err(why) => CancelOutcome::Failed(why.to_owned()),
        }
    }

    async fn try_to_cancel(&self, reference: &Reference) -> Result<CancelOutcome, &'static str> {
        let order_id = reference.order_id;
        let theirs = reference.their_order_id.clone().ok_or(UNKNOWN_ORDER)?;
        let recorded = self.recorded(order_id).await?;
        let recorded = recorded.filter(|recorded| recorded.their_order_id.as_ref() == Some(&theirs));
        if recorded.as_ref().is_some_and(|recorded| recorded.state == State::Cancelled) {
            return Ok(CancelOutcome::Done);
        }
        let partner = self.partner.as_ref().ok_or(NO_PARTNER)?;
        let answer = partner.cancel(&theirs).await;
        let (outcome, noted) = match answer {
            Ok(Cancellation::Done) => (CancelOutcome::Done, "cancelled".to_owned()),
            Ok(Cancellation::NotAllowed(message)) => {
                (CancelOutcome::NotAllowed(message), "not allowed".to_owned())
            }
            Ok(Cancellation::Failed(message)) => (CancelOutcome::Failed(message), "refused".to_owned()),
            Err(error) => {
                tracing::warn!(order_id, %error, "an order was not cancelled");
                (CancelOutcome::Failed(UNREACHABLE.to_owned()), error.to_string())
            }
        };
        if recorded.is_some() {
            let is_done = matches!(outcome, CancelOutcome::Done);
            let tries = [self.try_of("cancel", noted)];
            let noted = self.record(order_id, move |tx, herald| {
                store::note_tries(tx, herald.order_id, &tries)?;
                if is_done { herald.cancelled(tx, &theirs) } else { Ok(()) }
            });
            noted.await.map_err(|error| unavailable(order_id, &error))?;
        }
        Ok(outcome)
    }

    /// Finds out what became of orders whose time has come: intents without an end, and statuses. Gives the number
    /// of orders it looked at.
    pub(crate) async fn look_after(&self, at_most: i64) -> Result<usize, DbError> {
        let Some(partner) = self.partner.as_ref().filter(|partner| !partner.is_left_alone()) else {
            return Ok(0);
        };
        let (status, order) = (self.settings.status_calls.longest(), self.settings.order_calls.longest());
        let (clock, lease) = (self.kernel.clock.clone(), micros(status.max(order) + MARGIN));
        let due = self.kernel.db.write(move |tx| store::claim_due(tx, clock.now(), lease, at_most)).await?;
        try_join_all(due.iter().map(|order| self.look(partner, order))).await?;
        Ok(due.len())
    }

    async fn look(&self, partner: &Partner, order: &Recorded) -> Result<(), DbError> {
        match (order.state, &order.their_order_id) {
            (State::Intended, _) => self.settle(partner, order.order_id).await,
            (_, Some(theirs)) => self.follow(partner, order.order_id, theirs).await,
            (_, None) => Ok(()),
        }
    }

    /// Asks whether an order was made whose maker did not live to say so.
    async fn settle(&self, partner: &Partner, order_id: i64) -> Result<(), DbError> {
        let (found, outcome) = match partner.find(order_id).await {
            Ok(Some(theirs)) => (Some(theirs), "found".to_owned()),
            Ok(None) => (None, "not there".to_owned()),
            Err(error) => (None, error.to_string()),
        };
        let (tries, first) = (vec![self.try_of("find-orders", outcome)], self.settings.first_look());
        if let Some(their_order_id) = found {
            return self.made.write(Made { order_id, their_order_id, tries }).await;
        }
        self.record(order_id, move |tx, herald| {
            store::note_tries(tx, order_id, &tries)?;
            store::due_again(tx, herald.now, order_id, first)
        })
        .await
    }

    /// Asks how an order stands that nobody has asked about.
    async fn follow(&self, partner: &Partner, order_id: i64, theirs: &str) -> Result<(), DbError> {
        let (told, tries) = match partner.status(theirs).await {
            Ok(Ok(word)) => (Some((theirs.to_owned(), word)), Vec::new()),
            Ok(Err(why)) => (None, vec![self.try_of("orders-data", rules::without_addresses(&why))]),
            Err(error) => (None, vec![self.try_of("orders-data", error.to_string())]),
        };
        if let Some((_, word)) = &told {
            self.ids(order_id, word);
        }
        let first = self.settings.first_look();
        let has_changed = self.record(order_id, move |tx, herald| {
            store::note_tries(tx, order_id, &tries)?;
            let has_changed = match &told {
                Some((theirs, word)) => herald.status(tx, theirs, word)?,
                None => false,
            };
            store::due_again(tx, herald.now, order_id, first)?;
            Ok(has_changed)
        });
        if has_changed.await? {
            self.counters.status_changes.count();
        }
        Ok(())
    }
}

fn unavailable(order_id: i64, error: &DbError) -> &'static str {
    tracing::error!(order_id, %error, "an order could not be looked up or recorded");
    UNAVAILABLE
}
