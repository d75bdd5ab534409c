//! Bodies of every type, and broken ones.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{Engine, Inventory, on_both_engines};

use super::{start, stock};

on_both_engines!(
    an_object_comes_as_json_as_a_form_and_as_multipart,
    a_form_is_checked_as_json_is,
    broken_json_is_told_and_stores_nothing,
    another_type_of_body_is_refused,
    a_body_that_is_too_large_is_refused,
    an_empty_body_lacks_everything,
    a_body_on_a_get_is_ignored,
    of_a_field_that_comes_twice_the_last_counts,
);

fn post(client: &Inventory, content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client.request(Method::POST, "product-inventory/").header("content-type", content_type).body(body)
}

async fn an_object_comes_as_json_as_a_form_and_as_multipart(engine: Engine) {
    let (_app, client) = start(engine).await;
    let fields = [
        ("date", "2016-06-07"),
        ("shop_id", "3"),
        ("product_id", "6343"),
        ("qty", "2.5"),
        ("original_price", "4"),
    ];
    let form = client.store_form(&fields).await;
    assert_eq!((form.status.as_u16(), &form.json), (201, &json!({"updated": 0, "inserted": 1})));
    let by_form = client.get(form.header("location")).await.json;
    assert_eq!((&by_form["qty"], &by_form["stock_total_price"]), (&json!("2.5000"), &json!("10.00")));

    let multipart =
        fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(*name, *value));
    let answer = client.send(client.request(Method::POST, "product-inventory/").multipart(multipart)).await;
    assert_eq!((answer.status.as_u16(), &answer.json), (201, &json!({"updated": 1, "inserted": 0})));
    assert_eq!(client.get(answer.header("location")).await.json, by_form);

    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
    ] {
        let answer = client.send(post(&client, content_type, stock("6343", "1").to_string())).await;
        assert_eq!(answer.status, 201, "{content_type}: {}", answer.text);
    }
}

async fn a_form_is_checked_as_json_is(engine: Engine) {
    let (_app, client) = start(engine).await;
    let answer =
        client.store_form(&[("date", "x"), ("shop_id", "9"), ("product_id", ""), ("qty", " ")]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json,
        json!({
            "date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
            "shop_id": ["Object with shop_id=9 does not exist."],
            "product_id": ["This field is required."],
            "qty": ["This field is required."],
        })
    );
    let not_utf8 = client.send(post(&client, "application/x-www-form-urlencoded", "qty=%ff")).await;
    assert_eq!(not_utf8.status, 400, "{}", not_utf8.text);
    let broken = client.send(post(&client, "multipart/form-data; boundary=x", "--x\r\nbroken")).await;
    assert_eq!(broken.status, 400, "{}", broken.text);
}

async fn broken_json_is_told_and_stores_nothing(engine: Engine) {
    let (_app, client) = start(engine).await;
    let cut = |text: &str| text.as_bytes()[..text.len() - 1].to_vec();
    let object = stock("6343", "1").to_string();
    for body in [
        b"{".to_vec(),
        b"nonsense".to_vec(),
        cut(&object),
        cut(&format!("[{object}]")),
        format!("{object} {object}").into_bytes(),
        format!("[{object},]").into_bytes(),
        b"{\"qty\": 01}".to_vec(),
        b"{\"qty\": NaN}".to_vec(),
        b"\"\xff\"".to_vec(),
        b"[{\"qty\": \"\xff\"}]".to_vec(),
        b" ".to_vec(),
        b"[".repeat(1_000_000),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let answer = client.send(post(&client, "application/json", body)).await;
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text);
        let detail = answer.json["detail"].as_str().unwrap_or_default();
        assert!(detail.starts_with("JSON parse error - "), "{shown}: {}", answer.text);
    }
    assert_eq!(client.get("product-inventory/").await.json["count"], 0);
}

async fn another_type_of_body_is_refused(engine: Engine) {
    let (_app, client) = start(engine).await;
    for content_type in
        ["text/plain", "text/csv; charset=utf-8", "application/xml", "application/octet-stream"]
    {
        let answer = client.send(post(&client, content_type, "qty=1")).await;
        let detail = format!("Unsupported media type \"{content_type}\" in request.");
        assert_eq!((answer.status.as_u16(), &answer.json), (415, &json!({"detail": detail})));
    }
    let untold = client.send(client.request(Method::POST, "product-inventory/").body("qty=1")).await;
    assert_eq!(
        (untold.status.as_u16(), untold.json),
        (415, json!({"detail": "Unsupported media type \"\" in request."}))
    );
}

async fn a_body_that_is_too_large_is_refused(engine: Engine) {
    let (_app, client) = start(engine).await;
    let spaces = |length: usize| {
        let object = stock("6343", "1").to_string();
        format!("{}{object}", " ".repeat(length - object.len()))
    };
    let large = client.send(post(&client, "application/json", spaces(32 << 20))).await;
    assert_eq!(large.status, 201, "{}", large.text);
    let answer = client.send(post(&client, "application/json", spaces((32 << 20) + 1))).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
}

async fn an_empty_body_lacks_everything(engine: Engine) {
    let (_app, client) = start(engine).await;
    let required = json!(["This field is required."]);
    let lacking = json!({"date": required, "shop_id": required, "product_id": required, "qty": required});
    for request in [post(&client, "application/json", ""), client.request(Method::POST, "product-inventory/")]
    {
        let answer = client.send(request).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (400, &lacking));
    }
}

async fn a_body_on_a_get_is_ignored(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    for body in ["{}", "nonsense", "{\"page\": 7}"] {
        let request =
            client.request(Method::GET, "product-inventory/").header("content-type", "application/json");
        let answer = client.send(request.body(body)).await;
        assert_eq!((answer.status.as_u16(), &answer.json["count"]), (200, &json!(1)), "{body}");
    }
}

async fn of_a_field_that_comes_twice_the_last_counts(engine: Engine) {
    let (_app, client) = start(engine).await;
    let body = r#"{"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": 1, "qty": "2", "original_price": 1, "original_price": null}"#;
    let answer = client.send(post(&client, "application/json", body)).await;
    let found = client.get(answer.header("location")).await.json;
    assert_eq!((&found["qty"], &found["original_price"]), (&json!("2.0000"), &Value::Null));
}
