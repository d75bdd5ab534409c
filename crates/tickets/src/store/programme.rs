//! The organiser's programme: storing what a file says, and giving it back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx, Value};
use kernel::time::OffsetTime;
use kernel::transfer::{ImportError, Summary};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::expiry::{RunOut, mark_run_out};
use super::shows::{self, SeatRow, ZoneRow};
use crate::transfer::document::{EventDoc, SeatDoc, ShowDoc, ZoneDoc};
use crate::wire::Price;

/// Stores an event, its shows and seats. Shows to come that the file no longer has go, as seats do, if no live
/// ticket holds them; shows that are over stay.
pub(crate) fn store(tx: &mut Tx<'_>, now: Micros, event: &EventDoc) -> Result<Summary, ImportError> {
    let mut summary = store_event(tx, event)?;
    let stored = stored_shows(tx, event.event_id)?;
    for show in &event.shows {
        summary += match stored.get(&show.show_id) {
            Some(old) => update_show(tx, now, event, show, old)?,
            None => insert_show(tx, event, show)?,
        };
    }
    let wanted: BTreeSet<i64> = event.shows.iter().map(|show| show.show_id).collect();
    for (show_id, old) in
        stored.iter().filter(|(show_id, old)| !wanted.contains(show_id) && old.start.at() > now)
    {
        summary += remove_show(tx, now, event.event_id, *show_id, old)?;
    }
    Ok(summary)
}

fn store_event(tx: &mut Tx<'_>, event: &EventDoc) -> Result<Summary, ImportError> {
    let (city, scheme) = (json(&event.city)?, json(&event.scheme)?);
    let old = match exists(tx, event.event_id)? {
        true => Some(export_head(tx, event.event_id)?),
        false => None,
    };
    if old.as_ref().is_some_and(|old| is_same_head(old, event)) {
        return Ok(Summary { unchanged: 1, ..Summary::default() });
    }
    tx.execute(
        "INSERT INTO tickets_events (event_id, event_name, city, timezone, scheme, restricted) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (event_id) DO UPDATE SET event_name = excluded.event_name, \
         city = excluded.city, timezone = excluded.timezone, scheme = excluded.scheme, restricted = excluded.restricted",
        &[
            event.event_id.into(),
            (&event.event_name).into(),
            (&city).into(),
            (&event.city.timezone).into(),
            (&scheme).into(),
            event.open_to.is_some().into(),
        ],
    )?;
    tx.execute("DELETE FROM tickets_open_to WHERE event_id = $1", &[event.event_id.into()])?;
    let open_to: Vec<_> =
        event.open_to.iter().flatten().map(|account| [event.event_id.into(), account.into()]).collect();
    tx.insert_many("INSERT INTO tickets_open_to (event_id, account) VALUES", "", &open_to)?;
    tx.execute("DELETE FROM tickets_quotas WHERE event_id = $1", &[event.event_id.into()])?;
    let quotas: Vec<_> = event
        .quotas
        .iter()
        .map(|(account, quota)| [event.event_id.into(), account.into(), (*quota).into()])
        .collect();
    tx.insert_many("INSERT INTO tickets_quotas (event_id, account, quota) VALUES", "", &quotas)?;
    Ok(match old {
        None => Summary { inserted: 1, ..Summary::default() },
        Some(_) => Summary { updated: 1, ..Summary::default() },
    })
}

fn is_same_head(old: &EventDoc, new: &EventDoc) -> bool {
    let EventDoc { event_id, event_name, city, scheme, open_to, quotas, shows: _ } = new;
    old.event_id == *event_id
        && old.event_name == *event_name
        && old.city == *city
        && old.scheme == *scheme
        && old.open_to == *open_to
        && old.quotas == *quotas
}

/// A show as it is stored.
struct StoredShow {
    number: i64,
    start: OffsetTime,
    last_update_hash: String,
}

