//! `tickets/remove`: cancelling a reservation.

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, on_both_engines};

use super::{add_show, hall_with, invalid, refused, reserve_briefly, swept, ticket};

on_both_engines!(
    a_removed_reservation_leaves_its_seat_free_at_once,
    a_reservation_is_removed_once,
    a_reservation_that_has_run_out_cannot_be_removed,
    a_paid_ticket_cannot_be_removed,
    the_ticket_must_be_named_and_be_there,
    a_name_that_was_used_before_means_the_live_ticket,
);

async fn a_removed_reservation_leaves_its_seat_free_at_once(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let one = kassir.reserve("7-1;1", "one").await;
    ticket(&kassir.reserve("7-1;2", "other").await);
    let by_id = kassir.remove(json!({"id": ticket(&one)["id"]})).await;
    let mut expected = one.json;
    expected["result"] = true.into();
    assert_eq!(by_id.json, expected, "the fields of the show, and true");
    assert_eq!(kassir.remove(json!({"external_id": "other"})).await.json, expected);

    for seat in ["7-1;1", "7-1;2"] {
        assert_eq!(afisha.seat(seat).await["available"], true);
        ticket(&afisha.buy(seat).await);
    }
}

async fn a_reservation_is_removed_once(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let booked = ticket(&kassir.add(admission("order")).await);
    ticket(&kassir.add(admission("another")).await);
    assert_eq!(kassir.remove(json!({"id": booked["id"], "external_id": "order"})).await.json["result"], true);
    for name in [
        json!({"id": booked["id"]}),
        json!({"external_id": "order"}),
        json!({"id": booked["id"], "external_id": "order"}),
    ] {
        refused(&kassir.remove(name).await, 404, "TICKET_NOT_FOUND");
    }
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 13, "one place went back, once");
}

async fn a_reservation_that_has_run_out_cannot_be_removed(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let (booked, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    end.over().await;
    let names = [json!({"id": booked["id"]}), json!({"external_id": "order"})];
    for name in &names {
        refused(&kassir.remove(name.clone()).await, 404, "TICKET_NOT_FOUND");
    }
    swept(&app, 1).await;
    for name in &names {
        refused(&kassir.remove(name.clone()).await, 404, "TICKET_NOT_FOUND");
    }
    ticket(&kassir.buy("7-1;1").await);
}

async fn a_paid_ticket_cannot_be_removed(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    let at_once = ticket(&kassir.buy("7-1;1").await);
    ticket(&kassir.reserve("7-1;2", "later").await);
    ticket(&kassir.add(json!({"external_id": "later", "paid": 1})).await);
    refused(&kassir.remove(json!({"id": at_once["id"]})).await, 400, "VALIDATION_ERROR");
    let by_external_id = kassir.remove(json!({"external_id": "later"})).await;
    refused(&by_external_id, 400, "VALIDATION_ERROR");
    let message = by_external_id.json["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("external_id"), "what was sent is named: {message}");
    for seat in ["7-1;1", "7-1;2"] {
        assert_eq!(kassir.seat(seat).await["available"], false);
    }
}

async fn the_ticket_must_be_named_and_be_there(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(3);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let one = ticket(&kassir.reserve("7-1;1", "one").await);
    ticket(&kassir.reserve("7-1;2", "other").await);
    for nobody in
        [json!({}), json!({"id": ""}), json!({"seat_id": "7-1;1"}), json!({"id": "one"}), json!({"id": [1]})]
    {
        invalid(&kassir.remove(nobody).await, "id");
    }
    refused(&kassir.remove(json!({"id": one["id"], "external_id": "other"})).await, 400, "VALIDATION_ERROR");
    for unknown in
        [json!({"id": "999999999"}), json!({"id": "99999999999999999999999"}), json!({"external_id": "none"})]
    {
        refused(&kassir.remove(unknown).await, 404, "TICKET_NOT_FOUND");
    }
    for name in ["id", "external_id"] {
        let elsewhere = kassir.post("tickets/remove/12/22", json!({name: one[name]})).await;
        refused(&elsewhere, 404, "TICKET_NOT_FOUND");
    }
    for seat in ["7-1;1", "7-1;2"] {
        assert_eq!(kassir.seat(seat).await["available"], false);
    }
}

async fn a_name_that_was_used_before_means_the_live_ticket(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    ticket(&kassir.reserve("7-1;1", "order").await);
    kassir.remove(json!({"external_id": "order"})).await;
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;2", "external_id": "order"})).await;
    end.over().await;
    let live = ticket(&kassir.reserve("7-1;3", "order").await);
    assert_eq!(is_free(&kassir, "7-1;3").await, Value::Bool(false));
    assert_eq!(kassir.remove(json!({"external_id": "order"})).await.json["result"], true);
    assert_eq!(is_free(&kassir, "7-1;3").await, Value::Bool(true));
    refused(&kassir.add(json!({"id": live["id"], "paid": 1})).await, 404, "TICKET_NOT_FOUND");
}

fn admission(external_id: &str) -> Value {
    json!({"seat_id": "3-1;1", "reserved_to": "2029-12-31T00:00:00+03:00", "external_id": external_id})
}

async fn is_free(client: &Tickets, seat_id: &str) -> Value {
    client.seat(seat_id).await["available"].clone()
}
