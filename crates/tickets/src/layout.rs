//! Answers about a show, put together from what changes with a sale and what does not.
//!
//! A hall of a thousand seats is 150 KB of JSON in which a sale changes one word. Everything else is rendered
//! once for each `last_update_hash`, with holes where the sales go; and while nothing at all was committed,
//! the whole answer is served again as it is.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use kernel::cache::Cache;
use kernel::clock::Micros;
use kernel::db::{Error as DbError, Stamp, Tx};
use serde_json::value::RawValue;

use crate::rules::Error;
use crate::store::shows::{self, SeatRow, Show, ShowName, ZoneRow};
use crate::wire::{Price, Scheme, SchemeZone, Seat, SeatName, ShowEntry, Zone};

/// Bytes of whole answers of each kind kept at most.
const ANSWERS_AT_MOST: usize = 16 << 20;
/// Accounts' views of shows kept at most.
const VIEWS_AT_MOST: usize = 10_000;
/// Bytes of shows' entries kept at most. A list needs those of all shows, and one is some 20 KB.
const ENTRIES_AT_MOST: usize = 12 << 20;
/// Bytes of rendered seats kept at most.
const HALLS_AT_MOST: usize = 16 << 20;

/// The seats of a show, rendered but for its sales.
struct Hall {
    /// The zones of `events/seats`, with holes.
    zones: String,
    holes: Vec<Hole>,
    places: Vec<Places>,
}

/// A place in the text where something about a seat goes.
struct Hole {
    at: usize,
    seat: usize,
    kind: HoleKind,
}

enum HoleKind {
    Available,
    FreeQuantity,
}

/// How often a seat is sold.
struct Places {
    quantity: i64,
    blocked: bool,
}

fn broken(error: serde_json::Error) -> DbError {
    DbError::Statement(format!("a show cannot be rendered: {error}"))
}

/// A show's entry in `events/lists`.
fn entry(show: &Show, zones: Vec<(ZoneRow, Vec<SeatRow>)>) -> Result<String, DbError> {
    let city = RawValue::from_string(show.city.clone()).map_err(broken)?;
    let scheme: Scheme = serde_json::from_str(&show.scheme).map_err(broken)?;
    let name = |seat: SeatRow| SeatName { seat_id: seat.seat_id };
    let zones = zones.into_iter().map(|(zone, seats)| SchemeZone {
        zone_id: zone.zone_id,
        name: zone.name,
        seats: seats.into_iter().map(name).collect(),
    });
    serde_json::to_string(&ShowEntry {
        event_id: show.event_id,
        show_id: show.show_id,
        event_name: &show.event_name,
        start_date: show.start,
        scheme: scheme.with_zones(zones.collect()),
        city: &city,
        last_update_hash: &show.last_update_hash,
    })
    .map_err(broken)
}

impl Hall {
    fn new(zones: Vec<(ZoneRow, Vec<SeatRow>)>) -> Result<Self, DbError> {
        let mut hall = Self { zones: String::new(), holes: Vec::new(), places: Vec::new() };
        for (index, (zone, seats)) in zones.into_iter().enumerate() {
            let head = Zone { zone_id: zone.zone_id, name: zone.name, seats: Vec::new() };
            let head = serde_json::to_string(&head).map_err(broken)?;
            hall.zones.push_str(if index > 0 { "," } else { "" });
            hall.zones.push_str(head.strip_suffix("]}").unwrap_or(&head));
            for (index, seat) in seats.into_iter().enumerate() {
                hall.zones.push_str(if index > 0 { "," } else { "" });
                hall.add_seat(seat).map_err(broken)?;
            }
            hall.zones.push_str("]}");
        }
        Ok(hall)
    }

    fn weight(&self) -> usize {
        self.zones.len() + self.holes.len() * size_of::<Hole>() + self.places.len() * size_of::<Places>()
    }

    /// Appends a seat with holes for what sales change. Inside a JSON text a quote is escaped, so that the
    /// fields' names cannot be met in a seat's name.
    fn add_seat(&mut self, seat: SeatRow) -> Result<(), serde_json::Error> {
        let rendered = serde_json::to_string(&Seat {
            seat_id: seat.seat_id,
            available: true,
            coords: RawValue::from_string(seat.coords)?,
            free_quantity: seat.admission.then_some(0),
            admission: seat.admission.then_some(true),
            row: seat.row,
            place: seat.place,
            price: Price::from_units(seat.price),
            currency_id: seat.currency_id,
        })?;
        let index = self.places.len();
        self.places.push(Places { quantity: seat.quantity, blocked: seat.blocked });
        let mut rest = rendered.as_str();
        for (field, value, kind) in [
            ("\"available\":", "true", HoleKind::Available),
            ("\"free_quantity\":", "0", HoleKind::FreeQuantity),
        ] {
            if let Some((before, after)) = rest.split_once(&format!("{field}{value}")) {
                self.zones.push_str(before);
                self.zones.push_str(field);
                self.holes.push(Hole { at: self.zones.len(), seat: index, kind });
                rest = after;
            }
        }
        self.zones.push_str(rest);
        Ok(())
    }

    /// The answer of `events/seats` for the show of `entry`, with these places taken.
    fn seats(&self, entry: &str, taken: &HashMap<i64, i64>) -> Bytes {
        let mut body = String::with_capacity(entry.len() + self.zones.len() + self.holes.len() * 5 + 16);
        body.push_str(entry.strip_suffix('}').unwrap_or(entry));
        body.push_str(",\"zones\":[");
        let mut done = 0;
        for hole in &self.holes {
            body.push_str(&self.zones[done..hole.at]);
            done = hole.at;
            let places = &self.places[hole.seat];
            let taken = i64::try_from(hole.seat).ok().and_then(|seat| taken.get(&seat)).copied().unwrap_or(0);
            let free = if places.blocked { 0 } else { (places.quantity - taken).max(0) };
            match hole.kind {
                HoleKind::Available => body.push_str(if free > 0 { "true" } else { "false" }),
                HoleKind::FreeQuantity => body.push_str(&free.to_string()),
            }
        }
        body.push_str(&self.zones[done..]);
        body.push_str("]}");
        body.into()
    }
}

