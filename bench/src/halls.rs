//! Halls to load the server with.

use serde_json::{Value, json};

/// How seats are called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names {
    /// As a hall calls them: `3-7;12`.
    Real,
    /// By their number, which pgbench can work out.
    Numbers,
}

impl Names {
    /// The name of a seat, counted from 0.
    pub(crate) fn of(self, seat: usize) -> String {
        match self {
            Self::Real => format!("{}-{};{}", seat / 250 + 1, seat % 250 / 25 + 1, seat % 25 + 1),
            Self::Numbers => (seat + 1).to_string(),
        }
    }
}

/// A file for `import tickets`: event 1 with `shows` shows, from 1, of `seats` seats each.
pub(crate) fn programme(shows: usize, seats: usize, names: Names) -> String {
    let zones: Vec<Value> = (0..seats.div_ceil(250)).map(|zone| zone_of(zone, seats, names)).collect();
    let shows: Vec<Value> = (0..shows)
        .map(|show| {
            let start = format!("2090-{:02}-{:02}T19:00:00+03:00", show / 28 % 12 + 1, show % 28 + 1);
            json!({"show_id": show + 1, "start_date": start, "zones": zones})
        })
        .collect();
    json!({"events": [{
        "event_id": 1, "event_name": "Симфонический вечер",
        "city": {"id": 2, "name": "Москва", "timezone": "Europe/Moscow", "coords": [55.7558, 37.6176]},
        "scheme": {"id": 48, "name": "Большой зал", "place_name": "Большой зал",
                   "place_address": "ул. Воздвиженка, 1", "place_description": "м. Библиотека им. Ленина"},
        "shows": shows
    }]})
    .to_string()
}

fn zone_of(zone: usize, seats: usize, names: Names) -> Value {
    let seats: Vec<Value> = (zone * 250..seats.min(zone * 250 + 250))
        .map(|seat| {
            let (row, place) = (seat % 250 / 25 + 1, seat % 25 + 1);
            json!({
                "seat_id": names.of(seat), "coords": [place * 16 + zone % 4 * 420, row * 14 + zone / 4 * 160],
                "row": row, "place": place, "price": 1500 + 250 * (zone % 8), "currency_id": "RUB"
            })
        })
        .collect();
    json!({"zone_id": zone + 1, "name": format!("Сектор {}", zone + 1), "seats": seats})
}
