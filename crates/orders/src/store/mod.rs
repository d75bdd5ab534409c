//! Tables of the Orders API: what was asked for, what was tried, what became of it.

mod herald;
mod looks;

use std::collections::HashSet;
use std::sync::Arc;

use kernel::clock::Micros;
use kernel::db::{Error, Row, Tx};

pub(crate) use self::herald::{Herald, Made, made_all};
pub(crate) use self::looks::{claim_due, due_again};
use crate::rules::Order;

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
    /// The order as JSON.
    record: String,
    pub(crate) state: State,
    pub(crate) their_order_id: Option<String>,
    /// The partner's last word for how it stands.
    pub(crate) status: Option<String>,
    /// The time between the last two looks at it.
    pause: Micros,
}

impl Recorded {
    /// What of it is not what is asked for: equal values are equal, however they were written.
    fn differences(&self, order: &Order) -> Differences {
        match serde_json::from_str::<Order>(&self.record) {
            Ok(recorded) => recorded.differences(order),
            Err(_) => vec!["unreadable record"],
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self {
            order_id: row.get(0)?,
            record: row.get(1)?,
            state: State::of(row.get(2)?),
            their_order_id: row.get(3)?,
            status: row.get(4)?,
            pause: row.get(5)?,
        })
    }
}

pub(crate) fn find(tx: &mut Tx<'_>, order_id: i64) -> Result<Option<Recorded>, Error> {
    tx.query_opt(
        "SELECT order_id, record, state, their_order_id, status, pause FROM orders_orders WHERE order_id = $1",
        &[order_id.into()],
        Recorded::read,
    )
}

/// What a request that wants to make an order finds.
#[derive(Clone, Debug)]
pub(crate) enum Claim {
    /// It is this caller's to make.
    Ours(Before),
    /// The partner has it, with the same body, under this id.
    Confirmed(String),
    /// Another one is at it.
    Taken,
}

/// What was recorded of an order before it was claimed.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    Nothing,
    /// Somebody wanted to make it, and did not say what became of it: the partner may have it.
    Intent(Differences),
    /// The partner did not take it, or took another body.
    End(Differences),
}

/// Fields in which a body is another than the recorded one.
pub(crate) type Differences = Vec<&'static str>;

/// A request to make an order, which takes it from `now` until `until`.
pub(crate) struct Claiming {
    pub(crate) order: Arc<Order>,
    pub(crate) now: Micros,
    pub(crate) until: Micros,
}

/// Writes intents down and takes their orders, each unless another one has it. No two are for one order.
pub(crate) fn claim_all(tx: &mut Tx<'_>, claims: &[Claiming]) -> Result<Vec<Claim>, Error> {
    let records = claims.iter().map(|claim| record(&claim.order)).collect::<Result<Vec<_>, _>>()?;
    let mut rows: Vec<_> = std::iter::zip(claims, &records)
        .map(|(Claiming { order, now, until }, record)| (order.order_id, record, *now, *until))
        .collect();
    // In one order on every server: two that hold what the other one waits for would wait for each other.
    rows.sort_by_key(|(order_id, ..)| *order_id);
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(order_id, record, now, until)| {
            [
                order_id.into(),
                record.into(),
                0_i64.into(),
                now.into(),
                until.into(),
                0_i64.into(),
                until.into(),
            ]
        })
        .collect();
    let new: HashSet<i64> = tx
        .insert_many_returning(
            "INSERT INTO orders_orders (order_id, record, state, asked_at, claimed_until, pause, next_at) VALUES",
            "ON CONFLICT (order_id) DO NOTHING RETURNING order_id",
            &rows,
            |row| row.get(0),
        )?
        .into_iter()
        .collect();
    let claim = |claim: &Claiming| match new.contains(&claim.order.order_id) {
        true => Ok(Claim::Ours(Before::Nothing)),
        false => claim_again(tx, claim),
    };
    claims.iter().map(claim).collect()
}

/// Takes an order that has a record.
fn claim_again(tx: &mut Tx<'_>, claim: &Claiming) -> Result<Claim, Error> {
    let Claiming { order, now, until } = claim;
    let Some(found) = find(tx, order.order_id)? else { return Ok(Claim::Taken) };
    let differences = found.differences(order);
    if let (true, Some(their_order_id)) = (differences.is_empty(), found.their_order_id) {
        return Ok(Claim::Confirmed(their_order_id));
    }
    let claimed = tx.execute(
        "UPDATE orders_orders SET claimed_until = $1, \
         asked_at = CASE WHEN state = 0 THEN $2 ELSE asked_at END, \
         next_at = CASE WHEN state = 0 THEN $1 ELSE next_at END \
         WHERE order_id = $3 AND claimed_until <= $2",
        &[(*until).into(), (*now).into(), order.order_id.into()],
    )?;
    Ok(match (claimed, found.state) {
        (0, _) => Claim::Taken,
        (_, State::Intended) => Claim::Ours(Before::Intent(differences)),
        _ => Claim::Ours(Before::End(differences)),
    })
}

/// Writes down what the partner is now told to make, in place of what it does not have.
pub(crate) fn intend(tx: &mut Tx<'_>, now: Micros, until: Micros, order: &Order) -> Result<(), Error> {
    tx.execute(
        "UPDATE orders_orders SET record = $1, state = 0, their_order_id = NULL, status = NULL, asked_at = $2, \
         claimed_until = $3, pause = 0, next_at = $3 WHERE order_id = $4",
        &[(&record(order)?).into(), now.into(), until.into(), order.order_id.into()],
    )?;
    Ok(())
}

/// Lets go of an order of which nothing new is known. What the partner may have made is looked for at `next_at`.
pub(crate) fn release(tx: &mut Tx<'_>, order_id: i64, next_at: Option<Micros>) -> Result<(), Error> {
    tx.execute(
        "UPDATE orders_orders SET claimed_until = 0, next_at = CASE WHEN state = 0 THEN $1 ELSE next_at END \
         WHERE order_id = $2",
        &[next_at.into(), order_id.into()],
    )?;
    Ok(())
}

fn record(order: &Order) -> Result<String, Error> {
    serde_json::to_string(order)
        .map_err(|error| Error::Statement(format!("an order cannot be written as JSON: {error}")))
}

/// A call to the partner and how it ended, without phones and e-mails.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    pub(crate) at: Micros,
    pub(crate) call: &'static str,
    pub(crate) outcome: String,
}

/// Notes what was tried for an order.
pub(crate) fn note_tries(tx: &mut Tx<'_>, order_id: i64, tries: &[Try]) -> Result<(), Error> {
    note_all(tx, tries.iter().map(|made| (order_id, made)))
}

/// The same for several orders.
fn note_all<'a>(tx: &mut Tx<'_>, tries: impl Iterator<Item = (i64, &'a Try)>) -> Result<(), Error> {
    let rows: Vec<_> = tries
        .map(|(order_id, Try { at, call, outcome })| {
            [order_id.into(), (*at).into(), (*call).into(), outcome.as_str().into()]
        })
        .collect();
    tx.insert_many("INSERT INTO orders_tries (order_id, tried_at, call, outcome) VALUES", "", &rows)?;
    Ok(())
}
