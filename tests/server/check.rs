//! `check` says what would be in the way of `serve`.

use std::net::TcpListener;

use testkit::{Certificate, Database, Engine, Gate, Partner, Terminal, Way, on_both_engines};

on_both_engines!(
    all_is_well_with_a_database_and_a_free_address,
    an_address_that_is_taken_is_told_and_is_not_wrong,
    tls_that_cannot_be_used_is_found,
    everything_wrong_is_found_at_once,
);

/// A check that finds something; its words.
fn found(terminal: &Terminal) -> String {
    let checked = terminal.run(&["check"]);
    assert_eq!(checked.status, 1, "{}{}", checked.stdout, checked.stderr);
    format!("{}{}", checked.stdout, checked.stderr)
}

fn terminal(url: &str) -> Terminal {
    Terminal::new().env("PARTNERAPI_DATABASE_URL", url).env("PARTNERAPI_LISTEN", "127.0.0.1:0")
}

async fn all_is_well_with_a_database_and_a_free_address(engine: Engine) {
    let database = Database::empty(engine);
    let terminal = terminal(database.url());
    for _ in 0..2 {
        let checked = terminal.run(&["check"]);
        assert_eq!(checked.status, 0, "{}", checked.stderr);
        assert!(checked.stdout.contains("database"), "{}", checked.stdout);
    }
}

async fn an_address_that_is_taken_is_told_and_is_not_wrong(engine: Engine) {
    let database = Database::fresh(engine);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let words = terminal(database.url()).env("PARTNERAPI_LISTEN", &address).run(&["check"]).printed();
    assert!(words.contains(&format!("{address} is in use")), "{words}");
}

async fn tls_that_cannot_be_used_is_found(engine: Engine) {
    let database = Database::fresh(engine);
    let terminal = terminal(database.url());
    let (tls, other) = (Certificate::new(), Certificate::new());
    let certificate = terminal.file("cert.pem", tls.certificate.as_bytes());
    let key = terminal.file("key.pem", tls.key.as_bytes());
    let wrong = terminal.file("other.pem", other.key.as_bytes());
    let terminal = terminal.env("PARTNERAPI_TLS_CERT", certificate).env("PARTNERAPI_TLS_KEY", key);
    terminal.run(&["check"]).printed();
    let terminal = terminal.env("PARTNERAPI_TLS_KEY", wrong);
    let words = found(&terminal);
    assert!(words.contains("TLS"), "{words}");
}

async fn everything_wrong_is_found_at_once(engine: Engine) {
    let database = Database::fresh(engine);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (_gate, unreachable) = match engine {
        Engine::Sqlite => (None, "sqlite:no/such/folder/partnerapi.db".to_owned()),
        Engine::Postgres => {
            let (gate, url) = Gate::before(&database);
            gate.set(Way::Closed);
            (Some(gate), url)
        }
    };
    let words = found(&terminal(&unreachable).env("PARTNERAPI_LISTEN", &address));
    assert!(words.contains(&address), "{words}");
    assert!(words.contains("database"), "{words}");
}

#[test]
fn a_replica_that_cannot_be_reached_is_found() {
    testkit::run(async {
        let database = Database::fresh(Engine::Postgres);
        let (gate, url) = Gate::before(&database);
        let terminal = terminal(database.url()).env("PARTNERAPI_DATABASE_READ_URL", &url);
        terminal.run(&["check"]).printed();
        gate.set(Way::Closed);
        found(&terminal);
    });
}

#[test]
fn a_file_that_is_no_database_is_found() {
    let directory = Terminal::new();
    let file = directory.file("notes.db", "these are notes, not a database ".repeat(100).as_bytes());
    let words = found(&terminal(&format!("sqlite:{}", file.display())));
    assert!(words.contains("database"), "{words}");
    let kept = std::fs::read_to_string(file).unwrap();
    assert!(kept.starts_with("these are notes"), "it is left alone");
}

#[test]
fn a_partner_is_asked_and_what_is_wrong_with_it_is_told_in_words() {
    testkit::run(async {
        let database = Database::fresh(Engine::Sqlite);
        let words = terminal(database.url()).run(&["check"]).printed();
        assert!(words.contains("partner: PARTNERAPI_URL is not set, so no order can be made"), "{words}");

        let partner = Partner::start(&[]);
        let asked = terminal(database.url()).env("PARTNERAPI_URL", &partner.server.url);
        let words = asked.run(&["check"]).printed();
        assert!(words.contains("partner: answers find-orders as agreed"), "{words}");
        assert_eq!(partner.report("0").await["total"]["find-orders"], 1);

        for (failure, said) in [("html", "expected value"), ("500", "500 Internal Server Error")] {
            partner.arm("find-orders", failure, 1).await;
            let words = found(&asked);
            assert!(words.contains("partner: WRONG: ") && words.contains(said), "{failure}: {words}");
        }
        let words = found(&terminal(database.url()).env("PARTNERAPI_URL", "http://127.0.0.1:1"));
        assert!(words.contains("partner: WRONG: "), "{words}");
    });
}
