//! The sandbox partner: what the Orders API may meet at a partner, to the letter of the contract.

mod control;
mod failures;
mod orders;
mod settings;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Partner;

/// A form of `create`: an order of the client's with its items, each with quantity and price.
fn form(external_id: &str, items: &[(&str, &str, &str)]) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("shop_id", "1086".to_owned()),
        ("phone", "79997772211".to_owned()),
        ("first_name", "Test".to_owned()),
        ("email", "example@example.com".to_owned()),
        ("external_id", external_id.to_owned()),
    ];
    for (id, quantity, price) in items {
        form.push(("ids[]", (*id).to_owned()));
        form.push(("quantity[]", (*quantity).to_owned()));
        form.push(("prices[]", (*price).to_owned()));
    }
    form
}

/// The order of the seed's example.
fn good(external_id: &str) -> Vec<(&'static str, String)> {
    form(external_id, &[("58", "10", "10"), ("21737", "12", "10")])
}

/// Sends a form of `create`.
async fn create(partner: &Partner, form: &[(&'static str, String)]) -> Value {
    json_of(partner.request(Method::POST, "/create").form(form)).await
}

async fn find(partner: &Partner, external_id: &str) -> Value {
    let path = format!("/find-orders?external_id={external_id}");
    json_of(partner.request(Method::GET, &path)).await["data"]["ids"].clone()
}

async fn status(partner: &Partner, order_ids: &str) -> Value {
    json_of(partner.request(Method::GET, &format!("/orders-data?order_ids={order_ids}"))).await
}

async fn cancel(partner: &Partner, order_id: &str) -> Value {
    json_of(partner.request(Method::POST, "/cancel").form(&[("order_id", order_id)])).await
}

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    let text = response.text().await.expect("the whole of it");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What `create` answers when it refuses items.
fn refused(items: Value) -> Value {
    json!({"status": "error", "errors": {"items": items}})
}
