//! Commands that look after a database.

use testkit::{App, Database, Engine, Terminal, on_both_engines};

on_both_engines!(
    migrate_says_what_it_did_and_then_that_nothing_is_to_do,
    servers_that_start_together_on_an_empty_database_migrate_it_once,
    a_command_brings_an_empty_database_up_to_date_by_itself,
);

async fn migrate_says_what_it_did_and_then_that_nothing_is_to_do(engine: Engine) {
    let database = Database::empty(engine);
    let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
    let first = terminal.run(&["migrate"]).printed();
    let steps = database.rows("SELECT name FROM kernel_migrations ORDER BY number");
    assert!(!steps.is_empty());
    assert_eq!(first.lines().count(), steps.len(), "{first}");
    for (line, step) in first.lines().zip(&steps) {
        assert!(line.contains(step[0].as_deref().unwrap()), "{first}");
    }
    let again = terminal.run(&["migrate"]).printed();
    assert_eq!(again.lines().count(), 1, "{again}");
    assert!(again.contains("up to date"), "{again}");
    assert_eq!(database.rows("SELECT name FROM kernel_migrations ORDER BY number"), steps);
}

async fn servers_that_start_together_on_an_empty_database_migrate_it_once(engine: Engine) {
    let database = std::sync::Arc::new(Database::empty(engine));
    let starts: Vec<_> = (0..3)
        .map(|_| {
            let builder = App::on(std::sync::Arc::clone(&database));
            std::thread::spawn(move || builder.start())
        })
        .collect();
    let apps: Vec<App> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    for app in &apps {
        assert_eq!(app.get("/readyz").await.status, 200);
    }
    let steps: usize = apps
        .iter()
        .map(|app| app.server.log().iter().filter(|line| line.contains("brought up to date")).count())
        .sum();
    assert_eq!(steps.to_string(), database.value("SELECT count(*) FROM kernel_migrations"));
}

async fn a_command_brings_an_empty_database_up_to_date_by_itself(engine: Engine) {
    let database = Database::empty(engine);
    let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
    let key = terminal.run(&["keys", "create", "--api", "tickets", "--account", "kassir"]).printed();
    assert!(key.starts_with("pk_tickets_"));
    assert_eq!(terminal.run(&["events"]).printed(), "");
}

#[test]
fn the_default_database_is_a_file_in_the_working_directory() {
    let terminal = Terminal::new();
    terminal.run(&["migrate"]).printed();
    assert!(terminal.path("partnerapi.db").is_file());
}

#[test]
fn a_database_file_may_have_any_name() {
    for name in ["two words.db", "Билеты & отчёты.db", "50%20.db", "a?mode=memory", "#1.db", "file:x.db"]
    {
        let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", format!("sqlite:{name}"));
        let key = terminal.run(&["keys", "create", "--api", "tickets", "--account", "kassir"]).printed();
        let file = terminal.path(name);
        assert!(file.is_file(), "{name}: no file of that name was made");
        let absolute = Terminal::new().env("PARTNERAPI_DATABASE_URL", format!("sqlite:{}", file.display()));
        let list = absolute.run(&["keys", "list"]).printed();
        assert_eq!(list.lines().count(), 1, "{name}: {list}");
        assert!(key.starts_with(list.split_whitespace().next().unwrap()), "{name}");
    }
}

#[test]
fn a_command_leaves_nothing_beside_the_database_file() {
    let terminal = Terminal::new();
    terminal.run(&["migrate"]).printed();
    terminal.run(&["keys", "list"]).printed();
    let folder = terminal.path("");
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, ["partnerapi.db"], "whoever copies this file has everything");
}
