//! Tables of the Orders API: what was asked for, what was tried, what became of it.

use kernel::clock::{Micros, SECOND};
use kernel::db::{Error, Row, Tx};
use kernel::events::{self, Event};
use serde::Serialize;

use crate::rules::{Refusal, StatusIds};
use crate::settings::Settings;

/// The longest pause between two looks at an order.
const LONGEST_PAUSE: Micros = 3600 * SECOND;
const DAY: Micros = 24 * 3600 * SECOND;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Asked for; whether the partner has it is not known.
    Intended,
    /// The partner has it.
    Made,
    /// The partner did not take it.
    Rejected,
    Cancelled,
}

impl State {
    fn code(self) -> i64 {
        match self {
            Self::Intended => 0,
            Self::Made => 1,
            Self::Rejected => 2,
            Self::Cancelled => 3,
        }
    }

    fn of(code: i64) -> Self {
        match code {
            1 => Self::Made,
            2 => Self::Rejected,
            3 => Self::Cancelled,
            _ => Self::Intended,
        }
    }
}

/// An order as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) order_id: i64,
    pub(crate) record: String,
    pub(crate) state: State,
    pub(crate) their_order_id: Option<String>,
    pub(crate) status: Option<String>,
    /// Seconds until the status after the next is asked for.
    pub(crate) pause: i64,
}

const RECORDED: &str =
    "SELECT order_id, record, state, their_order_id, status, pause FROM orders_orders WHERE ";

fn read(row: &Row<'_>) -> Result<Recorded, Error> {
    Ok(Recorded {
        order_id: row.get(0)?,
        record: row.get(1)?,
        state: State::of(row.get(2)?),
        their_order_id: row.get(3)?,
        status: row.get(4)?,
        pause: row.get(5)?,
    })
}

pub(crate) fn find(tx: &mut Tx<'_>, order_id: i64) -> Result<Option<Recorded>, Error> {
    tx.query_opt(&format!("{RECORDED} order_id = $1"), &[order_id.into()], read)
}

/// What a request that wants to make an order finds.
#[derive(Clone, Debug)]
pub(crate) enum Claim {
    /// It is this caller's to make.
    Ours,
    /// The partner has it, with the same body, under this id.
    Confirmed(String),
    /// Another one is at it.
    Taken,
}

/// Writes the intent down and takes the order for the time until `until`, unless another one has it.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    now: Micros,
    until: Micros,
    order_id: i64,
    record: &str,
) -> Result<Claim, Error> {
    let Some(found) = find(tx, order_id)? else {
        tx.execute(
            "INSERT INTO orders_orders (order_id, record, state, created_at, claimed_until, pause, next_at) \
             VALUES ($1, $2, 0, $3, $4, 0, $4)",
            &[order_id.into(), record.into(), now.into(), until.into()],
        )?;
        return Ok(Claim::Ours);
    };
    if let Some(their_order_id) = found.their_order_id.filter(|_| found.record == record) {
        return Ok(Claim::Confirmed(their_order_id));
    }
    let claimed = tx.execute(
        "UPDATE orders_orders SET claimed_until = $1 WHERE order_id = $2 AND claimed_until <= $3",
        &[until.into(), order_id.into(), now.into()],
    )?;
    Ok(if claimed == 0 { Claim::Taken } else { Claim::Ours })
}

/// Lets go of an order of which nothing new is known.
pub(crate) fn release(tx: &mut Tx<'_>, now: Micros, order_id: i64) -> Result<(), Error> {
    // An intent is looked at by the next round of the job: the shopper may be gone, the order may be made.
    tx.execute(
        "UPDATE orders_orders SET claimed_until = 0, next_at = CASE WHEN state = 0 THEN $1 ELSE next_at END \
         WHERE order_id = $2",
        &[now.into(), order_id.into()],
    )?;
    Ok(())
}

/// Takes orders whose time has come, so that no other server looks at them as well.
pub(crate) fn claim_due(
    tx: &mut Tx<'_>,
    now: Micros,
    time: Micros,
    at_most: i64,
) -> Result<Vec<Recorded>, Error> {
    tx.query(
        "UPDATE orders_orders SET claimed_until = $1 WHERE order_id IN \
         (SELECT order_id FROM orders_orders WHERE next_at <= $2 AND claimed_until <= $2 ORDER BY next_at LIMIT $3) \
         RETURNING order_id, record, state, their_order_id, status, pause",
        &[(now + time).into(), now.into(), at_most.into()],
        read,
    )
}

