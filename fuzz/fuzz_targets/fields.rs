//! Any text where a seat, a day, an instant, an amount or a number belongs: the name of the place in the first line, the
//! text below it.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use partnerapi_fuzz::{Server, verdict};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A name, a method, a target, a body of JSON. The text stands in place of `$`.
type Place = (&'static str, &'static str, &'static str, &'static str);

const PLACES: [Place; 19] = [
    ("affiliates-begin", "GET", "/api/accesses?begin=$&end=9999-12-31", ""),
    ("affiliates-end", "GET", "/api/purchases?begin=0000-01-01&end=$", ""),
    ("affiliates-page", "GET", "/api/purchases?begin=2022-01-01&end=2022-12-31&page=$", ""),
    (
        "affiliates-date",
        "POST",
        "/api/purchases",
        concat!(
            r#"{"id":"1","pcrid":2554,"status":0,"price":1,"#,
            r#""commission_base":1,"payment_commission_date":"2022-12-01","purchase_date":$}"#
        ),
    ),
    (
        "affiliates-time",
        "POST",
        "/api/purchases",
        concat!(
            r#"{"id":"2","pcrid":2554,"status":0,"price":1,"#,
            r#""commission_base":1,"payment_commission_date":"2022-12-01","purchase_date":"2022-11-09","purchase_time":$}"#
        ),
    ),
    (
        "affiliates-price",
        "POST",
        "/api/purchases",
        concat!(
            r#"{"id":"3","pcrid":2554,"status":0,"commission_base":0,"#,
            r#""payment_commission_date":"2022-12-01","purchase_date":"2022-11-09","price":$}"#
        ),
    ),
    ("inventory-filter", "GET", "/api/v1/product-inventory/?date_from=$&ordering=-date", ""),
    ("inventory-search", "GET", "/api/v1/product-inventory/?search=$", ""),
    ("inventory-cursor", "GET", "/api/v1/product-inventory/?page=2&page_size=1&cursor=$", ""),
    ("inventory-key", "GET", "/api/v1/product-inventory/$/", ""),
    (
        "inventory-date",
        "POST",
        "/api/v1/product-inventory/",
        r#"{"date":$,"shop_id":"3","product_id":"6343","qty":1}"#,
    ),
    (
        "inventory-qty",
        "POST",
        "/api/v1/product-inventory/",
        r#"{"date":"2016-06-07","shop_id":"3","product_id":"6343","qty":$,"original_price":"900.0001"}"#,
    ),
    (
        "inventory-total",
        "POST",
        "/api/v1/product-inventory/",
        r#"{"date":"2016-06-07","shop_id":"3","product_id":"6343","qty":3,"stock_total_price":$}"#,
    ),
    (
        "orders-date",
        "POST",
        "/v2/orders/",
        concat!(
            r#"{"order_id":1,"client":{"name":"","phone":"","email":""},"#,
            r#""their_pharmacy_id":"1","order_type":2,"items":[{"their_id":"58","price":10,"count":1}],"date":$}"#
        ),
    ),
    (
        "orders-phone",
        "POST",
        "/v2/orders/",
        concat!(
            r#"{"order_id":1,"client":{"name":"","phone":$,"email":""},"#,
            r#""their_pharmacy_id":"1","order_type":2,"items":[{"their_id":"58","price":10,"count":1}],"date":"2024-06-20T03:14:44Z"}"#
        ),
    ),
    (
        "orders-price",
        "POST",
        "/v2/orders/",
        concat!(
            r#"{"order_id":1,"client":{"name":"","phone":"","email":""},"#,
            r#""their_pharmacy_id":"1","order_type":2,"items":[{"their_id":"58","price":$,"count":1}],"date":"2024-06-20T03:14:44Z"}"#
        ),
    ),
    ("routes-chat", "POST", "/telegram-chats/", r#"{"chat_id":$,"type":"GROUP","title":"x"}"#),
    (
        "tickets-seat",
        "POST",
        "/api/partners/v1/tickets/add/12/21",
        r#"{"seat_id":$,"reserved_to":"2029-12-31T00:00:00+03:00"}"#,
    ),
    ("tickets-until", "POST", "/api/partners/v1/tickets/add/12/21", r#"{"seat_id":"3-1;1","reserved_to":$}"#),
];

/// The seats of the seed's show.
const SEATS: [&str; 2] = ["7-1;8", "3-1;1"];

fuzz_target!(|data: &str| -> Corpus { verdict(field(data)) });

fn field(data: &str) -> Option<()> {
    let (name, text) = data.split_once('\n')?;
    let (_, method, target, body) = PLACES.iter().find(|place| place.0 == name)?;
    let target = target.replace('$', &utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
    let written = body.replace('$', &serde_json::to_string(text).ok()?);
    let answer = Server::get().send(method, &target, "application/json", written.as_bytes())?;
    if name == "tickets-seat" && !SEATS.contains(&text) {
        assert_ne!(answer.status, 200, "a ticket for the seat {text:?}: {}", answer.json);
    }
    // And as it stands: a number, say.
    if body.contains('$') {
        Server::get().send(method, &target, "application/json", body.replace('$', text).as_bytes())?;
    }
    Some(())
}
