//! What is told of stored stock.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{start, stock, with};

on_both_engines!(one_event_a_request_tells_what_was_touched, what_is_refused_is_not_told);

fn events(app: &App) -> Vec<Value> {
    let lines = app.command(&["events"]).printed();
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn one_event_a_request_tells_what_was_touched(engine: Engine) {
    let (app, client) = start(engine).await;
    client.furnish(&["4", "5"], &[]).await;
    client.store(&stock("6343", "1")).await;
    let of = |product: &str, date: &str, shop: &str| {
        with(&stock(product, "1"), &json!({"date": date, "shop_id": shop}))
    };
    let list = json!([
        of("6343", "2016-06-08", "4"),
        of("6343", "2016-06-07", "3"),
        of("6313", "2016-06-08", "4"),
        of("6313", "2016-06-08", "4"),
        of("1", "2016-06-09", "5"),
    ]);
    let stored = client.post("product-inventory/?on_error=skip", &list).await;
    assert_eq!(stored.json["refused"], 1);
    let events = events(&app);
    let told: Vec<_> =
        events.iter().map(|event| (&event["type"], &event["account"], &event["data"])).collect();
    let (kind, account) = (json!("inventory.stock.stored"), json!("network"));
    assert_eq!(
        told,
        [
            (&kind, &account, &json!({"inserted": 1, "updated": 0, "days": ["2016-06-07"], "shops": ["3"]})),
            (
                &kind,
                &account,
                &json!({"inserted": 2, "updated": 1, "days": ["2016-06-07", "2016-06-08"], "shops": ["3", "4"]})
            ),
        ]
    );
}

async fn what_is_refused_is_not_told(engine: Engine) {
    let (app, client) = start(engine).await;
    client.store(&stock("6343", "x")).await;
    client.store(&json!([stock("6343", "1"), {}])).await;
    client.post("product-inventory/?on_error=skip", &json!([{}])).await;
    assert_eq!(events(&app), [] as [Value; 0]);
}
