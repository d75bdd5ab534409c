//! Shops and products.

use serde_json::{Value, json};
use testkit::{App, Engine, Inventory, on_both_engines};

on_both_engines!(
    a_shop_leaves_with_its_url_and_what_was_left_out_is_null,
    a_product_leaves_with_its_url_and_is_active_unless_it_says_otherwise,
    what_has_an_id_that_is_there_replaces_it,
    of_the_same_id_twice_the_later_counts_once,
    every_fault_is_told,
    a_list_is_all_or_nothing_unless_faulty_ones_are_skipped,
    pages_follow_one_another,
    names_are_searched_in_any_script_without_regard_to_case,
    names_and_ids_are_ordered_by,
    what_is_not_there_is_not_found,
);

async fn start(engine: Engine) -> (App, Inventory) {
    let app = App::start(engine);
    let client = app.inventory("network");
    (app, client)
}

async fn a_shop_leaves_with_its_url_and_what_was_left_out_is_null(engine: Engine) {
    let (app, client) = start(engine).await;
    let answer = client.post("shops/", &json!({"shop_id": 3, "name": "Крамниця №3"})).await;
    let url = format!("{}/api/v1/shops/3/", app.server.url);
    assert_eq!((answer.status.as_u16(), &answer.json), (201, &json!({"updated": 0, "inserted": 1})));
    assert_eq!(answer.header("location"), url);
    let shop = json!({"url": url, "shop_id": "3", "name": "Крамниця №3", "address": null, "open_date": null,
        "latitude": null, "longitude": null, "group_id": null, "format_id": null});
    assert_eq!(client.get(&url).await.json, shop);
    assert_eq!(client.results("shops/").await, [shop]);

    // Ids that would mean something else in an address.
    for (id, at) in [(".json", "%2Ejson"), ("a.b/c", "a.b%2Fc")] {
        let answer = client.post("shops/", &json!({"shop_id": id, "name": id})).await;
        let url = answer.header("location").to_owned();
        assert_eq!(url, format!("{}/api/v1/shops/{at}/", app.server.url));
        assert_eq!(client.get(&url).await.json["shop_id"], id);
    }

    let whole = json!({"shop_id": "4", "name": "Четверта", "address": "вул. Хрещатик, 1", "open_date": "2016-6-7",
        "latitude": 50.4501, "longitude": "-30.5234000001", "group_id": 12, "format_id": "mini"});
    assert_eq!(client.post("shops/", &whole).await.status, 201);
    assert_eq!(
        client.get("shops/4/").await.json,
        json!({"url": format!("{}/api/v1/shops/4/", app.server.url), "shop_id": "4", "name": "Четверта",
            "address": "вул. Хрещатик, 1", "open_date": "2016-06-07", "latitude": "50.4501",
            "longitude": "-30.5234000001", "group_id": "12", "format_id": "mini"})
    );
}

async fn a_product_leaves_with_its_url_and_is_active_unless_it_says_otherwise(engine: Engine) {
    let (app, client) = start(engine).await;
    let list = json!([
        {"product_id": "6343", "name": "Молоко 2,5%"},
        {"product_id": 2, "name": "Кефір", "barcode": "4820000000000", "article": "K-1", "category_id": 7,
            "unit_id": "л", "brand_id": "b", "producer_id": "p", "active": false},
        {"product_id": "3", "name": "x", "active": "False"},
        {"product_id": "4", "name": "x", "active": "1"},
        {"product_id": "5", "name": "x", "active": null},
    ]);
    assert_eq!(client.post("products/", &list).await.json, json!({"updated": 0, "inserted": 5}));
    let url = |id: &str| format!("{}/api/v1/products/{id}/", app.server.url);
    assert_eq!(
        client.get("products/6343/").await.json,
        json!({"url": url("6343"), "product_id": "6343", "name": "Молоко 2,5%", "barcode": null, "article": null,
            "category_id": null, "unit_id": null, "brand_id": null, "producer_id": null, "active": true})
    );
    assert_eq!(
        client.get("products/2/").await.json,
        json!({"url": url("2"), "product_id": "2", "name": "Кефір", "barcode": "4820000000000", "article": "K-1",
            "category_id": "7", "unit_id": "л", "brand_id": "b", "producer_id": "p", "active": false})
    );
    let active: Vec<Value> =
        client.results("products/").await.iter().map(|one| one["active"].clone()).collect();
    assert_eq!(active, [true, false, false, true, true]);
}

