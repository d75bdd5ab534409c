//! POST of objects and lists: what becomes of what is there and what is not.

use serde_json::{Value, json};
use testkit::{Engine, Inventory, on_both_engines};

use super::{start, stock, with};

on_both_engines!(
    an_object_with_a_key_that_is_there_replaces_it_and_keeps_its_number,
    a_list_is_201_whatever_the_mix,
    of_the_same_key_twice_the_later_counts_once,
    a_list_is_all_or_nothing,
    on_demand_the_sound_objects_of_a_list_are_stored,
    skipping_is_for_lists_alone,
    an_empty_list_stores_nothing,
    ids_that_come_as_numbers_are_texts,
    fields_that_the_object_does_not_have_are_ignored,
    a_list_of_ten_thousand_is_stored_and_replaced,
    more_than_a_hundred_thousand_objects_are_too_many,
    an_object_is_found_by_its_number_and_by_its_name,
    an_object_is_found_by_its_name_where_the_ids_have_its_separator,
);

async fn count(client: &Inventory) -> Value {
    client.get("product-inventory/").await.json["count"].clone()
}

async fn an_object_with_a_key_that_is_there_replaces_it_and_keeps_its_number(engine: Engine) {
    let (_app, client) = start(engine).await;
    let object = with(&stock("6343", "2"), &json!({"original_price": "1.5"}));
    let first = client.store(&object).await;
    let second = client.store(&stock("6343", "-7")).await;
    assert_eq!(second.status, 201);
    assert_eq!(second.json, json!({"updated": 1, "inserted": 0}));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(count(&client).await, 1);
    let found = client.get(first.header("location")).await.json;
    assert_eq!(
        found,
        json!({"date": "2016-06-07", "shop_id": "3", "product_id": "6343", "qty": "-7.0000",
            "original_price": null, "stock_total_price": "0.00"}),
        "what the new one leaves out is gone"
    );
}

async fn a_list_is_201_whatever_the_mix(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    let mixed = client.store(&json!([stock("6343", "2"), stock("6313", "3")])).await;
    assert_eq!((mixed.status.as_u16(), &mixed.json), (201, &json!({"updated": 1, "inserted": 1})));
    assert_eq!(mixed.header("location"), "", "a list is no one object");
    let again = client.store(&json!([stock("6343", "2"), stock("6313", "3")])).await;
    assert_eq!((again.status.as_u16(), &again.json), (201, &json!({"updated": 2, "inserted": 0})));
}

async fn of_the_same_key_twice_the_later_counts_once(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = json!([
        stock("6343", "1"),
        stock("6313", "2"),
        with(&stock("6343", "3"), &json!({"date": "2016-6-7"}))
    ]);
    assert_eq!(client.store(&list).await.json, json!({"updated": 0, "inserted": 2}));
    let quantities: Vec<Value> =
        client.results("product-inventory/").await.into_iter().map(|object| object["qty"].clone()).collect();
    assert_eq!(quantities, ["3.0000", "2.0000"]);
    assert_eq!(client.store(&list).await.json, json!({"updated": 2, "inserted": 0}));
}

async fn a_list_is_all_or_nothing(engine: Engine) {
    let (app, client) = start(engine).await;
    let answer = client.store(&json!([stock("6343", "1"), stock("1", "1"), stock("6313", "x"), 5])).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json,
        json!({
            "detail": "3 of 4 objects refused.",
            "errors": {
                "1": {"product_id": ["Object with product_id=1 does not exist."]},
                "2": {"qty": ["A valid number is required."]},
                "3": {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]},
            }
        })
    );
    assert_eq!(count(&client).await, 0);
    assert_eq!(app.command(&["events"]).printed(), "");
    // Only the first hundred are told.
    let faulty: Vec<Value> = (0..150).map(|_| stock("6343", "x")).collect();
    let answer = client.store(&faulty.into()).await;
    assert_eq!(answer.json["detail"], "150 of 150 objects refused.");
    let errors = answer.json["errors"].as_object().expect("errors");
    assert_eq!(errors.len(), 100);
    assert!(errors.contains_key("0") && errors.contains_key("99"), "{errors:?}");
}

async fn on_demand_the_sound_objects_of_a_list_are_stored(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = json!([stock("6343", "1"), stock("1", "1"), stock("6313", ""), stock("6313", "2"), null]);
    let answer = client.post("product-inventory/?on_error=skip", &list).await;
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.json,
        json!({"updated": 0, "inserted": 2, "refused": 3, "errors": {
            "1": {"product_id": ["Object with product_id=1 does not exist."]},
            "2": {"qty": ["This field is required."]},
            "4": {"non_field_errors": ["Invalid data. Expected a dictionary, but got NoneType."]},
        }})
    );
    assert_eq!(count(&client).await, 2);
    let answer = client.post("product-inventory/?on_error=skip", &json!([stock("6343", "1")])).await;
    assert_eq!(answer.json, json!({"updated": 1, "inserted": 0, "refused": 0, "errors": {}}));
    let answer = client.post("product-inventory/?on_error=other", &list).await;
    assert_eq!(answer.status, 400, "another word is none");
}

async fn skipping_is_for_lists_alone(engine: Engine) {
    let (_app, client) = start(engine).await;
    let answer = client.post("product-inventory/?on_error=skip", &stock("6343", "x")).await;
    assert_eq!((answer.status.as_u16(), answer.json), (400, json!({"qty": ["A valid number is required."]})));
    let answer = client.post("product-inventory/?on_error=skip", &stock("6343", "1")).await;
    assert_eq!(answer.json, json!({"updated": 0, "inserted": 1}));
}

