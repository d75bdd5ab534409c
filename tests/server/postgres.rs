//! A PostgreSQL that goes away and comes back: behind a cable that can be cut and held.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Builder, Database, Engine, Gate, Tickets, Way, hall, hall_of, run};

/// A server whose connections to its database go through a gate; commands go straight.
fn behind_a_gate() -> (Gate, Builder) {
    let database = Database::fresh(Engine::Postgres);
    let (gate, url) = Gate::before(&database);
    (gate, App::on(database.into()).database_url(&url))
}

/// Fills the database and makes a key, past the gate.
fn prepare(app: &App, document: &serde_json::Value) -> String {
    let straight = testkit::Terminal::new().env("PARTNERAPI_DATABASE_URL", app.database.url());
    let file = straight.file("hall.json", document.to_string().as_bytes());
    straight.run(&["import", "tickets", file.to_str().unwrap()]).printed();
    let key = straight.run(&["keys", "create", "--api", "tickets", "--account", "kassir"]).printed();
    key.trim().to_owned()
}

async fn assert_unavailable(answer: &Answer) {
    assert!(matches!(answer.status.as_u16(), 500 | 503), "{} {}", answer.status, answer.text);
    assert_eq!(answer.json["code"], "UNKNOWN_ERROR");
    for inside in ["SQL", "postgres", "connect", "server", "database", "127.0.0.1", "closed"] {
        assert!(!answer.text.contains(inside), "{inside}: {}", answer.text);
    }
}

#[test]
fn a_database_that_is_away_is_told_and_served_again_when_it_is_back() {
    run(async {
        let (gate, builder) = behind_a_gate();
        let app = builder.start();
        let key = prepare(&app, &hall_of(&[], 100));
        let client = app.tickets_with(&key);
        let body = |order: &str| json!({"seat_id": "3-1;1", "external_id": order, "paid": 1});
        for round in 0..3 {
            let order = |name: &str| format!("{name}-{round}");
            assert_eq!(client.post("tickets/add/12/21", body(&order("before"))).await.status, 200);
            gate.set(Way::Closed);
            assert_unavailable(&client.post("tickets/add/12/21", body(&order("lost"))).await).await;
            assert_unavailable(&client.get("events/lists").await).await;
            testkit::until("it says that it is not ready", async || app.get("/readyz").await.status == 503)
                .await;
            assert_eq!(app.get("/healthz").await.status, 200, "restarting it would not help");
            assert_eq!(app.get("/metrics").await.status, 200, "now they are needed most");

            gate.set(Way::Open);
            testkit::until("it is ready again", async || app.get("/readyz").await.status == 200).await;
            assert_eq!(client.get("events/lists").await.status, 200);
            assert_eq!(client.post("tickets/add/12/21", body(&order("after"))).await.status, 200);
        }
        let stored = app.database.rows("SELECT external_id FROM tickets_tickets ORDER BY id");
        let stored: Vec<_> = stored.into_iter().flatten().flatten().collect();
        let wanted: Vec<_> =
            (0..3).flat_map(|round| [format!("before-{round}"), format!("after-{round}")]).collect();
        assert_eq!(stored, wanted, "what was refused was not kept");
    });
}

#[test]
fn no_confirmed_write_is_lost_however_often_the_cable_is_cut() {
    run(async {
        const PLACES: usize = 4000;
        let (gate, builder) = behind_a_gate();
        let app = builder.start();
        let key = prepare(&app, &hall_of(&[], i64::try_from(PLACES).unwrap()));
        let client = app.tickets_with(&key);
        let over = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> =
            (0..6).map(|writer| tokio::spawn(write(client.clone(), writer, over.clone()))).collect();
        let tickets = || app.database.value("SELECT count(*) FROM tickets_tickets").parse::<usize>().unwrap();
        for _ in 0..8 {
            let before = tickets();
            testkit::until("something is written", async || tickets() > before + 20).await;
            gate.set(Way::Closed);
            testkit::until("it says that it is not ready", async || app.get("/readyz").await.status == 503)
                .await;
            gate.set(Way::Open);
        }
        over.store(true, Ordering::SeqCst);
        let mut confirmed = Vec::new();
        for writer in writers {
            confirmed.extend(writer.await.unwrap());
        }
        testkit::until("it is ready again", async || app.get("/readyz").await.status == 200).await;
        assert!(confirmed.len() > 8 * 20 / 2, "{} were confirmed", confirmed.len());
        for id in &confirmed {
            let found = app
                .database
                .value(&format!("SELECT count(*) FROM tickets_tickets WHERE id = {id} AND state = 1"));
            assert_eq!(found, "1", "ticket {id} was confirmed and is gone");
        }
        let taken: usize = app.database.value("SELECT sum(taken) FROM tickets_seats").parse().unwrap();
        assert_eq!(taken, tickets(), "each ticket has its place");
        assert_eq!(app.database.value("SELECT count(*) FROM kernel_events").parse::<usize>().unwrap(), taken);
    });
}

