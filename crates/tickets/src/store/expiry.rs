//! Reservations that have run out: marked, their places given back, their events written.

use std::collections::BTreeMap;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Row, Tx};
use kernel::events::{self, Event};
use kernel::time::OffsetTime;
use serde::Serialize;

use super::booking::Ticket;
use super::state::RUN_OUT;

/// Which reservations are to be marked, of those that have run out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RunOut<'a> {
    Ticket(i64),
    Seat(i64, &'a str),
    Show(i64),
    /// So many of all, the oldest first.
    Any(u32),
}

/// Whether any reservation has run out and is not yet marked.
pub(crate) fn has_run_out(tx: &mut Tx<'_>, now: Micros) -> Result<bool, DbError> {
    let due = "SELECT id FROM tickets_tickets WHERE state = 0 AND reserved_to <= $1 LIMIT 1";
    Ok(tx.query_opt(due, &[now.into()], |row| row.get::<i64>(0))?.is_some())
}

/// Marks reservations that have run out, gives their places back and writes their events; says how many.
pub(crate) fn mark_run_out(tx: &mut Tx<'_>, now: Micros, which: RunOut<'_>) -> Result<u32, DbError> {
    let update = |which: &str| {
        format!(
            "UPDATE tickets_tickets SET state = 3 WHERE state = 0 AND reserved_to <= $1 AND {which} \
             RETURNING id, show, seat_id, account, reserved_to, reserved_offset, external_id"
        )
    };
    let read = |row: &Row<'_>| {
        let ticket = Ticket {
            id: row.get(0)?,
            seat_id: row.get(2)?,
            state: RUN_OUT,
            reserved_to: Some(OffsetTime::new(row.get(4)?, row.get(5)?)),
            external_id: row.get(6)?,
            barcode: None,
        };
        Ok((row.get::<i64>(1)?, row.get::<String>(3)?, ticket))
    };
    let marked = match which {
        RunOut::Ticket(id) => tx.query(&update("id = $2"), &[now.into(), id.into()], read)?,
        RunOut::Seat(show, seat_id) => {
            tx.query(&update("show = $2 AND seat_id = $3"), &[now.into(), show.into(), seat_id.into()], read)?
        }
        RunOut::Show(show) => tx.query(&update("show = $2"), &[now.into(), show.into()], read)?,
        RunOut::Any(limit) => {
            let oldest = "id IN (SELECT id FROM tickets_tickets WHERE state = 0 AND reserved_to <= $1 \
                          ORDER BY reserved_to LIMIT $2)";
            tx.query(&update(oldest), &[now.into(), limit.into()], read)?
        }
    };
    let mut freed: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (show, _, ticket) in &marked {
        *freed.entry((*show, &ticket.seat_id)).or_default() += 1;
    }
    for ((show, seat_id), count) in freed {
        give_back(tx, show, seat_id, count)?;
    }
    let mut names: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let mut expired = Vec::with_capacity(marked.len());
    for (show, account, ticket) in &marked {
        let (event_id, show_id) = match names.get(show) {
            Some(name) => *name,
            None => *names.entry(*show).or_insert(name_of(tx, *show)?),
        };
        expired.push(event("tickets.ticket.expired", account, event_id, show_id, ticket)?);
    }
    events::publish(tx, now, &expired)?;
    Ok(u32::try_from(marked.len()).unwrap_or(u32::MAX))
}

fn name_of(tx: &mut Tx<'_>, show: i64) -> Result<(i64, i64), DbError> {
    let name =
        tx.query_opt("SELECT event_id, show_id FROM tickets_shows WHERE show = $1", &[show.into()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(name.unwrap_or_default())
}

/// Gives places of a seat back.
pub(super) fn give_back(tx: &mut Tx<'_>, show: i64, seat_id: &str, count: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE tickets_seats SET taken = taken - $1 WHERE show = $2 AND seat_id = $3",
        &[count.into(), show.into(), seat_id.into()],
    )?;
    Ok(())
}

/// What an event says of a ticket.
#[derive(Serialize)]
struct TicketData<'a> {
    id: String,
    event_id: i64,
    show_id: i64,
    seat_id: &'a str,
    external_id: Option<&'a str>,
    reserved_to: Option<OffsetTime>,
}

pub(super) fn event(
    kind: &'static str,
    account: &str,
    event_id: i64,
    show_id: i64,
    ticket: &Ticket,
) -> Result<Event, DbError> {
    let data = TicketData {
        id: ticket.id.to_string(),
        event_id,
        show_id,
        seat_id: &ticket.seat_id,
        external_id: ticket.external_id.as_deref(),
        reserved_to: ticket.reserved_to,
    };
    Event::new(kind, format!("ticket:{}", ticket.id), account, &data)
}
