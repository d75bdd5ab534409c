//! Which show a path means: `{event_id}/{show_id?}`.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall, on_both_engines};

use super::{add_show, hall_with, invalid, refused, ticket};

on_both_engines!(
    an_only_show_need_not_be_named,
    one_of_several_shows_must_be_named,
    shows_that_are_past_do_not_count,
    an_event_or_a_show_that_is_not_there_is_not_found,
    a_path_may_end_in_a_slash,
);

/// The methods that name a show, each with parameters that it would take.
fn methods() -> [(&'static str, Value); 4] {
    let update = json!({"external_id": "order", "reserved_to": "2029-12-31T00:00:00+03:00"});
    [
        ("events/seats", json!({})),
        ("tickets/add", json!({"seat_id": "7-1;1", "paid": 1})),
        ("tickets/update", update),
        ("tickets/remove", json!({"external_id": "order"})),
    ]
}

async fn an_only_show_need_not_be_named(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("7-1;2", "order").await);

    assert_eq!(kassir.get("events/seats/12").await.json, kassir.get("events/seats/12/21").await.json);
    for (method, body) in methods() {
        let answer = kassir.post(&format!("{method}/12"), body).await;
        assert_eq!((answer.status.as_u16(), &answer.json["show_id"]), (200, &json!(21)), "{}", answer.text);
    }
}

async fn one_of_several_shows_must_be_named(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    add_show(&mut programme, 22, "2030-01-04T17:00:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    ticket(
        &kassir
            .post(
                "tickets/add/12/22",
                json!({"seat_id": "7-1;2", "external_id": "order", "reserved_to": "2029-01-01T00:00:00Z"}),
            )
            .await,
    );

    for (method, body) in methods() {
        invalid(&kassir.post(&format!("{method}/12"), body.clone()).await, "show_id");
        let answer = kassir.post(&format!("{method}/12/22"), body).await;
        assert_eq!((answer.status.as_u16(), &answer.json["show_id"]), (200, &json!(22)), "{}", answer.text);
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true, "the other show is another show");
}

async fn shows_that_are_past_do_not_count(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    add_show(&mut programme, 20, "2018-05-04T06:22:00+10:00");
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.reserve("7-1;2", "order").await);

    for (method, body) in methods() {
        let answer = kassir.post(&format!("{method}/12"), body).await;
        assert_eq!((answer.status.as_u16(), &answer.json["show_id"]), (200, &json!(21)), "{}", answer.text);
    }
}

async fn an_event_or_a_show_that_is_not_there_is_not_found(engine: Engine) {
    let app = App::start(engine);
    let mut programme = hall_with(2);
    add_show(&mut programme, 20, "2018-05-04T06:22:00+10:00");
    let mut past = hall()["events"][0].clone();
    past["event_id"] = 33.into();
    past["shows"][0]["start_date"] = "2018-05-04T06:22:00+10:00".into();
    programme["events"].as_array_mut().expect("events").push(past);
    app.import("tickets", &programme).printed();
    let kassir = app.tickets("kassir");

    let absent = [
        "13",                         // unknown
        "13/21",                      //
        "12/22",                      // of an event that is there
        "12/20",                      // past
        "33",                         // an event of which all is past
        "33/21",                      //
        "0",                          //
        "-12",                        //
        "9223372036854775807/21",     // huge
        "99999999999999999999999/21", // beyond any integer
        "12/99999999999999999999999", //
        "twelve",                     // no number
        "twelve/21",                  //
        "12/twenty-one",              //
        "12.0/21",                    //
        "12%00/21",                   // a NUL
        "%D0%BE/21",                  // other letters
        "%ff%fe/21",                  // not UTF-8
        "12/%ff",                     //
        "12%2F21",                    // an escaped slash parts nothing
    ];
    for (method, body) in methods() {
        for show in absent {
            let path = format!("{method}/{show}");
            refused(&kassir.post(&path, body.clone()).await, 404, "EVENT_NOT_FOUND");
            refused(&kassir.get(&path).await, 404, "EVENT_NOT_FOUND");
        }
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn a_path_may_end_in_a_slash(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    let both = async |kassir: &Tickets, path: &str| {
        let plain = kassir.get(path).await;
        assert_eq!(plain.status, 200, "{path}: {}", plain.text);
        assert_eq!(kassir.get(&format!("{path}/")).await.json, plain.json, "{path}/");
    };
    both(&kassir, "events/lists").await;
    both(&kassir, "events/seats/12").await;
    both(&kassir, "events/seats/12/21").await;
    let request =
        kassir.request(Method::POST, "tickets/add/12/21/").query(&[("seat_id", "7-1;1"), ("paid", "1")]);
    ticket(&kassir.send(request).await);
}
