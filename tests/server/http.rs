//! How the server speaks HTTP: paths, request ids, faults in the words of whoever is asked, connections.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode, Version};
use serde_json::json;
use testkit::{Answer, App, Engine, Wire, on_both_engines};

/// A path of the Tickets API that only reads.
const LISTS: &str = "/api/partners/v1/events/lists";

on_both_engines!(
    a_path_is_served_with_and_without_a_slash_at_its_end,
    a_path_of_no_api_is_not_found,
    an_unknown_path_below_an_api_is_not_found_in_its_words,
    a_wrong_method_is_refused_in_the_words_of_whoever_is_asked,
    a_body_of_another_type_is_refused_in_the_words_of_the_api,
    a_broken_body_is_refused_in_the_words_of_the_api,
    a_multipart_body_without_a_boundary_is_a_broken_one,
    a_request_has_an_id_that_is_also_in_its_log_line,
    an_id_that_the_client_sent_is_kept,
    an_id_that_could_not_stand_in_a_log_line_is_replaced,
    a_connection_serves_one_request_after_the_other,
    requests_sent_at_once_are_answered_in_their_order,
    http2_is_spoken_without_tls_too,
);

async fn a_path_is_served_with_and_without_a_slash_at_its_end(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    for path in ["events/lists", "events/seats/12", "events/seats/12/21"] {
        let (without, with) = (client.get(path).await, client.get(&format!("{path}/")).await);
        assert_eq!(with.status, 200, "{path}/");
        assert_eq!(with.text, without.text, "{path}");
    }
    let booking = json!({"seat_id": "7-1;8", "paid": 1});
    assert_eq!(client.post("tickets/add/12/21/", booking).await.status, 200);
    assert_eq!(client.get("tickets/add/12/21/?seat_id=3-1%3B1&paid=1").await.status, 200);
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        assert_eq!(app.request(Method::GET, path).send().await.unwrap().status(), 200, "{path}");
        assert_eq!(
            app.request(Method::GET, &format!("{path}/")).send().await.unwrap().status(),
            200,
            "{path}/"
        );
    }
}

async fn a_path_of_no_api_is_not_found(engine: Engine) {
    let app = App::start(engine);
    for path in [
        "/",
        "/nowhere",
        "/nowhere/",
        "/api",
        "/api/partners",
        "/api/partners/v2/events/lists",
        "/healthz/x",
        "/%00",
        "/?x=1",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = Answer::of(app.request(method.clone(), path)).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(answer.json, json!({"detail": "Not found"}), "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }
}

async fn an_unknown_path_below_an_api_is_not_found_in_its_words(engine: Engine) {
    let app = App::start(engine);
    let client = app.tickets("kassir");
    for path in ["", "events", "events/list", "events/lists/12/x", "tickets/steal/12/21", "%ff"] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let answer = Answer::of(client.request(method, path)).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json["status"], "error", "{path}");
            assert_eq!(answer.json["code"], "UNKNOWN_ERROR", "{path}");
            assert!(answer.json["message"].is_string(), "{path}");
        }
    }
}

async fn a_wrong_method_is_refused_in_the_words_of_whoever_is_asked(engine: Engine) {
    let app = App::start(engine);
    let client = app.tickets("kassir");
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE] {
        let answer = Answer::of(client.request(method.clone(), "events/lists")).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.json["status"], "error", "{method}");
        assert_eq!(answer.json["code"], "UNKNOWN_ERROR", "{method}");
        let allowed: BTreeSet<_> = answer.header("allow").split(',').map(str::trim).collect();
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed:?}");
    }
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        let answer = app.request(Method::DELETE, path).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let allow = answer.headers().get("allow").map(|allow| allow.to_str().unwrap().to_owned());
        assert!(allow.unwrap_or_default().contains("GET"), "{path}");
        let body: serde_json::Value = answer.json().await.unwrap_or_default();
        assert!(body["detail"].is_string(), "{path}: {body}");
    }
}