async fn what_has_an_id_that_is_there_replaces_it(engine: Engine) {
    let (_app, client) = start(engine).await;
    client.post("shops/", &json!({"shop_id": "3", "name": "Old", "address": "somewhere"})).await;
    let again = client.post("shops/", &json!({"shop_id": "3", "name": "New"})).await;
    assert_eq!((again.status.as_u16(), again.json), (201, json!({"updated": 1, "inserted": 0})));
    let shop = client.get("shops/3/").await.json;
    assert_eq!((&shop["name"], &shop["address"]), (&json!("New"), &Value::Null));
    assert_eq!(client.get("shops/").await.json["count"], 1);
    assert_eq!(client.results("shops/?search=old").await.len(), 0);
    assert_eq!(client.results("shops/?search=new").await.len(), 1);
}

async fn of_the_same_id_twice_the_later_counts_once(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = json!([{"product_id": 1, "name": "a"}, {"product_id": "2", "name": "b"}, {"product_id": "1", "name": "c"}]);
    assert_eq!(client.post("products/", &list).await.json, json!({"updated": 0, "inserted": 2}));
    assert_eq!(client.get("products/1/").await.json["name"], "c");
}

async fn every_fault_is_told(engine: Engine) {
    let (_app, client) = start(engine).await;
    let required = "This field is required.";
    let long = |most: usize| format!("Ensure this field has no more than {most} characters.");
    let shop = |field: &str, value: Value| {
        let mut shop = json!({"shop_id": "3", "name": "Shop"});
        shop[field] = value;
        shop
    };
    for (field, value, message) in [
        ("shop_id", json!(""), required.to_owned()),
        ("shop_id", json!("x".repeat(51)), long(50)),
        ("name", json!(null), required.to_owned()),
        ("name", json!("ї".repeat(256)), long(255)),
        ("name", json!(["x"]), "Not a valid string.".to_owned()),
        ("name", json!("a\u{0}"), "Null characters are not allowed.".to_owned()),
        (
            "open_date",
            json!("x"),
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.".to_owned(),
        ),
        ("latitude", json!("x"), "A valid number is required.".to_owned()),
        ("latitude", json!(90.1), "Ensure this value is less than or equal to 90.".to_owned()),
        ("longitude", json!("-180.5"), "Ensure this value is greater than or equal to -180.".to_owned()),
        ("address", json!("x".repeat(1001)), long(1000)),
        ("group_id", json!("x".repeat(101)), long(100)),
    ] {
        let answer = client.post("shops/", &shop(field, value.clone())).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (400, &json!({field: [message]})),
            "{field}: {value}"
        );
    }
    let all = client.post("products/", &json!({"active": "perhaps", "barcode": {}})).await;
    assert_eq!(
        all.json,
        json!({"product_id": [required], "name": [required], "barcode": ["Not a valid string."],
            "active": ["Must be a valid boolean."]})
    );
    assert_eq!(client.get("shops/").await.json["count"], 0);
    let exact = client.post("shops/", &shop("name", json!("ї".repeat(255)))).await;
    assert_eq!(exact.status, 201);
}

async fn a_list_is_all_or_nothing_unless_faulty_ones_are_skipped(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = json!([{"shop_id": "1", "name": "a"}, {"shop_id": "2"}, "x"]);
    let errors = json!({
        "1": {"name": ["This field is required."]},
        "2": {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]},
    });
    let refused = client.post("shops/", &list).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json),
        (400, json!({"detail": "2 of 3 objects refused.", "errors": errors}))
    );
    assert_eq!(client.get("shops/").await.json["count"], 0);
    let skipped = client.post("shops/?on_error=skip", &list).await;
    assert_eq!(
        (skipped.status.as_u16(), skipped.json),
        (201, json!({"updated": 0, "inserted": 1, "refused": 2, "errors": errors}))
    );
    assert_eq!(client.get("shops/").await.json["count"], 1);
}

