//! Of several faults the first answers: authorisation, event, parameters, ticket, seat, availability.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{add_show, hall_with, invalid, refused, ticket, unavailable};

on_both_engines!(
    authorisation_comes_before_everything,
    the_event_comes_before_the_parameters,
    both_come_before_the_size_of_the_body,
    the_parameters_come_before_the_ticket_and_the_seat,
    the_ticket_comes_before_the_seat,
    the_seat_comes_before_its_availability,
);

const METHODS: [&str; 3] = ["tickets/add", "tickets/update", "tickets/remove"];

async fn authorisation_comes_before_everything(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let mut stranger = app.tickets("kassir");
    stranger.key = "pk_tickets_nobody".into();

    for method in METHODS {
        let unknown = stranger.post(&format!("{method}/99/99"), json!({"paid": 7})).await;
        refused(&unknown, 401, "WRONG_AUTHORIZATION");
        let path = format!("{method}/12/21");
        for (content_type, body) in [
            ("application/json", b"{broken".to_vec()),
            ("application/json", b"{}".to_vec()),
            ("text/plain", b"seat_id=7-1;1".to_vec()),
            ("application/x-www-form-urlencoded", b"seat_id=%ff".to_vec()),
        ] {
            let request =
                stranger.request(Method::POST, &path).header("Content-Type", content_type).body(body);
            refused(&stranger.send(request).await, 401, "WRONG_AUTHORIZATION");
        }
    }
    refused(&stranger.get("events/seats/99").await, 401, "WRONG_AUTHORIZATION");
}

async fn the_event_comes_before_the_parameters(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(1);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let wrong: [Value; 6] = [
        json!({}),
        json!({"seat_id": "9-9;9"}),
        json!({"seat_id": "7-1;1", "paid": 7}),
        json!({"id": "x", "paid": 1}),
        json!({"external_id": "x".repeat(256), "paid": 1}),
        json!([]),
    ];
    for method in METHODS {
        for body in &wrong {
            let unknown = kassir.post(&format!("{method}/99/21"), body.clone()).await;
            refused(&unknown, 404, "EVENT_NOT_FOUND");
            // Which show is meant is a question about the event.
            invalid(&kassir.post(&format!("{method}/12"), body.clone()).await, "show_id");
        }
        for (content_type, body) in [
            ("application/json", b"{broken".to_vec()),
            ("text/plain", b"seat_id=7-1;1".to_vec()),
            ("application/x-www-form-urlencoded", b"seat_id=%ff".to_vec()),
        ] {
            let request = kassir.request(Method::POST, &format!("{method}/99/21"));
            let request = request.header("Content-Type", content_type).body(body);
            refused(&kassir.send(request).await, 404, "EVENT_NOT_FOUND");
        }
    }
}

async fn both_come_before_the_size_of_the_body(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    for method in METHODS {
        let large = |event_id: i64| {
            let path = format!("{method}/{event_id}/21");
            let headed = kassir.anonymous(Method::POST, &path).header("Content-Type", "application/json");
            headed.body(vec![b' '; 10 << 20])
        };
        refused(&kassir.send(large(12)).await, 401, "WRONG_AUTHORIZATION");
        refused(&kassir.send(large(99).bearer_auth(&kassir.key)).await, 404, "EVENT_NOT_FOUND");
        let answer = kassir.send(large(12).bearer_auth(&kassir.key)).await;
        assert_eq!(answer.json["code"], "VALIDATION_ERROR", "{}", answer.text);
    }
}

async fn the_parameters_come_before_the_ticket_and_the_seat(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.buy("7-1;1").await);

    // Tickets and seats that are not there, and a seat that is taken.
    for target in [
        json!({"id": "999"}),
        json!({"external_id": "none"}),
        json!({"seat_id": "9-9;9"}),
        json!({"seat_id": "7-1;1"}),
    ] {
        for (name, value) in [
            ("paid", json!(7)),
            ("reserved_to", json!("tomorrow")),
            ("reserved_to", json!("2018-05-24T17:00:00+10:00")),
            ("reserved_to", json!("2031-05-24T17:00:00+10:00")),
            ("reserved_to", Value::Null),
        ] {
            let mut body = target.clone();
            body[name] = value;
            invalid(&kassir.add(body).await, name);
        }
    }
    let long = json!({"seat_id": "9-9;9", "paid": 1, "external_id": "x".repeat(256)});
    invalid(&kassir.add(long).await, "external_id");
    refused(&kassir.remove(json!({"id": "x", "external_id": "none"})).await, 400, "VALIDATION_ERROR");
}

async fn the_ticket_comes_before_the_seat(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(3);
    programme["events"][0]["shows"][0]["zones"][0]["seats"][2]["blocked"] = true.into();
    app.import("tickets", &programme).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    ticket(&kassir.reserve("7-1;1", "order").await);
    ticket(&afisha.buy("7-1;2").await);

    // A name that is a live ticket's, with a seat that is not there, sold or blocked.
    for seat in ["9-9;9", "7-1;2", "7-1;3"] {
        invalid(&kassir.reserve(seat, "order").await, "external_id");
    }
}

async fn the_seat_comes_before_its_availability(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    programme["events"][0]["quotas"] = json!({"kassir": 0});
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    refused(&kassir.buy("9-9;9").await, 404, "SEAT_NOT_FOUND");
    unavailable(&kassir.buy("7-1;1").await, "7-1;1");
}
