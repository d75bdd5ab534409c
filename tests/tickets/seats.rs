//! `events/seats`: what is free.

use serde_json::{Value, json};
use testkit::{App, Engine, hall, hall_of, on_both_engines};

use super::{hall_with, holds_until, reserve_briefly, ticket};

on_both_engines!(
    the_answer_has_the_fields_of_the_contract_and_no_others,
    a_seat_is_free_until_it_is_held_and_again_when_it_is_given_back,
    a_seat_that_the_organiser_blocks_is_not_free,
    a_reservation_that_has_run_out_is_free_from_that_moment_on,
    prices_are_numbers_and_exact,
    seats_and_zones_keep_the_order_of_the_file,
    another_server_shows_a_sale_at_once,
);

async fn the_answer_has_the_fields_of_the_contract_and_no_others(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let kassir = app.tickets("kassir");

    let entry = kassir.get("events/lists").await.json["result"][0].clone();
    let mut expected = entry;
    expected["zones"] = json!([
        {"zone_id": 7, "name": "Supervip right", "seats": [
            {"seat_id": "7-1;8", "available": true, "coords": [283, 977], "row": 1, "place": 8,
             "price": 0, "currency_id": "RUB"}]},
        {"zone_id": 3, "name": "Танцевальный партер", "seats": [
            {"seat_id": "3-1;1", "available": true, "coords": [730, 806], "free_quantity": 14, "admission": true,
             "price": 300, "currency_id": "RUB"}]}
    ]);
    // The fields of the show as in the list, `scheme.zones` included, no `status`, and the zones.
    assert_eq!(kassir.get("events/seats/12/21").await.json, expected);
    assert_eq!(kassir.post("events/seats/12/21", json!({})).await.json, expected);
}

async fn a_seat_is_free_until_it_is_held_and_again_when_it_is_given_back(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    assert_eq!(afisha.seat("7-1;1").await["available"], true);
    ticket(&kassir.reserve("7-1;1", "order 1").await);
    assert_eq!(afisha.seat("7-1;1").await["available"], false);
    assert_eq!(kassir.seat("7-1;1").await["available"], false, "one's own seats are not free either");
    assert_eq!(afisha.seat("7-1;2").await["available"], true);
    kassir.remove(json!({"external_id": "order 1"})).await;
    assert_eq!(afisha.seat("7-1;1").await["available"], true);
    ticket(&kassir.buy("7-1;1").await);
    assert_eq!(afisha.seat("7-1;1").await["available"], false);
}

async fn a_seat_that_the_organiser_blocks_is_not_free(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    programme["events"][0]["shows"][0]["zones"][0]["seats"][0]["blocked"] = true.into();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let blocked = kassir.seat("7-1;1").await;
    assert_eq!(blocked["available"], false);
    assert_eq!(blocked.get("blocked"), None, "the word is the organiser's");
    assert_eq!(kassir.seat("7-1;2").await["available"], true);

    app.import("tickets", &hall_with(2)).printed();
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn a_reservation_that_has_run_out_is_free_from_that_moment_on(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1"})).await;
    holds_until(end, async || afisha.seat("7-1;1").await["available"] == false).await;
    ticket(&afisha.buy("7-1;1").await);
    assert_eq!(afisha.seat("7-1;1").await["available"], false);
}

async fn prices_are_numbers_and_exact(engine: Engine) {
    let app = App::start(engine);
    let prices = [
        ("300", "300"),
        ("1234.50", "1234.5"),
        ("1234.56", "1234.56"),
        ("0", "0"),
        ("0.01", "0.01"),
        ("0.1", "0.1"),
        ("90071992547409.93", "90071992547409.93"),
    ];
    let seats: Vec<Value> = (1..)
        .zip(prices)
        .map(|(place, (price, _))| {
            json!({"seat_id": format!("7-1;{place}"), "coords": [1, 1], "row": 1, "place": place,
                   "price": format!("@{price}@"), "currency_id": "RUB"})
        })
        .collect();
    // As the organiser wrote them: a parsed number could have lost something on the way.
    let text = hall_of(&seats, 1).to_string().replace("\"@", "").replace("@\"", "");
    let file = app.file("prices.json", text.as_bytes());
    app.command(&["import", "tickets", file.to_str().expect("a path")]).printed();

    let text = app.tickets("kassir").get("events/seats/12/21").await.text;
    for (place, (_, shown)) in (1..).zip(prices) {
        let seat =
            text.split_once(&format!("{{\"seat_id\":\"7-1;{place}\",\"available\"")).expect("the seat").1;
        let price = seat.split_once("\"price\":").and_then(|(_, rest)| rest.split_once([',', '}']));
        assert_eq!(price.map(|(price, _)| price), Some(shown), "{text}");
    }
}

async fn seats_and_zones_keep_the_order_of_the_file(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(3);
    let zone = &mut programme["events"][0]["shows"][0]["zones"][0];
    zone["seats"].as_array_mut().expect("seats").reverse();
    app.import("tickets", &programme).printed();

    let answer = app.tickets("kassir").get("events/seats/12/21").await;
    let zones = answer.json["zones"].as_array().expect("zones");
    let ids = |zone: &Value| -> Vec<Value> {
        zone["seats"].as_array().expect("seats").iter().map(|seat| seat["seat_id"].clone()).collect()
    };
    assert_eq!(zones.iter().map(|zone| &zone["zone_id"]).collect::<Vec<_>>(), [7, 3]);
    assert_eq!(ids(&zones[0]), ["7-1;3", "7-1;2", "7-1;1"]);
    assert_eq!(ids(&answer.json["scheme"]["zones"][0]), ["7-1;3", "7-1;2", "7-1;1"]);
}

async fn another_server_shows_a_sale_at_once(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(4)).printed();
    let other = app.sibling();
    let here = app.tickets("kassir");
    let there = here.at(&other.server.url);

    for place in 1..=4 {
        let seat = format!("7-1;{place}");
        assert_eq!(there.seat(&seat).await["available"], true);
        ticket(&here.buy(&seat).await);
        assert_eq!(there.seat(&seat).await["available"], false);
    }
}
