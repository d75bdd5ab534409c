//! What became of an order, with the event that tells of it.

use kernel::clock::Micros;
use kernel::db::{Error, Tx};
use kernel::events::{self, Event};
use serde::Serialize;

use super::{Recorded, State, find, release};
use crate::rules::{self, Refusal, StatusIds};
use crate::settings::Settings;

/// What every event of an order says.
#[derive(Serialize)]
struct OrderData<'a> {
    source_project_id: i64,
    kodpost: i64,
    order_id: i64,
    their_order_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<StatusEnd<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<StatusEnd<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a Refusal>,
}

/// One end of a change.
#[derive(Serialize)]
struct StatusEnd<'a> {
    status: &'a str,
    status_id: i64,
    their_status_id: i64,
}

/// Records what became of one order, and writes its events.
pub(crate) struct Herald<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) now: Micros,
    pub(crate) order_id: i64,
}

impl Herald<'_> {
    fn data<'a>(&self, their_order_id: Option<&'a str>) -> OrderData<'a> {
        OrderData {
            source_project_id: self.settings.source_project_id,
            kodpost: self.settings.kodpost,
            order_id: self.order_id,
            their_order_id,
            from: None,
            to: None,
            refusal: None,
        }
    }

    fn end<'a>(&self, status: &'a str) -> StatusEnd<'a> {
        let StatusIds { status_id, their_status_id } = self.settings.status_map.ids(status);
        StatusEnd { status, status_id, their_status_id }
    }

    fn publish(&self, tx: &mut Tx<'_>, kind: &'static str, data: &OrderData<'_>) -> Result<(), Error> {
        let event = Event::new(kind, format!("order:{}", self.order_id), "", data)?;
        events::publish(tx, self.now, &[event])
    }

    /// The partner has the order, and nobody need be at it any more.
    pub(crate) fn made(&self, tx: &mut Tx<'_>, their_order_id: &str) -> Result<(), Error> {
        let poll = self.settings.first_look();
        // Two may find the same order at the partner; the second has no news.
        let news = tx.execute(
            "UPDATE orders_orders SET state = $1, their_order_id = $2, status = $3, claimed_until = 0, pause = $4, \
             next_at = $5 WHERE order_id = $6 AND (their_order_id IS NULL OR their_order_id <> $2)",
            &[
                State::Made.code().into(),
                their_order_id.into(),
                rules::FIRST_STATUS.into(),
                poll.into(),
                (self.now + poll).into(),
                self.order_id.into(),
            ],
        )?;
        match news {
            0 => release(tx, self.order_id, None),
            _ => self.publish(tx, "orders.order.created", &self.data(Some(their_order_id))),
        }
    }

    /// The partner did not take the order; another request for it may try again.
    pub(crate) fn rejected(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Error> {
        tx.execute(
            "UPDATE orders_orders SET state = $1, claimed_until = 0, next_at = NULL WHERE order_id = $2",
            &[State::Rejected.code().into(), self.order_id.into()],
        )?;
        let data = OrderData { refusal: Some(refusal), ..self.data(None) };
        self.publish(tx, "orders.order.rejected", &data)
    }

    /// The partner has let go of the order.
    pub(crate) fn cancelled(&self, tx: &mut Tx<'_>, their_order_id: &str) -> Result<(), Error> {
        let news = tx.execute(
            "UPDATE orders_orders SET state = $1, next_at = NULL WHERE order_id = $2 AND their_order_id = $3 AND state <> $1",
            &[State::Cancelled.code().into(), self.order_id.into(), their_order_id.into()],
        )?;
        match news {
            0 => Ok(()),
            _ => self.publish(tx, "orders.order.cancelled", &self.data(Some(their_order_id))),
        }
    }

    /// Records the partner's word for how its order stands; true if it is another than before.
    pub(crate) fn status(&self, tx: &mut Tx<'_>, their_order_id: &str, word: &str) -> Result<bool, Error> {
        let Some(Recorded { status: Some(before), their_order_id: Some(theirs), .. }) =
            find(tx, self.order_id)?
        else {
            return Ok(false);
        };
        if theirs != their_order_id || before == word {
            return Ok(false);
        }
        tx.execute(
            "UPDATE orders_orders SET status = $1, next_at = CASE WHEN $2 = 1 THEN NULL ELSE next_at END \
             WHERE order_id = $3",
            &[word.into(), rules::is_final(word).into(), self.order_id.into()],
        )?;
        let StatusIds { status_id, their_status_id } = self.settings.status_map.ids(word);
        tx.execute(
            "INSERT INTO orders_statuses (order_id, seen_at, status, status_id, their_status_id) VALUES ($1, $2, $3, $4, $5)",
            &[self.order_id.into(), self.now.into(), word.into(), status_id.into(), their_status_id.into()],
        )?;
        let (from, to) = (Some(self.end(&before)), Some(self.end(word)));
        let data = OrderData { from, to, ..self.data(Some(their_order_id)) };
        self.publish(tx, "orders.order.status_changed", &data)?;
        if word == "cancelled" {
            self.cancelled(tx, their_order_id)?;
        }
        Ok(true)
    }
}
