//! `tickets/add` with `seat_id`: booking a seat.

use std::collections::HashSet;

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall, on_both_engines};

use super::{add_show, hall_with, invalid, refused, ticket, unavailable};

on_both_engines!(
    a_seat_is_sold_once,
    a_reserved_seat_is_nobody_elses,
    a_reservation_is_answered_with_the_show_and_the_ticket,
    a_ticket_paid_at_once_has_a_barcode_and_no_end,
    barcodes_are_unique_and_not_to_be_guessed,
    paid_is_0_or_1,
    a_seat_that_is_not_in_the_hall_is_not_found,
    a_blocked_seat_is_not_available,
    an_external_id_has_1_to_255_characters,
    an_empty_external_id_is_none,
    an_external_id_names_one_live_ticket_of_a_partner_in_a_show,
);

async fn a_seat_is_sold_once(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let bought = kassir.buy("7-1;8").await;
    assert_eq!(bought.json["status"], "success");
    assert_eq!(bought.json["result"]["paid"], 1);

    let refused = afisha.buy("7-1;8").await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json["code"], "SEAT_NOT_AVAILABLE");
    assert_eq!(refused.json["message"], "Seat \"7-1;8\" is not available");
    unavailable(&kassir.buy("7-1;8").await, "7-1;8");
}

async fn a_reserved_seat_is_nobody_elses(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    ticket(&kassir.reserve("7-1;8", "order 1").await);
    unavailable(&afisha.buy("7-1;8").await, "7-1;8");
    unavailable(&afisha.reserve("7-1;8", "order 1").await, "7-1;8");
    // Nor is it a second time one's own.
    unavailable(&kassir.buy("7-1;8").await, "7-1;8");
    unavailable(&kassir.reserve("7-1;8", "order 2").await, "7-1;8");
}

async fn a_reservation_is_answered_with_the_show_and_the_ticket(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let kassir = app.tickets("kassir");

    let hash = kassir.get("events/lists").await.json["result"][0]["last_update_hash"].clone();
    let until = "2029-12-31T00:00:00+03:00";
    let answer =
        kassir.add(json!({"seat_id": "7-1;8", "paid": 0, "reserved_to": until, "external_id": "x"})).await;
    let id = answer.json["result"]["id"].clone();
    assert!(is_digits(&id), "{id}");
    assert_eq!(
        answer.json,
        json!({
            "event_id": 12,
            "show_id": 21,
            "event_name": "Название мероприятия 1",
            "start_date": "2030-01-03T17:00:00+10:00",
            // Without the zones.
            "scheme": {"id": 48, "name": "Кремлевский дворец", "place_name": "Кремлевский дворец",
                       "place_address": "ул. Воздвиженка, 1", "place_description": "м. Библиотека им. Ленина"},
            "city": {"id": 2, "name": "Москва", "timezone": "Europe/Moscow", "coords": [55.7558, 37.6176]},
            "last_update_hash": hash,
            "status": "success",
            "result": {"id": id, "paid": 0, "reserved_to": until, "external_id": "x", "barcode": null}
        })
    );
}

async fn a_ticket_paid_at_once_has_a_barcode_and_no_end(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let plain = ticket(&kassir.add(json!({"seat_id": "7-1;1", "paid": 1})).await);
    assert!(is_digits(&plain["id"]), "{plain}");
    assert!(is_barcode(&plain["barcode"]), "{plain}");
    let rest = json!({"id": plain["id"], "paid": 1, "reserved_to": null, "external_id": null, "barcode": plain["barcode"]});
    assert_eq!(plain, rest);

    // An end would mean nothing, even where one is given.
    let until = "2029-12-31T00:00:00+03:00";
    let body = json!({"seat_id": "7-1;2", "paid": 1, "reserved_to": until, "external_id": "x"});
    let ended = ticket(&kassir.add(body).await);
    assert_eq!(
        (&ended["paid"], &ended["reserved_to"], &ended["external_id"]),
        (&json!(1), &Value::Null, &json!("x"))
    );
    assert!(is_barcode(&ended["barcode"]), "{ended}");
}

async fn barcodes_are_unique_and_not_to_be_guessed(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(40)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let mut barcodes = Vec::new();
    for place in 1..=40 {
        let client = if place % 2 == 0 { &kassir } else { &afisha };
        let sold = ticket(&client.buy(&format!("7-1;{place}")).await);
        assert!(is_barcode(&sold["barcode"]), "{sold}");
        barcodes.push(sold["barcode"].as_str().expect("a text").parse::<i64>().expect("a number"));
    }
    assert_eq!(barcodes.iter().collect::<HashSet<_>>().len(), 40);
    // Random ones lie hundreds of thousands of millions apart, counted ones next to each other.
    let near = barcodes.windows(2).filter(|pair| (pair[0] - pair[1]).abs() < 1_000_000).count();
    assert!(near <= 2, "successive barcodes are near each other: {barcodes:?}");
    let steps: HashSet<i64> = barcodes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.len() > 30, "successive barcodes have a rhythm: {barcodes:?}");
}

