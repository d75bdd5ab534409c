//! Import and export, as commands; what an API's file may hold is its own suite's matter.

use std::process::Command;

use serde_json::{Value, json};
use testkit::{App, Database, Engine, Terminal, binary, hall, hall_of, on_both_engines};

on_both_engines!(
    an_import_tells_what_it_did_and_the_same_file_twice_changes_nothing,
    a_running_server_sees_an_import_at_once,
    an_import_takes_standard_input,
    an_import_takes_a_pipe,
    a_file_that_is_missing_is_named,
    a_file_with_a_mistake_is_named_with_its_line_or_path_and_stores_nothing,
    an_export_goes_through_an_empty_database_unchanged,
    a_refused_command_prints_nothing_on_standard_output,
);

/// The number before a word of the summary.
fn count(summary: &str, word: &str) -> u64 {
    let words: Vec<&str> = summary.split([' ', ',', '\n']).filter(|part| !part.is_empty()).collect();
    let at =
        words.iter().position(|found| *found == word).unwrap_or_else(|| panic!("no {word} in {summary}"));
    words[at - 1].parse().unwrap()
}

async fn an_import_tells_what_it_did_and_the_same_file_twice_changes_nothing(engine: Engine) {
    let app = App::start(engine);
    let first = app.import("tickets", &hall()).printed();
    assert!(count(&first, "inserted") > 0, "{first}");
    assert_eq!((count(&first, "updated"), count(&first, "unchanged")), (0, 0), "{first}");

    let client = app.tickets("kassir");
    let before = (client.get("events/lists").await.text, app.command(&["export", "tickets"]).printed());
    let again = app.import("tickets", &hall()).printed();
    assert_eq!((count(&again, "inserted"), count(&again, "updated")), (0, 0), "{again}");
    assert_eq!(count(&again, "unchanged"), count(&first, "inserted"), "{again}");
    let after = (client.get("events/lists").await.text, app.command(&["export", "tickets"]).printed());
    assert_eq!(after, before);

    let changed = app.import("tickets", &hall_of(&[seat("7-1;8", 100)], 15)).printed();
    assert!(count(&changed, "updated") > 0, "{changed}");
    assert_eq!(count(&changed, "inserted"), 0, "{changed}");
}

fn seat(seat_id: &str, price: i64) -> Value {
    json!({"seat_id": seat_id, "coords": [283, 977], "row": 1, "place": 8, "price": price, "currency_id": "RUB"})
}

async fn a_running_server_sees_an_import_at_once(engine: Engine) {
    let app = App::start(engine);
    let sibling = app.sibling();
    let client = app.tickets("kassir");
    let clients = [client.at(&sibling.server.url), client];
    for client in &clients {
        assert_eq!(client.get("events/lists").await.json["result"], json!([]));
    }
    app.import("tickets", &hall()).printed();
    for client in &clients {
        assert_eq!(client.get("events/lists").await.json["result"][0]["event_id"], 12);
        assert_eq!(client.seat("7-1;8").await["price"], 0);
    }
    app.import("tickets", &hall_of(&[seat("7-1;8", 1500)], 14)).printed();
    for client in &clients {
        assert_eq!(client.seat("7-1;8").await["price"], 1500);
    }
    for name in ["Москва 1", "Москва 2"] {
        app.import("routes", &json!({"regions": [{"id": 1, "name": name}]})).printed();
        for app in [&app, &sibling] {
            assert_eq!(app.get("/units/regions/").await.json["regions"][0]["name"], name);
        }
    }
}

async fn an_import_takes_standard_input(engine: Engine) {
    let database = Database::fresh(engine);
    let terminal = Terminal::new();
    let file = std::fs::File::open(terminal.file("hall.json", hall().to_string().as_bytes())).unwrap();
    let mut import = Command::new(binary());
    import.args(["import", "tickets", "-", "--database-url", database.url()]).stdin(file);
    let imported = import.output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(database.value("SELECT event_id FROM tickets_events"), "12");
}

async fn an_import_takes_a_pipe(engine: Engine) {
    let app = App::start(engine);
    let file = app.file("suppliers.json", testkit::suppliers().to_string().as_bytes());
    let piped = "cat \"$1\" | \"$2\" import affiliates /dev/stdin --database-url \"$3\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", piped, "sh"]).arg(file).arg(binary()).arg(app.database.url());
    let imported = shell.output().unwrap();
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let stored = app.database.value("SELECT count(*) FROM affiliates_suppliers");
    assert_eq!(stored, testkit::suppliers()["suppliers"].as_array().unwrap().len().to_string());
}