fn stored_shows(tx: &mut Tx<'_>, event_id: i64) -> Result<BTreeMap<i64, StoredShow>, DbError> {
    let shows = tx.query(
        "SELECT show_id, show, start_at, start_offset, last_update_hash FROM tickets_shows WHERE event_id = $1",
        &[event_id.into()],
        |row| {
            let start = OffsetTime::new(row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, StoredShow { number: row.get(1)?, start, last_update_hash: row.get(4)? }))
        },
    )?;
    Ok(shows.into_iter().collect())
}

fn insert_show(tx: &mut Tx<'_>, event: &EventDoc, show: &ShowDoc) -> Result<Summary, ImportError> {
    let (zones, seats) = rows(show)?;
    let start = event.start(show);
    let number = tx
        .query_opt(
            "INSERT INTO tickets_shows (event_id, show_id, start_at, start_offset, last_update_hash) \
             VALUES ($1, $2, $3, $4, $5) RETURNING show",
            &[
                event.event_id.into(),
                show.show_id.into(),
                start.at().into(),
                start.offset_seconds().into(),
                (&last_update_hash(event, show)?).into(),
            ],
            |row| row.get(0),
        )?
        .ok_or_else(|| DbError::Statement("a new show has no number".into()))?;
    put_zones(tx, number, &zones)?;
    put_seats(tx, number, seats.iter().enumerate())?;
    Ok(Summary { inserted: 1 + seats.len() as u64, ..Summary::default() })
}

fn update_show(
    tx: &mut Tx<'_>,
    now: Micros,
    event: &EventDoc,
    show: &ShowDoc,
    old: &StoredShow,
) -> Result<Summary, ImportError> {
    let (zones, seats) = rows(show)?;
    let hash = last_update_hash(event, show)?;
    if hash == old.last_update_hash {
        return Ok(Summary { unchanged: 1 + seats.len() as u64, ..Summary::default() });
    }
    let start = event.start(show);
    tx.execute(
        "UPDATE tickets_shows SET start_at = $1, start_offset = $2, last_update_hash = $3 WHERE show = $4",
        &[start.at().into(), start.offset_seconds().into(), (&hash).into(), old.number.into()],
    )?;
    let mut summary = Summary::default();
    mark_run_out(tx, now, RunOut::Show(old.number))?;
    let stored: HashMap<String, SeatRow> =
        shows::seats(tx, old.number)?.into_iter().map(|seat| (seat.seat_id.clone(), seat)).collect();
    let held = held_places(tx, old.number)?;
    let wanted: BTreeSet<&str> = seats.iter().map(|seat| seat.seat_id.as_str()).collect();
    for seat_id in stored.keys().filter(|seat_id| !wanted.contains(seat_id.as_str())) {
        if let Some(count) = held.get(seat_id) {
            return Err(refused(event.event_id, show.show_id, seat_id, *count, "is gone from the file"));
        }
        tx.execute(
            "DELETE FROM tickets_seats WHERE show = $1 AND seat_id = $2",
            &[old.number.into(), seat_id.into()],
        )?;
        summary.removed += 1;
    }
    for seat in &seats {
        if let Some(count) = held.get(&seat.seat_id).filter(|count| **count > seat.quantity) {
            let complaint = format!("has a quantity of {} in the file", seat.quantity);
            return Err(refused(event.event_id, show.show_id, &seat.seat_id, *count, &complaint));
        }
        match stored.get(&seat.seat_id) {
            None => summary.inserted += 1,
            Some(old) if old == seat => summary.unchanged += 1,
            Some(_) => summary.updated += 1,
        }
    }
    // What differs is the show's own, if it is no seat: its start, its zones, an order.
    let seats_differ = summary.inserted + summary.updated + summary.removed > 0;
    *(if seats_differ && start == old.start { &mut summary.unchanged } else { &mut summary.updated }) += 1;
    put_zones(tx, old.number, &zones)?;
    put_seats(tx, old.number, seats.iter().enumerate())?;
    Ok(summary)
}

