//! The same three operations in the older clothing.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, on_both_engines};

use super::{old_order, orders_at, send, start};

on_both_engines!(an_order_is_made_asked_after_and_cancelled, a_refusal_of_the_partner_is_told_in_its_words);

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

async fn a_refusal_of_the_partner_is_told_in_its_words(engine: Engine) {
    let (app, partner) = start(engine);
    partner.arm("create", "errors-text", 1).await;
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(81)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["Result"]),
        (200, &json!("order_rejected")),
        "{}",
        answer.text
    );
    assert!(answer.json["Message"].is_string());
    partner.arm("find-orders", "500", 2).await;
    let answer = send(&app, Method::POST, "/SendOrder", &old_order(82)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["Result"]),
        (200, &json!("transient_error")),
        "{}",
        answer.text
    );
    let too_large = send(&app, Method::POST, "/SendOrder", &old_order(3_000_000_000)).await;
    assert_eq!(too_large.status, 422, "OrderId is an int32");
}
