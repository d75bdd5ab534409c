//! What can be wrong with an object, word for word.

use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    every_fault_has_its_words,
    all_faulty_fields_are_told_at_once,
    the_whole_is_judged_when_its_fields_are_sound,
    what_is_no_object_is_told,
);

const REQUIRED: &str = "This field is required.";
const NUMBER: &str = "A valid number is required.";
const PLACES: &str = "Ensure that there are no more than 4 decimal places.";
const DIGITS: &str = "Ensure that there are no more than 15 digits before the decimal point.";
const DATE: &str = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
const NEGATIVE: &str = "Ensure this value is greater than or equal to 0.";
const STRING: &str = "Not a valid string.";
const NUL: &str = "Null characters are not allowed.";

async fn every_fault_has_its_words(engine: Engine) {
    let (_app, client) = start(engine).await;
    let long_shop = "Ensure this field has no more than 50 characters.";
    let long_product = "Ensure this field has no more than 100 characters.";
    let cases = [
        ("qty", json!(null), REQUIRED),
        ("qty", json!(""), REQUIRED),
        ("qty", json!("  "), REQUIRED),
        ("qty", json!("x"), NUMBER),
        ("qty", json!("1,5"), NUMBER),
        ("qty", json!(true), NUMBER),
        ("qty", json!([1]), NUMBER),
        ("qty", json!({"a": 1}), NUMBER),
        ("qty", json!("NaN"), NUMBER),
        ("qty", json!("0.00001"), PLACES),
        ("qty", json!("900000000000000"), DIGITS),
        ("qty", json!("-900000000000000"), DIGITS),
        ("original_price", json!("x"), NUMBER),
        ("original_price", json!("-0.01"), NEGATIVE),
        ("original_price", json!("1.00001"), PLACES),
        ("original_price", json!("1000000000000000"), DIGITS),
        ("stock_total_price", json!("x"), NUMBER),
        ("stock_total_price", json!("1.00001"), PLACES),
        ("stock_total_price", json!("900000000000000"), DIGITS),
        ("date", json!(null), REQUIRED),
        ("date", json!(""), REQUIRED),
        ("date", json!("yesterday"), DATE),
        ("date", json!("2016-02-30"), DATE),
        ("date", json!("07.06.2016"), DATE),
        ("date", json!("2016-06-07T25:00:00"), DATE),
        ("date", json!(20_160_607), DATE),
        ("shop_id", json!(null), REQUIRED),
        ("shop_id", json!(""), REQUIRED),
        ("shop_id", json!("1"), "Object with shop_id=1 does not exist."),
        ("shop_id", json!(1), "Object with shop_id=1 does not exist."),
        ("shop_id", json!("x".repeat(51)), long_shop),
        ("shop_id", json!(true), STRING),
        ("shop_id", json!(["3"]), STRING),
        ("shop_id", json!("3\u{0}"), NUL),
        ("product_id", json!(null), REQUIRED),
        ("product_id", json!("1"), "Object with product_id=1 does not exist."),
        ("product_id", json!("є".repeat(101)), long_product),
        ("product_id", json!({}), STRING),
    ];
    for (field, value, message) in cases {
        let answer = client.store(&with(&stock("6343", "1"), &json!({field: value}))).await;
        let expected = json!({field: [message]});
        assert_eq!((answer.status.as_u16(), &answer.json), (400, &expected), "{field}: {value}");
    }
    // Letters are counted, not bytes.
    let exact = client.store(&with(&stock("6343", "1"), &json!({"product_id": "є".repeat(100)}))).await;
    let name = "є".repeat(100);
    assert_eq!(exact.json, json!({"product_id": [format!("Object with product_id={name} does not exist.")]}));
    assert_eq!(client.get("product-inventory/").await.json["count"], 0);
}

async fn all_faulty_fields_are_told_at_once(engine: Engine) {
    let (_app, client) = start(engine).await;
    let nothing = client.store(&json!({})).await;
    assert_eq!(
        nothing.json,
        json!({"date": [REQUIRED], "shop_id": [REQUIRED], "product_id": [REQUIRED], "qty": [REQUIRED]})
    );
    let all = json!({"date": "x", "shop_id": "1", "product_id": "2", "qty": "x", "original_price": -1, "stock_total_price": "y"});
    assert_eq!(
        client.store(&all).await.json,
        json!({
            "date": [DATE],
            "shop_id": ["Object with shop_id=1 does not exist."],
            "product_id": ["Object with product_id=2 does not exist."],
            "qty": [NUMBER],
            "original_price": [NEGATIVE],
            "stock_total_price": [NUMBER],
        })
    );
}

async fn the_whole_is_judged_when_its_fields_are_sound(engine: Engine) {
    let (_app, client) = start(engine).await;
    let unequal =
        with(&stock("6343", "2"), &json!({"original_price": "46.67", "stock_total_price": "93.36"}));
    let answer = client.store(&unequal).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json),
        (400, json!({"non_field_errors": ["stock_total_price must equal original_price * qty."]}))
    );
    let elsewhere = client.store(&with(&unequal, &json!({"shop_id": "4"}))).await;
    assert_eq!(elsewhere.json, json!({"shop_id": ["Object with shop_id=4 does not exist."]}));
    let huge = with(&stock("6343", "1000000000"), &json!({"original_price": "1000000"}));
    assert_eq!(client.store(&huge).await.json, json!({"non_field_errors": [DIGITS]}));
    let listed = client.store(&json!([stock("6343", "1"), unequal, huge])).await;
    assert_eq!(
        listed.json,
        json!({"detail": "2 of 3 objects refused.", "errors": {
            "1": {"non_field_errors": ["stock_total_price must equal original_price * qty."]},
            "2": {"non_field_errors": [DIGITS]},
        }})
    );
}

async fn what_is_no_object_is_told(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (body, kind) in [
        (json!("x"), "str"),
        (json!(5), "int"),
        (json!(5.5), "float"),
        (json!(true), "bool"),
        (Value::Null, "NoneType"),
    ] {
        let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
        let answer = client.store(&body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (400, &json!({"non_field_errors": [message]})),
            "{body}"
        );
        let answer = client.store(&json!([body])).await;
        assert_eq!(answer.json["errors"], json!({"0": {"non_field_errors": [message]}}), "{body}");
    }
    let nested = client.store(&json!([[stock("6343", "1")]])).await;
    let message = "Invalid data. Expected a dictionary, but got list.";
    assert_eq!(nested.json["errors"], json!({"0": {"non_field_errors": [message]}}));
}