fn remove_show(
    tx: &mut Tx<'_>,
    now: Micros,
    event_id: i64,
    show_id: i64,
    old: &StoredShow,
) -> Result<Summary, ImportError> {
    mark_run_out(tx, now, RunOut::Show(old.number))?;
    if let Some((seat_id, count)) = held_places(tx, old.number)?.into_iter().next() {
        return Err(refused(event_id, show_id, &seat_id, count, "is gone from the file with its show"));
    }
    let mut removed = 0;
    for table in ["tickets_seats", "tickets_zones", "tickets_shows"] {
        removed = tx.execute(&format!("DELETE FROM {table} WHERE show = $1"), &[old.number.into()])?;
    }
    Ok(Summary { removed, ..Summary::default() })
}

fn refused(event_id: i64, show_id: i64, seat_id: &str, count: i64, complaint: &str) -> ImportError {
    ImportError::Conflict(format!(
        "event {event_id}, show {show_id}: seat {seat_id:?} {complaint}, but live tickets hold it ({count})"
    ))
}

fn held_places(tx: &mut Tx<'_>, show: i64) -> Result<BTreeMap<String, i64>, DbError> {
    let held = tx.query(
        "SELECT seat_id, taken FROM tickets_seats WHERE show = $1 AND taken > 0",
        &[show.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(held.into_iter().collect())
}

fn put_zones(tx: &mut Tx<'_>, show: i64, zones: &[ZoneRow]) -> Result<(), DbError> {
    tx.execute("DELETE FROM tickets_zones WHERE show = $1", &[show.into()])?;
    let rows: Vec<_> = (0_i64..)
        .zip(zones)
        .map(|(position, zone)| [show.into(), zone.zone_id.into(), (&zone.name).into(), position.into()])
        .collect();
    tx.insert_many("INSERT INTO tickets_zones (show, zone_id, name, position) VALUES", "", &rows)?;
    Ok(())
}

/// Writes seats without touching who has them.
fn put_seats<'a>(
    tx: &mut Tx<'_>,
    show: i64,
    seats: impl Iterator<Item = (usize, &'a SeatRow)>,
) -> Result<(), DbError> {
    let rows: Vec<[Value<'_>; 13]> = seats
        .map(|(position, seat)| {
            let SeatRow {
                seat_id,
                zone_id,
                coords,
                row,
                place,
                admission,
                quantity,
                price,
                currency_id,
                blocked,
            } = seat;
            [
                show.into(),
                seat_id.into(),
                (*zone_id).into(),
                Value::Int(i64::try_from(position).unwrap_or(i64::MAX)),
                coords.into(),
                (*row).into(),
                (*place).into(),
                (*admission).into(),
                (*quantity).into(),
                (*price).into(),
                currency_id.into(),
                (*blocked).into(),
                0_i64.into(),
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO tickets_seats (show, seat_id, zone_id, position, coords, seat_row, place, admission, quantity, \
         price, currency_id, blocked, taken) VALUES",
        "ON CONFLICT (show, seat_id) DO UPDATE SET zone_id = excluded.zone_id, position = excluded.position, \
         coords = excluded.coords, seat_row = excluded.seat_row, place = excluded.place, \
         admission = excluded.admission, quantity = excluded.quantity, price = excluded.price, \
         currency_id = excluded.currency_id, blocked = excluded.blocked",
        &rows,
    )?;
    Ok(())
}

/// The zones and seats of a show in the file's order, as rows.
fn rows(show: &ShowDoc) -> Result<(Vec<ZoneRow>, Vec<SeatRow>), DbError> {
    let mut seats = Vec::new();
    for zone in &show.zones {
        for seat in &zone.seats {
            let SeatDoc { seat_id, coords, row, place, admission, quantity, price, currency_id, blocked } =
                seat;
            seats.push(SeatRow {
                seat_id: seat_id.clone(),
                zone_id: zone.zone_id,
                coords: json(coords)?,
                row: *row,
                place: *place,
                admission: *admission,
                quantity: quantity.unwrap_or(1),
                price: price.units(),
                currency_id: currency_id.clone(),
                blocked: *blocked,
            });
        }
    }
    let zones =
        show.zones.iter().map(|zone| ZoneRow { zone_id: zone.zone_id, name: zone.name.clone() }).collect();
    Ok((zones, seats))
}

/// Forty hex digits over all that a partner must fetch again when it changes: no sale is in it, and nothing of
/// this server or engine either.
fn last_update_hash(event: &EventDoc, show: &ShowDoc) -> Result<String, DbError> {
    let EventDoc { event_id, event_name, city, scheme, open_to: _, quotas, shows: _ } = event;
    let ShowDoc { show_id, start_date: _, zones } = show;
    let start = event.start(show).to_string();
    let content = json(&(event_id, event_name, city, scheme, quotas, show_id, start, zones))?;
    Ok(Sha256::digest(content.as_bytes()).iter().take(20).map(|byte| format!("{byte:02x}")).collect())
}

fn json(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| DbError::Statement(error.to_string()))
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::Statement(error.to_string()))
}

fn exists(tx: &mut Tx<'_>, event_id: i64) -> Result<bool, DbError> {
    let found = "SELECT event_id FROM tickets_events WHERE event_id = $1";
    Ok(tx.query_opt(found, &[event_id.into()], |row| row.get::<i64>(0))?.is_some())
}

/// All events, by their id.
pub(crate) fn event_ids(tx: &mut Tx<'_>) -> Result<Vec<i64>, DbError> {
    tx.query("SELECT event_id FROM tickets_events ORDER BY event_id", &[], |row| row.get(0))
}

/// An event in the form of the file.
pub(crate) fn export(tx: &mut Tx<'_>, event_id: i64) -> Result<EventDoc, DbError> {
    let mut event = export_head(tx, event_id)?;
    let mut stored: Vec<_> = stored_shows(tx, event_id)?.into_iter().collect();
    stored.sort_by_key(|(show_id, show)| (show.start.at(), *show_id));
    for (show_id, show) in stored {
        let mut zones = Vec::new();
        for (zone, seats) in shows::zones_with_seats(tx, show.number)? {
            let seats = seats.into_iter().map(seat_doc).collect::<Result<_, _>>()?;
            zones.push(ZoneDoc { zone_id: zone.zone_id, name: zone.name, seats });
        }
        event.shows.push(ShowDoc { show_id, start_date: show.start.to_string(), zones });
    }
    Ok(event)
}

fn seat_doc(seat: SeatRow) -> Result<SeatDoc, DbError> {
    let SeatRow { seat_id, zone_id: _, coords, row, place, admission, quantity, price, currency_id, blocked } =
        seat;
    Ok(SeatDoc {
        seat_id,
        coords: from_json(&coords)?,
        row,
        place,
        admission,
        quantity: admission.then_some(quantity),
        price: Price::from_units(price),
        currency_id,
        blocked,
    })
}

fn export_head(tx: &mut Tx<'_>, event_id: i64) -> Result<EventDoc, DbError> {
    let (event_name, city, scheme, restricted) = tx
        .query_opt(
            "SELECT event_name, city, scheme, restricted FROM tickets_events WHERE event_id = $1",
            &[event_id.into()],
            |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.truth(3)?)),
        )?
        .ok_or_else(|| DbError::Statement("the event is gone".into()))?;
    let open_to: BTreeSet<String> = tx
        .query("SELECT account FROM tickets_open_to WHERE event_id = $1", &[event_id.into()], |row| {
            row.get(0)
        })?
        .into_iter()
        .collect();
    let quotas = tx
        .query("SELECT account, quota FROM tickets_quotas WHERE event_id = $1", &[event_id.into()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .into_iter()
        .collect();
    Ok(EventDoc {
        event_id,
        event_name,
        city: from_json(&city)?,
        scheme: from_json(&scheme)?,
        open_to: restricted.then_some(open_to),
        quotas,
        shows: Vec::new(),
    })
}
