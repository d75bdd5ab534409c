//! Stopping: what is under way is finished, nobody new is let in.

use std::net::TcpStream;

use serde_json::json;
use testkit::{App, Engine, Gate, Partner, Tickets, Way, hall, on_both_engines, run, suppliers};

on_both_engines!(
    a_write_under_way_is_finished_and_answered,
    a_write_whose_client_has_gone_is_finished_too,
    visits_that_wait_for_each_other_are_recorded_though_their_browsers_have_gone,
    a_client_that_does_nothing_holds_nobody_up,
    an_interrupt_stops_it_like_a_termination,
    a_second_server_goes_on,
);

/// Whether nobody is let in any more: what a balancer sees, and all it needs.
fn is_closed(app: &App) -> bool {
    TcpStream::connect(app.server.url.trim_start_matches("http://")).is_err()
}

async fn start(engine: Engine) -> (App, Tickets) {
    // Long enough that nothing ends for want of time.
    let app = App::builder(engine).env("PARTNERAPI_REQUEST_TIMEOUT", "86400").start();
    app.import("tickets", &hall()).printed();
    let client = app.tickets("kassir");
    assert_eq!(app.get("/readyz").await.json["status"], "ready");
    (app, client)
}

async fn ended(app: &mut App) {
    testkit::until("the server has ended", || std::future::ready(app.server.has_ended())).await;
    assert_eq!(app.server.wait().code(), Some(0), "{}", app.server.log().join("\n"));
}

async fn a_write_under_way_is_finished_and_answered(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let held = app.database.hold("tickets_seats");
    let buyer = client.clone();
    let buying = tokio::spawn(async move { buyer.buy("7-1;8").await });
    testkit::until("the write has begun", async || app.write_waits_for("tickets_seats").await).await;

    app.server.terminate();
    testkit::until("nobody new is let in", async || is_closed(&app)).await;
    assert!(!app.server.has_ended());
    assert!(!buying.is_finished());

    drop(held);
    let bought = buying.await.unwrap();
    assert_eq!((bought.status.as_u16(), &bought.json["result"]["paid"]), (200, &json!(1)));
    ended(&mut app).await;
    app.restart();
    assert_eq!(client.at(&app.server.url).seat("7-1;8").await["available"], false, "it was kept");
}

async fn a_write_whose_client_has_gone_is_finished_too(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let held = app.database.hold("tickets_seats");
    let body = json!({"seat_id": "7-1;8", "paid": 1}).to_string();
    let mut wire = app.wire();
    wire.send(format!(
        "POST /api/partners/v1/tickets/add/12/21 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        client.key,
        body.len()
    ));
    testkit::until("the write has begun", async || app.write_waits_for("tickets_seats").await).await;
    drop(wire);
    app.logged(&["499"]).await;
    app.server.terminate();
    testkit::until("nobody new is let in", async || is_closed(&app)).await;
    assert!(!app.server.has_ended(), "the writer is not flushed yet");
    drop(held);
    ended(&mut app).await;
    app.restart();
    assert_eq!(client.at(&app.server.url).seat("7-1;8").await["available"], false, "it was kept");
}

async fn visits_that_wait_for_each_other_are_recorded_though_their_browsers_have_gone(engine: Engine) {
    let mut app = App::builder(engine).env("PARTNERAPI_REQUEST_TIMEOUT", "86400").start();
    app.import("affiliates", &suppliers()).printed();
    let held = app.database.hold("affiliates_accesses");
    // The first is being written when the second comes, which is then of another transaction.
    for pcrid in [1, 2] {
        let body = json!({"ecommerceHash": "ryokan-hash", "pcrid": pcrid}).to_string();
        let mut wire = app.wire();
        wire.send(format!(
            "POST /cmp HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        testkit::until("it waits", async || app.write_waits_for("affiliates_accesses").await).await;
        drop(wire);
        testkit::until("its browser has gone", async || {
            app.server.log().iter().filter(|line| line.contains("status=499")).count() == pcrid
        })
        .await;
    }
    app.server.terminate();
    testkit::until("nobody new is let in", async || is_closed(&app)).await;
    drop(held);
    ended(&mut app).await;
    assert_eq!(app.database.value("SELECT count(*) FROM affiliates_accesses"), "2");
}

async fn a_client_that_does_nothing_holds_nobody_up(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let mut kept_alive = app.wire();
    kept_alive.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(kept_alive.answer().status, 200);
    let mut half = app.wire();
    half.send("GET /heal");
    let silent = app.wire();
    let http2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let lists =
        http2.get(format!("{}/api/partners/v1/events/lists", app.server.url)).bearer_auth(&client.key);
    assert_eq!(lists.send().await.unwrap().status(), 200);

    app.server.terminate();
    ended(&mut app).await;
    assert!(kept_alive.end().is_empty(), "it is hung up on");
    drop((half, silent, http2));
}

async fn an_interrupt_stops_it_like_a_termination(engine: Engine) {
    let (mut app, client) = start(engine).await;
    assert_eq!(client.buy("7-1;8").await.status, 200);
    app.server.signal("INT");
    ended(&mut app).await;
    app.logged(&["stopped"]).await;
}

async fn a_second_server_goes_on(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let sibling = app.sibling();
    app.server.terminate();
    ended(&mut app).await;
    let there = client.at(&sibling.server.url);
    assert_eq!(sibling.get("/readyz").await.status, 200);
    assert_eq!(there.buy("7-1;8").await.status, 200);
}

#[test]
fn it_may_be_told_to_stop_in_the_moment_in_which_it_listens() {
    run(async {
        for _ in 0..20 {
            App::start(Engine::Sqlite).stop();
        }
    });
}

#[test]
fn its_port_is_free_again_and_the_log_says_what_happened() {
    run(async {
        let mut app = App::start(Engine::Sqlite);
        let address = app.server.url.trim_start_matches("http://").to_owned();
        let mut wire = app.wire();
        wire.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(wire.answer().status, 200);
        app.stop();
        std::net::TcpListener::bind(address).expect("the port is free, connections or not");
        app.logged(&["stopping"]).await;
        app.logged(&["stopped"]).await;
    });
}

#[test]
fn a_job_that_waits_for_a_silent_partner_holds_nobody_up() {
    run(async {
        let partner = Partner::start(&[]);
        let way = Gate::to(partner.server.url.trim_start_matches("http://"), Way::Open);
        let mut app = App::builder(Engine::Sqlite)
            .env("PARTNERAPI_URL", &format!("http://{}", way.address()))
            .env("PARTNERAPI_HTTP_TIMEOUT", "86400")
            .env("PARTNERAPI_STATUS_POLL", "0.1")
            .start();
        let order = crate::orders::order(1);
        let made = app.request(reqwest::Method::POST, "/v2/orders/").json(&order).send().await.unwrap();
        assert_eq!(made.status(), 200);
        way.set(Way::Silent);
        way.cut();
        let tries = way.tries();
        testkit::until("the job asks and gets no answer", async || way.tries() > tries).await;
        app.server.terminate();
        ended(&mut app).await;
    });
}
