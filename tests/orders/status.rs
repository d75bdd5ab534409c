//! Asking how an order stands.

use serde_json::json;
use testkit::{Engine, on_both_engines, until};

use super::{create, made, order, start};

on_both_engines!(
    the_partners_word_becomes_our_numbers,
    a_change_is_found_without_anybody_asking,
    an_order_that_nobody_knows_is_an_error,
);

async fn the_partners_word_becomes_our_numbers(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(60)).await);
    for (word, id) in [("accepted", 1), ("in_shop", 4), ("packed", -1), ("done", 2)] {
        partner.set_status(&theirs, Some(word)).await;
        let expected =
            json!({"result": "success", "status_id": id, "their_status_id": id, "their_items": null});
        for path in [
            "/v2/orders/60".to_owned(),
            format!("/v2/orders/60/?their_order_id={theirs}"),
            format!("/v2/orders/?order_id=60&their_order_id={theirs}"),
        ] {
            let answer = app.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.json), (200, expected.clone()), "{path}");
        }
    }
    partner.set_status(&theirs, None).await;
    let answer = app.get("/v2/orders/60").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["result"]),
        (200, &json!("error")),
        "no word is no status"
    );
}

async fn a_change_is_found_without_anybody_asking(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(61)).await);
    partner.set_status(&theirs, Some("done")).await;
    until("the change is an event", async || {
        let events = app.command(&["events"]).printed();
        events.lines().any(|line| line.contains("orders.order.status_changed") && line.contains("\"done\""))
    })
    .await;
}

async fn an_order_that_nobody_knows_is_an_error(engine: Engine) {
    let (app, _partner) = start(engine);
    for path in ["/v2/orders/62", "/v2/orders/62?their_order_id=404"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json["result"], "error", "{path}: {}", answer.text);
        assert!(answer.json["message"].is_string(), "{path}: {}", answer.text);
    }
}
