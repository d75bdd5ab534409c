//! The seed's variables, each seen in what the server does.

use std::time::Instant;

use serde_json::{Value, json};
use testkit::{App, Builder, Certificate, Engine, Partner, Terminal, on_both_engines, run, until};

use super::{counted, create, errors, events, made, order, partner_error};

on_both_engines!(
    the_supplier_and_the_project_stand_in_every_event,
    another_table_of_statuses_replaces_the_first,
    the_counters_of_the_seed_count,
);

fn relaying(engine: Engine, partner: &Partner) -> Builder {
    App::builder(engine).env("PARTNERAPI_URL", &partner.server.url)
}

async fn the_supplier_and_the_project_stand_in_every_event(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying(engine, &partner)
        .env("PARTNERAPI_SOURCE_PROJECT_ID", "9")
        .env("PARTNERAPI_KODPOST", "42")
        .start();
    let theirs = made(&create(&app, &order(1)).await);
    partner.set_status(&theirs, Some("cancelled")).await;
    app.get("/v2/orders/1").await;
    partner.arm("create", "errors-text", 1).await;
    create(&app, &order(2)).await;
    let found = events(&app);
    let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
    let verbs = ["created", "status_changed", "cancelled", "rejected"];
    assert_eq!(kinds, verbs.map(|verb| format!("orders.order.{verb}")));
    for (kind, data) in &found {
        assert_eq!((&data["source_project_id"], &data["kodpost"]), (&json!(9), &json!(42)), "{kind}");
    }
    assert_eq!((&found[3].1["order_id"], &found[3].1["their_order_id"]), (&json!(2), &Value::Null));
}

async fn another_table_of_statuses_replaces_the_first(engine: Engine) {
    let partner = Partner::start(&[]);
    let table = r#"{"packed": {"status_id": 7, "their_status_id": 70}}"#;
    let app = relaying(engine, &partner).env("PARTNERAPI_STATUS_MAP", table).start();
    let theirs = made(&create(&app, &order(3)).await);
    partner.set_status(&theirs, Some("packed")).await;
    let answer = app.get("/v2/orders/3").await;
    assert_eq!((&answer.json["status_id"], &answer.json["their_status_id"]), (&json!(7), &json!(70)));
    partner.set_status(&theirs, Some("accepted")).await;
    assert_eq!(app.get("/v2/orders/3").await.json["status_id"], -1);
}

async fn the_counters_of_the_seed_count(engine: Engine) {
    let partner = Partner::start(&[]);
    let app = relaying(engine, &partner).start();
    let names = [
        "orders_created_counter",
        "orders_creating_errors_counter",
        "order_changing_status_counter",
        "order_status_mapping_error",
    ];
    for name in names {
        assert_eq!(counted(&app, name).await, 0.0, "{name} shows from the beginning");
    }
    made(&create(&app, &order(4)).await);
    made(&create(&app, &order(4)).await);
    assert_eq!(counted(&app, names[0]).await, 1.0, "answered from the record it is not made again");
    partner.arm("create", "errors-text", 1).await;
    errors(&create(&app, &order(5)).await);
    partner.arm("create", "item-not-found", 1).await;
    errors(&create(&app, &order(5)).await);
    assert_eq!(counted(&app, names[1]).await, 2.0);
    let page = app.get("/metrics").await.text;
    assert!(
        page.contains("partnerapi_partner_call_seconds_count{call=\"create\",outcome=\"answered\"} 3"),
        "{page}"
    );
}

/// How often the partner was called about an order.
async fn calls(partner: &Partner, order_id: i64, call: &str) -> i64 {
    let order_id = order_id.to_string();
    partner.report(&order_id).await["calls"][&order_id][call].as_i64().unwrap_or_default()
}

#[test]
fn a_shoppers_calls_are_repeated_as_often_as_is_set() {
    run(async {
        for (count, tries) in [("0", 1), ("2", 3)] {
            let partner = Partner::start(&[]);
            let app = relaying(Engine::Sqlite, &partner)
                .env("PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", count)
                .env("PARTNERAPI_HTTP_RETRIES_COUNT", "0")
                .env("PARTNERAPI_BREAKER_FAILURES", "100")
                .start();
            let theirs = made(&create(&app, &order(6)).await);
            for failure in ["500", "hang-up"] {
                partner.arm("find-orders", failure, 9).await;
                assert_eq!(errors(&create(&app, &order(7)).await), partner_error());
                assert_eq!(calls(&partner, 7, "find-orders").await, tries, "{failure}");
                assert_eq!(calls(&partner, 7, "create").await, 0);
                partner.control(reqwest::Method::POST, "reset", Value::Null).await;
            }
            // Between two tries of creating stands a look whether it was made.
            partner.arm("create", "500", 9).await;
            assert_eq!(errors(&create(&app, &order(8)).await), partner_error());
            assert_eq!(
                (calls(&partner, 8, "create").await, calls(&partner, 8, "find-orders").await),
                (tries, tries)
            );
            partner.arm("cancel", "500", 9).await;
            let body = json!({"order_id": 6, "their_order_id": theirs});
            super::send(&app, reqwest::Method::DELETE, "/v2/orders/", &body).await;
            let total = partner.report("0").await["total"]["cancel"].as_i64();
            assert_eq!(total, Some(tries), "cancelling");
        }
    });
}

