//! What goes wrong around an operation, in the dialect.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Engine, on_both_engines};

use super::{ELDOS, ask, everything, get, invalid, refused, start};

on_both_engines!(
    a_wrong_method_names_the_right_ones,
    a_body_that_is_no_json_is_told,
    a_body_beyond_a_megabyte_is_refused,
    what_is_no_utf_8_is_told,
    a_fault_of_ours_says_nothing_of_the_inside,
);

async fn a_wrong_method_names_the_right_ones(engine: Engine) {
    let app = App::start(engine);
    for (path, allowed) in [
        ("/units/", "GET, HEAD"),
        ("/units/name/x/", "GET, HEAD"),
        ("/telegram-chats/", "GET, POST, HEAD"),
        ("/telegram-chats/5/", "GET, PUT, HEAD"),
        ("/report-routes/", "POST, DELETE"),
        ("/report-routes/units/", "GET, HEAD"),
        ("/users/5/units/", "GET, HEAD"),
        ("/users/5/access-code/", "PATCH"),
        ("/roles/users/5/", "PATCH"),
        ("/api/roles/users/5/access-code/", "PATCH"),
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            if allowed.split(", ").any(|name| name == method.as_str()) {
                continue;
            }
            let answer = ask(&app, method.clone(), path, None).await;
            refused(&answer, 405, "Method not allowed");
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
    }
}

/// All operations that take a body.
fn taking_bodies() -> [(Method, String); 4] {
    [
        (Method::POST, "/telegram-chats/".into()),
        (Method::PUT, format!("/telegram-chats/{ELDOS}/")),
        (Method::POST, "/report-routes/".into()),
        (Method::PATCH, format!("/users/{ELDOS}/access-code/")),
    ]
}

async fn a_body_that_is_no_json_is_told(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    for (method, path) in taking_bodies() {
        for body in
            [&b""[..], b"{", b"{\"title\": \"\xff\"}", b"chat_id=1", b"{\"title\": \"\\ud800\"}", b"{} {}"]
        {
            let answer = Answer::of(app.request(method.clone(), &path).body(body)).await;
            assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
            assert_eq!(answer.json["message"], "Validation error");
            let told = answer.json["extra"]["fields"]["non_field_errors"][0].as_str().unwrap_or_default();
            assert!(told.starts_with("JSON parse error - "), "{}", answer.text);
        }
        for body in ["[]", "1", "null", "\"{}\""] {
            let answer = Answer::of(app.request(method.clone(), &path).body(body)).await;
            let told = json!({"non_field_errors": ["Invalid data. Expected a dictionary."]});
            invalid(&answer, &told);
        }
        let deep = "[".repeat(100_000);
        let answer = Answer::of(app.request(method.clone(), &path).body(deep)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
    assert_eq!(everything(&app), before);
}

async fn a_body_beyond_a_megabyte_is_refused(engine: Engine) {
    let app = start(engine);
    for (method, path) in taking_bodies() {
        let huge = Answer::of(app.request(method.clone(), &path).body(vec![b' '; (1 << 20) + 1])).await;
        refused(&huge, 413, "Request body is too large");
        let large = Answer::of(app.request(method, &path).body(vec![b' '; 1 << 20])).await;
        assert_eq!(large.status, 400, "{}", large.text);
    }
}

async fn what_is_no_utf_8_is_told(engine: Engine) {
    let app = start(engine);
    for path in ["/units/name/%ff/", "/report-types/names/%ff/", "/telegram-chats/%ff/", "/users/%ff/units/"]
    {
        refused(&ask(&app, Method::GET, path, None).await, 404, "Not found");
    }
    for path in ["/units/?limit=%ff", "/units/?%ff=1", "/users/123456/units/?region_id=%ff"] {
        let told = json!({"non_field_errors": ["A parameter is not UTF-8"]});
        invalid(&ask(&app, Method::GET, path, None).await, &told);
    }
    let answer =
        ask(&app, Method::DELETE, "/report-routes/?chat_id=1&report_type_id=2&unit_ids=%ff", None).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
}

async fn a_fault_of_ours_says_nothing_of_the_inside(engine: Engine) {
    let app = start(engine);
    let rename =
        |from: &str, to: &str| drop(app.database.rows(&format!("ALTER TABLE {from} RENAME TO {to}")));
    rename("routes_units", "routes_units_away");
    refused(&ask(&app, Method::GET, "/units/", None).await, 500, "Internal error");
    rename("routes_units_away", "routes_units");
    assert!(get(&app, "/units/").await["units"].is_array(), "it is not kept");
}
