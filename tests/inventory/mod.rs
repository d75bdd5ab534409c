//! The Inventory API.

use serde_json::{Value, json};
use testkit::{App, Engine, Inventory};

mod access;
mod amounts;
mod bodies;
mod events;
mod faults;
mod formats;
mod import_export;
mod listing;
mod model;
mod names;
mod page;
mod paging;
mod racing;
mod seed;
mod storing;
mod tokens;
mod vendor;

/// A server, and an uploader with the shop 3 and the products 6313 and 6343 of the seed.
async fn start(engine: Engine) -> (App, Inventory) {
    let app = App::start(engine);
    let client = app.inventory("network");
    client.furnish(&["3"], &["6313", "6343"]).await;
    (app, client)
}

/// Stock of the shop 3 on a day.
fn stock(product: &str, qty: &str) -> Value {
    json!({"date": "2016-06-07", "shop_id": "3", "product_id": product, "qty": qty})
}

/// The object with some fields changed; `null` stays `null`.
fn with(object: &Value, changes: &Value) -> Value {
    let mut changed = object.clone();
    for (name, value) in changes.as_object().expect("an object") {
        changed[name] = value.clone();
    }
    changed
}
