//! Admission: a seat that is sold several times.

use std::collections::HashSet;

use serde_json::json;
use testkit::{App, Engine, hall_of, on_both_engines};

use super::{holds_until, reserve_briefly, ticket, unavailable};

on_both_engines!(
    it_is_sold_as_often_as_there_are_places,
    a_place_that_is_given_back_is_sold_again,
    a_place_is_free_when_its_reservation_runs_out,
    a_repeated_booking_takes_one_place,
    one_without_places_is_not_available,
    a_blocked_one_is_not_available,
);

async fn it_is_sold_as_often_as_there_are_places(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 14)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let (mut ids, mut barcodes) = (HashSet::new(), HashSet::new());
    for sold in 0..14 {
        let place = afisha.seat("3-1;1").await;
        let expected = json!({"seat_id": "3-1;1", "available": true, "coords": [730, 806], "free_quantity": 14 - sold,
                              "admission": true, "price": 300, "currency_id": "RUB"});
        assert_eq!(place, expected);
        let bought = ticket(&kassir.buy("3-1;1").await);
        ids.insert(bought["id"].to_string());
        barcodes.insert(bought["barcode"].to_string());
    }
    assert_eq!((ids.len(), barcodes.len()), (14, 14), "each ticket is its own");

    let place = afisha.seat("3-1;1").await;
    assert_eq!((&place["available"], &place["free_quantity"]), (&json!(false), &json!(0)));
    unavailable(&kassir.buy("3-1;1").await, "3-1;1");
    unavailable(&afisha.reserve("3-1;1", "order").await, "3-1;1");
}

async fn a_place_that_is_given_back_is_sold_again(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    ticket(&kassir.reserve("3-1;1", "one").await);
    ticket(&kassir.reserve("3-1;1", "other").await);
    unavailable(&afisha.buy("3-1;1").await, "3-1;1");
    kassir.remove(json!({"external_id": "one"})).await;
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 1);
    ticket(&afisha.buy("3-1;1").await);
    unavailable(&kassir.reserve("3-1;1", "one").await, "3-1;1");
    ticket(&kassir.add(json!({"external_id": "other", "paid": 1})).await);
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 0);
}

async fn a_place_is_free_when_its_reservation_runs_out(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    ticket(&afisha.buy("3-1;1").await);
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "3-1;1"})).await;
    holds_until(end, async || {
        let place = afisha.seat("3-1;1").await;
        assert_eq!(place["available"], place["free_quantity"] != 0);
        place["free_quantity"] == 0
    })
    .await;
    assert_eq!(afisha.seat("3-1;1").await["free_quantity"], 1);
    ticket(&afisha.buy("3-1;1").await);
    unavailable(&afisha.buy("3-1;1").await, "3-1;1");
}

async fn a_repeated_booking_takes_one_place(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 2)).printed();
    let kassir = app.tickets("kassir");

    let first = ticket(&kassir.reserve("3-1;1", "order").await);
    assert_eq!(ticket(&kassir.reserve("3-1;1", "order").await), first);
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 1);
    // Also when nothing is left.
    ticket(&kassir.buy("3-1;1").await);
    assert_eq!(ticket(&kassir.reserve("3-1;1", "order").await), first);
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 0);
}

async fn one_without_places_is_not_available(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_of(&[], 0)).printed();
    let kassir = app.tickets("kassir");
    let place = kassir.seat("3-1;1").await;
    assert_eq!((&place["available"], &place["free_quantity"]), (&json!(false), &json!(0)));
    unavailable(&kassir.buy("3-1;1").await, "3-1;1");
}

async fn a_blocked_one_is_not_available(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_of(&[], 2);
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("3-1;1", "order").await);

    programme["events"][0]["shows"][0]["zones"][1]["seats"][0]["blocked"] = true.into();
    app.import("tickets", &programme).printed();
    assert_eq!(kassir.seat("3-1;1").await["available"], false);
    unavailable(&kassir.buy("3-1;1").await, "3-1;1");
    // What was reserved before may still be paid.
    ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
}
