//! Errors: their codes, statuses and one shape.

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Tickets, on_both_engines};

use super::{hall_with, invalid, message, refused, ticket, unavailable};

on_both_engines!(
    without_a_key_or_with_a_wrong_one_it_is_wrong_authorization,
    each_error_has_its_code_and_its_status,
    an_unknown_method_is_an_unknown_error,
    a_wrong_http_method_is_told_the_right_ones,
    a_fault_of_ours_tells_nothing_of_the_inside,
    a_key_made_for_it_gets_every_error_with_200,
);

const PATHS: [&str; 8] = [
    "events/lists",
    "events/seats/12",
    "events/seats/12/21",
    "tickets/add/12",
    "tickets/add/12/21",
    "tickets/update/12/21",
    "tickets/remove/12",
    "tickets/remove/12/21",
];

async fn without_a_key_or_with_a_wrong_one_it_is_wrong_authorization(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");

    let expected =
        json!({"status": "error", "code": "WRONG_AUTHORIZATION", "message": "Wrong authorization"});
    for path in PATHS {
        for method in [Method::GET, Method::POST] {
            let answer = kassir.send(kassir.anonymous(method, path)).await;
            assert_eq!((answer.status.as_u16(), &answer.json), (401, &expected), "{path}");
        }
    }
    let nearly = format!("{}x", kassir.key);
    let swapped: String = kassir.key.chars().rev().collect();
    for credentials in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer YOUR_API_KEY".to_owned(),
        format!("Bearer {nearly}"),
        format!("Bearer {}", &kassir.key[..kassir.key.len() - 1]),
        format!("Bearer {swapped}"),
        format!("Bearer {}", kassir.key.to_uppercase()),
        kassir.key.clone(),
    ] {
        let request = kassir.anonymous(Method::GET, "events/lists").header("Authorization", &credentials);
        let answer = kassir.send(request).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (401, &expected), "{credentials}");
    }
    let bytes = HeaderValue::from_bytes(b"Bearer \xff\xfe").expect("a header may hold them");
    let request = kassir.anonymous(Method::GET, "events/lists").header("Authorization", bytes);
    assert_eq!(kassir.send(request).await.json, expected);
    assert_eq!(kassir.get("events/lists").await.status, 200);
}

async fn each_error_has_its_code_and_its_status(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let kassir = app.tickets("kassir");
    ticket(&kassir.buy("7-1;1").await);

    invalid(&kassir.add(json!({"seat_id": "7-1;2", "paid": 7})).await, "paid");
    refused(&kassir.get("events/seats/13").await, 404, "EVENT_NOT_FOUND");
    refused(&kassir.buy("9-9;9").await, 404, "SEAT_NOT_FOUND");
    refused(&kassir.remove(json!({"id": "999"})).await, 404, "TICKET_NOT_FOUND");
    unavailable(&kassir.buy("7-1;1").await, "7-1;1");
    // A seat's name stands in the message as it is, and the JSON stays whole.
    let quoted = kassir.buy("7-\"1\"\\;8").await;
    refused(&quoted, 404, "SEAT_NOT_FOUND");
}

async fn an_unknown_method_is_an_unknown_error(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    for path in [
        "",
        "events",
        "events/list",
        "events/lists/12",
        "events/seats",
        "events/seats/12/21/7",
        "tickets",
        "tickets/add",
        "tickets/add/12/21/7",
        "tickets/book/12/21",
        "Tickets/Add/12/21",
        "tickets/add/12/21/..%2f..",
        "%ff%fe",
        "%00",
        "мероприятия",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = kassir.send(kassir.request(method, path)).await;
            refused(&answer, 404, "UNKNOWN_ERROR");
        }
    }
}

async fn a_wrong_http_method_is_told_the_right_ones(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    for path in PATHS {
        for method in ["PUT", "PATCH", "DELETE", "PROPFIND"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = kassir.request(method.clone(), path).query(&[("seat_id", "7-1;1"), ("paid", "1")]);
            let answer = kassir.send(request).await;
            refused(&answer, 405, "UNKNOWN_ERROR");
            let allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
            assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{path}: {allowed:?}");
            assert!(!allowed.contains(&method.as_str()), "{path}: {allowed:?}");
            assert_eq!(allowed.contains(&"HEAD"), path.starts_with("events/"), "{path}: {allowed:?}");
        }
    }
    assert_eq!(kassir.seat("7-1;1").await["available"], true);
}

