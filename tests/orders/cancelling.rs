//! Cancelling an order.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, Engine, on_both_engines};

use super::{create, made, order, send, start};

on_both_engines!(
    an_order_is_cancelled_by_body_or_by_query,
    what_the_partner_does_not_allow_is_rejected,
    what_may_work_later_is_transient,
);

async fn an_order_is_cancelled_by_body_or_by_query(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(70)).await);
    let body = json!({"order_id": 70, "their_order_id": theirs});
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json, json!({"result": "success"}));
    let calls = partner.report("70").await["calls"].clone();
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json, json!({"result": "success"}));
    assert_eq!(partner.report("70").await["calls"], calls, "the record knows that it is cancelled");
    assert!(app.command(&["events"]).printed().contains("orders.order.cancelled"));

    let theirs = made(&create(&app, &order(71)).await);
    let path = format!("/v2/orders/?order_id=71&their_order_id={theirs}");
    let cancelled = Answer::of(app.request(Method::DELETE, &path)).await;
    assert_eq!(cancelled.json, json!({"result": "success"}));
}

async fn what_the_partner_does_not_allow_is_rejected(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(72)).await);
    partner.set_status(&theirs, Some("delivery")).await;
    let body = json!({"order_id": 72, "their_order_id": theirs});
    let answer = send(&app, Method::DELETE, "/v2/orders/", &body).await;
    let rejected = json!({"result": "order_cancel_rejected", "message": "cancellation not allowed"});
    assert_eq!((answer.status.as_u16(), answer.json), (200, rejected));
}

async fn what_may_work_later_is_transient(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(73)).await);
    let body = json!({"order_id": 73, "their_order_id": theirs});
    for failure in ["errors-empty", "errors-text", "html", "404"] {
        partner.arm("cancel", failure, 1).await;
        let answer = send(&app, Method::DELETE, "/v2/orders/", &body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["result"]),
            (200, &json!("transient_error")),
            "{failure}"
        );
    }
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json, json!({"result": "success"}));
}
