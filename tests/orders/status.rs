//! Asking how an order stands.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, Partner, on_both_engines, until};

use super::{counted, create, errors, events, made, order, partner_error, relaying_when_asked, send, start};

on_both_engines!(
    the_partners_word_becomes_our_numbers,
    a_word_that_the_table_does_not_have_is_counted,
    a_partner_that_cannot_tell_is_an_error,
    an_order_of_another_system_can_be_asked_after,
    an_order_that_nobody_knows_is_an_error,
    a_change_is_found_without_anybody_asking,
    an_order_that_has_come_to_its_end_is_left_in_peace,
    a_change_is_counted_once_and_is_an_event,
    a_client_that_knows_another_status_counts_as_a_change,
);

async fn the_partners_word_becomes_our_numbers(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(60)).await);
    for (word, id) in [
        ("created", 0),
        ("accepted", 1),
        ("delivery", 1),
        ("in_shop", 4),
        ("packed", -1),
        ("Done", -1),
        ("done", 2),
        ("cancelled", 3),
    ] {
        partner.set_status(&theirs, Some(word)).await;
        let expected =
            json!({"result": "success", "status_id": id, "their_status_id": id, "their_items": null});
        for path in [
            "/v2/orders/60".to_owned(),
            format!("/v2/orders/60/?their_order_id={theirs}"),
            format!("/v2/orders/?order_id=60&their_order_id={theirs}"),
            "/v2/orders?order_id=60&their_order_id=".to_owned(),
        ] {
            let answer = app.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.json), (200, expected.clone()), "{path}: {word}");
        }
        let old = json!({"OrderId": 60, "TheirOrderId": theirs});
        let answer = send(&app, Method::POST, "/GetOrderStatus", &old).await;
        let expected = json!({"Result": "success", "StatusId": id, "TheirStatusId": id, "TheirItems": null});
        assert_eq!((answer.status.as_u16(), answer.json), (200, expected), "{word}");
    }
}

async fn a_word_that_the_table_does_not_have_is_counted(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(61)).await);
    // Of an order that is at its end nobody but us asks.
    partner.set_status(&theirs, Some("done")).await;
    app.get("/v2/orders/61").await;
    assert_eq!(counted(&app, "order_status_mapping_error").await, 0.0);
    partner.set_status(&theirs, Some("packed")).await;
    app.get("/v2/orders/61").await;
    app.get("/v2/orders/61").await;
    assert_eq!(counted(&app, "order_status_mapping_error").await, 2.0);
}

async fn a_partner_that_cannot_tell_is_an_error(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying_when_asked(engine, &partner, "1");
    let theirs = made(&create(&app, &order(62)).await);
    let ask = async || {
        let answer = app.get(&format!("/v2/orders/62?their_order_id={theirs}")).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["result"]),
            (200, &json!("error")),
            "{}",
            answer.text
        );
        answer.json["message"].as_str().expect("a message").to_owned()
    };
    partner.set_status(&theirs, None).await;
    ask().await;
    partner.set_status(&theirs, Some("done")).await;
    for failure in ["html", "broken-json", "wrong-shape", "empty", "huge:2", "404", "errors-empty"] {
        partner.arm("orders-data", failure, 1).await;
        ask().await;
    }
    partner.arm("orders-data", "errors-text", 1).await;
    let told = ask().await;
    let told_as_well = {
        partner.arm("orders-data", "errors-list", 1).await;
        ask().await
    };
    assert!(!told.is_empty() && !told_as_well.contains('['), "the partner's first error as plain text");
    assert_eq!(app.get("/v2/orders/62").await.json["status_id"], 2);
}

async fn an_order_of_another_system_can_be_asked_after(engine: Engine) {
    let (app, _partner) = start(engine);
    let theirs = made(&create(&app, &order(63)).await);
    let answer = app.get(&format!("/v2/orders/99999?their_order_id={theirs}")).await;
    assert_eq!(answer.json["status_id"], 0, "{}", answer.text);
}

async fn an_order_that_nobody_knows_is_an_error(engine: Engine) {
    let (app, partner) = start(engine);
    partner.arm("create", "errors-text", 1).await;
    assert_eq!(errors(&create(&app, &order(64)).await), partner_error());
    for path in ["/v2/orders/404", "/v2/orders/404?their_order_id=404", "/v2/orders/64"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json["result"], "error", "{path}: {}", answer.text);
        assert!(answer.json["message"].is_string(), "{path}: {}", answer.text);
        assert_eq!(answer.json.as_object().map(serde_json::Map::len), Some(2), "{}", answer.text);
    }
}

async fn a_change_is_found_without_anybody_asking(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(65)).await);
    for (from, to) in [("created", "accepted"), ("accepted", "packed"), ("packed", "cancelled")] {
        partner.set_status(&theirs, Some(to)).await;
        until("the change is an event", async || {
            let mut changes =
                events(&app).into_iter().filter(|(kind, _)| kind == "orders.order.status_changed");
            let (_, last) = changes.next_back().unwrap_or_default();
            last["from"]["status"] == from && last["to"]["status"] == to
        })
        .await;
    }
    let (last, data) = events(&app).pop().expect("an event");
    assert_eq!(last, "orders.order.cancelled", "by the partner");
    assert_eq!(
        data,
        json!({"source_project_id": 8, "kodpost": 116_897, "order_id": 65, "their_order_id": theirs})
    );
    let seen = app.database.rows("SELECT status, status_id FROM orders_statuses ORDER BY number");
    let seen: Vec<String> =
        seen.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(seen, ["accepted 1", "packed -1", "cancelled 3"], "every status seen is recorded");
}

async fn an_order_that_has_come_to_its_end_is_left_in_peace(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(66)).await);
    partner.set_status(&theirs, Some("done")).await;
    until("its end is known", async || {
        events(&app)
            .iter()
            .any(|(kind, data)| kind.ends_with("status_changed") && data["to"]["status"] == "done")
    })
    .await;
    let next = "SELECT count(*) FROM orders_orders WHERE next_at IS NOT NULL";
    assert_eq!(app.database.value(next), "0", "nobody looks at it again");
}

async fn a_change_is_counted_once_and_is_an_event(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(67)).await);
    partner.set_status(&theirs, Some("done")).await;
    for _ in 0..3 {
        app.get("/v2/orders/67").await;
    }
    assert_eq!(counted(&app, "order_changing_status_counter").await, 1.0);
    let events = events(&app);
    assert_eq!(events.len(), 2, "created, and one change: {events:?}");
    assert_eq!(
        events[1].1,
        json!({
            "source_project_id": 8, "kodpost": 116_897, "order_id": 67, "their_order_id": theirs,
            "from": {"status": "created", "status_id": 0, "their_status_id": 0},
            "to": {"status": "done", "status_id": 2, "their_status_id": 2}
        })
    );
}

async fn a_client_that_knows_another_status_counts_as_a_change(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(68)).await);
    partner.set_status(&theirs, Some("done")).await;
    app.get("/v2/orders/68").await;
    assert_eq!(counted(&app, "order_changing_status_counter").await, 1.0);
    let ask = async |known: i64| {
        let body = json!({"OrderId": 68, "TheirOrderId": theirs, "TheirStatusId": known});
        let answer = send(&app, Method::POST, "/GetOrderStatus", &body).await;
        assert_eq!(answer.json["StatusId"], 2, "{}", answer.text);
        counted(&app, "order_changing_status_counter").await
    };
    assert_eq!(ask(2).await, 1.0);
    assert_eq!(ask(1).await, 2.0);
}
