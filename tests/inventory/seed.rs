//! Every example of the seed: request in, answer compared field by field.

use reqwest::Method;
use serde_json::json;
use testkit::{Engine, on_both_engines};

use super::{start, with};

on_both_engines!(
    an_empty_collection_is_found,
    a_page_of_two_is_found,
    what_is_not_there_is_not_found,
    an_object_is_stored,
    an_empty_field_is_told,
    options_tells_the_structure,
);

async fn an_empty_collection_is_found(engine: Engine) {
    let (_app, client) = start(engine).await;
    let answer = client.get("product-inventory/.json/?search=unknown-string").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json, json!({"count": 0, "next": null, "previous": null, "results": []}));
}

async fn a_page_of_two_is_found(engine: Engine) {
    let (app, client) = start(engine).await;
    let first = json!({"date": "2016-06-07", "shop_id": "3", "product_id": "6313", "qty": "1.0000",
        "original_price": "45.6600", "stock_total_price": "0.00"});
    let second = with(&first, &json!({"product_id": "6343", "qty": "2.0000", "original_price": "46.6700"}));
    let others = (1..=9).map(|day| with(&first, &json!({"date": format!("2016-07-{day:02}")})));
    let all: Vec<_> = [first.clone(), second.clone()].into_iter().chain(others).collect();
    assert_eq!(client.store(&all.into()).await.json, json!({"updated": 0, "inserted": 11}));

    let answer = client.get("product-inventory/?format=json&page_size=2").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json,
        json!({
            "count": 11,
            "next": format!("{}/api/v1/product-inventory/?page=2&format=json&page_size=2", app.server.url),
            "previous": null,
            "results": [
                with(&first, &json!({"stock_total_price": "45.66"})),
                with(&second, &json!({"stock_total_price": "93.34"})),
            ]
        })
    );
    let page = client.get("product-inventory/?format=api&page_size=2").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.header("allow"), "GET, POST, HEAD, OPTIONS");
    assert!(page.text.contains("45.6600"), "{}", page.text);
}

async fn what_is_not_there_is_not_found(engine: Engine) {
    let (_app, client) = start(engine).await;
    for path in ["product-inventory/?page=2", "product-inventory/124/", "product-inventory/?page=x"] {
        let answer = client.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (404, &json!({"detail": "Not found"})), "{path}");
    }
}

async fn an_object_is_stored(engine: Engine) {
    let (app, client) = start(engine).await;
    let object = json!({"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": "2.0000",
        "original_price": "46.6700", "stock_total_price": "0.00"});
    let answer = client.post("product-inventory/.json", &object).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), format!("{}/api/v1/product-inventory/1/", app.server.url));
    assert_eq!(answer.header("allow"), "GET, POST, HEAD, OPTIONS");
    assert_eq!(answer.text, r#"{"updated":0,"inserted":1}"#);
    let found = client.get(answer.header("location")).await;
    assert_eq!(found.json, with(&object, &json!({"stock_total_price": "93.34"})));
}

async fn an_empty_field_is_told(engine: Engine) {
    let (_app, client) = start(engine).await;
    let object = json!({"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": ""});
    let answer = client.store(&object).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("allow"), "GET, POST, HEAD, OPTIONS");
    assert_eq!(answer.json, json!({"qty": ["This field is required."]}));
}

async fn options_tells_the_structure(engine: Engine) {
    let (_app, client) = start(engine).await;
    let answer = client.send(client.request(Method::OPTIONS, "product-inventory/")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("allow"), "GET, POST, HEAD, OPTIONS");
    let field = |kind: &str, required: bool, label: &str| json!({"type": kind, "required": required, "read_only": false, "label": label});
    assert_eq!(
        answer.json,
        json!({
            "name": "Product Inventory List",
            "description": "",
            "renders": ["application/json", "text/html"],
            "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
            "actions": {"POST": {
                "date": field("datetime", true, "Date"),
                "shop_id": field("string", true, "Shop id"),
                "product_id": field("string", true, "Product id"),
                "qty": field("decimal", true, "Qty"),
                "original_price": field("decimal", false, "Price"),
                "stock_total_price": field("decimal", false, "Total price"),
            }}
        })
    );
}
