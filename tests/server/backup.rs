//! `backup`: a copy of a database that is being written to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use testkit::{App, Database, Engine, Terminal, hall_of, run};

const SEATS: usize = 2000;

fn hall() -> serde_json::Value {
    let seats: Vec<_> = (1..=SEATS)
        .map(|place| {
            json!({"seat_id": format!("7-1;{place}"), "coords": [place, 1], "row": 1, "place": place, "price": 100,
                   "currency_id": "RUB"})
        })
        .collect();
    hall_of(&seats, 14)
}

#[test]
fn a_copy_of_a_database_under_writes_is_consistent_and_has_what_was_confirmed_before() {
    run(async {
        let app = App::start(Engine::Sqlite);
        app.import("tickets", &hall()).printed();
        let client = app.tickets("kassir");
        let confirmed = std::sync::Arc::new(AtomicUsize::new(0));
        let enough = std::sync::Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (client, confirmed, enough) = (client.clone(), confirmed.clone(), enough.clone());
                tokio::spawn(async move {
                    for place in (1 + writer..=SEATS).step_by(8) {
                        if enough.load(Ordering::Relaxed) {
                            return;
                        }
                        assert_eq!(client.buy(&format!("7-1;{place}")).await.status, 200);
                        confirmed.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        for copy in 0..5 {
            testkit::until("some more are sold", async || confirmed.load(Ordering::SeqCst) > 20 * copy).await;
            let file = app.file("unused", b"").with_file_name(format!("copy {copy}.db"));
            let before = confirmed.load(Ordering::SeqCst);
            app.command(&["backup", file.to_str().unwrap()]).printed();
            check_copy(&file, before);
        }
        enough.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Sound, whole, and one state: each ticket has its seat's place and its events.
fn check_copy(file: &std::path::Path, confirmed: usize) {
    let copy = Database::at(&format!("sqlite:{}", file.display()));
    assert_eq!(copy.value("PRAGMA integrity_check"), "ok");
    assert_eq!(copy.rows("PRAGMA foreign_key_check"), Vec::<Vec<_>>::new());
    let sold: usize = copy.value("SELECT count(*) FROM tickets_tickets WHERE state = 1").parse().unwrap();
    assert!(sold >= confirmed, "{sold} in the copy, {confirmed} confirmed before it");
    assert_eq!(copy.value("SELECT sum(taken) FROM tickets_seats"), sold.to_string());
    assert_eq!(
        copy.value("SELECT count(DISTINCT entity) FROM kernel_events WHERE type LIKE 'tickets.ticket.%'"),
        sold.to_string()
    );
}

#[test]
fn a_copy_serves_like_the_original() {
    run(async {
        let app = App::start(Engine::Sqlite);
        app.import("tickets", &testkit::hall()).printed();
        let client = app.tickets("kassir");
        client.buy("7-1;8").await;
        let file = app.file("unused", b"").with_file_name("copy.db");
        app.command(&["backup", file.to_str().unwrap()]).printed();

        let copy = App::on(Database::at(&format!("sqlite:{}", file.display())).into()).start();
        let there = client.at(&copy.server.url);
        assert_eq!(there.get("events/lists").await.text, client.get("events/lists").await.text);
        assert_eq!(there.seat("7-1;8").await["available"], false);
        assert_eq!(copy.command(&["events"]).printed(), app.command(&["events"]).printed());
    });
}

#[test]
fn a_file_that_exists_is_refused_and_left_alone() {
    run(async {
        let app = App::start(Engine::Sqlite);
        for content in [&b"precious"[..], b""] {
            let file = app.file("copy.db", content);
            let refused = app.command(&["backup", file.to_str().unwrap()]);
            assert_eq!(refused.status, 1, "{}", refused.stderr);
            assert!(refused.stderr.contains("copy.db"), "{}", refused.stderr);
            assert_eq!(std::fs::read(file).unwrap(), content);
        }
        let original = app.database.url().trim_start_matches("sqlite:").to_owned();
        assert_eq!(app.command(&["backup", &original]).status, 1, "the database itself");
        assert_eq!(app.command(&["backup", "no/such/folder/copy.db"]).status, 1);
        assert_eq!(app.get("/readyz").await.status, 200);
    });
}

#[test]
fn a_postgresql_database_is_copied_with_its_own_tools() {
    let database = Database::fresh(Engine::Postgres);
    let terminal = Terminal::new();
    let refused = terminal.run(&["backup", "copy.db", "--database-url", database.url()]).refused(1);
    assert!(refused.contains("pg_dump"), "{refused}");
    assert!(!terminal.path("copy.db").exists());
}
