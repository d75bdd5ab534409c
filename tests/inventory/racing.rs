//! Many at once, and a server that dies.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    uploads_at_once_get_numbers_without_gaps,
    the_same_object_at_once_is_one,
    what_was_acknowledged_survives_a_kill,
    a_page_is_never_older_than_what_was_acknowledged,
);

/// Stock of a day and of a product.
fn of(day: usize, product: &str, qty: usize) -> Value {
    with(&stock(product, &qty.to_string()), &json!({"date": format!("2016-06-{:02}", day + 1)}))
}

async fn uploads_at_once_get_numbers_without_gaps(engine: Engine) {
    let (app, client) = start(engine).await;
    let second = app.sibling();
    let uploads = (0..20).map(|day| {
        let client = if day % 2 == 0 { client.clone() } else { client.at(&second.server.url) };
        tokio::spawn(async move {
            let list = json!([of(day, "6313", day), of(day, "6343", day)]);
            let answer = client.store(&list).await;
            assert_eq!((answer.status.as_u16(), &answer.json), (201, &json!({"updated": 0, "inserted": 2})));
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.await.expect("an upload that ends well");
    }
    let mut keys = BTreeSet::new();
    for number in 1..=40 {
        let found = client.get(&format!("product-inventory/{number}/")).await;
        assert_eq!(found.status, 200, "number {number}");
        keys.insert(format!("{} {}", found.json["date"], found.json["product_id"]));
    }
    assert_eq!(keys.len(), 40);
    assert_eq!(client.get("product-inventory/41/").await.status, 404);
    for (query, count) in [("", 40), ("product_id=6313", 20), ("shop_id=3", 40), ("date=2016-06-20", 2)] {
        let page = client.get(&format!("product-inventory/?{query}")).await.json;
        let shown = page["results"].as_array().map(Vec::len);
        assert_eq!((&page["count"], shown), (&json!(count), Some(count)), "{query}");
    }
}

async fn the_same_object_at_once_is_one(engine: Engine) {
    let (_app, client) = start(engine).await;
    let uploads = (0..20).map(|qty| {
        let client = client.clone();
        tokio::spawn(async move { client.store(&of(0, "6343", qty)).await.json })
    });
    let (mut inserted, mut updated) = (0, 0);
    for upload in uploads.collect::<Vec<_>>() {
        let answer = upload.await.expect("an answer");
        inserted += answer["inserted"].as_u64().expect("a count");
        updated += answer["updated"].as_u64().expect("a count");
    }
    assert_eq!((inserted, updated), (1, 19));
    assert_eq!(client.get("product-inventory/?shop_id=3").await.json["count"], 1);
}

async fn what_was_acknowledged_survives_a_kill(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let mut acknowledged = 0;
    for day in 0..5 {
        assert_eq!(client.store(&json!([of(day, "6313", 1), of(day, "6343", 2)])).await.status, 201);
        acknowledged += 2;
    }
    app.server.kill();
    app.restart();
    let client = client.at(&app.server.url);
    assert_eq!(client.get("product-inventory/").await.json["count"], acknowledged);
    assert_eq!(client.walk("product-inventory/?page_size=3").await.len(), acknowledged);
}

async fn a_page_is_never_older_than_what_was_acknowledged(engine: Engine) {
    let (app, client) = start(engine).await;
    let second: App = app.sibling();
    for qty in 0..30 {
        let (here, there) = if qty % 2 == 0 { (&app, &second) } else { (&second, &app) };
        client.at(&here.server.url).store(&of(0, "6343", qty)).await;
        for server in [here, there] {
            let page = client.at(&server.server.url).get("product-inventory/").await.json;
            assert_eq!(page["results"][0]["qty"], format!("{qty}.0000"));
        }
    }
}
