//! Orders that are not made, and requests that break the contract.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, on_both_engines};

use super::{create, errors, order, orders_at, partner_error, send, start};

on_both_engines!(
    item_errors_are_told_by_item,
    any_other_refusal_is_a_partner_error,
    without_an_address_it_is_a_service_error_at_once,
    all_faults_of_a_body_are_told_at_once,
);

async fn item_errors_are_told_by_item(engine: Engine) {
    let (app, partner) = start(engine);
    let mut wrong = order(20);
    wrong["items"] = json!([
        {"their_id": "30412", "price": "1.50", "count": 2},
        {"their_id": "no such item", "price": 10, "count": 1}
    ]);
    let found = errors(&create(&app, &wrong).await);
    assert_eq!(found["partner_error"], Value::Null);
    assert_eq!(
        found["price_errors"]["items"],
        json!([{"their_id": "30412", "ordered": "1.50", "available": "641.52"}])
    );
    assert_eq!(
        found["quantity_errors"]["items"],
        json!([{"their_id": "no such item", "ordered": 1, "available": 0}])
    );
    assert_eq!(orders_at(&partner, 20).await, 0);
}

async fn any_other_refusal_is_a_partner_error(engine: Engine) {
    let (app, partner) = start(engine);
    let mut elsewhere = order(21);
    elsewhere["their_pharmacy_id"] = json!("nowhere");
    let answer = create(&app, &elsewhere).await;
    assert_eq!((answer.status.as_u16(), errors(&answer)), (200, partner_error()));
    assert_eq!(orders_at(&partner, 21).await, 0);
}

async fn without_an_address_it_is_a_service_error_at_once(engine: Engine) {
    let app = App::start(engine);
    let answer = create(&app, &order(22)).await;
    assert_eq!(answer.status, 503);
    let service_error =
        json!({"partner_error": null, "service_error": true, "quantity_errors": null, "price_errors": null});
    assert_eq!(errors(&answer), service_error);
    let status = app.get("/v2/orders/22?their_order_id=5").await;
    assert_eq!((status.status.as_u16(), &status.json["result"]), (200, &json!("error")));
    let body = json!({"order_id": 22, "their_order_id": "5"});
    let cancelled = send(&app, Method::DELETE, "/v2/orders/", &body).await;
    assert_eq!((cancelled.status.as_u16(), &cancelled.json["result"]), (200, &json!("transient_error")));
}

async fn all_faults_of_a_body_are_told_at_once(engine: Engine) {
    let (app, partner) = start(engine);
    let mut broken = order(23);
    broken["date"] = json!("2024-02-30T00:00:00Z");
    broken["client"]["phone"] = json!(7);
    broken["items"][0]["price"] = json!(-1);
    broken["items"][1].as_object_mut().expect("an object").remove("count");
    broken["order_type"] = json!(3);
    let answer = create(&app, &broken).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let detail = answer.json["detail"].as_array().expect("a list");
    let at: Vec<&Value> = detail.iter().map(|fault| &fault["loc"]).collect();
    for loc in [
        json!(["body", "date"]),
        json!(["body", "client", "phone"]),
        json!(["body", "order_type"]),
        json!(["body", "items", 0, "price"]),
        json!(["body", "items", 1, "count"]),
    ] {
        assert!(at.contains(&&loc), "{loc} in {}", answer.text);
    }
    assert_eq!(at.len(), 5, "{}", answer.text);
    for fault in detail {
        assert!(
            fault["type"].is_string() && fault["msg"].is_string() && fault.get("input").is_some(),
            "{fault}"
        );
    }
    for (path, body) in
        [("/v2/orders/", "{"), ("/v2/orders/", "[]"), ("/SendOrder", "\"\""), ("/cancel_order", "7")]
    {
        let answer = Answer::of(app.request(Method::POST, path).body(body)).await;
        assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text);
    }
    assert_eq!(app.get("/v2/orders/ten").await.json["detail"][0]["loc"], json!(["path", "order_id"]));
    assert_eq!(app.get("/v2/orders/").await.json["detail"][0]["loc"], json!(["query", "order_id"]));
    assert_eq!(orders_at(&partner, 23).await, 0);
}
