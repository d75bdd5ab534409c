//! Cancelling an order.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, Engine, on_both_engines};

use super::{create, events, made, order, send, start};

on_both_engines!(
    an_order_is_cancelled_by_body_or_by_query,
    what_the_partner_does_not_allow_is_rejected,
    what_may_work_later_is_transient,
    a_cancellation_is_repeated_like_any_call_of_a_shopper,
    an_order_of_another_system_can_be_cancelled,
    what_is_said_twice_or_hangs_is_cancelled_once,
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

async fn a_cancellation_is_repeated_like_any_call_of_a_shopper(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(74)).await);
    partner.arm("cancel", "500", 1).await;
    let body = json!({"order_id": 74, "their_order_id": theirs});
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json, json!({"result": "success"}));
    assert_eq!(partner.report("74").await["calls"]["74"]["cancel"], 2);
}

async fn an_order_of_another_system_can_be_cancelled(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(75)).await);
    // Under a number that our record does not have.
    let body = json!({"order_id": 9075, "their_order_id": theirs});
    assert_eq!(send(&app, Method::DELETE, "/v2/orders/", &body).await.json, json!({"result": "success"}));
    assert_eq!(partner.report("75").await["orders"][0]["status"], "cancelled");
    let nobodys = json!({"order_id": 9075, "their_order_id": "404"});
    let answer = send(&app, Method::DELETE, "/v2/orders/", &nobodys).await;
    let unknown = json!({"result": "transient_error", "message": "order not found"});
    assert_eq!(answer.json, unknown, "in the partner's words");
    assert_eq!(events(&app).len(), 1, "only what is recorded is told about");
}

async fn what_is_said_twice_or_hangs_is_cancelled_once(engine: Engine) {
    let (app, partner) = start(engine);
    let theirs = made(&create(&app, &order(76)).await);
    partner.arm("cancel", "hang-up-after", 1).await;
    let body = json!({"order_id": 76, "their_order_id": theirs});
    let (one, other) = tokio::join!(
        send(&app, Method::DELETE, "/v2/orders/", &body),
        send(&app, Method::DELETE, "/v2/orders/", &body)
    );
    for answer in [one, other] {
        assert_eq!(answer.json, json!({"result": "success"}));
    }
    let cancelled = events(&app).into_iter().filter(|(kind, _)| kind == "orders.order.cancelled");
    assert_eq!(cancelled.count(), 1);
}