/// Notes a try: what was called and how it ended, without anything of a person.
pub(crate) fn note_try(
    tx: &mut Tx<'_>,
    now: Micros,
    order_id: i64,
    call: &str,
    outcome: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO orders_tries (order_id, tried_at, call, outcome) VALUES ($1, $2, $3, $4)",
        &[order_id.into(), now.into(), call.into(), outcome.into()],
    )?;
    Ok(())
}

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

/// Writes events of one order.
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

    /// The partner has the order.
    pub(crate) fn made(&self, tx: &mut Tx<'_>, record: &str, their_order_id: &str) -> Result<(), Error> {
        let poll = i64::try_from(self.settings.status_poll.as_micros()).unwrap_or(Micros::MAX / 2);
        tx.execute(
            "UPDATE orders_orders SET state = $1, record = $2, their_order_id = $3, claimed_until = 0, pause = $4, \
             next_at = $5 WHERE order_id = $6",
            &[
                State::Made.code().into(),
                record.into(),
                their_order_id.into(),
                poll.into(),
                (self.now + poll).into(),
                self.order_id.into(),
            ],
        )?;
        self.publish(tx, "orders.order.created", &self.data(Some(their_order_id)))
    }

    /// The partner did not take the order; another request for it may try again.
    pub(crate) fn rejected(&self, tx: &mut Tx<'_>, record: &str, refusal: &Refusal) -> Result<(), Error> {
        tx.execute(
            "UPDATE orders_orders SET state = $1, record = $2, claimed_until = 0, next_at = NULL WHERE order_id = $3",
            &[State::Rejected.code().into(), record.into(), self.order_id.into()],
        )?;
        let data = OrderData { refusal: Some(refusal), ..self.data(None) };
        self.publish(tx, "orders.order.rejected", &data)
    }

    pub(crate) fn cancelled(&self, tx: &mut Tx<'_>, their_order_id: &str) -> Result<(), Error> {
        let changed = tx.execute(
            "UPDATE orders_orders SET state = $1, next_at = NULL WHERE order_id = $2 AND state <> $1",
            &[State::Cancelled.code().into(), self.order_id.into()],
        )?;
        match changed {
            0 => Ok(()),
            _ => self.publish(tx, "orders.order.cancelled", &self.data(Some(their_order_id))),
        }
    }

    /// Nothing new is known of the order: it is looked at again after a pause that doubles up to an hour. An intent
    /// that the partner does not have after a day was never made.
    pub(crate) fn look_later(&self, tx: &mut Tx<'_>, why: &str) -> Result<(), Error> {
        note_try(tx, self.now, self.order_id, "look", why)?;
        let first = i64::try_from(self.settings.status_poll.as_micros()).unwrap_or(DAY);
        let Some(order) = find(tx, self.order_id)? else { return Ok(()) };
        let pause = (order.pause * 2).clamp(first, LONGEST_PAUSE.max(first));
        tx.execute(
            "UPDATE orders_orders SET claimed_until = 0, pause = $1, \
             next_at = CASE WHEN state = 0 AND created_at < $2 THEN NULL ELSE $3 END WHERE order_id = $4",
            &[pause.into(), (self.now - DAY).into(), (self.now + pause).into(), self.order_id.into()],
        )?;
        Ok(())
    }

    /// Records a status that the partner told; true if it is another than before.
    pub(crate) fn status(
        &self,
        tx: &mut Tx<'_>,
        their_order_id: &str,
        word: &str,
        is_final: bool,
    ) -> Result<bool, Error> {
        let Some(old) = find(tx, self.order_id)? else { return Ok(false) };
        let next_at = if is_final { None } else { Some(self.now + old.pause) };
        let pause = (old.pause * 2).min(LONGEST_PAUSE.max(old.pause));
        tx.execute(
            "UPDATE orders_orders SET status = $1, next_at = $2, pause = $3, claimed_until = 0 WHERE order_id = $4",
            &[word.into(), next_at.into(), pause.into(), self.order_id.into()],
        )?;
        if old.status.as_deref() == Some(word) {
            return Ok(false);
        }
        let StatusIds { status_id, their_status_id } = self.settings.status_map.ids(word);
        tx.execute(
            "INSERT INTO orders_statuses (order_id, seen_at, status, status_id, their_status_id) VALUES ($1, $2, $3, $4, $5)",
            &[self.order_id.into(), self.now.into(), word.into(), status_id.into(), their_status_id.into()],
        )?;
        let data = OrderData {
            from: Some(self.end(old.status.as_deref().unwrap_or("created"))),
            to: Some(self.end(word)),
            ..self.data(Some(their_order_id))
        };
        self.publish(tx, "orders.order.status_changed", &data)?;
        if word == "cancelled" {
            self.cancelled(tx, their_order_id)?;
        }
        Ok(true)
    }
}