/// Buys until it is over, and gives the tickets that were confirmed.
async fn write(client: Tickets, writer: usize, over: Arc<AtomicBool>) -> Vec<String> {
    let mut confirmed = Vec::new();
    for number in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let order = format!("{writer}-{number}");
        let body = json!({"seat_id": "3-1;1", "external_id": order, "paid": 1});
        let answer = client.post("tickets/add/12/21", body).await;
        match answer.status.as_u16() {
            200 => confirmed.push(answer.json["result"]["id"].as_str().unwrap().to_owned()),
            _ => assert_unavailable(&answer).await,
        }
    }
    confirmed
}

#[test]
fn a_database_that_says_nothing_uses_up_the_time_of_a_request_and_no_more() {
    run(async {
        let (gate, builder) = behind_a_gate();
        let app = builder.env("PARTNERAPI_REQUEST_TIMEOUT", "1").start();
        let key = prepare(&app, &hall());
        let client = app.tickets_with(&key);
        assert_eq!(client.get("events/lists").await.status, 200);
        gate.set(Way::Silent);
        assert_unavailable(&client.buy("7-1;8").await).await;
        assert_unavailable(&client.get("events/lists").await).await;
        let stranger = app.request(Method::GET, "/api/partners/v1/events/lists");
        assert_eq!(Answer::of(stranger).await.status, 401, "who has no key needs no database");
        gate.set(Way::Open);
        testkit::until("it answers again", async || client.get("events/lists").await.status == 200).await;
        let sold = async || {
            client.buy("7-1;8").await;
            client.seat("7-1;8").await["available"] == false
        };
        testkit::until("it sells again, if it has not already", sold).await;
    });
}

#[test]
fn health_and_readiness_are_told_whatever_the_database_does() {
    run(async {
        let (gate, builder) = behind_a_gate();
        let app = builder.env("PARTNERAPI_REQUEST_TIMEOUT", "2").start();
        let key = prepare(&app, &hall());
        assert_eq!(app.get("/readyz").await.status, 200);
        gate.set(Way::Silent);
        assert_eq!(app.get("/healthz").await.status, 200);
        let with_key = |path: &str| app.request(Method::GET, path).bearer_auth(&key);
        assert_eq!(Answer::of(with_key("/healthz")).await.status, 200, "a key changes nothing");
        testkit::until("it says that it is not ready", async || app.get("/readyz").await.status == 503).await;
        gate.set(Way::Open);
        testkit::until("it is ready again", async || app.get("/readyz").await.status == 200).await;
    });
}

#[test]
fn metrics_are_told_whatever_the_database_does() {
    run(async {
        let (gate, builder) = behind_a_gate();
        let app = builder.env("PARTNERAPI_REQUEST_TIMEOUT", "5").start();
        assert_eq!(app.get("/metrics").await.status, 200);
        for way in [Way::Closed, Way::Silent] {
            gate.set(way);
            assert_eq!(app.get("/metrics").await.status, 200, "now they are needed most");
            gate.set(Way::Open);
        }
    });
}

#[test]
fn a_server_whose_database_is_away_stops_when_it_is_told_to() {
    run(async {
        let (gate, builder) = behind_a_gate();
        let mut app = builder.start();
        prepare(&app, &hall());
        gate.set(Way::Closed);
        testkit::until("it says that it is not ready", async || app.get("/readyz").await.status == 503).await;
        app.stop();
    });
}
