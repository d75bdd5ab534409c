//! Amounts are exact, and days are those that are written.

use serde_json::{Value, json};
use testkit::{Engine, Inventory, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    amounts_leave_with_their_decimals,
    an_amount_is_the_same_as_a_number_and_as_a_text,
    a_total_is_worked_out_or_checked,
    without_a_price_the_given_total_stands,
    a_day_is_the_one_that_is_written,
);

/// Stores an object with these fields, and gives it back as it leaves.
async fn round(client: &Inventory, body: &str) -> Value {
    let request = client
        .request(reqwest::Method::POST, "product-inventory/")
        .header("content-type", "application/json");
    let answer = client.send(request.body(body.to_owned())).await;
    assert_eq!(answer.status, 201, "{body}: {}", answer.text);
    client.get(answer.header("location")).await.json
}

fn body(qty: &str, price: &str, total: &str) -> String {
    format!(
        r#"{{"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": {qty}, "original_price": {price}, "stock_total_price": {total}}}"#
    )
}

async fn amounts_leave_with_their_decimals(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (qty, price, qty_leaves, price_leaves, total_leaves) in [
        ("1", "45.66", "1.0000", "45.6600", "45.66"),
        ("0", "0", "0.0000", "0.0000", "0.00"),
        ("-3", "1.5", "-3.0000", "1.5000", "-4.50"),
        ("0.0001", "0.0001", "0.0001", "0.0001", "0.00"),
        ("0.5", "0.01", "0.5000", "0.0100", "0.01"),
        ("-0.5", "0.01", "-0.5000", "0.0100", "-0.01"),
        ("0.1250", "1", "0.1250", "1.0000", "0.13"),
        ("899999999999999.9999", "1", "899999999999999.9999", "1.0000", ""),
        ("123456789.1234", "1000000", "123456789.1234", "1000000.0000", "123456789123400.00"),
        ("1E+2", "1e-4", "100.0000", "0.0001", "0.01"),
    ] {
        if total_leaves.is_empty() {
            // It is rounded up to what is too much.
            let object = with(&stock("6343", qty), &json!({"original_price": price}));
            assert_eq!(client.store(&object).await.status, 400);
            continue;
        }
        let found = round(&client, &body(qty, price, "null")).await;
        assert_eq!(
            (&found["qty"], &found["original_price"], &found["stock_total_price"]),
            (&json!(qty_leaves), &json!(price_leaves), &json!(total_leaves)),
            "{qty} times {price}"
        );
    }
}

async fn an_amount_is_the_same_as_a_number_and_as_a_text(engine: Engine) {
    let (_app, client) = start(engine).await;
    for amount in ["1", "46.67", "0.30", "1.00000000", "12345678901234.5678"] {
        let number = round(&client, &body(amount, "null", "null")).await;
        let text = round(&client, &body(&format!("\"{amount}\""), "null", "null")).await;
        assert_eq!(number, text, "{amount}");
    }
    let spaced = round(&client, &body("\" 7.5 \"", "null", "null")).await;
    assert_eq!(spaced["qty"], "7.5000");
}

async fn a_total_is_worked_out_or_checked(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (total, leaves) in [
        ("null", "93.34"),
        ("\"\"", "93.34"),
        ("0", "93.34"),
        ("\"0.0000\"", "93.34"),
        ("93.34", "93.34"),
        ("93.35", "93.35"),
        ("93.33", "93.33"),
        ("\"93.3549\"", "93.35"),
    ] {
        let found = round(&client, &body("2", "46.67", total)).await;
        assert_eq!(found["stock_total_price"], leaves, "{total}");
    }
    for total in ["93.36", "93.32", "\"93.3550\"", "-93.34", "0.01"] {
        let total: Value = serde_json::from_str(total).expect("JSON");
        let object = with(&stock("6343", "2"), &json!({"original_price": 46.67, "stock_total_price": total}));
        let answer = client.store(&object).await;
        assert_eq!(
            answer.json,
            json!({"non_field_errors": ["stock_total_price must equal original_price * qty."]}),
            "{total}"
        );
    }
}

async fn without_a_price_the_given_total_stands(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (price, total, leaves) in [
        ("null", "123.456", "123.46"),
        ("\"\"", "-5", "-5.00"),
        ("null", "-0.005", "-0.01"),
        ("null", "null", "0.00"),
        ("null", "0", "0.00"),
    ] {
        let found = round(&client, &body("2", price, total)).await;
        assert_eq!(
            (&found["original_price"], &found["stock_total_price"]),
            (&Value::Null, &json!(leaves)),
            "{total}"
        );
    }
}

async fn a_day_is_the_one_that_is_written(engine: Engine) {
    let (_app, client) = start(engine).await;
    for (written, leaves) in [
        ("2016-06-07", "2016-06-07"),
        ("2016-6-7", "2016-06-07"),
        (" 2016-06-07 ", "2016-06-07"),
        ("2016-06-07T00:30:00+03:00", "2016-06-07"),
        ("2016-06-07T23:30:00-11:00", "2016-06-07"),
        ("2016-06-07T23:30:00Z", "2016-06-07"),
        ("2016-06-07T10:00:00", "2016-06-07"),
        ("2016-06-07 10:00:00.123", "2016-06-07"),
        ("2016-02-29", "2016-02-29"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
    ] {
        let answer = client.store(&with(&stock("6343", "1"), &json!({"date": written}))).await;
        assert_eq!(answer.status, 201, "{written}: {}", answer.text);
        assert_eq!(client.get(answer.header("location")).await.json["date"], leaves, "{written}");
    }
}
