//! Shows and their seats, as partners may see them.

use std::collections::HashMap;

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Row, Tx, Value};
use kernel::http::BadParameter;
use kernel::time::OffsetTime;

use crate::rules::Error;

/// A show that a partner may sell.
#[derive(Clone, Debug)]
pub(crate) struct Show {
    /// Names it in the other tables.
    pub(crate) number: i64,
    pub(crate) event_id: i64,
    pub(crate) show_id: i64,
    pub(crate) start: OffsetTime,
    pub(crate) last_update_hash: String,
    pub(crate) event_name: String,
    /// JSON.
    pub(crate) scheme: String,
    /// JSON.
    pub(crate) city: String,
    pub(crate) timezone: String,
    /// Live tickets that the partner may have at once.
    pub(crate) quota: Option<i64>,
}

/// The show that a path names. `None` stands for a text that is no number, and names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ShowName {
    pub(crate) event_id: Option<i64>,
    pub(crate) show_id: Option<Option<i64>>,
}

/// Shows to come that are open to the account ($1) at an instant ($2).
const OPEN_SHOWS: &str = "SELECT s.show, s.event_id, s.show_id, s.start_at, s.start_offset, s.last_update_hash, \
     e.event_name, e.scheme, e.city, e.timezone, q.quota \
     FROM tickets_shows s JOIN tickets_events e ON e.event_id = s.event_id \
     LEFT JOIN tickets_quotas q ON q.event_id = e.event_id AND q.account = $1 \
     WHERE s.start_at > $2 AND (e.restricted = 0 OR EXISTS \
     (SELECT 1 FROM tickets_open_to o WHERE o.event_id = e.event_id AND o.account = $1))";

/// The one show that is meant.
///
/// An event or a show that is unknown, past or not open is [`Error::EventNotFound`]; of an event with several
/// shows one must be named.
pub(crate) fn find(tx: &mut Tx<'_>, now: Micros, account: &str, name: ShowName) -> Result<Show, Error> {
    let event_id = name.event_id.ok_or(Error::EventNotFound)?;
    let open = |tail: &str| format!("{OPEN_SHOWS} AND s.event_id = $3{tail}");
    let mut params: Vec<Value<'_>> = vec![account.into(), now.into(), event_id.into()];
    let mut found = match name.show_id {
        None => tx.query(&open(" LIMIT 2"), &params, read)?,
        Some(show_id) => {
            params.push(show_id.ok_or(Error::EventNotFound)?.into());
            tx.query(&open(" AND s.show_id = $4"), &params, read)?
        }
    };
    match (found.pop(), found.pop()) {
        (None, _) => Err(Error::EventNotFound),
        (Some(show), None) => Ok(show),
        (Some(_), Some(_)) => {
            Err(BadParameter::new("show_id", "is required: the event has several shows").into())
        }
    }
}

/// All shows that the account may sell, by their start.
pub(crate) fn open(tx: &mut Tx<'_>, now: Micros, account: &str) -> Result<Vec<Show>, DbError> {
    let sql = format!("{OPEN_SHOWS} ORDER BY s.start_at, s.event_id, s.show_id");
    tx.query(&sql, &[account.into(), now.into()], read)
}

fn read(row: &Row<'_>) -> Result<Show, DbError> {
    Ok(Show {
        number: row.get(0)?,
        event_id: row.get(1)?,
        show_id: row.get(2)?,
        start: OffsetTime::new(row.get(3)?, row.get(4)?),
        last_update_hash: row.get(5)?,
        event_name: row.get(6)?,
        scheme: row.get(7)?,
        city: row.get(8)?,
        timezone: row.get(9)?,
        quota: row.get(10)?,
    })
}

/// A zone of a show.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ZoneRow {
    pub(crate) zone_id: i64,
    pub(crate) name: String,
}

/// A seat of a show, apart from who has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeatRow {
    pub(crate) seat_id: String,
    pub(crate) zone_id: i64,
    /// JSON.
    pub(crate) coords: String,
    pub(crate) row: Option<i64>,
    pub(crate) place: Option<i64>,
    pub(crate) admission: bool,
    pub(crate) quantity: i64,
    /// In hundredths.
    pub(crate) price: i64,
    pub(crate) currency_id: String,
    pub(crate) blocked: bool,
}

/// The zones of a show, in the organiser's order.
pub(crate) fn zones(tx: &mut Tx<'_>, show: i64) -> Result<Vec<ZoneRow>, DbError> {
    tx.query(
        "SELECT zone_id, name FROM tickets_zones WHERE show = $1 ORDER BY position",
        &[show.into()],
        |row| Ok(ZoneRow { zone_id: row.get(0)?, name: row.get(1)? }),
    )
}

/// The seats of a show, in the organiser's order.
pub(crate) fn seats(tx: &mut Tx<'_>, show: i64) -> Result<Vec<SeatRow>, DbError> {
    tx.query(
        "SELECT seat_id, zone_id, coords, seat_row, place, admission, quantity, price, currency_id, blocked \
         FROM tickets_seats WHERE show = $1 ORDER BY position",
        &[show.into()],
        |row| {
            Ok(SeatRow {
                seat_id: row.get(0)?,
                zone_id: row.get(1)?,
                coords: row.get(2)?,
                row: row.get(3)?,
                place: row.get(4)?,
                admission: row.truth(5)?,
                quantity: row.get(6)?,
                price: row.get(7)?,
                currency_id: row.get(8)?,
                blocked: row.truth(9)?,
            })
        },
    )
}

/// The zones of a show, each with its seats.
pub(crate) fn zones_with_seats(tx: &mut Tx<'_>, show: i64) -> Result<Vec<(ZoneRow, Vec<SeatRow>)>, DbError> {
    let mut by_zone: HashMap<i64, Vec<SeatRow>> = HashMap::new();
    for seat in seats(tx, show)? {
        by_zone.entry(seat.zone_id).or_default().push(seat);
    }
    let zones = zones(tx, show)?;
    let with_seats = |zone: ZoneRow| {
        let seats = by_zone.remove(&zone.zone_id).unwrap_or_default();
        (zone, seats)
    };
    Ok(zones.into_iter().map(with_seats).collect())
}

/// Places taken, by the position of the seat, at an instant: paid, or reserved and not run out.
pub(crate) fn taken(tx: &mut Tx<'_>, show: i64, now: Micros) -> Result<HashMap<i64, i64>, DbError> {
    let mut taken: HashMap<i64, i64> = tx
        .query(
            "SELECT position, taken FROM tickets_seats WHERE show = $1 AND taken > 0",
            &[show.into()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect();
    let run_out = tx.query(
        "SELECT s.position FROM tickets_tickets t JOIN tickets_seats s ON s.show = t.show AND s.seat_id = t.seat_id \
         WHERE t.state = 0 AND t.reserved_to <= $1 AND t.show = $2",
        &[now.into(), show.into()],
        |row| row.get(0),
    )?;
    for position in run_out {
        taken.entry(position).and_modify(|count| *count -= 1);
    }
    Ok(taken)
}

/// When the next reservation of any show runs out.
pub(crate) fn next_run_out(tx: &mut Tx<'_>, now: Micros) -> Result<Option<Micros>, DbError> {
    tx.query_opt(
        "SELECT reserved_to FROM tickets_tickets WHERE state = 0 AND reserved_to > $1 ORDER BY reserved_to LIMIT 1",
        &[now.into()],
        |row| row.get(0),
    )
}
