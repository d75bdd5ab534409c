//! `reserved_to`: until when a seat is reserved.

use serde_json::{Value, json};
use testkit::{App, Engine, hall, on_both_engines};

use super::{Moment, hall_with, holds_until, invalid, ticket};

on_both_engines!(
    it_leaves_as_it_came,
    without_an_offset_it_is_the_time_of_the_city,
    it_must_be_given_unless_the_ticket_is_paid,
    it_must_be_a_time,
    it_must_be_in_the_future,
    it_must_not_be_past_the_start_of_the_show,
);

async fn it_leaves_as_it_came(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(8)).printed();
    let kassir = app.tickets("kassir");

    let times = [
        ("2029-05-24T17:00:00+10:00", "2029-05-24T17:00:00+10:00"),
        ("2029-05-24T17:00:00-03:30", "2029-05-24T17:00:00-03:30"),
        ("2029-05-24T17:00:00+00:00", "2029-05-24T17:00:00+00:00"),
        ("2029-05-24T17:00:00Z", "2029-05-24T17:00:00+00:00"),
        ("2029-05-24T17:00:00.5Z", "2029-05-24T17:00:00.5+00:00"),
        ("2029-05-24T17:00:00.123456+10:00", "2029-05-24T17:00:00.123456+10:00"),
        ("2028-02-29T00:00:00+03:00", "2028-02-29T00:00:00+03:00"),
    ];
    for (place, (given, shown)) in (1..).zip(times) {
        let name = format!("order {place}");
        let body = json!({"seat_id": format!("7-1;{place}"), "external_id": name, "reserved_to": given});
        assert_eq!(ticket(&kassir.add(body).await)["reserved_to"], shown);
        // So it has been stored.
        let paid = kassir.post("tickets/update/12/21", json!({"external_id": name, "paid": 1})).await;
        assert_eq!(ticket(&paid)["reserved_to"], shown);
    }
}

async fn without_an_offset_it_is_the_time_of_the_city(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    // New York is four or five hours behind Greenwich, as the season has it; the show itself came with +10:00.
    programme["events"][0]["city"]["timezone"] = "America/New_York".into();
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    for (seat, given, shown) in [
        ("7-1;1", "2029-01-24T17:00:00", "2029-01-24T17:00:00-05:00"),
        ("7-1;2", "2029-07-24T17:00:00", "2029-07-24T17:00:00-04:00"),
    ] {
        let booked = ticket(&kassir.add(json!({"seat_id": seat, "reserved_to": given})).await);
        assert_eq!(booked["reserved_to"], shown);
    }

    // The show starts at 07:00 in Greenwich, 02:00 in New York.
    let prolong = async |id: &Value, until: &str| {
        kassir.post("tickets/update/12/21", json!({"id": id, "reserved_to": until})).await
    };
    let admission =
        ticket(&kassir.add(json!({"seat_id": "3-1;1", "reserved_to": "2029-01-01T00:00:00"})).await);
    invalid(&prolong(&admission["id"], "2030-01-03T02:00:01").await, "reserved_to");
    let prolonged = ticket(&prolong(&admission["id"], "2030-01-03T02:00:00").await);
    assert_eq!(prolonged["reserved_to"], "2030-01-03T02:00:00-05:00");
}

async fn it_must_be_given_unless_the_ticket_is_paid(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let kassir = app.tickets("kassir");

    invalid(&kassir.add(json!({"seat_id": "7-1;8"})).await, "reserved_to");
    invalid(&kassir.add(json!({"seat_id": "7-1;8", "paid": 0})).await, "reserved_to");
    invalid(&kassir.add(json!({"seat_id": "7-1;8", "paid": 0, "reserved_to": ""})).await, "reserved_to");
    ticket(&kassir.add(json!({"seat_id": "7-1;8", "paid": 1})).await);
}

async fn it_must_be_a_time(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let own = ticket(&kassir.reserve("7-1;2", "order").await);

    for text in [
        "tomorrow",
        "1893456000",
        "2029-05-24",
        "17:00:00",
        "2029-05-24T17:00+10:00",
        "2029-05-24T17:00:00+1000",
        "2029-05-24T17:00:00+25:00",
        "24.05.2029 17:00:00",
        "2029-02-29T17:00:00+10:00",
        "2029-04-31T17:00:00+10:00",
        "2029-00-10T17:00:00+10:00",
        "2029-13-10T17:00:00+10:00",
        "2029-05-24T24:01:00+10:00",
        "2029-05-24T17:60:00+10:00",
        "2029-05-24T17:00:00+10:00 or so",
        "12029-05-24T17:00:00+10:00",
        "９029-05-24T17:00:00+10:00",
    ] {
        invalid(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": text})).await, "reserved_to");
        invalid(&kassir.add(json!({"id": own["id"], "reserved_to": text})).await, "reserved_to");
    }
    for value in [json!(20290524), json!(true), json!(["2029-05-24T17:00:00+10:00"]), json!({"at": "2029"})] {
        invalid(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": value})).await, "reserved_to");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    assert_eq!(ticket(&kassir.reserve("7-1;2", "order").await), own, "the reservation is as it was");
}

async fn it_must_be_in_the_future(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    let own = ticket(&kassir.reserve("7-1;2", "order").await);

    for past in ["2018-05-24T17:00:00+10:00", "0001-01-01T00:00:00Z", &Moment::in_seconds(0).to_string()] {
        invalid(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": past})).await, "reserved_to");
        invalid(&kassir.add(json!({"id": own["id"], "reserved_to": past})).await, "reserved_to");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);

    // A moment that is still to come is taken until it has come.
    let soon = Moment::in_seconds(2);
    let prolong = json!({"id": own["id"], "reserved_to": soon.to_string()});
    let mut was_taken = true;
    holds_until(soon, async || {
        let answer = kassir.add(prolong.clone()).await;
        if answer.status != 200 {
            invalid(&answer, "reserved_to");
            was_taken = false;
        }
        was_taken
    })
    .await;
}

async fn it_must_not_be_past_the_start_of_the_show(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(3)).printed();
    let kassir = app.tickets("kassir");

    // The show starts at 2030-01-03T17:00:00+10:00, 07:00 in Greenwich.
    for late in [
        "2030-01-03T17:00:01+10:00",
        "2030-01-03T07:00:00.000001Z",
        "2030-01-03T17:00:00",
        "9999-12-31T23:59:59Z",
    ] {
        invalid(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": late})).await, "reserved_to");
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
    ticket(&kassir.add(json!({"seat_id": "7-1;1", "reserved_to": "2030-01-03T17:00:00+10:00"})).await);
    ticket(&kassir.add(json!({"seat_id": "7-1;2", "reserved_to": "2030-01-03T07:00:00Z"})).await);
    // In the city it is ten o'clock then.
    ticket(&kassir.add(json!({"seat_id": "7-1;3", "reserved_to": "2030-01-03T10:00:00"})).await);
}
