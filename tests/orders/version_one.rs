//! The same three operations in the older clothing.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{old_order, orders_at, send, start};

on_both_engines!(
    an_order_is_made_asked_after_and_cancelled,
    a_refusal_that_is_not_about_items_is_told_in_the_partners_words,
    everything_else_that_fails_may_work_later,
    a_status_that_cannot_be_told_is_an_error,
    a_cancellation_that_is_not_allowed_or_fails_is_told_apart,
    both_versions_know_each_others_orders,
    a_broken_body_is_told_where_it_breaks,
);

async fn an_order_is_made_asked_after_and_cancelled(engine: Engine) {
    let (app, partner) = start(engine);
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(80)).await;
    let theirs = answer.json["TheirOrderId"].clone();
    let items = json!([{"TheirId": "58", "Price": "10.0", "Count": 1}]);
    assert_eq!(answer.json, json!({"Result": "success", "TheirOrderId": theirs, "Items": items}));
    assert_eq!(orders_at(&partner, 80).await, 1);

    partner.set_status(theirs.as_str().expect("a text"), Some("accepted")).await;
    let body = json!({"OrderId": 80, "TheirOrderId": theirs, "TheirStatusId": 0});
    let answer = send(&app, Method::POST, "/GetOrderStatus", &body).await;
    let status = json!({"Result": "success", "StatusId": 1, "TheirStatusId": 1, "TheirItems": null});
    assert_eq!(answer.json, status);

    let body = json!({"order_ID": 80, "their_order_ID": theirs});
    assert_eq!(send(&app, Method::POST, "/cancel_order/", &body).await.json, json!({"Result": "success"}));
}

/// Sends a body and gives the result and the message, which is all that there is.
async fn told(app: &App, path: &str, body: &Value) -> (Value, String) {
    let answer = send(app, Method::POST, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let message = answer.json["Message"].as_str().expect("a message").to_owned();
    assert_eq!(answer.json, json!({"Result": answer.json["Result"], "Message": message}));
    (answer.json["Result"].clone(), message)
}

async fn a_refusal_that_is_not_about_items_is_told_in_the_partners_words(engine: Engine) {
    let (app, partner) = start(engine);
    for failure in ["errors-text", "errors-list", "errors-object", "errors-empty"] {
        partner.arm("create", failure, 1).await;
        let (result, message) = told(&app, "/SendOrder", &old_order(81)).await;
        assert_eq!(result, "order_rejected", "{failure}");
        let expected = match failure {
            "errors-empty" => "The partner gave no reason",
            _ => "The shop takes no orders today",
        };
        assert_eq!(message, expected, "{failure}");
    }
    let mut elsewhere = old_order(81);
    elsewhere["TheirPharmacyId"] = json!("nowhere");
    assert_eq!(told(&app, "/SendOrder", &elsewhere).await.0, "order_rejected");
    assert_eq!(orders_at(&partner, 81).await, 0);
}

async fn everything_else_that_fails_may_work_later(engine: Engine) {
    let (app, partner) = start(engine);
    for (endpoint, failure, count) in [
        ("find-orders", "500", 2),
        ("find-orders", "html", 1),
        ("find-orders", "errors-text", 1),
        ("create", "hang-up", 2),
        ("create", "broken-json", 1),
        ("create", "404", 1),
        ("create", "item-not-found", 1),
        ("create", "wrong-quantity", 1),
        ("create", "wrong-price", 1),
        ("create", "unknown-text", 1),
        ("create", "unordered-item", 1),
    ] {
        partner.arm(endpoint, failure, count).await;
        let (result, _) = told(&app, "/SendOrder", &old_order(82)).await;
        assert_eq!(result, "transient_error", "{endpoint}: {failure}");
    }
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(82)).await;
    assert_eq!(answer.json["Result"], "success", "and later it works: {}", answer.text);
    assert_eq!(orders_at(&partner, 82).await, 1);

    let alone = App::start(engine);
    assert_eq!(told(&alone, "/SendOrder", &old_order(82)).await.0, "transient_error", "without an address");
}

async fn a_status_that_cannot_be_told_is_an_error(engine: Engine) {
    let (app, partner) = start(engine);
    let body = json!({"OrderId": 83, "TheirOrderId": "404"});
    assert_eq!(told(&app, "/GetOrderStatus", &body).await.0, "error", "the partner does not know it");
    partner.arm("orders-data", "500", 9).await;
    assert_eq!(told(&app, "/GetOrderStatus", &body).await.0, "error");
    let alone = App::start(engine);
    assert_eq!(told(&alone, "/GetOrderStatus", &body).await.0, "error", "without an address");
}

async fn a_cancellation_that_is_not_allowed_or_fails_is_told_apart(engine: Engine) {
    let (app, partner) = start(engine);
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(84)).await;
    let theirs = answer.json["TheirOrderId"].clone();
    let body =
        json!({"order_ID": 84, "their_order_ID": theirs, "TheirPharmacyId": "1086", "client_phone": "7"});
    for failure in ["errors-empty", "errors-text", "html", "404"] {
        partner.arm("cancel", failure, 1).await;
        assert_eq!(told(&app, "/cancel_order", &body).await.0, "transient_error", "{failure}");
    }
    partner.arm("cancel", "500", 2).await;
    assert_eq!(told(&app, "/cancel_order", &body).await.0, "transient_error");
    partner.arm("cancel", "not-allowed", 1).await;
    let rejected = (json!("order_cancel_rejected"), "cancellation not allowed".to_owned());
    assert_eq!(told(&app, "/cancel_order", &body).await, rejected);
    for _ in 0..2 {
        let answer = send(&app, Method::POST, "/cancel_order", &body).await;
        assert_eq!((answer.status.as_u16(), answer.json), (200, json!({"Result": "success"})));
    }
    let alone = App::start(engine);
    assert_eq!(told(&alone, "/cancel_order", &body).await.0, "transient_error", "without an address");
}

async fn both_versions_know_each_others_orders(engine: Engine) {
    let (app, partner) = start(engine);
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(85)).await;
    let theirs = &answer.json["TheirOrderId"];
    assert_eq!(app.get("/v2/orders/85").await.json["result"], "success");
    let body = json!({"order_id": 85, "their_order_id": theirs});
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json["result"], "success");
    let body = json!({"OrderId": 85, "TheirOrderId": theirs});
    assert_eq!(send(&app, Method::POST, "/GetOrderStatus", &body).await.json["StatusId"], 3);
    assert_eq!(orders_at(&partner, 85).await, 1);
}

async fn a_broken_body_is_told_where_it_breaks(engine: Engine) {
    let (app, _partner) = start(engine);
    for (path, field) in
        [("/SendOrder", "OrderId"), ("/GetOrderStatus", "OrderId"), ("/cancel_order", "order_ID")]
    {
        // One more than an int32 holds.
        let answer = send(&app, Method::POST, path, &json!({field: 2_147_483_648_i64})).await;
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.json["detail"][0]["loc"], json!(["body", field]), "{path}");
        assert_eq!(answer.json["detail"][1]["type"], "missing", "{path}: all faults at once");
    }
}