async fn an_empty_list_stores_nothing(engine: Engine) {
    let (app, client) = start(engine).await;
    let answer = client.store(&json!([])).await;
    assert_eq!((answer.status.as_u16(), answer.json), (201, json!({"updated": 0, "inserted": 0})));
    assert_eq!(app.command(&["events"]).printed(), "");
}

async fn ids_that_come_as_numbers_are_texts(engine: Engine) {
    let (_app, client) = start(engine).await;
    let object = json!({"date": "2016-06-07", "shop_id": 3, "product_id": 6343, "qty": 1});
    assert_eq!(client.store(&object).await.status, 201);
    let found = &client.results("product-inventory/").await[0];
    assert_eq!((&found["shop_id"], &found["product_id"]), (&json!("3"), &json!("6343")));
    // An id is a text: with a zero before it, it is another one.
    let other = client.store(&with(&object, &json!({"shop_id": "03"}))).await;
    assert_eq!(other.json, json!({"shop_id": ["Object with shop_id=03 does not exist."]}));
}

async fn fields_that_the_object_does_not_have_are_ignored(engine: Engine) {
    let (_app, client) = start(engine).await;
    let object = with(&stock("6343", "1"), &json!({"url": "x", "id": {"deep": [1, 2]}, "Qty": "5"}));
    assert_eq!(client.store(&object).await.status, 201);
    let found = client.results("product-inventory/").await;
    let fields: Vec<_> = found[0].as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields, ["date", "original_price", "product_id", "qty", "shop_id", "stock_total_price"]);
    assert_eq!(found[0]["qty"], "1.0000");
}

async fn a_list_of_ten_thousand_is_stored_and_replaced(engine: Engine) {
    let (_app, client) = start(engine).await;
    let products: Vec<Value> =
        (0..5_000).map(|id| json!({"product_id": id, "name": format!("Product {id}")})).collect();
    assert_eq!(client.post("products/", &products.into()).await.json["inserted"], 5_000);
    let list: Vec<Value> = (0..10_000)
        .map(|at| json!({"date": if at < 5_000 { "2016-06-07" } else { "2016-06-08" }, "shop_id": "3", "product_id": at % 5_000, "qty": at}))
        .collect();
    let list = Value::from(list);
    assert_eq!(client.store(&list).await.json, json!({"updated": 0, "inserted": 10_000}));
    assert_eq!(client.store(&list).await.json, json!({"updated": 10_000, "inserted": 0}));
    let page = client.get("product-inventory/?page_size=10000").await;
    assert_eq!((&page.json["count"], &page.json["next"]), (&json!(10_000), &Value::Null));
    let results = page.json["results"].as_array().expect("results");
    assert_eq!(results.len(), 10_000);
    assert!((0..).zip(results).all(|(at, object)| object["qty"] == format!("{at}.0000")));
}

async fn more_than_a_hundred_thousand_objects_are_too_many(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = |length: usize| Value::from(vec![json!({}); length]);
    let answer = client.store(&list(100_001)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["detail"]),
        (413, &json!("A list may have 100000 objects at most."))
    );
    let answer = client.store(&list(100_000)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json["detail"]),
        (400, &json!("100000 of 100000 objects refused."))
    );
}

async fn an_object_is_found_by_its_number_and_by_its_name(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.store(&json!([stock("6313", "1"), stock("6343", "2")])).await;
    let found = client.get("product-inventory/2/").await;
    assert_eq!((found.status.as_u16(), &found.json["qty"]), (200, &json!("2.0000")));
    assert_eq!(found.header("allow"), "GET, HEAD, OPTIONS");
    for name in ["2016-06-07_3_6343", "2016-6-7_3_6343", "2016-06-07_3_6343?format=json"] {
        assert_eq!(client.get(&format!("product-inventory/{name}")).await.json, found.json, "{name}");
    }
    for name in [
        "3/",
        "0/",
        "-1/",
        "99999999999999999999/",
        "2016-06-08_3_6343/",
        "2016-06-07_3_1/",
        "2016-06-07_3/",
        "2016-06-07/",
        "x_3_6343/",
        "2016-06-07_3_%00/",
        "x/",
        "%00/",
        "2016-06-07__/",
        "%ff/",
    ] {
        let answer = client.get(&format!("product-inventory/{name}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (404, &json!({"detail": "Not found"})), "{name}");
    }
}

async fn an_object_is_found_by_its_name_where_the_ids_have_its_separator(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.furnish(&["a", "a_b"], &["c", "b_c", "d/e"]).await;
    let of = |shop: &str, product: &str, qty: i64| json!({"date": "2016-06-07", "shop_id": shop, "product_id": product, "qty": qty});
    client.store(&of("a_b", "c", 1)).await;
    assert_eq!(client.get("product-inventory/2016-06-07_a_b_c/").await.json["qty"], "1.0000");
    client.store(&of("a", "b_c", 2)).await;
    client.store(&of("a", "d/e", 3)).await;
    let found = client.get("product-inventory/2016-06-07_a_b_c/").await;
    assert_eq!(found.status, 200, "both splits name an object");
    assert_eq!(client.get("product-inventory/2016-06-07_a_d%2Fe/").await.json["qty"], "3.0000");
}
