//! Who may use it: a supplier, with a key of this API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;
use testkit::{Answer, Engine, on_both_engines};

use super::{EVER, sale, start};

on_both_engines!(
    a_key_is_taken_from_every_place,
    without_a_key_nothing_is_told_and_nothing_done,
    a_supplier_sees_its_own_and_no_other,
    what_is_wrong_around_an_operation_is_told_in_its_dialect,
    a_path_is_served_with_and_without_its_last_slash,
);

/// Every operation that takes a key, with a body that would do something.
const OPERATIONS: [(Method, &str); 6] = [
    (Method::GET, "/api/accesses"),
    (Method::GET, "/api/accesses/count"),
    (Method::GET, "/api/purchases"),
    (Method::GET, "/api/purchases/count"),
    (Method::POST, "/api/purchases"),
    (Method::PUT, "/api/purchases"),
];

async fn a_key_is_taken_from_every_place(engine: Engine) {
    let (app, supplier) = start(engine);
    let key = &supplier.key;
    let path = format!("/api/accesses/count?{EVER}");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for (name, value) in [
        ("authorization", basic(key)),
        ("authorization", basic(&format!("{key}:"))),
        ("authorization", basic(&format!("anything:{key}"))),
        ("authorization", format!("Bearer {key}")),
        ("x-api-key", key.clone()),
    ] {
        let answer = Answer::of(app.request(Method::GET, &path).header(name, &value)).await;
        assert_eq!((answer.status.as_u16(), answer.json), (200, json!({"accesses_count": 0})), "{name}");
    }
}

async fn without_a_key_nothing_is_told_and_nothing_done(engine: Engine) {
    let (app, supplier) = start(engine);
    let revoked = app.supplier("hotel-hello").key;
    app.command(&["keys", "revoke", &revoked]).printed();
    let keys = [
        None,
        Some("parceirospromo".to_owned()),
        Some(app.key("tickets", "hotel-hello")),
        Some(revoked),
        // Its account is no supplier.
        Some(app.key("affiliates", "nobody")),
    ];
    for (method, path) in OPERATIONS {
        for key in &keys {
            // Neither what is right nor what is wrong with the request is told.
            for (query, body) in [(EVER, json!([sale("1")]).to_string()), ("begin=x", "{".to_owned())] {
                let request = app.request(method.clone(), &format!("{path}?{query}")).body(body);
                let request = match key {
                    Some(key) => request.header("authorization", format!("Basic {}", STANDARD.encode(key))),
                    None => request,
                };
                let answer = Answer::of(request).await;
                assert_eq!(answer.status, 401, "{method} {path} {key:?}: {}", answer.text);
                assert_eq!(answer.json, json!({"err": "Não autorizado"}));
                assert_eq!(answer.header("www-authenticate"), "Basic");
            }
        }
    }
    assert_eq!(supplier.counts(EVER).await, (0, 0));
}

async fn a_supplier_sees_its_own_and_no_other(engine: Engine) {
    let (app, supplier) = start(engine);
    let other = app.supplier("ryokan");
    let hash = super::HASH;
    let report = json!({"ecommerceHash": hash, "pcrid": 2554}).to_string();
    assert_eq!(app.request(Method::POST, "/cmp").body(report).send().await.expect("an answer").status(), 204);
    assert_eq!(supplier.post(&json!([sale("1")])).await.status, 200);
    assert_eq!(supplier.counts(EVER).await, (1, 1));
    assert_eq!(other.counts(EVER).await, (0, 0));
    assert_eq!(other.accesses(EVER).await["data"], json!([]));
    assert_eq!(other.purchases(EVER).await["data"], json!([]));
    // Another's sale answers as one that does not exist, and its id is free.
    let refused = other.put(&json!({"id": "1", "status": 2})).await;
    let unknown = other.put(&json!({"id": "2", "status": 2})).await;
    assert_eq!((refused.status, refused.text.replace('1', "2")), (unknown.status, unknown.text));
    assert_eq!(other.post(&json!([super::sale_with("1", json!({"status": 0}))])).await.status, 200);
    assert_eq!(super::column(&supplier.purchases(EVER).await, "status"), [1]);
    assert_eq!(super::column(&other.purchases(EVER).await, "status"), [0]);
}

async fn what_is_wrong_around_an_operation_is_told_in_its_dialect(engine: Engine) {
    let (app, supplier) = start(engine);
    for (method, path, status, message) in [
        (Method::GET, "accesses/unknown", 404, "Não encontrado"),
        (Method::GET, "purchases/1/2", 404, "Não encontrado"),
        (Method::DELETE, "purchases", 405, "Método não permitido"),
        (Method::POST, "accesses", 405, "Método não permitido"),
        (Method::PUT, "purchases/count", 405, "Método não permitido"),
    ] {
        let answer = supplier.send(supplier.request(method.clone(), path)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (status, &json!({"err": message})),
            "{method} {path}"
        );
    }
    assert_eq!(
        supplier.send(supplier.request(Method::DELETE, "purchases")).await.header("allow"),
        "GET, POST, PUT, HEAD"
    );
    let huge =
        supplier.send(supplier.request(Method::POST, "purchases").body(vec![b' '; (32 << 20) + 1])).await;
    assert_eq!(
        (huge.status.as_u16(), huge.json),
        (413, json!({"err": "O corpo da requisição é grande demais"}))
    );
    assert_eq!(supplier.get("accesses?begin=%ff").await.status, 400);
    let beside = app.get("/cmp/unknown").await;
    assert_eq!((beside.status.as_u16(), beside.json), (404, json!({"err": "Não encontrado"})));
}

async fn a_path_is_served_with_and_without_its_last_slash(engine: Engine) {
    let (app, supplier) = start(engine);
    for path in ["accesses", "accesses/count", "purchases", "purchases/count"] {
        for path in [format!("{path}?{EVER}"), format!("{path}/?{EVER}")] {
            assert_eq!(supplier.get(&path).await.status, 200, "{path}");
        }
    }
    for (path, id) in [("purchases", "1"), ("purchases/", "2")] {
        let post = supplier.send(supplier.request(Method::POST, path).json(&sale(id))).await;
        assert_eq!(post.status, 200, "{path}: {}", post.text);
        let put =
            supplier.send(supplier.request(Method::PUT, path).json(&json!({"id": id, "status": 2}))).await;
        assert_eq!(put.status, 200, "{path}: {}", put.text);
    }
    for path in ["/cmp", "/cmp/"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}
