//! Log lines: on standard error, one a request, for people or machines, and never a secret.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, Terminal, hall, on_both_engines};

const LOG: &str = "PARTNERAPI_LOG";
const LOG_FORMAT: &str = "PARTNERAPI_LOG_FORMAT";

on_both_engines!(
    a_request_has_one_line_with_what_there_is_to_know,
    json_lines_are_one_object_each,
    a_level_leaves_out_what_is_below_it,
    a_filter_can_speak_of_requests_alone,
    no_line_has_a_key_or_anything_about_a_person,
    nothing_but_answers_goes_to_standard_output,
    a_line_stays_short_however_much_is_wrong,
);

async fn a_request_has_one_line_with_what_there_is_to_know(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    let mut ids = Vec::new();
    for (path, status) in [
        ("events/lists", "200"),
        ("events/seats/12/21", "200"),
        ("events/seats/99", "404"),
        ("nothing", "404"),
    ] {
        let answer = client.get(path).await;
        let id = answer.header("x-request-id").to_owned();
        let line = app.logged(&[&id]).await;
        for word in ["INFO", "tickets", "GET", status, "127.0.0.1", "kassir"] {
            assert!(line.contains(word), "no {word} in {line}");
        }
        ids.push(id);
    }
    let log = app.server.log();
    for id in ids {
        assert_eq!(log.iter().filter(|line| line.contains(&id)).count(), 1, "{id}");
    }
    assert!(log.iter().all(|line| !line.contains('\u{1b}')), "no colours where no person looks on");
}

async fn json_lines_are_one_object_each(engine: Engine) {
    let app = App::builder(engine).env(LOG_FORMAT, "json").start();
    let answer = app.get("/healthz").await;
    let line = app.logged(&[answer.header("x-request-id")]).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "INFO", "{line}");
    assert_eq!(line["route"], "/healthz", "{line}");
    assert_eq!(line["method"], "GET", "{line}");
    assert_eq!(line["status"], 200, "{line}");
    assert_eq!(line["id"], answer.header("x-request-id"), "{line}");
    assert!(line["ms"].is_number() && line["timestamp"].is_string(), "{line}");
    for line in app.server.log() {
        assert!(serde_json::from_str::<Value>(&line).is_ok_and(|line| line.is_object()), "{line}");
    }
}

async fn a_level_leaves_out_what_is_below_it(engine: Engine) {
    for (level, requests) in [("error", false), ("warn", false), ("info", true), ("debug", true)] {
        let app = App::builder(engine).env(LOG, level).silent().start();
        let answer = app.get("/healthz").await;
        let answered =
            |app: &App| app.server.log().iter().any(|line| line.contains(answer.header("x-request-id")));
        let mut app = app;
        app.stop();
        testkit::until("its log is read", async || !requests || answered(&app)).await;
        assert_eq!(answered(&app), requests, "{level}");
        assert_eq!(app.server.log().iter().any(|line| line.contains("INFO")), requests, "{level}");
    }
}

async fn a_filter_can_speak_of_requests_alone(engine: Engine) {
    let mut app = App::builder(engine).env(LOG, "info,request=warn").start();
    let answer = app.get("/healthz").await;
    app.stop();
    app.logged(&["stopped"]).await;
    let log = app.server.log();
    assert!(!log.iter().any(|line| line.contains(answer.header("x-request-id"))), "{log:?}");
}