/// Shows rendered but for their sales, by their hash, and whole answers for as long as they hold.
pub(crate) struct Shelf {
    entries: Cache<i64, String, Arc<str>>,
    halls: Cache<i64, String, Arc<Hall>>,
    /// Which show an account means by a name.
    named: Cache<(Arc<str>, ShowName), Stamp, i64>,
    seats: Cache<i64, Stamp, Bytes>,
    /// Which shows an account sees.
    open: Cache<Arc<str>, Stamp, Programme>,
    /// By all that they show: no sale changes them, on either engine.
    lists: Cache<Programme, (), Bytes>,
}

/// Shows by their numbers and hashes.
type Programme = Arc<[(i64, String)]>;

impl Default for Shelf {
    fn default() -> Self {
        Self {
            entries: Cache::new(ENTRIES_AT_MOST),
            halls: Cache::new(HALLS_AT_MOST),
            named: Cache::new(VIEWS_AT_MOST),
            seats: Cache::new(ANSWERS_AT_MOST),
            open: Cache::new(VIEWS_AT_MOST),
            lists: Cache::new(ANSWERS_AT_MOST),
        }
    }
}

impl Shelf {
    /// The answer of `events/seats` as it was given before, if it still holds.
    pub(crate) fn kept_seats(
        &self,
        account: &Arc<str>,
        name: ShowName,
        stamp: Stamp,
        now: Micros,
    ) -> Option<Bytes> {
        let show = self.named.get(&(Arc::clone(account), name), &stamp, now)?;
        self.seats.get(&show, &stamp, now)
    }

    /// The answer of `events/seats`. `stamp` was taken before the transaction began.
    pub(crate) fn seats(
        &self,
        tx: &mut Tx<'_>,
        account: &Arc<str>,
        name: ShowName,
        stamp: Option<Stamp>,
        now: Micros,
    ) -> Result<Bytes, Error> {
        let show = shows::find(tx, now, account, name)?;
        let (entry, hall) = (self.entry(tx, &show)?, self.hall(tx, &show)?);
        let body = hall.seats(&entry, &shows::taken(tx, show.number, now)?);
        if let Some(stamp) = stamp {
            let until = shows::next_run_out(tx, now)?.unwrap_or(Micros::MAX);
            self.named.put((Arc::clone(account), name), stamp, show.start.at(), 1, show.number);
            self.seats.put(show.number, stamp, until, body.len(), body.clone());
        }
        Ok(body)
    }

    /// The answer of `events/lists` as it was given before, if it still holds.
    pub(crate) fn kept_lists(&self, account: &Arc<str>, stamp: Stamp, now: Micros) -> Option<Bytes> {
        let programme = self.open.get(account, &stamp, now)?;
        self.lists.get(&programme, &(), now)
    }

    /// The answer of `events/lists`. `stamp` was taken before the transaction began.
    pub(crate) fn lists(
        &self,
        tx: &mut Tx<'_>,
        account: &Arc<str>,
        stamp: Option<Stamp>,
        now: Micros,
    ) -> Result<Bytes, Error> {
        let open = shows::open(tx, now, account)?;
        let programme: Programme =
            open.iter().map(|show| (show.number, show.last_update_hash.clone())).collect();
        if let Some(stamp) = stamp {
            let until = open.first().map_or(Micros::MAX, |first| first.start.at());
            self.open.put(Arc::clone(account), stamp, until, 1, Arc::clone(&programme));
        }
        if let Some(body) = self.lists.get(&programme, &(), now) {
            return Ok(body);
        }
        let entries = open.iter().map(|show| self.entry(tx, show)).collect::<Result<Vec<_>, _>>()?;
        let mut body = String::with_capacity(entries.iter().map(|entry| entry.len() + 1).sum::<usize>() + 40);
        body.push_str("{\"status\":\"success\",\"result\":[");
        for (index, entry) in entries.iter().enumerate() {
            body.push_str(if index > 0 { "," } else { "" });
            body.push_str(entry);
        }
        body.push_str("]}");
        let body = Bytes::from(body);
        self.lists.put(programme, (), Micros::MAX, body.len(), body.clone());
        Ok(body)
    }

    fn entry(&self, tx: &mut Tx<'_>, show: &Show) -> Result<Arc<str>, DbError> {
        let hash = show.last_update_hash.as_str();
        if let Some(kept) = self.entries.get(&show.number, hash, 0) {
            return Ok(kept);
        }
        let entry: Arc<str> = entry(show, shows::zones_with_seats(tx, show.number)?)?.into();
        self.entries.put(show.number, hash.to_owned(), Micros::MAX, entry.len(), Arc::clone(&entry));
        Ok(entry)
    }

    fn hall(&self, tx: &mut Tx<'_>, show: &Show) -> Result<Arc<Hall>, DbError> {
        let hash = show.last_update_hash.as_str();
        if let Some(kept) = self.halls.get(&show.number, hash, 0) {
            return Ok(kept);
        }
        let hall = Arc::new(Hall::new(shows::zones_with_seats(tx, show.number)?)?);
        self.halls.put(show.number, hash.to_owned(), Micros::MAX, hall.weight(), Arc::clone(&hall));
        Ok(hall)
    }
}
