//! Answers about a show, put together from what changes with a sale and what does not.
//!
//! A hall of a thousand seats is 150 KB of JSON in which a sale changes one word. Everything else is rendered
//! once for each `last_update_hash`, with holes where the sales go; and while nothing at all was committed,
//! the whole answer is served again as it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use kernel::cache::Cache;
use kernel::clock::Micros;
use kernel::db::{Error as DbError, Stamp, Tx};
use serde_json::value::RawValue;

use crate::store::shows::{self, SeatRow, Show, ShowName, ZoneRow};
use crate::wire::{Error, Price, Scheme, SchemeWithZones, SchemeZone, Seat, SeatName, ShowEntry, Zone};

/// Bytes of whole answers kept at most.
const ANSWERS_AT_MOST: usize = 24 << 20;
/// Accounts' views of shows kept at most.
const VIEWS_AT_MOST: usize = 10_000;
/// Layouts kept at most; a hall of a thousand seats is a quarter of a megabyte.
const LAYOUTS_AT_MOST: usize = 128;

/// A show, rendered but for its sales.
pub(crate) struct Layout {
    /// Its entry in `events/lists`.
    entry: String,
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

impl Layout {
    pub(crate) fn new(show: &Show, zones: &[ZoneRow], seats: &[SeatRow]) -> Result<Self, DbError> {
        let broken =
            |error: serde_json::Error| DbError::Statement(format!("a show cannot be rendered: {error}"));
        let seats_of = |zone: &ZoneRow| {
            let zone_id = zone.zone_id;
            seats.iter().filter(move |seat| seat.zone_id == zone_id)
        };
        let city = RawValue::from_string(show.city.clone()).map_err(broken)?;
        let entry = serde_json::to_string(&ShowEntry {
            event_id: show.event_id,
            show_id: show.show_id,
            event_name: &show.event_name,
            start_date: show.start,
            scheme: SchemeWithZones {
                scheme: serde_json::from_str::<Scheme>(&show.scheme).map_err(broken)?,
                zones: zones
                    .iter()
                    .map(|zone| SchemeZone {
                        zone_id: zone.zone_id,
                        name: zone.name.clone(),
                        seats: seats_of(zone)
                            .map(|seat| SeatName { seat_id: seat.seat_id.clone() })
                            .collect(),
                    })
                    .collect(),
            },
            city: &city,
            last_update_hash: &show.last_update_hash,
        })
        .map_err(broken)?;

        let mut layout = Self { entry, zones: String::new(), holes: Vec::new(), places: Vec::new() };
        for (index, zone) in zones.iter().enumerate() {
            let head = Zone { zone_id: zone.zone_id, name: zone.name.clone(), seats: Vec::new() };
            let head = serde_json::to_string(&head).map_err(broken)?;
            layout.zones.push_str(if index > 0 { "," } else { "" });
            layout.zones.push_str(head.strip_suffix("]}").unwrap_or(&head));
            for (index, seat) in seats_of(zone).enumerate() {
                layout.zones.push_str(if index > 0 { "," } else { "" });
                layout.add_seat(seat).map_err(broken)?;
            }
            layout.zones.push_str("]}");
        }
        Ok(layout)
    }

    /// Appends a seat with holes for what sales change. Inside a JSON text a quote is escaped, so that the
    /// fields' names cannot be met in a seat's name.
    fn add_seat(&mut self, seat: &SeatRow) -> Result<(), serde_json::Error> {
        let rendered = serde_json::to_string(&Seat {
            seat_id: seat.seat_id.clone(),
            available: true,
            coords: RawValue::from_string(seat.coords.clone())?,
            free_quantity: seat.admission.then_some(0),
            admission: seat.admission.then_some(true),
            row: seat.row,
            place: seat.place,
            price: Price::from_units(seat.price),
            currency_id: seat.currency_id.clone(),
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

    /// The answer of `events/seats`, with these places taken.
    fn seats(&self, taken: &HashMap<i64, i64>) -> Bytes {
        let mut body = String::with_capacity(self.entry.len() + self.zones.len() + self.holes.len() * 5 + 16);
        body.push_str(self.entry.strip_suffix('}').unwrap_or(&self.entry));
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

/// Layouts by show, and whole answers for as long as they hold.
pub(crate) struct Shelf {
    layouts: Mutex<HashMap<i64, (String, Arc<Layout>)>>,
    /// Which show an account means by a name.
    named: Cache<(Arc<str>, ShowName), i64>,
    seats: Cache<i64, Bytes>,
    /// Which shows an account sees.
    open: Cache<Arc<str>, Arc<[i64]>>,
    lists: Cache<Arc<[i64]>, Bytes>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            layouts: Mutex::default(),
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
        let show = self.named.get(&(Arc::clone(account), name), stamp, now)?;
        self.seats.get(&show, stamp, now)
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
        let layout = self.layout(tx, &show)?;
        let body = layout.seats(&shows::taken(tx, show.number, now)?);
        if let Some(stamp) = stamp {
            let until = shows::next_run_out(tx, now)?.unwrap_or(Micros::MAX);
            self.named.put((Arc::clone(account), name), stamp, show.start.at(), 1, show.number);
            self.seats.put(show.number, stamp, until, body.len(), body.clone());
        }
        Ok(body)
    }

    /// The answer of `events/lists` as it was given before, if it still holds.
    pub(crate) fn kept_lists(&self, account: &Arc<str>, stamp: Stamp, now: Micros) -> Option<Bytes> {
        let shows = self.open.get(account, stamp, now)?;
        self.lists.get(&shows, stamp, now)
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
        let layouts = open.iter().map(|show| self.layout(tx, show)).collect::<Result<Vec<_>, _>>()?;
        let entries: usize = layouts.iter().map(|layout| layout.entry.len() + 1).sum();
        let mut body = String::with_capacity(entries + 40);
        body.push_str("{\"status\":\"success\",\"result\":[");
        for (index, layout) in layouts.iter().enumerate() {
            body.push_str(if index > 0 { "," } else { "" });
            body.push_str(&layout.entry);
        }
        body.push_str("]}");
        let body = Bytes::from(body);
        if let Some(stamp) = stamp {
            let until = open.first().map_or(Micros::MAX, |first| first.start.at());
            let shows: Arc<[i64]> = open.iter().map(|show| show.number).collect();
            self.open.put(Arc::clone(account), stamp, until, 1, Arc::clone(&shows));
            self.lists.put(shows, stamp, until, body.len(), body.clone());
        }
        Ok(body)
    }

    fn layout(&self, tx: &mut Tx<'_>, show: &Show) -> Result<Arc<Layout>, DbError> {
        let kept = self.layouts.lock().unwrap_or_else(PoisonError::into_inner).get(&show.number).cloned();
        if let Some((hash, layout)) = kept
            && hash == show.last_update_hash
        {
            return Ok(layout);
        }
        let layout =
            Arc::new(Layout::new(show, &shows::zones(tx, show.number)?, &shows::seats(tx, show.number)?)?);
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        if layouts.len() >= LAYOUTS_AT_MOST {
            layouts.clear();
        }
        layouts.insert(show.number, (show.last_update_hash.clone(), Arc::clone(&layout)));
        Ok(layout)
    }
}
