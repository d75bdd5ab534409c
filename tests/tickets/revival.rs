//! Taking up a reservation again that has run out: the buyer may have paid in that moment.

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, on_both_engines, until};

use super::{Moment, events, hall_with, invalid, reserve_briefly, swept, ticket, unavailable};

on_both_engines!(
    it_is_prolonged_or_paid_if_the_seat_is_still_free,
    it_is_the_same_before_and_after_the_sweep,
    it_is_refused_once_another_has_the_seat,
    it_is_refused_once_the_organiser_has_blocked_the_seat,
    a_name_means_the_youngest_that_ran_out,
    a_name_means_the_live_one_before_any_that_ran_out,
    an_admission_is_taken_up_while_a_place_is_left,
);

const UNTIL: &str = "2029-12-31T00:00:00+03:00";

async fn it_is_prolonged_or_paid_if_the_seat_is_still_free(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(4)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let mut booked = Vec::new();
    for place in 1..=4 {
        let body = json!({"seat_id": format!("7-1;{place}"), "external_id": format!("order {place}")});
        booked.push(reserve_briefly(&kassir, body).await);
    }
    for (_, end) in &booked {
        end.over().await;
    }

    for ((old, _), (name, change)) in booked.iter().zip([
        (json!({"id": booked[0].0["id"]}), json!({"reserved_to": UNTIL})),
        (json!({"external_id": "order 2"}), json!({"reserved_to": UNTIL})),
        (json!({"id": booked[2].0["id"]}), json!({"paid": 1})),
        (json!({"external_id": "order 4"}), json!({"paid": 1})),
    ]) {
        let new = ticket(&kassir.add(both(&name, &change)).await);
        let mut expected = old.clone();
        if change["paid"] == 1 {
            assert!(new["barcode"].as_str().is_some_and(|text| text.len() == 12), "{new}");
            expected["paid"] = 1.into();
            expected["barcode"] = new["barcode"].clone();
        } else {
            expected["reserved_to"] = UNTIL.into();
        }
        assert_eq!(new, expected, "the same ticket");
    }
    for place in 1..=4 {
        let seat = format!("7-1;{place}");
        assert_eq!(afisha.seat(&seat).await["available"], false);
        unavailable(&afisha.buy(&seat).await, &seat);
    }
}

async fn it_is_the_same_before_and_after_the_sweep(engine: Engine) {
    let mut app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");

    // No server, no sweep; and a server answers before its first.
    let (unswept, end) =
        reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "unswept"})).await;
    app.stop();
    end.over().await;
    app.restart();
    let kassir = kassir.at(&app.server.url);
    let revived = ticket(&kassir.add(json!({"external_id": "unswept", "paid": 1})).await);
    assert_eq!(revived["id"], unswept["id"]);

    let (old, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;2", "external_id": "swept"})).await;
    end.over().await;
    until("the sweep has marked it", async || {
        events(&app)
            .iter()
            .any(|event| event["type"] == "tickets.ticket.expired" && event["data"]["id"] == old["id"])
    })
    .await;
    let revived = ticket(&kassir.add(json!({"external_id": "swept", "paid": 1})).await);
    assert_eq!(revived["id"], old["id"]);
    for seat in ["7-1;1", "7-1;2"] {
        assert_eq!(kassir.seat(seat).await["available"], false);
    }
}

async fn it_is_refused_once_another_has_the_seat(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let mut booked = Vec::new();
    for seat in ["7-1;1", "7-1;2"] {
        booked.push(reserve_briefly(&kassir, json!({"seat_id": seat, "external_id": seat})).await);
    }
    for (_, end) in &booked {
        end.over().await;
    }
    ticket(&afisha.buy("7-1;1").await);
    ticket(&afisha.reserve("7-1;2", "theirs").await);

    for seat in ["7-1;1", "7-1;2"] {
        unavailable(&kassir.add(json!({"external_id": seat, "paid": 1})).await, seat);
        unavailable(&kassir.add(json!({"external_id": seat, "reserved_to": UNTIL})).await, seat);
    }
    // What is given back can be taken up again.
    afisha.remove(json!({"external_id": "theirs"})).await;
    let revived = ticket(&kassir.add(json!({"external_id": "7-1;2", "paid": 1})).await);
    assert_eq!(revived["id"], booked[1].0["id"]);
    unavailable(&afisha.buy("7-1;2").await, "7-1;2");
}

async fn it_is_refused_once_the_organiser_has_blocked_the_seat(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    let (_, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    let mut blocked = hall_with(1);
    blocked["events"][0]["shows"][0]["zones"][0]["seats"][0]["blocked"] = true.into();
    app.import("tickets", &blocked).printed();
    end.over().await;

    unavailable(&kassir.add(json!({"external_id": "order", "paid": 1})).await, "7-1;1");
    swept(&app, 1).await;
    unavailable(&kassir.add(json!({"external_id": "order", "paid": 1})).await, "7-1;1");
    app.import("tickets", &hall_with(1)).printed();
    ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
}

async fn a_name_means_the_youngest_that_ran_out(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");
    let mut youngest = Value::Null;
    for seat in ["7-1;1", "7-1;3", "7-1;2"] {
        let (booked, end) = reserve_briefly(&kassir, json!({"seat_id": seat, "external_id": "order"})).await;
        end.over().await;
        youngest = booked["id"].clone();
    }
    swept(&app, 3).await;

    let revived = ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
    assert_eq!(revived["id"], youngest);
    for (seat, is_free) in [("7-1;1", true), ("7-1;3", true), ("7-1;2", false)] {
        assert_eq!(kassir.seat(seat).await["available"], is_free, "{seat}");
    }
}

async fn a_name_means_the_live_one_before_any_that_ran_out(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let (old, end) = reserve_briefly(&kassir, json!({"seat_id": "7-1;1", "external_id": "order"})).await;
    end.over().await;
    let live = ticket(&kassir.reserve("7-1;2", "order").await);

    let paid = ticket(&kassir.add(json!({"external_id": "order", "paid": 1})).await);
    assert_eq!(paid["id"], live["id"]);
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    // Taken up again by its own id, the old one would share its name with a live ticket.
    let twice = kassir.add(json!({"id": old["id"], "paid": 1})).await;
    invalid(&twice, "external_id");
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn an_admission_is_taken_up_while_a_place_is_left(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall_of(&[], 2)).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let mut last = Moment::in_seconds(0);
    for name in ["one", "other"] {
        last = reserve_briefly(&kassir, json!({"seat_id": "3-1;1", "external_id": name})).await.1;
    }
    last.over().await;

    ticket(&pay(&kassir, "one").await);
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 1);
    ticket(&afisha.buy("3-1;1").await);
    unavailable(&pay(&kassir, "other").await, "3-1;1");
    assert_eq!(kassir.seat("3-1;1").await["free_quantity"], 0);
    ticket(&pay(&kassir, "one").await);
}

async fn pay(client: &Tickets, external_id: &str) -> testkit::Answer {
    client.add(json!({"external_id": external_id, "paid": 1})).await
}

fn both(one: &Value, other: &Value) -> Value {
    let mut body = one.clone();
    body.as_object_mut().expect("an object").extend(other.as_object().expect("an object").clone());
    body
}
