//! Settings: each flag has its variable, each value is checked, and each does what it says.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt as _;

use testkit::{App, Certificate, Database, Engine, Gate, Terminal, on_both_engines, run};

on_both_engines!(
    a_variable_does_what_its_flag_does,
    a_flag_counts_before_its_variable,
    an_empty_setting_is_one_that_is_left_out,
);

/// Values with which no command may start, by their setting.
const BROKEN: [(&str, &[&str]); 14] = [
    (
        "DATABASE_URL",
        &["partnerapi.db", "mysql://root@db/x", "sqlite:", "sqlite::memory:", "postgres://h:port/db"],
    ),
    ("DATABASE_READ_URL", &["replica", "mysql://root@db/x", "sqlite:replica.db", "postgres://h:port/db"]),
    ("DATABASE_CONNECTIONS", &["0", "-1", "many", "1.5", "1000000", "99999999999999999999999"]),
    ("LISTEN", &["8000", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:70000", "http://127.0.0.1:8000"]),
    ("REQUEST_TIMEOUT", &["0", "-1", "soon", "NaN", "inf", "1e30", "60s"]),
    ("TRUSTED_NETWORKS", &["localnet", "10.0.0.0/40", "10.0.0.0/8;10.1.0.0/16", "300.0.0.1"]),
    ("TRUSTED_PROXIES", &["localnet", "10.0.0.0/40", "proxy.example", "::1/129"]),
    (
        "PUBLIC_URL",
        &["api.example.org", "ftp://api.example.org", "https://", "https://h/?a=b", "https://a:b@h/"],
    ),
    ("METRICS_PORT", &["metrics", "-1", "70000", "127.0.0.1:9000", "9000.5"]),
    ("LOG", &["info,,=", "=debug=", "[", "info,request=loud"]),
    ("LOG_FORMAT", &["xml", "JSON5", "text,json"]),
    ("DEMO", &["perhaps", "2"]),
    ("TLS_CERT", &["no-such-file.pem"]),
    ("TLS_KEY", &["no-such-file.pem"]),
];

fn variable(name: &str) -> String {
    format!("PARTNERAPI_{name}")
}

fn flag(name: &str) -> String {
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}

/// The other settings that a broken one needs beside it to be looked at, and none that would disturb others.
fn with_tls(terminal: Terminal) -> Terminal {
    let tls = Certificate::new();
    let (certificate, key) =
        (terminal.file("cert.pem", tls.certificate.as_bytes()), terminal.file("key.pem", tls.key.as_bytes()));
    terminal
        .env("PARTNERAPI_TLS_CERT", certificate)
        .env("PARTNERAPI_TLS_KEY", key)
        .env("PARTNERAPI_LISTEN", "127.0.0.1:0")
}

#[test]
fn a_broken_variable_stops_the_start_and_is_named_with_what_it_may_be() {
    let mut wrong = Vec::new();
    for (name, values) in BROKEN {
        for value in values {
            let terminal = with_tls(Terminal::new()).env(&variable(name), value);
            let ended = terminal.serve_refused::<&str>(&[]);
            let named = ended.stderr.contains(&variable(name)) && ended.stderr.contains("may be");
            let touched = terminal.path("partnerapi.db").exists();
            if ended.status != 2 || !named || touched || !ended.stdout.is_empty() {
                wrong.push(format!("{name}={value:?}: status {}: {}", ended.status, ended.stderr.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "not refused, or not named with what it may be:\n{}", wrong.join("\n"));
}

#[test]
fn a_broken_flag_stops_the_start_and_is_named_with_what_it_may_be() {
    let mut wrong = Vec::new();
    for (name, values) in BROKEN.into_iter().filter(|(name, _)| *name != "DEMO") {
        for value in values {
            let ended = with_tls(Terminal::new()).serve_refused(&[format!("{}={value}", flag(name))]);
            let named = ended.stderr.contains(&flag(name)) && ended.stderr.contains("may be");
            if ended.status != 2 || !named {
                wrong.push(format!(
                    "{}={value}: status {}: {}",
                    flag(name),
                    ended.status,
                    ended.stderr.trim()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "not refused, or not named with what it may be:\n{}", wrong.join("\n"));
}

#[test]
fn a_broken_value_of_another_command_is_named_with_what_it_may_be() {
    for (words, name) in [
        (&["events", "--limit", "ten"][..], "--limit"),
        (&["events", "--limit=-1"], "--limit"),
        (&["tickets", "stress", "--key", "k", "--clients", "0"], "--clients"),
        (&["tickets", "stress", "--key", "k", "--seats", "all"], "--seats"),
    ] {
        let refused = Terminal::new().run(words).refused(2);
        assert!(refused.contains(name) && refused.contains("may be"), "{words:?}: {refused}");
    }
}

#[test]
fn a_variable_that_is_not_text_is_named() {
    for name in ["LISTEN", "DATABASE_URL", "LOG", "LOG_FORMAT", "TRUSTED_NETWORKS"] {
        let refused = Terminal::new()
            .env(&variable(name), OsString::from_vec(vec![0xff, 0xfe]))
            .serve_refused::<&str>(&[]);
        assert_eq!(refused.status, 2, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains(&variable(name)), "{name}: {}", refused.stderr);
    }
}

#[test]
fn a_log_filter_that_is_no_level_is_not_taken_for_one() {
    let refused = Terminal::new().env("PARTNERAPI_LOG", "verbose").run(&["migrate"]);
    assert_eq!(refused.status, 2, "a start without any log line: {}", refused.stdout);
    assert!(
        refused.stderr.contains("PARTNERAPI_LOG") && refused.stderr.contains("may be"),
        "{}",
        refused.stderr
    );
}

#[test]
fn an_unknown_variable_stops_every_command_and_the_nearest_known_one_is_named() {
    for (unknown, nearest) in [
        ("PARTNERAPI_LISTNE", "PARTNERAPI_LISTEN"),
        ("PARTNERAPI_DATABASE_URI", "PARTNERAPI_DATABASE_URL"),
        ("PARTNERAPI_TRUSTED_NETWORK", "PARTNERAPI_TRUSTED_NETWORKS"),
        ("PARTNERAPI_REQUEST_TIMEOUTS", "PARTNERAPI_REQUEST_TIMEOUT"),
    ] {
        for words in [&["serve"][..], &["migrate"], &["check"], &["keys", "list"], &["events"]] {
            let terminal = Terminal::new().env(unknown, "postgres://u:hunter2@db/x");
            let refused = terminal.run(words).refused(2);
            assert!(refused.contains(unknown) && refused.contains(nearest), "{words:?}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
            assert!(!terminal.path("partnerapi.db").exists(), "nothing is touched");
        }
    }
}

#[test]
fn all_unknown_variables_are_named_at_once() {
    let terminal = Terminal::new().env("PARTNERAPI_LISTNE", "x").env("PARTNERAPI_LOGS", "y");
    let refused = terminal.run(&["migrate"]).refused(2);
    assert!(refused.contains("PARTNERAPI_LISTNE") && refused.contains("PARTNERAPI_LOGS"), "{refused}");
}

#[test]
fn variables_of_others_are_none_of_ours() {
    Terminal::new().env("PARTNER_API_LISTEN", "x").env("partnerapi_listen", "x").run(&["migrate"]).printed();
}

#[test]
fn tls_cannot_be_half_set() {
    let tls = Certificate::new();
    for (set, missing) in [("TLS_CERT", "TLS_KEY"), ("TLS_KEY", "TLS_CERT")] {
        let terminal = Terminal::new();
        let file = terminal.file("tls.pem", format!("{}{}", tls.certificate, tls.key).as_bytes());
        let refused = terminal.env(&variable(set), file).serve_refused::<&str>(&[]).refused(2);
        assert!(refused.contains(&variable(missing)), "{refused}");
    }
}

#[test]
fn a_certificate_and_the_key_of_another_one_are_refused() {
    let terminal = with_tls(Terminal::new());
    let other = terminal.file("other.pem", Certificate::new().key.as_bytes());
    let refused = terminal.env("PARTNERAPI_TLS_KEY", other).serve_refused::<&str>(&[]).refused(2);
    assert!(refused.contains("PARTNERAPI_TLS_KEY") && refused.contains("PARTNERAPI_TLS_CERT"), "{refused}");
    assert!(!refused.contains("PRIVATE KEY-----"), "{refused}");
}

#[test]
fn a_replica_of_a_database_that_has_none_is_refused() {
    let terminal = Terminal::new()
        .env("PARTNERAPI_DATABASE_URL", "sqlite:one.db")
        .env("PARTNERAPI_DATABASE_READ_URL", "postgres://partnerapi@127.0.0.1:1/db");
    let refused = terminal.serve_refused(&["--listen", "127.0.0.1:0"]).refused(2);
    assert!(refused.contains("PARTNERAPI_DATABASE_READ_URL"), "{refused}");
}

#[test]
fn no_password_is_ever_printed() {
    let url = "postgres://partnerapi:hunter2@127.0.0.1:1/partnerapi";
    for words in [
        &["serve"][..],
        &["migrate"],
        &["check"],
        &["keys", "list"],
        &["backup", "x"],
        &["events"],
        &["--help"],
        &["serve", "--help"],
    ] {
        for terminal in [
            Terminal::new().env("PARTNERAPI_DATABASE_URL", url).env("PARTNERAPI_LOG", "trace"),
            Terminal::new().env("PARTNERAPI_DATABASE_URL", url).env("PARTNERAPI_LISTEN", "nowhere"),
            Terminal::new().env("PARTNERAPI_DATABASE_URL", url.replace("127.0.0.1", "no host")),
            Terminal::new()
                .env("PARTNERAPI_DATABASE_URL", url)
                .env("PARTNERAPI_DATABASE_READ_URL", url.replace("1/", "x/")),
        ] {
            let ended = terminal.run(words);
            assert!(!ended.stdout.contains("hunter2"), "{words:?}: {}", ended.stdout);
            assert!(!ended.stderr.contains("hunter2"), "{words:?}: {}", ended.stderr);
        }
    }
    for words in
        [&["--database-urls", url][..], &["migrate", url], &["keys", "create", "--database-url", url]]
    {
        let refused = Terminal::new().run(words).refused(2);
        assert!(!refused.contains("hunter2"), "{words:?}: {refused}");
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Terminal::new().env("PARTNERAPI_LISTEN", &address).serve_refused::<&str>(&[]);
    assert_eq!(refused.status, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains(&address), "{}", refused.stderr);
}

#[test]
fn a_database_that_cannot_be_opened_is_told_with_status_1() {
    for url in ["sqlite:no/such/folder/x.db", "postgres://partnerapi@127.0.0.1:1/db"] {
        for words in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["migrate"],
            &["keys", "list"],
            &["events"],
            &["export", "tickets"],
        ] {
            let refused = Terminal::new().env("PARTNERAPI_DATABASE_URL", url).run(words);
            assert_eq!(refused.status, 1, "{url} {words:?}: {}", refused.stderr);
            assert_eq!(refused.stdout, "");
            assert!(refused.stderr.contains("database"), "{url} {words:?}: {}", refused.stderr);
        }
    }
}

async fn a_variable_does_what_its_flag_does(engine: Engine) {
    let database = Database::fresh(engine);
    let terminal = Terminal::new()
        .env("PARTNERAPI_DATABASE_URL", database.url())
        .env("PARTNERAPI_ACCOUNT", "kassir")
        .env("PARTNERAPI_API", "tickets")
        .env("PARTNERAPI_ERRORS_AS_200", "true")
        .env("PARTNERAPI_LISTEN", "127.0.0.1:0")
        .env("PARTNERAPI_LOG", "debug")
        .env("PARTNERAPI_LOG_FORMAT", "json");
    assert!(terminal.run(&["keys", "create"]).printed().starts_with("pk_tickets_"));
    assert_eq!(database.value("SELECT account FROM kernel_keys WHERE errors_as_200 = 1"), "kassir");
    assert!(terminal.run(&["check"]).printed().contains("127.0.0.1:0"));
}

async fn a_flag_counts_before_its_variable(engine: Engine) {
    let database = Database::fresh(engine);
    let terminal =
        Terminal::new().env("PARTNERAPI_DATABASE_URL", "sqlite:other.db").env("PARTNERAPI_ACCOUNT", "env");
    let create =
        ["keys", "create", "--database-url", database.url(), "--api", "tickets", "--account", "flag"];
    terminal.run(&create).printed();
    assert_eq!(database.value("SELECT account FROM kernel_keys"), "flag");
    assert!(!terminal.path("other.db").exists());
}

async fn an_empty_setting_is_one_that_is_left_out(engine: Engine) {
    let mut app = App::builder(engine);
    for name in ["DATABASE_READ_URL", "METRICS_PORT", "TRUSTED_PROXIES", "TLS_CERT", "TLS_KEY"] {
        app = app.env(&variable(name), "");
    }
    let app = app.start();
    assert!(app.server.url.starts_with("http://"), "no TLS");
    assert_eq!(app.get("/metrics").await.status, 200, "no port of their own");
}

#[test]
fn reads_go_to_the_replica() {
    run(async {
        let database = Database::fresh(Engine::Postgres);
        let (gate, url) = Gate::before(&database);
        let app = App::on(database.into()).env("PARTNERAPI_DATABASE_READ_URL", &url).start();
        app.import("tickets", &testkit::hall()).printed();
        let client = app.tickets("kassir");
        assert_eq!(client.get("events/lists").await.status, 200);
        assert!(gate.tries() > 0, "the replica was asked");
    });
}
