//! The Orders API, against the sandbox partner.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Partner};

mod access;
mod bodies;
mod cancelling;
mod crashing;
mod creating;
mod described;
mod refusing;
mod safety;
mod settings;
mod status;
mod version_one;

/// A server that relays to a partner of its own. Its patience is short, so that failures are seen soon; its breaker
/// opens late, so that a test may let many calls fail.
fn start(engine: Engine) -> (App, Partner) {
    let partner = Partner::start(&[]);
    (relaying_to(engine, &partner, "1"), partner)
}

/// A server that repeats a shopper's calls so often.
fn relaying_to(engine: Engine, partner: &Partner, repeats: &str) -> App {
    looking(engine, partner, repeats, "0.2")
}

/// As [`relaying_to`], but the server looks after no order by itself: a failure that is armed for a question meets the
/// caller's.
fn relaying_when_asked(engine: Engine, partner: &Partner, repeats: &str) -> App {
    looking(engine, partner, repeats, "86400")
}

fn looking(engine: Engine, partner: &Partner, repeats: &str, first_look: &str) -> App {
    App::builder(engine)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", repeats)
        .env("PARTNERAPI_HTTP_TIMEOUT_ORDER", "2")
        .env("PARTNERAPI_HTTP_TIMEOUT", "2")
        .env("PARTNERAPI_HTTP_RETRIES_SLEEP", "0")
        .env("PARTNERAPI_STATUS_POLL", first_look)
        .start()
}

/// The seed's order.
pub(crate) fn order(order_id: i64) -> Value {
    json!({
        "order_id": order_id,
        "date": "2024-06-20T03:14:44.615Z",
        "client": {"name": "Test", "phone": "79997772211", "email": "example@example.com"},
        "their_pharmacy_id": "1086",
        "order_type": 2,
        "items": [
            {"their_id": "58", "price": 10, "count": 10},
            {"their_id": "21737", "price": 10, "count": 12}
        ],
        "comment": "",
        "extra": {}
    })
}

/// The same order in the clothing of version 1.
fn old_order(order_id: i64) -> Value {
    json!({
        "OrderId": order_id, "Date": "2024-06-20T03:14:44",
        "Client": {"FIO": "Test", "Phone": "+7 999 777-22-11", "EMail": ""},
        "TheirPharmacyId": "1086", "Reserve": 1,
        "Items": [{"TheirId": "58", "Price": "10.0", "Count": 1}]
    })
}

async fn send(app: &App, method: Method, path: &str, body: &Value) -> Answer {
    let answer = Answer::of(app.request(method, path).json(body)).await;
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    answer
}

/// The event stream: types and data.
fn events(app: &App) -> Vec<(String, Value)> {
    let lines = app.command(&["events"]).printed();
    let events = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(event["account"], "", "orders belong to no account");
        (event["type"].as_str().expect("a type").to_owned(), event["data"].clone())
    });
    events.collect()
}

/// A counter of the seed service.
async fn counted(app: &App, name: &str) -> f64 {
    app.metric(&format!("{name}_total{{service=\"partnerapi\"}}")).await.expect("a counter")
}

async fn create(app: &App, order: &Value) -> Answer {
    send(app, Method::POST, "/v2/orders/", order).await
}

/// The partner's id of an order that must have been made.
fn made(answer: &Answer) -> String {
    assert_eq!((answer.status.as_u16(), &answer.json["result"]), (200, &json!("success")), "{}", answer.text);
    answer.json["their_order_id"].as_str().expect("a text").to_owned()
}

/// The errors of an order that must not have been made.
fn errors(answer: &Answer) -> Value {
    assert_eq!(answer.json["result"], "error", "{}", answer.text);
    answer.json["data"].clone()
}

fn partner_error() -> Value {
    json!({"partner_error": true, "service_error": null, "quantity_errors": null, "price_errors": null})
}

/// How many orders the partner made for ours.
async fn orders_at(partner: &Partner, order_id: i64) -> usize {
    let report = partner.report(&order_id.to_string()).await;
    report["orders"].as_array().map_or(0, Vec::len)
}