async fn a_fault_of_ours_tells_nothing_of_the_inside(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(1)).printed();
    let kassir = app.tickets("kassir");
    let db = app.database.open().await;
    let rename = async |from: &'static str, to: &'static str| {
        let renamed: Result<u64, kernel::db::Error> =
            db.write(move |tx| tx.execute(&format!("ALTER TABLE {from} RENAME TO {to}"), &[])).await;
        renamed.expect("a table of another name");
    };

    rename("tickets_seats", "lost").await;
    for (path, body) in [
        ("events/lists", json!({})),
        ("events/seats/12/21", json!({})),
        ("tickets/add/12/21", json!({"seat_id": "7-1;1", "paid": 1})),
    ] {
        let answer = kassir.post(path, body).await;
        refused(&answer, 500, "UNKNOWN_ERROR");
        for word in ["seats", "table", "relation", "SQL", "sql"] {
            assert!(!answer.text.contains(word), "{}", answer.text);
        }
        let id = answer.header("x-request-id").to_owned();
        testkit::until("the log tells why", async || {
            app.server.log().iter().any(|line| line.contains(&id) && line.contains("tickets_seats"))
        })
        .await;
    }
    rename("lost", "tickets_seats").await;
    db.close().await;
    ticket(&kassir.buy("7-1;1").await);
}

async fn a_key_made_for_it_gets_every_error_with_200(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall_with(2)).printed();
    let usual = app.tickets("kassir");
    let arguments = ["keys", "create", "--api", "tickets", "--account", "kassir", "--errors-as-200"];
    let mut lenient = usual.clone();
    lenient.key = app.command(&arguments).printed().trim().to_owned();
    ticket(&usual.buy("7-1;1").await);

    let mut seen: Vec<(u16, Value)> = Vec::new();
    for (method, path, body) in [
        (Method::POST, "tickets/add/12/21", json!({"seat_id": "7-1;1", "paid": 7})),
        (Method::POST, "tickets/add/99/21", json!({"seat_id": "7-1;1", "paid": 1})),
        (Method::POST, "tickets/add/12/21", json!({"seat_id": "9-9;9", "paid": 1})),
        (Method::POST, "tickets/add/12/21", json!({"seat_id": "7-1;1", "paid": 1})),
        (Method::POST, "tickets/remove/12/21", json!({"id": "999"})),
        (Method::POST, "tickets/remove/12/21", json!([])),
        (Method::POST, "tickets/remove/12/21", json!({"id": "x".repeat(1 << 20)})),
        (Method::GET, "events/seats/99", json!({})),
        (Method::GET, "events/nonsense", json!({})),
        (Method::PUT, "events/lists", json!({})),
    ] {
        let ask = async |client: &Tickets| -> Answer {
            client.send(client.request(method.clone(), path).json(&body)).await
        };
        let (hard, soft) = (ask(&usual).await, ask(&lenient).await);
        assert!(hard.status.is_client_error(), "{}", hard.text);
        assert_eq!(soft.status, 200, "{}", soft.text);
        assert_eq!(soft.json, hard.json, "the same error but for the status");
        assert_eq!(soft.header("allow"), hard.header("allow"));
        assert_eq!(soft.header("cache-control"), "no-store");
        seen.push((hard.status.as_u16(), soft.json["code"].clone()));
    }
    for status in [400, 404, 405, 409] {
        assert!(seen.iter().any(|(found, _)| *found == status), "{seen:?}");
    }
    // What is no error is as for everybody, and its log tells what it was.
    assert_eq!(lenient.get("events/seats/12/21").await.json, usual.get("events/seats/12/21").await.json);
    assert_ne!(message(&lenient.buy("9-9;9").await), "");
    ticket(&lenient.buy("7-1;2").await);
}