async fn pages_follow_one_another(engine: Engine) {
    let (_app, client) = start(engine).await;
    let products: Vec<Value> =
        (0..250).map(|id| json!({"product_id": id, "name": format!("P {}", 250 - id)})).collect();
    client.post("products/", &products.into()).await;
    let first = client.get("products/").await.json;
    assert_eq!(
        (&first["count"], &first["previous"], first["results"].as_array().map(Vec::len)),
        (&json!(250), &Value::Null, Some(100))
    );
    for query in ["", "?page_size=7", "?ordering=-name&page_size=9", "?search=p&page_size=11"] {
        let all = client.walk(&format!("products/{query}")).await;
        let mut ids: Vec<_> = all.iter().map(|product| product["product_id"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((all.len(), ids.len()), (250, 250), "{query}");
    }
    let last = client.get("products/?page=3").await.json;
    assert!(last["previous"].as_str().is_some_and(|link| link.ends_with("?page=2")), "{last}");
    for page in ["4", "0", "-1", "x", "", "1.0", "99999999999999999999"] {
        let answer = client.get(&format!("products/?page={page}")).await;
        assert_eq!(answer.status, 404, "{page}: {}", answer.text);
    }
}

async fn names_are_searched_in_any_script_without_regard_to_case(engine: Engine) {
    let (_app, client) = start(engine).await;
    let names =
        ["Молоко 2,5%", "МОЛОКО «Ферма»", "Їжак", "Straße", "ΟΔΟΣ", "a_b", "a%b", "axb", "o'neil \"q\" \\"];
    let list: Vec<Value> = names.iter().map(|name| json!({"shop_id": name, "name": name})).collect();
    client.post("shops/", &list.into()).await;
    for (search, found) in [
        ("молоко", [0, 1].as_slice()),
        ("МОЛОКО", &[0, 1]),
        ("ЇЖАК", &[2]),
        ("їжак", &[2]),
        ("STRASSE", &[3]),
        ("οδος", &[4]),
        ("A_B", &[5]),
        ("a%b", &[6]),
        ("A%", &[6]),
        ("%", &[0, 6]),
        ("_", &[5]),
        ("\\", &[8]),
        ("O'NEIL \"Q\"", &[8]),
        ("' OR 1=1 --", &[]),
        ("\u{0}", &[]),
        ("unknown", &[]),
        ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let request = client.request(reqwest::Method::GET, "shops/").query(&[("search", search)]);
        let answer = client.send(request).await;
        let found: Vec<Value> = found.iter().map(|at: &usize| json!(names[*at])).collect();
        let ids: Vec<Value> = answer.json["results"]
            .as_array()
            .expect("results")
            .iter()
            .map(|shop| shop["shop_id"].clone())
            .collect();
        assert_eq!((&answer.json["count"], ids), (&json!(found.len()), found), "{search:?}");
    }
    let long = client.get(&format!("shops/?search={}", "x".repeat(60_000))).await;
    assert_eq!((long.status.as_u16(), &long.json["count"]), (200, &json!(0)));
}

async fn names_and_ids_are_ordered_by(engine: Engine) {
    let (_app, client) = start(engine).await;
    let list = json!([
        {"product_id": "b", "name": "яблуко"},
        {"product_id": "a", "name": "Абрикос"},
        {"product_id": "B", "name": "ЯБЛУКО"},
        {"product_id": "10", "name": "абрикос"},
        {"product_id": "9", "name": "Вишня"},
    ]);
    client.post("products/", &list).await;
    for (ordering, ids) in [
        ("", ["b", "a", "B", "10", "9"]),
        ("name", ["a", "10", "9", "b", "B"]),
        ("-name", ["b", "B", "9", "a", "10"]),
        ("identifier", ["10", "9", "B", "a", "b"]),
        ("-identifier", ["b", "a", "B", "9", "10"]),
        ("name,-identifier", ["a", "10", "9", "b", "B"]),
        ("-name,identifier", ["B", "b", "9", "10", "a"]),
        ("unknown,qty,%00", ["b", "a", "B", "10", "9"]),
        ("unknown,-identifier", ["b", "a", "B", "9", "10"]),
    ] {
        let found: Vec<Value> = client
            .results(&format!("products/?ordering={ordering}"))
            .await
            .iter()
            .map(|product| product["product_id"].clone())
            .collect();
        assert_eq!(found, ids, "{ordering}");
    }
}

async fn what_is_not_there_is_not_found(engine: Engine) {
    let (_app, client) = start(engine).await;
    for path in ["shops/3/", "products/3/", "shops/%00/", "shops/%ff/", "shops/3/x/", "things/"] {
        let answer = testkit::Answer::of(client.request(reqwest::Method::GET, path)).await;
        assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not found"})), "{path}");
    }
}
