//! `open_to`: which partners an event is open to.

use serde_json::{Value, json};
use testkit::{App, Engine, Tickets, hall, on_both_engines};

use super::{hall_with, refused, ticket};

on_both_engines!(
    an_event_is_open_to_all_or_to_those_that_are_named,
    an_event_that_is_not_open_is_as_good_as_none,
    an_import_opens_and_closes_at_once,
);

/// Event 12 for kassir alone, event 33 for all, event 44 for nobody.
fn programme() -> Value {
    let mut programme = hall_with(2);
    programme["events"][0]["open_to"] = json!(["kassir"]);
    for (event_id, open_to) in [(33, Value::Null), (44, json!([]))] {
        let mut event = hall()["events"][0].clone();
        event["event_id"] = event_id.into();
        if open_to.is_array() {
            event["open_to"] = open_to;
        }
        programme["events"].as_array_mut().expect("events").push(event);
    }
    programme
}

async fn an_event_is_open_to_all_or_to_those_that_are_named(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &programme()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));

    // In both orders, so that nobody sees what was put together for another.
    for _ in 0..2 {
        assert_eq!(listed(&kassir).await, [12, 33]);
        assert_eq!(listed(&afisha).await, [33]);
        assert_eq!(
            listed(&app.tickets("Kassir")).await,
            [33],
            "an account's name is what it is to the letter"
        );
    }
    ticket(&kassir.post("tickets/add/12", json!({"seat_id": "7-1;1", "paid": 1})).await);
    ticket(&afisha.post("tickets/add/33", json!({"seat_id": "7-1;8", "paid": 1})).await);
}

async fn an_event_that_is_not_open_is_as_good_as_none(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &programme()).printed();
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    assert_eq!(kassir.get("events/seats/12/21").await.status, 200);

    let unknown = afisha.get("events/seats/99/21").await;
    refused(&unknown, 404, "EVENT_NOT_FOUND");
    for show in ["12", "12/21", "44", "44/21"] {
        for (method, body) in [
            ("events/seats", json!({})),
            ("tickets/add", json!({"seat_id": "7-1;1", "paid": 1})),
            ("tickets/add", json!({"external_id": "order", "paid": 1})),
            ("tickets/update", json!({"external_id": "order", "paid": 1})),
            ("tickets/remove", json!({"external_id": "order"})),
        ] {
            let answer = afisha.post(&format!("{method}/{show}"), body).await;
            refused(&answer, 404, "EVENT_NOT_FOUND");
            assert_eq!(answer.json, unknown.json, "nothing tells it from an event that is not there");
        }
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn an_import_opens_and_closes_at_once(engine: Engine) {
    let app = App::start(engine);
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let mut programme = hall_with(2);
    for (open_to, kassirs, afishas) in [
        (json!(["kassir"]), true, false),
        (json!(["afisha"]), false, true),
        (json!(["afisha", "kassir"]), true, true),
        (json!([]), false, false),
    ] {
        programme["events"][0]["open_to"] = open_to;
        app.import("tickets", &programme).printed();
        for (client, is_open) in [(&kassir, kassirs), (&afisha, afishas)] {
            assert_eq!(!listed(client).await.is_empty(), is_open);
            assert_eq!(client.get("events/seats/12").await.status == 200, is_open);
        }
    }
    app.import("tickets", &hall_with(2)).printed();
    assert_eq!(
        (listed(&kassir).await, listed(&afisha).await),
        (vec![12], vec![12]),
        "all, where it is left out"
    );

    // A partner that is shut out keeps its tickets for the day that it is let in again.
    let own = ticket(&kassir.reserve("7-1;1", "order").await);
    programme["events"][0]["open_to"] = json!(["afisha"]);
    app.import("tickets", &programme).printed();
    refused(&kassir.remove(json!({"external_id": "order"})).await, 404, "EVENT_NOT_FOUND");
    app.import("tickets", &hall_with(2)).printed();
    assert_eq!(ticket(&kassir.reserve("7-1;1", "order").await), own);
}

async fn listed(client: &Tickets) -> Vec<i64> {
    let lists = client.get("events/lists").await;
    let entries = lists.json["result"].as_array().unwrap_or_else(|| panic!("{}", lists.text));
    entries.iter().map(|entry| entry["event_id"].as_i64().expect("a number")).collect()
}