#[test]
fn asking_after_a_status_has_a_patience_of_its_own() {
    run(async {
        let partner = Partner::start(&[]);
        let app = relaying(Engine::Sqlite, &partner)
            .env("PARTNERAPI_HTTP_RETRIES_COUNT", "2")
            .env("PARTNERAPI_HTTP_RETRIES_SLEEP", "0.3")
            .env("PARTNERAPI_HTTP_TIMEOUT", "0.3")
            .env("PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", "0")
            .start();
        let theirs = made(&create(&app, &order(9)).await);
        partner.arm("orders-data", "slow:60000", 1).await;
        partner.arm("orders-data", "500", 1).await;
        let began = Instant::now();
        let answer = app.get(&format!("/v2/orders/9?their_order_id={theirs}")).await;
        assert_eq!(answer.json["result"], "success", "the third try has it: {}", answer.text);
        // Never sooner: a time-out and two pauses.
        assert!(began.elapsed().as_secs_f64() >= 0.9, "{:?}", began.elapsed());
        assert_eq!(calls(&partner, 9, "orders-data").await, 3);
        assert_eq!(app.metric("partnerapi_partner_retries_total{call=\"orders-data\"}").await, Some(2.0));
    });
}

#[test]
fn a_shopper_waits_for_a_pause_and_a_time_out_as_they_are_set() {
    run(async {
        let partner = Partner::start(&[]);
        let app = relaying(Engine::Sqlite, &partner)
            .env("PARTNERAPI_HTTP_TIMEOUT_ORDER", "0.4")
            .env("PARTNERAPI_HTTP_RETRIES_SLEEP_ORDER", "0.4")
            .start();
        partner.arm("find-orders", "slow:60000", 1).await;
        let began = Instant::now();
        made(&create(&app, &order(10)).await);
        assert!(began.elapsed().as_secs_f64() >= 0.8, "{:?}", began.elapsed());
        assert_eq!(calls(&partner, 10, "find-orders").await, 2);
    });
}

#[test]
fn the_first_look_at_an_order_comes_when_it_is_set() {
    run(async {
        let partner = Partner::start(&[]);
        let app = relaying(Engine::Sqlite, &partner).env("PARTNERAPI_STATUS_POLL", "0.1").start();
        let patient = relaying(Engine::Sqlite, &partner).start();
        made(&create(&patient, &order(11)).await);
        made(&create(&app, &order(12)).await);
        until("it was looked at twice", async || calls(&partner, 12, "orders-data").await >= 2).await;
        assert_eq!(calls(&partner, 11, "orders-data").await, 0, "half a minute is not over");
    });
}

#[test]
fn a_partners_certificate_is_verified() {
    run(async {
        // A server that speaks TLS, and is no partner: what can be seen is whether anybody talks to it.
        let tls = Certificate::new();
        let (directory, somebody) = (Terminal::new(), App::builder(Engine::Sqlite));
        let certificate = directory.file("cert.pem", tls.certificate.as_bytes());
        let somebody = somebody
            .env("PARTNERAPI_TLS_CERT", certificate.to_str().expect("UTF-8"))
            .env("PARTNERAPI_TLS_KEY", directory.file("key.pem", tls.key.as_bytes()).to_str().expect("UTF-8"))
            .start();
        let url = somebody.server.url.replace("127.0.0.1", "localhost");
        for (trusted, outcome) in [(None, "unreachable"), (Some(&certificate), "answered")] {
            let app = App::builder(Engine::Sqlite)
                .env("PARTNERAPI_URL", &url)
                .env("PARTNERAPI_HTTP_RETRIES_COUNT_ORDER", "0");
            let app = match trusted {
                Some(file) => app.env("SSL_CERT_FILE", file.to_str().expect("UTF-8")),
                None => app,
            };
            let app = app.start();
            assert_eq!(errors(&create(&app, &order(13)).await), partner_error());
            let name = format!(
                "partnerapi_partner_call_seconds_count{{call=\"find-orders\",outcome=\"{outcome}\"}}"
            );
            assert_eq!(app.metric(&name).await, Some(1.0), "{outcome}");
        }
    });
}
