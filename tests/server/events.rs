//! `events`: what happened, one JSON object a line.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{App, Engine, Running, Terminal, hall, on_both_engines};

on_both_engines!(
    events_are_told_one_json_object_a_line_oldest_first,
    no_more_are_told_than_asked_for,
    following_tells_what_happens_from_then_on,
    what_is_refused_leaves_no_event,
);

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn events_are_told_one_json_object_a_line_oldest_first(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    assert_eq!(app.command(&["events"]).printed(), "");
    client.reserve("7-1;8", "order-1").await;
    client.post("tickets/update/12/21", json!({"external_id": "order-1", "paid": 1})).await;
    app.tickets("afisha").reserve("3-1;1", "order-1").await;

    let events = parsed(&app.command(&["events"]).printed());
    let told =
        events.iter().map(|event| (event["type"].as_str().unwrap(), event["account"].as_str().unwrap()));
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            ("tickets.ticket.reserved", "kassir"),
            ("tickets.ticket.paid", "kassir"),
            ("tickets.ticket.reserved", "afisha")
        ]
    );
    for event in &events {
        let fields: BTreeSet<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["account", "data", "id", "occurred_at", "type"]));
        assert!(event["data"].is_object(), "{event}");
        let at = event["occurred_at"].as_str().unwrap();
        assert!(at.len() == "2026-08-01T12:00:00.000000Z".len() && at.ends_with('Z'), "{at}");
    }
    let ids: BTreeSet<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3, "each has an id of its own");
    assert!(events.is_sorted_by_key(|event| event["occurred_at"].as_str()));
}

async fn no_more_are_told_than_asked_for(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    for order in 0..5 {
        client.reserve("3-1;1", &format!("order-{order}")).await;
    }
    let all = app.command(&["events"]).printed();
    assert_eq!(all.lines().count(), 5);
    for limit in 0..=7 {
        let some = app.command(&["events", "--limit", &limit.to_string()]).printed();
        assert_eq!(some.lines().count(), limit.min(5));
        assert!(all.starts_with(&some), "the oldest");
    }
    let terminal =
        Terminal::new().env("PARTNERAPI_DATABASE_URL", app.database.url()).env("PARTNERAPI_LIMIT", "2");
    assert_eq!(terminal.run(&["events"]).printed().lines().count(), 2);
}

async fn following_tells_what_happens_from_then_on(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    client.reserve("3-1;1", "order-0").await;

    let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", app.database.url());
    let mut following = terminal.start(&["events", "--follow"]);
    let mut limited = terminal.start(&["events", "--follow", "--limit", "3"]);
    let told = |events: &Running, count| {
        let events = events.stdout();
        events.lines().count() == count
    };
    testkit::until("it tells what was before", async || told(&following, 1)).await;
    for order in 1..10 {
        client.reserve("3-1;1", &format!("order-{order}")).await;
        testkit::until("it tells what happened", async || told(&following, order + 1)).await;
    }
    assert_eq!(following.stdout(), app.command(&["events"]).printed(), "all, once, in order");
    assert!(!following.has_ended());
    assert!(limited.wait().success());
    assert_eq!(limited.stdout().lines().count(), 3);
    following.kill();
}

async fn what_is_refused_leaves_no_event(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    assert_eq!(client.buy("7-1;8").await.status, 200);
    assert_eq!(client.buy("7-1;8").await.status, 409);
    assert_eq!(client.buy("9-9;9").await.status, 404);
    assert_eq!(client.post("tickets/remove/12/21", json!({"id": "77"})).await.status, 404);
    assert_eq!(app.command(&["events"]).printed().lines().count(), 1);
}
