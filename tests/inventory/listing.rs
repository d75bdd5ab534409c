//! What a listing of stock shows, in which order, and what its links say.

use serde_json::{Value, json};
use testkit::{Engine, Inventory, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    a_filter_that_is_empty_filters_nothing,
    a_filter_that_names_nothing_leaves_nothing,
    a_filter_that_is_no_day_is_told,
    days_are_inclusive_and_filters_hold_together,
    a_search_finds_products_and_shops_in_any_script,
    what_is_unknown_is_not_ordered_by,
    equal_objects_stand_by_their_number,
    a_new_name_is_searched_and_ordered_by_at_once,
);

async fn ids(client: &Inventory, query: &str) -> Vec<String> {
    let results = client.results(&format!("product-inventory/?{query}")).await;
    results.iter().map(|object| object["product_id"].as_str().expect("a text").to_owned()).collect()
}

async fn a_filter_that_is_empty_filters_nothing(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    let query =
        "date=&date_from=&date_to=&shop_id=&product_id=&search=&ordering=&cursor=&page_size=&on_error=";
    assert_eq!(ids(&client, query).await, ["6343"]);
}

async fn a_filter_that_names_nothing_leaves_nothing(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    for query in [
        "shop_id=4",
        "product_id=1",
        "product_id=6313",
        "date=2016-06-08",
        "date_from=2016-06-08",
        "date_to=2016-06-06",
        "date_from=2016-06-08&date_to=2016-06-06",
        "date=2016-06-07&date_from=2016-06-08",
        "search=x",
        "search=%00",
        "shop_id=4&search=product",
    ] {
        let answer = client.get(&format!("product-inventory/?{query}")).await;
        assert_eq!(
            answer.json,
            json!({"count": 0, "next": null, "previous": null, "results": []}),
            "{query}"
        );
        let second = client.get(&format!("product-inventory/?{query}&page=2")).await;
        assert_eq!(second.status, 404, "{query}");
    }
}

async fn a_filter_that_is_no_day_is_told(engine: Engine) {
    let (_app, client) = start(engine).await;
    let told = json!(["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]);
    let answer = client.get("product-inventory/?date=x&date_from=2016-02-30&date_to=2016-6-7").await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"date": told, "date_from": told})));
    let nul = client.get("product-inventory/?shop_id=%00").await;
    assert_eq!(
        (nul.status.as_u16(), nul.json),
        (400, json!({"shop_id": ["Null characters are not allowed."]}))
    );
    assert_eq!(client.get("product-inventory/?search=%ff").await.status, 400);
}

async fn days_are_inclusive_and_filters_hold_together(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.furnish(&["4"], &["1", "2", "3", "4"]).await;
    let of = |product: &str, date: &str, shop: &str| {
        with(&stock(product, "1"), &json!({"date": date, "shop_id": shop}))
    };
    let list = json!([
        of("1", "2016-06-06", "3"),
        of("2", "2016-06-07", "3"),
        of("3", "2016-06-08", "4"),
        of("4", "2016-06-09", "3"),
    ]);
    client.store(&list).await;
    for (query, found) in [
        ("date_from=2016-06-07", ["2", "3", "4"].as_slice()),
        ("date_to=2016-06-07", &["1", "2"]),
        ("date_from=2016-06-07&date_to=2016-06-08", &["2", "3"]),
        ("date=2016-06-07", &["2"]),
        ("date=2016-6-7&date_to=2016-06-08", &["2"]),
        ("date=2016-06-07T23:00:00Z", &["2"]),
        ("shop_id=3", &["1", "2", "4"]),
        ("shop_id=3&date_from=2016-06-07", &["2", "4"]),
        ("shop_id=4&product_id=3", &["3"]),
        ("shop_id=3&product_id=3", &[]),
        ("product_id=3&date_to=2016-06-07", &[]),
        ("shop_id=3&search=PRODUCT%204", &["4"]),
        ("search=shop%204", &["3"]),
        ("search=4", &["3", "4"]),
    ] {
        assert_eq!(ids(&client, query).await, found, "{query}");
        let count = client.get(&format!("product-inventory/?{query}")).await.json["count"].clone();
        assert_eq!(count, found.len(), "{query}");
    }
}

async fn a_search_finds_products_and_shops_in_any_script(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.post("products/", &json!({"product_id": "6313", "name": "Молоко 2,5% «Ферма»"})).await;
    client.post("products/", &json!({"product_id": "6343", "name": "Straße_ΟΔΟΣ"})).await;
    client.post("shops/", &json!({"shop_id": "3", "name": "Їжак & Co 'O\"'"})).await;
    client.store(&json!([stock("6313", "1"), stock("6343", "1")])).await;
    for (search, found) in [
        ("МОЛОКО", ["6313"].as_slice()),
        ("%", &["6313"]),
        ("_", &["6343"]),
        ("STRASSE", &["6343"]),
        ("οδος", &["6343"]),
        ("їЖАК", &["6313", "6343"]),
        ("'o\"'", &["6313", "6343"]),
        ("молоко 2_5", &[]),
        ("'; DROP TABLE inventory_stock; --", &[]),
    ] {
        let request = client.request(reqwest::Method::GET, "product-inventory/").query(&[("search", search)]);
        let answer = client.send(request).await;
        let results = answer.json["results"].as_array().expect("results");
        let ids: Vec<_> =
            results.iter().map(|object| object["product_id"].as_str().expect("a text")).collect();
        assert_eq!((&answer.json["count"], ids.as_slice()), (&json!(found.len()), found), "{search}");
    }
}

async fn what_is_unknown_is_not_ordered_by(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&json!([stock("6343", "1"), stock("6313", "2")])).await;
    for ordering in ["unknown", "-", ",,", "Qty", "original_price", "number", "qty;DROP", "%00"] {
        assert_eq!(ids(&client, &format!("ordering={ordering}")).await, ["6343", "6313"], "{ordering}");
    }
    assert_eq!(ids(&client, "ordering=unknown,-qty").await, ["6313", "6343"]);
    assert_eq!(ids(&client, "ordering=%20product_id%20,-product_id").await, ["6313", "6343"]);
}

async fn equal_objects_stand_by_their_number(engine: Engine) {
    let (_app, client) = start(engine).await;
    let products: Vec<String> = (0..30).map(|id| format!("{:02}", (id * 7) % 30)).collect();
    let products: Vec<&str> = products.iter().map(String::as_str).collect();
    client.furnish(&[], &products).await;
    let list: Vec<Value> = products.iter().map(|id| stock(id, "5")).collect();
    client.store(&list.into()).await;
    for ordering in ["qty", "-qty", "date", "-date", "shop_id", "-shop_id", "-shop_id,qty,-date"] {
        assert_eq!(ids(&client, &format!("ordering={ordering}")).await, products, "{ordering}");
        let walked = client.walk(&format!("product-inventory/?ordering={ordering}&page_size=7")).await;
        let walked: Vec<_> =
            walked.iter().map(|object| object["product_id"].as_str().expect("a text")).collect();
        assert_eq!(walked, products, "{ordering}");
    }
}

async fn a_new_name_is_searched_and_ordered_by_at_once(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&json!([stock("6343", "1"), stock("6313", "2")])).await;
    assert_eq!(ids(&client, "ordering=name").await, ["6313", "6343"]);
    client.post("products/", &json!({"product_id": "6313", "name": "zzz"})).await;
    assert_eq!(ids(&client, "ordering=name").await, ["6343", "6313"]);
    assert_eq!(ids(&client, "search=ZZZ").await, ["6313"]);
    assert_eq!(ids(&client, "search=product%206313").await.len(), 0);
}
