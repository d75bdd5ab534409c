//! The organiser's file: events, shows, zones and seats, in and out.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;

use jiff::tz::TimeZone;
use kernel::clock::Micros;
use kernel::db::{Error as DbError, Tx};
use kernel::time::OffsetTime;
use kernel::transfer::{ExportError, Import, ImportError, Summary, Transfer, parse_json};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::store::programme;
use crate::wire::{City, Price, Scheme};

/// Places of one admission at most; more is a slip of the keyboard.
const QUANTITY_AT_MOST: i64 = 1_000_000;

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) events: Vec<EventDoc>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventDoc {
    pub(crate) event_id: i64,
    pub(crate) event_name: String,
    pub(crate) city: City,
    pub(crate) scheme: Scheme,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open_to: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) quotas: BTreeMap<String, i64>,
    pub(crate) shows: Vec<ShowDoc>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowDoc {
    pub(crate) show_id: i64,
    pub(crate) start_date: String,
    pub(crate) zones: Vec<ZoneDoc>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneDoc {
    pub(crate) zone_id: i64,
    pub(crate) name: String,
    pub(crate) seats: Vec<SeatDoc>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeatDoc {
    pub(crate) seat_id: String,
    pub(crate) coords: [Number; 2],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<i64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) admission: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<i64>,
    pub(crate) price: Price,
    pub(crate) currency_id: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) blocked: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(truth: &bool) -> bool {
    !truth
}

impl EventDoc {
    /// The start of a show of this event, which the file's check has found to be good.
    pub(crate) fn start(&self, show: &ShowDoc) -> OffsetTime {
        let zone = TimeZone::get(&self.city.timezone).unwrap_or(TimeZone::UTC);
        OffsetTime::parse(&show.start_date, Some(&zone)).unwrap_or(OffsetTime::new(0, 0))
    }
}

/// What the Tickets API can import and export.
pub(crate) struct Tickets;

impl Transfer for Tickets {
    fn parse(&self, text: &str) -> Result<Box<dyn Import>, ImportError> {
        let document: Document = parse_json(text)?;
        check(&document)?;
        Ok(Box::new(document))
    }

    fn export(&self, tx: &mut Tx<'_>, out: &mut dyn Write) -> Result<(), ExportError> {
        out.write_all(b"{\"events\": [")?;
        for (index, event_id) in programme::event_ids(tx)?.into_iter().enumerate() {
            out.write_all(if index > 0 { b",\n" } else { b"\n" })?;
            let event = programme::export(tx, event_id)?;
            serde_json::to_writer(&mut *out, &event).map_err(std::io::Error::from)?;
        }
        out.write_all(b"\n]}\n")?;
        Ok(())
    }

    fn is_empty(&self, tx: &mut Tx<'_>) -> Result<bool, DbError> {
        Ok(programme::event_ids(tx)?.is_empty())
    }
}

impl Import for Document {
    fn store(&self, tx: &mut Tx<'_>, now: Micros, progress: &dyn Fn(u64)) -> Result<Summary, ImportError> {
        let mut summary = Summary::default();
        for event in &self.events {
            summary += programme::store(tx, now, event)?;
            progress(event.shows.len() as u64);
        }
        Ok(summary)
    }

    fn steps(&self) -> u64 {
        self.events.iter().map(|event| event.shows.len() as u64).sum()
    }
}

/// Checks what the types cannot say. Places are named as in the file: `events[0].shows[1].start_date`.
fn check(document: &Document) -> Result<(), ImportError> {
    let mut events = HashSet::new();
    for (index, event) in document.events.iter().enumerate() {
        let place = format!("events[{index}]");
        if !events.insert(event.event_id) {
            return Err(mistake(&place, "event_id", format!("{} stands in the file twice", event.event_id)));
        }
        check_event(&place, event)?;
    }
    Ok(())
}

fn check_event(place: &str, event: &EventDoc) -> Result<(), ImportError> {
    let EventDoc { event_id: _, event_name, city, scheme, open_to, quotas, shows } = event;
    let Scheme { id: _, name, place_name, place_address, place_description } = scheme;
    let accounts = open_to.iter().flatten().chain(quotas.keys());
    for (field, text) in [
        ("event_name", event_name),
        ("city.name", &city.name),
        ("scheme.name", name),
        ("scheme.place_name", place_name),
        ("scheme.place_address", place_address),
        ("scheme.place_description", place_description),
    ] {
        check_text(place, field, text)?;
    }
    for account in accounts {
        check_text(place, "open_to or quotas", account)?;
    }
    if let Some((account, quota)) = quotas.iter().find(|(_, quota)| **quota < 0) {
        return Err(mistake(place, &format!("quotas.{account}"), format!("{quota} is negative")));
    }
    if TimeZone::get(&city.timezone).is_err() {
        return Err(mistake(place, "city.timezone", format!("{:?} is no IANA time zone", city.timezone)));
    }
    let mut show_ids = HashSet::new();
    for (index, show) in shows.iter().enumerate() {
        let place = format!("{place}.shows[{index}]");
        if !show_ids.insert(show.show_id) {
            return Err(mistake(&place, "show_id", format!("{} stands in the event twice", show.show_id)));
        }
        let zone = TimeZone::get(&city.timezone).unwrap_or(TimeZone::UTC);
        OffsetTime::parse(&show.start_date, Some(&zone))
            .map_err(|error| mistake(&place, "start_date", error))?;
        check_seats(&place, show)?;
    }
    Ok(())
}

fn check_seats(place: &str, show: &ShowDoc) -> Result<(), ImportError> {
    let (mut zone_ids, mut seat_ids) = (HashSet::new(), HashSet::new());
    for (index, zone) in show.zones.iter().enumerate() {
        let place = format!("{place}.zones[{index}]");
        if !zone_ids.insert(zone.zone_id) {
            return Err(mistake(&place, "zone_id", format!("{} stands in the show twice", zone.zone_id)));
        }
        check_text(&place, "name", &zone.name)?;
        for (index, seat) in zone.seats.iter().enumerate() {
            let place = format!("{place}.seats[{index}]");
            check_seat(&place, seat)?;
            if !seat_ids.insert(&seat.seat_id) {
                return Err(mistake(
                    &place,
                    "seat_id",
                    format!("{:?} stands in the show twice", seat.seat_id),
                ));
            }
        }
    }
    Ok(())
}

fn check_seat(place: &str, seat: &SeatDoc) -> Result<(), ImportError> {
    check_text(place, "seat_id", &seat.seat_id)?;
    check_text(place, "currency_id", &seat.currency_id)?;
    if seat.seat_id.is_empty() {
        return Err(mistake(place, "seat_id", "is empty"));
    }
    if seat.price < Price::default() {
        return Err(mistake(place, "price", format!("{} is negative", seat.price)));
    }
    match (seat.admission, seat.quantity) {
        (true, Some(quantity)) if !(0..=QUANTITY_AT_MOST).contains(&quantity) => {
            Err(mistake(place, "quantity", format!("{quantity} is not between 0 and {QUANTITY_AT_MOST}")))
        }
        (true, None) => Err(mistake(place, "quantity", "is required of an admission")),
        (false, Some(_)) => Err(mistake(place, "quantity", "belongs to an admission")),
        (false, None) if seat.row.is_none() || seat.place.is_none() => {
            Err(mistake(place, "row", "row and place are required unless it is an admission"))
        }
        _ => Ok(()),
    }
}

/// No engine's text can hold a NUL in both.
fn check_text(place: &str, field: &str, text: &str) -> Result<(), ImportError> {
    if text.contains('\0') { Err(mistake(place, field, "holds a NUL")) } else { Ok(()) }
}

fn mistake(place: &str, field: &str, what: impl std::fmt::Display) -> ImportError {
    ImportError::File(format!("{place}.{field}: {what}"))
}
