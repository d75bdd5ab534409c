//! The organiser's file as types, and what must hold in it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::tz::TimeZone;
use kernel::time::OffsetTime;
use kernel::transfer::{ImportError, check_name, check_text, mistake};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::wire::{City, Price, Scheme};

/// Places of one admission at most; more is a slip of the keyboard.
const QUANTITY_AT_MOST: i64 = 1_000_000;
/// Characters of a name that is looked up by at most: PostgreSQL's indexes hold no more than some 2,700 bytes.
const NAME_AT_MOST: usize = 255;

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

/// Checks what the types cannot say. Places are named as in the file: `events[0].shows[1].start_date`.
pub(super) fn check(document: &Document) -> Result<(), ImportError> {
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
        check_name(place, "open_to or quotas", account, NAME_AT_MOST)?;
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
    check_name(place, "seat_id", &seat.seat_id, NAME_AT_MOST)?;
    check_name(place, "currency_id", &seat.currency_id, NAME_AT_MOST)?;
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