async fn paid_is_0_or_1(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let until = "2029-12-31T00:00:00+03:00";
    for paid in
        [json!(2), json!(-1), json!("yes"), json!("01"), json!(0.5), json!(true), json!([1]), json!({"a": 1})]
    {
        let body = json!({"seat_id": "7-1;1", "paid": paid, "reserved_to": until});
        invalid(&kassir.add(body).await, "paid");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    let left_out = ticket(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": until})).await);
    assert_eq!(left_out["paid"], 0, "0 where it is left out");
}

async fn a_seat_that_is_not_in_the_hall_is_not_found(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(1);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    programme["events"][0]["shows"][1]["zones"][0]["seats"][0]["seat_id"] = "9-1;1".into();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    for seat in ["7-1;2", "9-1;1", "7-1;1 ", " 7-1;1", "7", "место", "%", "' OR 1=1 --", &"7".repeat(10_000)]
    {
        refused(&kassir.buy(seat).await, 404, "SEAT_NOT_FOUND");
        refused(&kassir.reserve(seat, "order").await, 404, "SEAT_NOT_FOUND");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn a_blocked_seat_is_not_available(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    for zone in [0, 1] {
        programme["events"][0]["shows"][0]["zones"][zone]["seats"][0]["blocked"] = true.into();
    }
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    unavailable(&kassir.buy("7-1;1").await, "7-1;1");
    unavailable(&kassir.reserve("7-1;1", "order").await, "7-1;1");
    unavailable(&kassir.buy("3-1;1").await, "3-1;1");
    app.import("tickets", &hall_with(2)).printed();
    ticket(&kassir.buy("7-1;1").await);
    ticket(&kassir.buy("3-1;1").await);
}

async fn an_external_id_has_1_to_255_characters(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    // Characters, not bytes.
    for (seat, name) in [("7-1;1", "x".to_owned()), ("7-1;2", "ж".repeat(255))] {
        let booked = ticket(&kassir.reserve(seat, &name).await);
        assert_eq!(booked["external_id"], name);
        let found =
            ticket(&kassir.post("tickets/update/12/21", json!({"external_id": name, "paid": 1})).await);
        assert_eq!(found["id"], booked["id"]);
    }
    invalid(&kassir.reserve("7-1;3", &"x".repeat(256)).await, "external_id");
    assert_eq!(kassir.seat("7-1;3").await["available"], true);
}

async fn an_empty_external_id_is_none(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let first = ticket(&kassir.reserve("7-1;1", "").await);
    let second = ticket(&kassir.reserve("7-1;2", "").await);
    assert_eq!((&first["external_id"], &second["external_id"]), (&Value::Null, &Value::Null));
    assert_ne!(first["id"], second["id"]);
    invalid(&kassir.remove(json!({"external_id": ""})).await, "external_id");
    assert_eq!(kassir.remove(json!({"id": first["id"], "external_id": ""})).await.json["result"], true);
}

async fn an_external_id_names_one_live_ticket_of_a_partner_in_a_show(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(4);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    ticket(&kassir.reserve("7-1;1", "order").await);
    invalid(&kassir.reserve("7-1;2", "order").await, "external_id");
    let paid = json!({"seat_id": "7-1;2", "paid": 1, "external_id": "order"});
    invalid(&kassir.add(paid.clone()).await, "external_id");
    assert_eq!(kassir.seat("7-1;2").await["available"], true);

    // Another partner and another show have names of their own.
    ticket(&afisha.reserve("7-1;2", "order").await);
    let body = json!({"seat_id": "7-1;1", "reserved_to": "2029-01-01T00:00:00Z", "external_id": "order"});
    ticket(&kassir.post("tickets/add/12/22", body).await);

    // A ticket that is not live leaves its name.
    kassir.remove(json!({"external_id": "order"})).await;
    ticket(&kassir.reserve("7-1;3", "order").await);
    invalid(&kassir.reserve("7-1;4", "order").await, "external_id");
    // A paid one is live.
    ticket(&pay(&kassir, "order").await);
    invalid(&kassir.reserve("7-1;4", "order").await, "external_id");
}

async fn pay(client: &Tickets, external_id: &str) -> testkit::Answer {
    client.post("tickets/update/12/21", json!({"external_id": external_id, "paid": 1})).await
}

fn is_digits(text: &Value) -> bool {
    text.as_str().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_barcode(text: &Value) -> bool {
    is_digits(text) && text.as_str().is_some_and(|text| text.len() == 12)
}
