//! The Affiliates API: accesses, sales and commissions.

use serde_json::{Value, json};
use testkit::{App, Engine, Supplier, suppliers};

mod access;
mod commissions;
mod days;
mod events;
mod geolocation;
mod import_export;
mod import_mistakes;
mod pages;
mod refusing;
mod reporting;
mod script;

mod seed;
mod sending;
mod updating;

/// All days that there are.
const EVER: &str = "begin=0000-01-01&end=9999-12-31";
/// The seed's supplier's hash.
const HASH: &str = "0000000a-111b-222c-333d-44444444444e";

/// A server with two suppliers, and the seed's one.
fn start(engine: Engine) -> (App, Supplier) {
    let app = App::start(engine);
    app.import("affiliates", &suppliers()).printed();
    let supplier = app.supplier("hotel-hello");
    (app, supplier)
}

/// The seed's sale under another id.
pub(crate) fn sale(id: &str) -> Value {
    json!({
        "id": id, "pcrid": 2554, "purchase_date": "2022-11-09", "status": 1, "price": 100.00,
        "payment_commission_date": "2022-12-01", "commission_base": 100.00
    })
}

/// The same sale with other values.
fn sale_with(id: &str, changes: Value) -> Value {
    let mut sale = sale(id);
    for (name, value) in changes.as_object().expect("an object of changes") {
        sale[name] = value.clone();
    }
    sale
}

/// An access of a supplier's history.
fn access(account: &str, id: i64, created_at: &str) -> Value {
    json!({"account": account, "id": id, "uuid": format!("00000000-0000-4000-8000-{id:012}"), "pcrid": 2554, "created_at": created_at})
}

/// A sale of a supplier's history.
fn purchase(account: &str, id: &str, status: i64, created_at: &str) -> Value {
    json!({
        "account": account, "id": id, "pcrid": 2554, "status": status, "purchase_date": "2022-10-31T00:00:00Z", "price": 100,
        "payment_commission_date": "2022-12-01T00:00:00Z", "commission_base": 90, "commission_value": 9,
        "created_at": created_at
    })
}

/// What stands under a name in each entry of a page.
fn column(page: &Value, name: &str) -> Vec<Value> {
    page["data"].as_array().expect("a list").iter().map(|entry| entry[name].clone()).collect()
}

/// The event stream: types, accounts and data.
fn events(app: &App) -> Vec<(String, String, Value)> {
    let lines = app.command(&["events"]).printed();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let events = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        (text(&event["type"]), text(&event["account"]), event["data"].clone())
    });
    events.collect()
}