async fn a_file_that_is_missing_is_named(engine: Engine) {
    let app = App::start(engine);
    let refused = app.command(&["import", "tickets", "no-such-file.json"]);
    assert_ne!(refused.status, 0);
    assert!(refused.stderr.contains("no-such-file.json"), "{}", refused.stderr);
    let refused = app.command(&["import", "tickets", "."]);
    assert_ne!(refused.status, 0, "a folder");
    assert_ne!(refused.stderr, "");
}

async fn a_file_with_a_mistake_is_named_with_its_line_or_path_and_stores_nothing(engine: Engine) {
    let app = App::start(engine);
    let mut second_event = hall();
    second_event["events"].as_array_mut().unwrap().push(hall()["events"][0].clone());
    second_event["events"][1]["event_id"] = json!("thirteen");
    for (content, named) in [
        (b"".to_vec(), "line 1"),
        (b"{\n\"events\": [\n{]}".to_vec(), "line 3"),
        (b"{\n\"events\": \"\xff\"}".to_vec(), "line 2"),
        (b"\0".to_vec(), "line 1"),
        (b"[1, 2".to_vec(), "line 1"),
        (format!("{}\n{{}}", hall()).into_bytes(), "line 2"),
        (second_event.to_string().into_bytes(), "events[1].event_id"),
    ] {
        let file = app.file("mistake.json", &content);
        let refused = app.command(&["import", "tickets", file.to_str().unwrap()]);
        assert_eq!(refused.status, 1, "{named}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{named}");
        assert!(refused.stderr.contains("mistake.json"), "{named}: {}", refused.stderr);
        assert!(refused.stderr.contains(named), "{named}: {}", refused.stderr);
    }
    assert_eq!(app.database.value("SELECT count(*) FROM tickets_events"), "0", "all or nothing");
    app.import("tickets", &hall()).printed();
}

async fn an_export_goes_through_an_empty_database_unchanged(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    let exported = app.command(&["export", "tickets"]).printed();
    let document: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(document["events"][0]["event_id"], 12);
    for other in [Engine::Sqlite, Engine::Postgres] {
        let copy = App::start(other);
        copy.import("tickets", &document).printed();
        assert_eq!(copy.command(&["export", "tickets"]).printed(), exported, "from {engine:?} to {other:?}");
    }
}

async fn a_refused_command_prints_nothing_on_standard_output(engine: Engine) {
    let app = App::start(engine);
    for words in [
        &["export", "tickets", "--account", "kassir"][..],
        &["import", "tickets", "x.json", "--account", "kassir"],
        &["export", "cinema"],
    ] {
        app.command(words).refused(2);
    }
    for words in [&["export", "orders"][..], &["import", "orders", "/dev/null"]] {
        let told = app.command(words).refused(1);
        assert!(told.contains("orders has nothing to"), "{told}");
    }
}

#[test]
fn an_import_shows_its_progress_on_a_terminal_and_only_there() {
    let seats: Vec<_> = (1..=3000).map(|place| seat(&format!("1-1;{place}"), 100)).collect();
    let regions: Vec<_> = (1..=3000).map(|number| json!({"name": format!("Москва {number}")})).collect();
    for (api, document) in [("tickets", hall_of(&seats, 1)), ("routes", json!({"regions": regions}))] {
        let terminal = Terminal::new();
        let file = terminal.file("import.json", document.to_string().as_bytes());
        let database = terminal.path("partnerapi.db");
        let line = format!(
            "'{}' import {api} '{}' --database-url 'sqlite:{}'",
            binary().display(),
            file.display(),
            database.display()
        );
        let shown =
            Command::new("script").args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").output().unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("inserted"), "{shown}");
        assert!(shown.contains('█') || shown.contains('░'), "no bar in {shown:?}");

        std::fs::remove_file(&database).unwrap();
        let plain = terminal.run(&["import", api, file.to_str().unwrap()]);
        assert_eq!(plain.stderr, "", "a log file wants no bar");
        assert_eq!(plain.stdout.lines().count(), 1, "{}", plain.stdout);
    }
}