async fn no_line_has_a_key_or_anything_about_a_person(engine: Engine) {
    for level in ["info", "trace"] {
        let app = App::builder(engine).env(LOG, level).start();
        app.import("tickets", &hall()).printed();
        let client = app.tickets("kassir");
        let person = "ivan.petrov@example.org/+79161234567/Иван";
        let encoded = "ivan.petrov%40example.org%2F%2B79161234567%2F%D0%98%D0%B2%D0%B0%D0%BD";
        let booking =
            json!({"seat_id": "7-1;8", "external_id": person, "reserved_to": "2029-12-31T00:00:00+03:00"});
        assert_eq!(client.post("tickets/add/12/21", booking).await.status, 200);
        let update = format!("tickets/update/12/21?external_id={encoded}&paid=1");
        assert_eq!(client.get(&update).await.status, 200);
        let missing = format!("tickets/remove/12/21?external_id={encoded}x");
        assert_eq!(client.get(&missing).await.status, 404);
        client.get(&format!("events/seats/{encoded}")).await;
        client.get(&format!("tickets/{encoded}")).await;
        let form = client
            .request(Method::POST, "tickets/update/12/21")
            .form(&[("external_id", person), ("paid", "maybe")]);
        assert_eq!(Answer::of(form).await.status, 400);
        let broken =
            client.request(Method::POST, "tickets/add/12/21").header("content-type", "application/json");
        assert_eq!(Answer::of(broken.body(format!("{{\"external_id\": \"{person}\", "))).await.status, 400);
        let basic =
            app.request(Method::GET, "/api/partners/v1/events/lists").basic_auth("kassir", Some(&client.key));
        assert_eq!(Answer::of(basic).await.status, 200);
        let wrong = format!("{}x", client.key);
        let guess = app.request(Method::GET, "/api/partners/v1/events/lists").header("x-api-key", &wrong);
        assert_eq!(Answer::of(guess).await.status, 401);
        app.get(&format!("/nowhere/{encoded}?key={}", client.key)).await;
        let over_http2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
        let seats = over_http2.get(format!("{}/api/partners/v1/events/seats/12?x={encoded}", app.server.url));
        assert_eq!(seats.bearer_auth(&client.key).send().await.unwrap().status(), 200);

        let mut app = app;
        app.stop();
        app.logged(&["stopped"]).await;
        let secret = &client.key["pk_tickets_".len() + 8..];
        for line in app.server.log() {
            for never in [secret, "ivan.petrov", "79161234567", "Иван", "%D0%98%D0%B2"] {
                assert!(!line.contains(never), "at level {level}, {never} in {line}");
            }
        }
    }
}

async fn nothing_but_answers_goes_to_standard_output(engine: Engine) {
    let mut app = App::builder(engine).env(LOG, "debug").start();
    app.get("/healthz").await;
    app.stop();
    assert_eq!(app.server.stdout(), "");
}

#[test]
fn a_command_answers_on_standard_output_whatever_it_logs() {
    for format in ["text", "json"] {
        let terminal = Terminal::new().env(LOG, "trace").env(LOG_FORMAT, format);
        let key = terminal.run(&["keys", "create", "--api", "tickets", "--account", "kassir"]);
        assert_eq!(key.stdout.lines().count(), 1, "{}", key.stdout);
        assert!(key.stdout.starts_with("pk_tickets_"));
        assert!(!key.stderr.contains(key.stdout.trim()), "{}", key.stderr);
    }
}

async fn a_line_stays_short_however_much_is_wrong(engine: Engine) {
    let app = App::start(engine);
    let network = json!({
        "report_types": [{"id": 1, "name": "sales", "verbose_name": "Sales"}],
        "roles": [{"name": "all", "access_code": "code-1", "report_types": ["sales"], "unit_ids": []}],
        "chats": [{"chat_id": 1, "type": "PRIVATE", "title": "Ann", "username": null, "role": "all"}]
    });
    app.import("routes", &network).printed();
    let units: Vec<i64> = (1..=20_000).collect();
    let routes = json!({"chat_id": 1, "report_type_id": 1, "unit_ids": units});
    let answer = Answer::of(app.request(Method::POST, "/report-routes/").json(&routes)).await;
    assert_eq!(answer.status, 404, "{}", answer.text);
    assert!(answer.text.contains("20000"), "the client is told of all");
    let line = app.logged(&[answer.header("x-request-id")]).await;
    assert!(line.contains("Units {1, 2, 3,") && line.len() < 1_500, "{} bytes", line.len());
}
