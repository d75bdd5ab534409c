//! What became of an order, with the event that tells of it.

use std::collections::HashSet;

use kernel::clock::Micros;
use kernel::db::{Error, Tx};
use kernel::events::{self, Event};
use serde::Serialize;

use super::{Recorded, State, Try, find, note_all, release};
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

/// An order that the partner has, and how that was found out.
pub(crate) struct Made {
    pub(crate) order_id: i64,
    pub(crate) their_order_id: String,
    pub(crate) tries: Vec<Try>,
}

/// The partner has these orders, and nobody need be at them any more.
pub(crate) fn made_all(
    tx: &mut Tx<'_>,
    settings: &Settings,
    now: Micros,
    all: &[Made],
) -> Result<Vec<()>, Error> {
    note_all(tx, all.iter().flat_map(|made| made.tries.iter().map(|made_try| (made.order_id, made_try))))?;
    let poll = settings.first_look();
    let rows: Vec<_> = all
        .iter()
        .map(|made| {
            [
                made.order_id.into(),
                "".into(),
                State::Made.code().into(),
                (&made.their_order_id).into(),
                rules::FIRST_STATUS.into(),
                now.into(),
                0_i64.into(),
                poll.into(),
                (now + poll).into(),
            ]
        })
        .collect();
    // Each has a row, so this inserts none: it is an update of many rows that looks for each by its key. Two may
    // find the same order at the partner; the second has no news.
    let news: HashSet<i64> = tx
        .insert_many_returning(
            "INSERT INTO orders_orders \
             (order_id, record, state, their_order_id, status, asked_at, claimed_until, pause, next_at) VALUES",
            "ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, \
             their_order_id = excluded.their_order_id, status = excluded.status, claimed_until = 0, \
             pause = excluded.pause, next_at = excluded.next_at \
             WHERE orders_orders.their_order_id IS NULL OR orders_orders.their_order_id <> excluded.their_order_id \
             RETURNING order_id",
            &rows,
            |row| row.get(0),
        )?
        .into_iter()
        .collect();
    let mut told = Vec::new();
    for Made { order_id, their_order_id, .. } in all {
        let herald = Herald { settings, now, order_id: *order_id };
        match news.contains(order_id) {
            true => told.push(herald.event("orders.order.created", &herald.data(Some(their_order_id)))?),
            false => release(tx, *order_id, None)?,
        }
    }
    events::publish(tx, now, &told)?;
    Ok(vec![(); all.len()])
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

    fn event(&self, kind: &'static str, data: &OrderData<'_>) -> Result<Event, Error> {
        Event::new(kind, format!("order:{}", self.order_id), "", data)
    }

    fn publish(&self, tx: &mut Tx<'_>, kind: &'static str, data: &OrderData<'_>) -> Result<(), Error> {
        events::publish(tx, self.now, &[self.event(kind, data)?])
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
