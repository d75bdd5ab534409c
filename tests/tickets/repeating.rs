//! Booking again under one's own `external_id`: a client that did not see the answer repeats safely.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{hall_with, invalid, kinds, ticket};

on_both_engines!(
    a_repeated_reservation_is_the_same_ticket,
    a_repeated_purchase_is_the_same_ticket_with_the_same_barcode,
    a_repetition_applies_what_it_says,
    a_repetition_for_another_seat_is_a_mistake,
);

async fn a_repeated_reservation_is_the_same_ticket(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let first = kassir.reserve("7-1;1", "order").await;
    ticket(&first);
    for _ in 0..3 {
        assert_eq!(kassir.reserve("7-1;1", "order").await.json, first.json);
    }
    assert_eq!(kinds(&app), ["tickets.ticket.reserved"], "it happened once");
}

async fn a_repeated_purchase_is_the_same_ticket_with_the_same_barcode(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let body = json!({"seat_id": "7-1;1", "paid": 1, "external_id": "order"});
    let first = kassir.add(body.clone()).await;
    assert!(ticket(&first)["barcode"].is_string(), "{}", first.text);
    for _ in 0..3 {
        assert_eq!(kassir.add(body.clone()).await.json, first.json);
    }
    assert_eq!(kinds(&app), ["tickets.ticket.paid"], "it happened once");
}

async fn a_repetition_applies_what_it_says(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let reserved = ticket(&kassir.reserve("7-1;1", "order").await);
    let until = "2029-12-31T12:00:00+03:00";
    let body = json!({"seat_id": "7-1;1", "external_id": "order", "reserved_to": until});
    let prolonged = ticket(&kassir.add(body.clone()).await);
    let mut expected = reserved;
    expected["reserved_to"] = until.into();
    assert_eq!(prolonged, expected);

    let paid = ticket(&kassir.add(json!({"seat_id": "7-1;1", "external_id": "order", "paid": 1})).await);
    assert_ne!(paid["barcode"], Value::Null);
    expected["paid"] = 1.into();
    expected["barcode"] = paid["barcode"].clone();
    assert_eq!(paid, expected);

    // As in any update, what is paid stays paid.
    invalid(&kassir.add(body).await, "paid");
    assert_eq!(kinds(&app), ["tickets.ticket.reserved", "tickets.ticket.prolonged", "tickets.ticket.paid"]);
}

async fn a_repetition_for_another_seat_is_a_mistake(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let first = ticket(&kassir.reserve("7-1;1", "order").await);
    ticket(&afisha.buy("7-1;3").await);
    for free_or_not in ["7-1;2", "7-1;3"] {
        invalid(&kassir.reserve(free_or_not, "order").await, "external_id");
    }
    assert_eq!(kassir.seat("7-1;2").await["available"], true);
    assert_eq!(ticket(&kassir.reserve("7-1;1", "order").await), first);
}
