//! Who may, and what nobody sees.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Engine, on_both_engines};

use super::{start, stock};

on_both_engines!(
    without_a_credential_or_with_a_wrong_one_nothing_opens,
    a_key_opens_wherever_a_client_can_put_it,
    an_account_sees_its_own_and_nothing_else,
    numbers_are_an_accounts_own,
);

/// Every address, and what may be done there.
const ADDRESSES: [(Method, &str); 20] = [
    (Method::GET, ""),
    (Method::HEAD, ""),
    (Method::OPTIONS, ""),
    (Method::GET, "product-inventory/"),
    (Method::HEAD, "product-inventory/"),
    (Method::POST, "product-inventory/"),
    (Method::OPTIONS, "product-inventory/"),
    (Method::GET, "product-inventory.json"),
    (Method::GET, "product-inventory/.api"),
    (Method::GET, "product-inventory/1/"),
    (Method::OPTIONS, "product-inventory/1/"),
    (Method::GET, "product-inventory/2016-06-07_3_6343/"),
    (Method::GET, "shops/"),
    (Method::POST, "shops/"),
    (Method::OPTIONS, "shops/"),
    (Method::GET, "shops/3/"),
    (Method::GET, "products/"),
    (Method::POST, "products/"),
    (Method::GET, "products/6343/"),
    (Method::OPTIONS, "products/6343/"),
];

async fn without_a_credential_or_with_a_wrong_one_nothing_opens(engine: Engine) {
    let (app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    let (tickets, revoked) = (app.key("tickets", "network"), app.key("inventory", "network"));
    app.command(&["keys", "revoke", &revoked]).printed();
    let body = json!({"shop_id": "9", "product_id": "9", "name": "x", "date": "2016-06-07", "qty": 1});
    for (method, path) in ADDRESSES {
        for (key, detail) in [
            (None, "Authentication credentials were not provided."),
            (Some("nonsense"), "Invalid token."),
            (Some(&tickets), "Invalid token."),
            (Some(&revoked), "Invalid token."),
        ] {
            let request = app.request(method.clone(), &format!("/api/v1/{path}")).json(&body);
            let request = match key {
                Some(key) => request.bearer_auth(key),
                None => request,
            };
            let answer = client.send(request).await;
            // More failures than that in a minute are refused in another way.
            if answer.status == 429 {
                continue;
            }
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
            if method != Method::HEAD {
                assert_eq!(answer.json, json!({"detail": detail}), "{method} {path}");
            }
        }
    }
    // It comes before what is wrong with the body, or with its form.
    for path in ["/api/v1/product-inventory/", "/api/v1/product-inventory/?format=xml"] {
        let answer = Answer::of(app.request(Method::POST, path).body("{")).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    assert_eq!(client.get("shops/").await.json["count"], 1);
    assert_eq!(client.get("product-inventory/").await.json["count"], 1);
}

async fn a_key_opens_wherever_a_client_can_put_it(engine: Engine) {
    let (app, client) = start(engine).await;
    let request = || app.request(Method::GET, "/api/v1/shops/");
    for request in [
        request().bearer_auth(&client.key),
        request().basic_auth(&client.key, None::<&str>),
        request().basic_auth("network", Some(&client.key)),
        request().header("x-api-key", &client.key),
    ] {
        assert_eq!(client.send(request).await.status, 200);
    }
}

async fn an_account_sees_its_own_and_nothing_else(engine: Engine) {
    let (app, client) = start(engine).await;
    client.store(&json!([stock("6313", "1"), stock("6343", "1")])).await;
    let other = app.inventory("another");
    let empty = json!({"count": 0, "next": null, "previous": null, "results": []});
    for path in [
        "product-inventory/",
        "shops/",
        "products/",
        "product-inventory/?search=product",
        "product-inventory/?shop_id=3",
        "product-inventory/?ordering=name",
    ] {
        assert_eq!(other.get(path).await.json, empty, "{path}");
    }
    for path in ["product-inventory/1/", "product-inventory/2016-06-07_3_6343/", "shops/3/", "products/6343/"]
    {
        let answer = other.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not found"})), "{path}");
    }
    let refused = other.store(&stock("6343", "5")).await;
    assert_eq!(
        refused.json,
        json!({"shop_id": ["Object with shop_id=3 does not exist."], "product_id": ["Object with product_id=6343 does not exist."]})
    );
    // The same ids are other things.
    other.furnish(&["3"], &["6343"]).await;
    assert_eq!(other.store(&stock("6343", "5")).await.json, json!({"updated": 0, "inserted": 1}));
    other.post("shops/", &json!({"shop_id": "3", "name": "Theirs"})).await;
    assert_eq!(client.get("shops/3/").await.json["name"], "Shop 3");
    let quantities: Vec<Value> =
        client.results("product-inventory/").await.iter().map(|object| object["qty"].clone()).collect();
    assert_eq!(quantities, ["1.0000", "1.0000"]);
    for query in [
        "",
        "shop_id=3",
        "product_id=6343",
        "date=2016-06-07",
        "search=theirs",
        "ordering=name",
        "ordering=-date",
    ] {
        let seen = other.get(&format!("product-inventory/?{query}")).await.json;
        assert_eq!((&seen["count"], &seen["results"][0]["qty"]), (&json!(1), &json!("5.0000")), "{query}");
    }
}

async fn numbers_are_an_accounts_own(engine: Engine) {
    let (app, client) = start(engine).await;
    let other = app.inventory("another");
    other.furnish(&["3"], &["6313", "6343"]).await;
    for client in [&client, &other] {
        client.store(&stock("6313", "1")).await;
        let stored = client.store(&stock("6343", "2")).await;
        assert_eq!(stored.header("location"), format!("{}/api/v1/product-inventory/2/", app.server.url));
        assert_eq!(client.get("product-inventory/2/").await.json["product_id"], "6343");
    }
}
