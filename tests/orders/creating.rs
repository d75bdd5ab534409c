//! Making an order.

use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{create, made, order, orders_at, start};

on_both_engines!(
    the_seeds_order_is_made_at_the_partner,
    an_order_that_is_asked_for_again_is_answered_from_the_record,
    equal_requests_at_once_make_one_order,
    what_happened_stands_in_the_events_without_a_word_of_the_client,
);

async fn the_seeds_order_is_made_at_the_partner(engine: Engine) {
    let (app, partner) = start(engine);
    let answer = create(&app, &order(10)).await;
    let theirs = made(&answer);
    let items = json!([
        {"their_id": "58", "price": "10", "count": 10, "part": null},
        {"their_id": "21737", "price": "10", "count": 12, "part": null}
    ]);
    assert_eq!(answer.json, json!({"result": "success", "their_order_id": theirs, "items": items}));
    assert_eq!(orders_at(&partner, 10).await, 1);
}

async fn an_order_that_is_asked_for_again_is_answered_from_the_record(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(11)).await);
    let calls = partner.report("11").await["calls"].clone();

    let mut again = order(11);
    again["items"][0]["price"] = json!("10.00");
    let answer = create(&app, &again).await;
    assert_eq!(made(&answer), theirs);
    assert_eq!(answer.json["items"][0]["price"], "10.00", "as it was sent");
    assert_eq!(partner.report("11").await["calls"], calls, "the partner was not asked");

    again["items"][0]["price"] = json!("1e1");
    let answer = create(&app, &again).await;
    assert_eq!(
        (made(&answer), &answer.json["items"][0]["price"]),
        (theirs.clone(), &json!("10")),
        "the same price"
    );

    let mut other = order(11);
    other["items"][0]["count"] = json!(3);
    assert_eq!(made(&create(&app, &other).await), theirs, "the partner's truth");
    assert_eq!(orders_at(&partner, 11).await, 1);
}

async fn equal_requests_at_once_make_one_order(engine: Engine) {
    let (app, partner) = start(engine);
    let other_server = app.sibling();
    let (one_order, mut requests) = (order(12), Vec::new());
    for number in 0..50 {
        // SQLite's siblings share a file, PostgreSQL's a server.
        let server = if number % 2 == 0 { &app } else { &other_server };
        requests.push(create(server, &one_order));
    }
    let mut ids: Vec<String> = futures_util::future::join_all(requests).await.iter().map(made).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one answer: {ids:?}");
    assert_eq!(orders_at(&partner, 12).await, 1);
}

async fn what_happened_stands_in_the_events_without_a_word_of_the_client(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(13)).await);
    // A partner whose refusal has the client's name in it.
    partner.arm("create", "errors-text", 1).await;
    let mut refused = order(14);
    refused["client"]["name"] = json!("no orders today");
    create(&app, &refused).await;
    let events = app.command(&["events"]).printed();
    assert!(events.contains(r#""message":"The shop takes …""#), "{events}");
    let event: Value = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .find(|event| event["type"] == "orders.order.created")
        .expect("the event");
    assert_eq!(
        event["data"],
        json!({"source_project_id": 8, "kodpost": 116_897, "order_id": 13, "their_order_id": theirs})
    );
    for personal in ["79997772211", "example@example.com"] {
        assert!(!events.contains(personal));
        assert!(!app.server.log().iter().any(|line| line.contains(personal)));
    }
}