async fn a_body_of_another_type_is_refused_in_the_words_of_the_api(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    for media_type in ["text/plain", "application/xml", "application/octet-stream", "nonsense"] {
        let request = client.request(Method::POST, "tickets/add/12/21").header("content-type", media_type);
        let answer = Answer::of(request.body(r#"{"seat_id": "7-1;8", "paid": 1}"#)).await;
        assert_eq!(answer.status, 415, "{media_type}");
        assert_eq!(answer.json["status"], "error", "{media_type}");
        assert!(answer.json["code"].is_string(), "{media_type}");
    }
    assert_eq!(client.seat("7-1;8").await["available"], true, "nothing was stored");
}

async fn a_broken_body_is_refused_in_the_words_of_the_api(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    for body in [
        &b"{"[..],
        b"[]",
        b"\"7-1;8\"",
        b"{\"seat_id\": \"7-1;8\", \"paid\": 1}x",
        b"{\"seat_id\": \"\xff\"}",
        b"\0",
    ] {
        let request =
            client.request(Method::POST, "tickets/add/12/21").header("content-type", "application/json");
        let answer = Answer::of(request.body(body)).await;
        assert_eq!(answer.status, 400, "{body:?}");
        assert_eq!(answer.json["code"], "VALIDATION_ERROR", "{body:?}");
    }
    assert_eq!(client.seat("7-1;8").await["available"], true, "nothing was stored");
}

async fn a_multipart_body_without_a_boundary_is_a_broken_one(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    let request =
        client.request(Method::POST, "tickets/add/12/21").header("content-type", "multipart/form-data");
    let answer = Answer::of(request.body("seat_id")).await;
    assert_eq!((answer.status.as_u16(), &answer.json["code"]), (400, &"VALIDATION_ERROR".into()));
    assert!(answer.json["message"].as_str().is_some_and(|why| why.contains("boundary")), "{}", answer.text);
    assert_eq!(client.seat("7-1;8").await["available"], true, "nothing was stored");
}

async fn a_request_has_an_id_that_is_also_in_its_log_line(engine: Engine) {
    let app = App::start(engine);
    let mut ids = BTreeSet::new();
    for path in [LISTS, "/healthz", "/nowhere", "/docs", "/openapi.json"] {
        let answer = app.get(path).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(id.len() >= 16, "{path}: {id}");
        app.logged(&[&id, answer.status.as_str()]).await;
        assert!(ids.insert(id), "{path}: an id of its own");
    }
}

async fn an_id_that_the_client_sent_is_kept(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    let answer = Answer::of(app.request(Method::GET, LISTS).header("x-request-id", &key)).await;
    assert_ne!(answer.header("x-request-id"), key, "a key is no id: it would stand in the log");
    for (number, path) in [LISTS, "/healthz", "/nowhere"].into_iter().enumerate() {
        let id = format!("order-{number}/2026:08:01");
        let answer = Answer::of(app.request(Method::GET, path).header("x-request-id", &id)).await;
        assert_eq!(answer.header("x-request-id"), id, "{path}");
        app.logged(&[&id]).await;
    }
}

async fn an_id_that_could_not_stand_in_a_log_line_is_replaced(engine: Engine) {
    let app = App::start(engine);
    let long = "x".repeat(10_000);
    for id in ["", "two words", "tab\tbed", "\u{e9}t\u{e9}", &long] {
        let answer = Answer::of(app.request(Method::GET, "/healthz").header("x-request-id", id)).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert!(!answer.header("x-request-id").is_empty());
    }
}

fn head(method: &str, path: &str, key: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n")
}

async fn a_connection_serves_one_request_after_the_other(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    let mut wire = app.wire();
    for path in [LISTS, "/nowhere", LISTS, "/healthz"] {
        wire.send(format!("{}\r\n", head("GET", path, &key)));
        let answer = wire.answer();
        assert_eq!(answer.status, if path == "/nowhere" { 404 } else { 200 }, "{path}");
    }
    // A refusal, even of a body that was not wanted, leaves the connection in step.
    wire.send(format!(
        "{}content-type: text/plain\r\ncontent-length: 5\r\n\r\nhello",
        head("POST", LISTS, &key)
    ));
    let status = wire.answer().status;
    wire.send(format!("{}connection: close\r\n\r\n", head("GET", LISTS, &key)));
    assert_eq!(wire.answer().status, 200, "after {status}");
    assert!(wire.end().is_empty(), "the client asked for the end");
}

async fn requests_sent_at_once_are_answered_in_their_order(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let key = app.key("tickets", "kassir");
    let mut wire = app.wire();
    let body = r#"{"seat_id": "7-1;8", "paid": 1}"#;
    let length = body.len();
    let post = head("POST", "/api/partners/v1/tickets/add/12/21", &key);
    wire.send(format!(
        "{}\r\n{post}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}{}\r\n{}\r\n",
        head("GET", "/healthz", &key),
        head("GET", "/api/partners/v1/events/seats/12/21", &key),
        head("GET", "/nowhere", &key),
    ));
    assert_eq!(wire.answer().json()["status"], "ok");
    assert_eq!(wire.answer().json()["result"]["paid"], 1);
    assert_eq!(
        wire.answer().json()["zones"][0]["seats"][0]["available"],
        false,
        "it sees the booking before it"
    );
    assert_eq!(wire.answer().json(), json!({"detail": "Not found"}));
}

async fn http2_is_spoken_without_tls_too(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let key = app.key("tickets", "kassir");
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let seats =
        || client.get(format!("{}/api/partners/v1/events/seats/12/21", app.server.url)).bearer_auth(&key);
    let answers = futures_util::future::join_all((0..50).map(|_| seats().send())).await;
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!((answer.version(), answer.status()), (Version::HTTP_2, StatusCode::OK));
    }
    // The same port still speaks HTTP/1.1.
    let mut wire = Wire::connect(&app.server.url);
    wire.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(wire.answer().status, 200);
}
