//! `tickets/add` without `seat_id`, and `tickets/update`: prolonging and paying.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{add_show, hall_with, invalid, kinds, refused, ticket};

on_both_engines!(
    a_reservation_is_prolonged,
    a_reservation_is_paid,
    a_paid_ticket_stays_as_it_is,
    tickets_update_is_the_same_as_an_update,
    a_ticket_that_is_not_there_is_not_found,
    a_ticket_must_be_named_and_only_one,
    an_update_never_takes_a_seat,
);

const UNTIL: &str = "2029-12-31T12:00:00+03:00";

async fn a_reservation_is_prolonged(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let booked = kassir.reserve("7-1;1", "order").await;
    let id = ticket(&booked)["id"].clone();
    let mut expected = booked.json;
    for (name, until) in [
        (json!({"id": id}), "2029-12-31T01:00:00+03:00"),
        (json!({"external_id": "order"}), "2029-12-31T02:00:00+10:00"),
        (json!({"id": id, "external_id": "order", "paid": 0}), "2029-12-31T03:00:00+00:00"),
    ] {
        let mut body = name;
        body["reserved_to"] = until.into();
        let answer = kassir.add(body).await;
        expected["result"]["reserved_to"] = until.into();
        assert_eq!(answer.json, expected, "the shape of a booking's answer");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
}

async fn a_reservation_is_paid(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let booked = kassir.reserve("7-1;1", "order").await;
    let id = ticket(&booked)["id"].clone();
    let paid = kassir.add(json!({"id": id, "paid": 1})).await;
    let barcode = ticket(&paid)["barcode"].clone();
    assert!(
        barcode.as_str().is_some_and(|text| text.len() == 12 && text.parse::<u64>().is_ok()),
        "{barcode}"
    );
    let mut expected = booked.json;
    expected["result"]["paid"] = 1.into();
    expected["result"]["barcode"] = barcode;
    assert_eq!(paid.json, expected, "the end of the reservation stays as it was");

    // Even where another end is given with the payment.
    ticket(&kassir.reserve("7-1;2", "another").await);
    let paid = ticket(&kassir.add(json!({"external_id": "another", "paid": 1, "reserved_to": UNTIL})).await);
    assert_eq!(paid["reserved_to"], "2029-12-31T00:00:00+03:00");
    assert_eq!(kassir.seat("7-1;1").await["available"], false);
}

async fn a_paid_ticket_stays_as_it_is(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let at_once = kassir.add(json!({"seat_id": "7-1;1", "paid": 1, "external_id": "order"})).await;
    let id = ticket(&at_once)["id"].clone();
    ticket(&kassir.reserve("7-1;2", "later").await);
    let later = kassir.add(json!({"external_id": "later", "paid": 1})).await;
    for _ in 0..3 {
        assert_eq!(kassir.add(json!({"id": id, "paid": 1})).await.json, at_once.json, "the same barcode");
        assert_eq!(kassir.add(json!({"external_id": "later", "paid": 1})).await.json, later.json);
    }
    for unpaid in [
        json!({"id": id, "paid": 0, "reserved_to": UNTIL}),
        json!({"external_id": "later", "reserved_to": UNTIL}),
    ] {
        invalid(&kassir.add(unpaid).await, "paid");
    }
    assert_eq!(kassir.add(json!({"id": id, "paid": 1})).await.json, at_once.json);
    assert_eq!(kinds(&app), ["tickets.ticket.paid", "tickets.ticket.reserved", "tickets.ticket.paid"]);
}

async fn tickets_update_is_the_same_as_an_update(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    ticket(&kassir.reserve("7-1;1", "order").await);
    for (changes, code) in [
        (json!({"external_id": "order", "reserved_to": UNTIL}), 200),
        (json!({"external_id": "order", "reserved_to": "2018-05-24T17:00:00+10:00"}), 400),
        (json!({"external_id": "order", "paid": 1}), 200),
        (json!({"external_id": "order", "paid": 0, "reserved_to": UNTIL}), 400),
        (json!({"external_id": "none", "paid": 1}), 404),
        (json!({"paid": 1}), 400),
    ] {
        let updated = kassir.post("tickets/update/12/21", changes.clone()).await;
        assert_eq!(updated.status, code, "{changes}: {}", updated.text);
        assert_eq!(kassir.add(changes).await.json, updated.json);
    }
}

async fn a_ticket_that_is_not_there_is_not_found(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(3);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let removed = ticket(&kassir.reserve("7-1;1", "removed").await);
    kassir.remove(json!({"external_id": "removed"})).await;
    let here = ticket(&kassir.reserve("7-1;2", "here").await);
    for name in [
        json!({"external_id": "never given"}),
        json!({"id": "999999999"}),
        json!({"id": "0"}),
        json!({"id": "99999999999999999999999"}),
        json!({"id": removed["id"]}),
        json!({"external_id": "removed"}),
        json!({"id": removed["id"], "external_id": "removed"}),
    ] {
        for change in [json!({"paid": 1}), json!({"reserved_to": UNTIL})] {
            let mut body = name.clone();
            body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            refused(&kassir.add(body.clone()).await, 404, "TICKET_NOT_FOUND");
            refused(&kassir.post("tickets/update/12/21", body).await, 404, "TICKET_NOT_FOUND");
        }
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);

    // Of another show.
    for name in ["id", "external_id"] {
        let body = json!({name: here[name], "paid": 1});
        refused(&kassir.post("tickets/add/12/22", body.clone()).await, 404, "TICKET_NOT_FOUND");
        refused(&kassir.post("tickets/update/12/22", body).await, 404, "TICKET_NOT_FOUND");
    }
    assert_eq!(ticket(&kassir.reserve("7-1;2", "here").await), here);
}

async fn a_ticket_must_be_named_and_only_one(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    let one = ticket(&kassir.reserve("7-1;1", "one").await);
    let other = ticket(&kassir.reserve("7-1;2", "other").await);
    for nobody in [
        json!({"paid": 1}),
        json!({"reserved_to": UNTIL}),
        json!({}),
        json!({"id": "", "external_id": "", "paid": 1}),
    ] {
        for method in ["tickets/add/12/21", "tickets/update/12/21"] {
            invalid(&kassir.post(method, nobody.clone()).await, "id");
        }
    }
    for change in [("paid", json!(1)), ("reserved_to", json!(UNTIL))] {
        let two = json!({"id": one["id"], "external_id": "other", change.0: change.1});
        for method in ["tickets/add/12/21", "tickets/update/12/21"] {
            refused(&kassir.post(method, two.clone()).await, 400, "VALIDATION_ERROR");
        }
    }
    // A seat and a ticket: it cannot be told what is meant.
    let both = json!({"seat_id": "7-1;3", "id": one["id"], "paid": 1});
    invalid(&kassir.add(both).await, "id");
    let both = json!({"seat_id": "7-1;1", "id": one["id"], "paid": 1});
    invalid(&kassir.add(both).await, "id");
    for malformed in
        [json!("one"), json!("1; DROP TABLE tickets_tickets"), json!("-1"), json!(1.5), json!([one["id"]])]
    {
        invalid(&kassir.add(json!({"id": malformed, "paid": 1})).await, "id");
    }

    assert_eq!(ticket(&kassir.reserve("7-1;1", "one").await), one);
    assert_eq!(ticket(&kassir.reserve("7-1;2", "other").await), other);
    assert_eq!(kassir.seat("7-1;3").await["available"], true);
}

async fn an_update_never_takes_a_seat(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let first =
        ticket(&kassir.add(json!({"seat_id": "3-1;1", "reserved_to": UNTIL, "external_id": "order"})).await);
    for _ in 0..3 {
        ticket(&kassir.add(json!({"id": first["id"], "reserved_to": "2029-12-30T12:00:00+03:00"})).await);
        ticket(&kassir.add(json!({"id": first["id"], "reserved_to": UNTIL})).await);
    }
    ticket(&kassir.add(json!({"id": first["id"], "paid": 1})).await);
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 13);
    assert_ne!(first["id"], Value::Null);
}
