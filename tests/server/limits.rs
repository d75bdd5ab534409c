//! Limits of a request: its size, its time, and what becomes of one whose client has gone.

use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::{Answer, App, Engine, Tickets, on_both_engines};

const REQUEST_TIMEOUT: &str = "PARTNERAPI_REQUEST_TIMEOUT";

on_both_engines!(
    a_body_beyond_the_limit_is_refused_in_the_words_of_the_api,
    a_body_that_does_not_tell_its_length_is_refused_after_it_was_sent,
    a_body_beyond_the_limit_is_refused_where_no_api_is_asked,
    a_request_that_never_ends_is_answered_when_its_time_is_over,
    a_request_whose_time_is_over_is_finished_all_the_same,
    a_write_is_finished_when_its_client_hangs_up,
    a_client_that_never_ends_its_headers_is_hung_up_on,
);

/// The head of a POST to `tickets/add`, without its length.
fn post(key: &str) -> String {
    format!(
        "POST /api/partners/v1/tickets/add/12/21 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\n"
    )
}

/// A booking that would be good if it were not so long.
fn padded(size: usize) -> String {
    json!({"seat_id": "7-1;8", "paid": 1, "padding": "x".repeat(size)}).to_string()
}

fn assert_refused(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.json["status"], "error", "{}", answer.text);
    assert!(answer.json["code"].is_string(), "{}", answer.text);
    assert_eq!(answer.json.as_object().unwrap().len(), 3, "{}", answer.text);
}

async fn a_body_beyond_the_limit_is_refused_in_the_words_of_the_api(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    let padded =
        |size: usize| json!({"seat_id": "7-1;8", "paid": 1, "padding": "x".repeat(size)}).to_string();
    for size in [100_000, 10 << 20] {
        let request =
            client.request(Method::POST, "tickets/add/12/21").header("content-type", "application/json");
        let answer = Answer::of(request.body(padded(size))).await;
        assert_refused(&answer, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(client.seat("7-1;8").await["available"], true, "nothing was stored");
    assert_eq!(client.buy("7-1;8").await.status, 200);
}

async fn a_body_that_does_not_tell_its_length_is_refused_after_it_was_sent(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    // Many a client looks at the answer only when it has sent everything.
    for size in [100_000, 8 << 20] {
        let mut wire = app.wire();
        wire.send(format!("{}transfer-encoding: chunked\r\n\r\n", post(&client.key)));
        let body = padded(size);
        for chunk in body.as_bytes().chunks(10_000) {
            wire.send(format!("{:x}\r\n", chunk.len()));
            wire.send(chunk);
            wire.send("\r\n");
        }
        wire.send("0\r\n\r\n");
        let answer = wire.answer();
        assert_eq!(answer.status, 413, "{}", answer.body);
        assert_eq!(answer.json()["status"], "error");
    }
    assert_eq!(client.seat("7-1;8").await["available"], true, "nothing was stored");
}

async fn a_body_beyond_the_limit_is_refused_where_no_api_is_asked(engine: Engine) {
    let app = App::start(engine);
    let answer = Answer::of(app.request(Method::POST, "/nowhere").body("x".repeat(10 << 20))).await;
    assert!(matches!(answer.status.as_u16(), 404 | 413), "{}", answer.status);
    assert!(answer.json["detail"].is_string(), "{}", answer.text);
}

async fn a_request_that_never_ends_is_answered_when_its_time_is_over(engine: Engine) {
    let app = App::builder(engine).env(REQUEST_TIMEOUT, "0.5").start();
    app.import("tickets", &testkit::hall()).printed();
    let key = app.key("tickets", "kassir");
    let mut wire = app.wire();
    wire.send(format!("{}content-length: 100\r\n\r\n{{", post(&key)));
    let answer = wire.answer();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["status"], "error");
    assert_eq!(answer.json()["code"], "UNKNOWN_ERROR");
    assert!(!answer.header("x-request-id").is_empty());
}

async fn a_request_whose_time_is_over_is_finished_all_the_same(engine: Engine) {
    let app = App::builder(engine).env(REQUEST_TIMEOUT, "0.5").start();
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    let held = app.database.hold("tickets_seats");
    let answer = client.buy("7-1;8").await;
    assert_refused(&answer, StatusCode::SERVICE_UNAVAILABLE);
    drop(held);
    testkit::until("the seat is sold", async || is_sold(&client).await).await;
    let events = app.command(&["events"]).printed();
    assert_eq!(events.lines().count(), 1, "{events}");
}

async fn a_write_is_finished_when_its_client_hangs_up(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let client = app.tickets("kassir");
    let body = json!({"seat_id": "7-1;8", "paid": 1}).to_string();
    let held = app.database.hold("tickets_seats");
    let mut wire = app.wire();
    let id = "x-request-id: hung-up\r\n";
    wire.send(format!("{}{id}content-length: {}\r\n\r\n{body}", post(&client.key), body.len()));
    testkit::until("the write has begun", async || app.write_waits_for("tickets_seats").await).await;
    drop(wire);
    app.logged(&["hung-up", "499"]).await;
    assert!(!is_sold(&client).await);
    drop(held);
    testkit::until("the seat is sold", async || is_sold(&client).await).await;
}

async fn is_sold(client: &Tickets) -> bool {
    client.seat("7-1;8").await["available"] == false
}

async fn a_client_that_never_ends_its_headers_is_hung_up_on(engine: Engine) {
    let app = App::start(engine);
    let mut wire = app.wire();
    wire.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    // How long that takes is the server's to say.
    let rest = tokio::task::block_in_place(|| wire.end());
    let text = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    assert_eq!(app.get("/healthz").await.status, 200);
}
