//! A concert hall of a thousand seats with a dance floor, and a club.

use kernel::clock::{Micros, SECOND};
use kernel::time::{OffsetTime, days_after};
use serde_json::{Value, json};

/// Moscow is three hours east of Greenwich, all year.
const MOSCOW: i64 = 3 * 3600;

pub(crate) fn data(now: Micros) -> String {
    let city = json!({"id": 2, "name": "Москва", "timezone": "Europe/Moscow", "coords": [55.7558, 37.6176]});
    let hall = concert_hall();
    let club = club();
    let shows = |zones: &Value, first_id: i64, days: &[i64], hour: i64| -> Vec<Value> {
        (first_id..)
            .zip(days)
            .map(|(show_id, days)| json!({"show_id": show_id, "start_date": evening(now, *days, hour), "zones": zones}))
            .collect()
    };
    json!({"events": [
        {
            "event_id": 12,
            "event_name": "Симфонический вечер",
            "city": city,
            "scheme": {
                "id": 48, "name": "Большой зал", "place_name": "Большой зал", "place_address": "ул. Воздвиженка, 1",
                "place_description": "м. Библиотека им. Ленина"
            },
            "quotas": {"small-kiosk": 20},
            "shows": shows(&hall, 20, &[30, 60, 90, 400], 19),
        },
        {
            "event_id": 33,
            "event_name": "Ночь джаза",
            "city": city,
            "scheme": {
                "id": 49, "name": "Клуб «Подвал»", "place_name": "Клуб «Подвал»", "place_address": "ул. Сретенка, 9",
                "place_description": "вход со двора"
            },
            "shows": shows(&club, 41, &[14, 45, 380], 21),
        },
    ]})
    .to_string()
}

/// The start of a show so many days from now, at a full hour in Moscow.
fn evening(now: Micros, days: i64, hour: i64) -> String {
    let day = 24 * 3600 * SECOND;
    let midnight = (days_after(now, days) + MOSCOW * SECOND).div_euclid(day) * day - MOSCOW * SECOND;
    OffsetTime::new(midnight + hour * 3600 * SECOND, MOSCOW).to_string()
}

/// Twenty curved rows before a stage, of 31 to 69 seats: a thousand. The dance floor lies between.
fn concert_hall() -> Value {
    let mut zones = vec![
        (7, "Партер, левая сторона", 4500, vec![]),
        (6, "Партер, середина", 6000, vec![]),
        (5, "Партер, правая сторона", 4500, vec![]),
        (4, "Амфитеатр", 2500, vec![]),
        (2, "Балкон", 1200, vec![]),
    ];
    for row in 0..20 {
        let seats = 31 + 2 * row;
        for place in 0..seats {
            let (zone, row_in_zone) = match row {
                0..10 => (place * 3 / seats, row + 1),
                10..16 => (3, row - 9),
                _ => (4, row - 15),
            };
            let (zone_id, _, price, list) = &mut zones[usize::try_from(zone).unwrap_or_default()];
            let gap = if row >= 16 {
                90.0
            } else if row >= 10 {
                45.0
            } else {
                0.0
            };
            let (x, y) = on_arc(260.0 + 28.0 * f64::from(row) + gap, 110.0, place, seats);
            list.push(json!({
                "seat_id": format!("{zone_id}-{row_in_zone};{}", place + 1), "coords": [x, y],
                "row": row_in_zone, "place": place + 1, "price": *price, "currency_id": "RUB"
            }));
        }
    }
    let floor = json!({
        "seat_id": "3-1;1", "coords": [1000, 230], "admission": true, "quantity": 150, "price": 1500, "currency_id": "RUB"
    });
    zones.push((3, "Танцевальный партер", 0, vec![floor]));
    as_json(zones)
}

/// Eight round tables of six, and standing room.
fn club() -> Value {
    let mut seats = Vec::new();
    for table in 0..8 {
        let (x, y) = (f64::from(200 + 250 * (table % 4)), f64::from(300 + 260 * (table / 4)));
        for chair in 0..6 {
            let angle = f64::from(chair) * std::f64::consts::TAU / 6.0;
            seats.push(json!({
                "seat_id": format!("1-{};{}", table + 1, chair + 1),
                "coords": [(x + 70.0 * angle.cos()).round() as i64, (y + 70.0 * angle.sin()).round() as i64],
                "row": table + 1, "place": chair + 1, "price": 2000, "currency_id": "RUB"
            }));
        }
    }
    let floor = json!({
        "seat_id": "2-1;1", "coords": [575, 760], "admission": true, "quantity": 80, "price": 900, "currency_id": "RUB"
    });
    as_json(vec![(1, "Столы", 0, seats), (2, "Танцпол", 0, vec![floor])])
}

/// Where a seat stands on a row that is an arc around the stage.
fn on_arc(radius: f64, degrees: f64, place: i32, seats: i32) -> (i64, i64) {
    let share = f64::from(place) / f64::from(seats - 1) - 0.5;
    let angle = (share * degrees).to_radians();
    ((1000.0 + radius * angle.sin()).round() as i64, (radius * angle.cos()).round() as i64)
}

fn as_json(zones: Vec<(i64, &str, i64, Vec<Value>)>) -> Value {
    zones
        .into_iter()
        .map(|(zone_id, name, _, seats)| json!({"zone_id": zone_id, "name": name, "seats": seats}))
        .collect()
}
