//! Who may use it: a trusted network, or a key of this API.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Partner, on_both_engines};

use super::{made, order, orders_at};

on_both_engines!(
    from_elsewhere_a_key_opens_the_door,
    a_stranger_makes_no_order,
    a_page_of_another_site_makes_no_order_in_a_trusted_browser,
    what_is_wrong_around_an_operation_is_told_in_its_dialect,
);

/// A server that trusts no network.
fn guarded(engine: Engine, partner: &Partner) -> App {
    App::builder(engine)
        .env("PARTNERAPI_URL", &partner.server.url)
        .env("PARTNERAPI_TRUSTED_NETWORKS", "192.0.2.0/24")
        .start()
}

async fn from_elsewhere_a_key_opens_the_door(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = guarded(engine, &partner);
    let key = app.key("orders", "shop");
    let post = |order_id: i64| app.request(Method::POST, "/v2/orders/").json(&order(order_id));
    made(&Answer::of(post(1).bearer_auth(&key)).await);
    made(&Answer::of(post(2).basic_auth(&key, None::<&str>)).await);
    made(&Answer::of(post(3).header("x-api-key", &key)).await);
    // Orders belong to no account: another key sees the same.
    let other = app.key("orders", "another shop");
    let status = Answer::of(app.request(Method::GET, "/v2/orders/1").bearer_auth(&other)).await;
    assert_eq!(status.json["status_id"], 0, "{}", status.text);
}

async fn a_page_of_another_site_makes_no_order_in_a_trusted_browser(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = App::builder(engine).env("PARTNERAPI_URL", &partner.server.url).start();
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for (path, body) in [("/v2/orders/", order(1)), ("/SendOrder", order(1))] {
            let sent =
                app.request(Method::POST, path).header(name, value).header("content-type", "text/plain");
            let answer = Answer::of(sent.body(body.to_string())).await;
            assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        }
    }
    assert_eq!(orders_at(&partner, 1).await, 0);
    let own =
        app.request(Method::POST, "/v2/orders/").header("sec-fetch-site", "same-origin").json(&order(1));
    made(&Answer::of(own).await);
}

async fn a_stranger_makes_no_order(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = guarded(engine, &partner);
    let (tickets, revoked) = (app.key("tickets", "kassir"), app.key("orders", "shop"));
    app.command(&["keys", "revoke", &revoked]).printed();
    let refused = json!({"detail": "Not authenticated"});
    for key in [None, Some("nonsense"), Some(&tickets), Some(&revoked)] {
        let request = app.request(Method::POST, "/v2/orders/").json(&order(4));
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (401, &refused), "{key:?}");
    }
    // Before what is wrong with the body.
    let answer = Answer::of(app.request(Method::POST, "/SendOrder").body("{")).await;
    assert_eq!((answer.status.as_u16(), answer.json), (401, refused));
    assert_eq!(orders_at(&partner, 4).await, 0);
}

async fn what_is_wrong_around_an_operation_is_told_in_its_dialect(engine: Engine) {
    let app = App::start(engine);
    for (method, path, status, detail) in [
        (Method::GET, "/v2/unknown", 404, "Not Found"),
        (Method::GET, "/v2/orders/1/items", 404, "Not Found"),
        (Method::PUT, "/v2/orders/", 405, "Method Not Allowed"),
        (Method::GET, "/SendOrder", 405, "Method Not Allowed"),
        (Method::DELETE, "/v2/orders/1", 405, "Method Not Allowed"),
    ] {
        let answer = Answer::of(app.request(method.clone(), path)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (status, &json!({"detail": detail})),
            "{method} {path}"
        );
    }
    let huge = Answer::of(app.request(Method::POST, "/v2/orders/").body(vec![b' '; 5 << 20])).await;
    assert_eq!(huge.status, 413);
    assert!(huge.json["detail"].is_string(), "{}", huge.text);
    let not_utf8 = app.get("/v2/orders/?order_id=%ff").await;
    assert_eq!(not_utf8.status, 400, "{}", not_utf8.text);
    assert_ne!(not_utf8.json["detail"], Value::Null);
}
