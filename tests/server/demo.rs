//! `serve --demo`: from nothing to a first request by copying one line.

use std::collections::BTreeSet;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Certificate, Database, Engine, Terminal, hall, on_both_engines, suppliers};

on_both_engines!(
    a_new_database_is_filled_and_the_printed_line_works,
    the_demo_has_a_hundred_units_in_a_dozen_regions_and_is_the_same_everywhere,
    the_inventory_has_twelve_shops_and_five_hundred_products_and_sixty_days,
    the_affiliates_have_two_suppliers_with_ninety_days_of_visits_and_sales,
    a_second_start_fills_nothing_and_keeps_what_was_done,
    a_database_with_data_of_ones_own_is_refused_and_left_alone,
);

fn demo(database: Database) -> App {
    App::on(database.into()).arg("--demo").start()
}

async fn printed(app: &App) -> String {
    testkit::until("it has printed everything", async || app.server.stdout().contains("/docs")).await;
    app.server.stdout()
}

async fn a_new_database_is_filled_and_the_printed_line_works(engine: Engine) {
    // Where nobody is trusted, every line needs its key.
    let nobody = "192.0.2.0/24";
    let app =
        App::on(Database::empty(engine).into()).arg("--demo").env("PARTNERAPI_TRUSTED_NETWORKS", nobody);
    let app = app.start();
    let printed = printed(&app).await;
    let lines: Vec<&str> = printed.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 5, "one for each API: {printed}");
    for line in lines {
        let told =
            Command::new("bash").args(["-ec", &line.replacen("curl", "curl -fsS", 1)]).output().unwrap();
        let text = String::from_utf8(told.stdout).unwrap();
        assert!(told.status.success(), "{line}: {text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let lists = ["data", "items", "result", "results", "units"].map(|name| &answer[name]);
        let list = lists.into_iter().find_map(Value::as_array).unwrap_or_else(|| panic!("{line}: {text}"));
        assert!(!list.is_empty(), "{line}: {text}");
    }
    assert_eq!(printed.matches("pk_tickets_").count(), 2, "the key, and the line that has it");
    assert!(!app.server.log().iter().any(|line| line.contains("pk_tickets_")), "logs hold no key");
    assert_eq!(app.request(Method::GET, "/docs").send().await.unwrap().status(), 200);
}

async fn the_demo_has_a_hundred_units_in_a_dozen_regions_and_is_the_same_everywhere(engine: Engine) {
    let app = demo(Database::empty(engine));
    let export = |app: &App| app.command(&["export", "routes", "--with-secrets"]).printed();
    let exported = export(&app);
    let network: Value = serde_json::from_str(&exported).unwrap();
    let list = |name: &str| network[name].as_array().unwrap();
    assert_eq!((list("units").len(), list("regions").len()), (100, 12));
    let is_russian =
        |entry: &&Value| entry["name"].as_str().unwrap().chars().any(|c| ('а'..='я').contains(&c));
    assert_eq!(list("units").iter().filter(is_russian).count(), 100);
    for region in list("regions") {
        assert!(list("units").iter().any(|unit| unit["region"] == region["name"]), "{region} has no unit");
    }
    for chat in list("chats") {
        let routes = list("routes").iter().filter(|route| route["chat_id"] == chat["chat_id"]).count();
        assert!(routes > 0, "{chat} gets no report");
    }
    for role in list("roles") {
        assert!(list("chats").iter().any(|chat| chat["role"] == role["name"]), "nobody has {role}");
        assert!(role["access_code"].as_str().unwrap().starts_with("demo-"), "{role}");
    }
    for initial in ["init-account-roles", "init-report-types"] {
        let told = app.command(&[initial]).printed();
        assert!(told.contains("Nothing to add"), "the demo begins with them: {told}");
    }
    assert_eq!(export(&demo(Database::empty(Engine::Sqlite))), exported);
}

async fn the_inventory_has_twelve_shops_and_five_hundred_products_and_sixty_days(engine: Engine) {
    let app = demo(Database::empty(engine));
    let client = app.inventory("network");
    let count = async |path: &str| client.get(path).await.json["count"].as_u64().unwrap();
    assert_eq!((count("shops/").await, count("products/").await), (12, 500));
    let products = client.walk("products/?page_size=500").await;
    let is_ukrainian = |name: &str| name.chars().any(|letter| ('\u{400}'..='\u{4ff}').contains(&letter));
    assert!(products.iter().all(|product| product["name"].as_str().is_some_and(is_ukrainian)));
    let stock = client.walk("product-inventory/?page_size=10000").await;
    let different = |field: &str| {
        let values: BTreeSet<_> = stock.iter().map(|object| object[field].as_str().unwrap()).collect();
        values.len()
    };
    assert_eq!((different("date"), different("shop_id"), different("product_id")), (60, 12, 500));
    assert!(stock.iter().all(|object| !object["qty"].as_str().unwrap().starts_with('-')));
    assert!(count("product-inventory/?search=%D0%9C%D0%9E%D0%9B%D0%9E%D0%9A%D0%9E").await > 100, "milk");
}

async fn the_affiliates_have_two_suppliers_with_ninety_days_of_visits_and_sales(engine: Engine) {
    let app = demo(Database::empty(engine));
    let history: Value = serde_json::from_str(&app.command(&["export", "affiliates"]).printed()).unwrap();
    let list = |name: &str| history[name].as_array().unwrap();
    let different = |name: &str, field: &dyn Fn(&Value) -> Value| {
        list(name).iter().map(|entry| field(entry).to_string()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((list("suppliers").len(), list("affiliates").len()), (2, 20));
    assert!(
        different("accesses", &|access| access["pcrid"].clone()) > 10,
        "not only the best have brought somebody"
    );
    // A day of the suppliers is three hours late; what is left of today may be too short for anybody.
    let days = different("accesses", &|access| access["created_at"].as_str().unwrap()[..10].into());
    assert!((89..=91).contains(&days), "{days} days");
    assert_eq!(different("purchases", &|sale| sale["status"].clone()), 3, "pending, approved and refused");
    for supplier in list("suppliers") {
        let account = supplier["account"].as_str().unwrap();
        let (accesses, purchases) = app.supplier(account).counts("begin=2020-01-01&end=2099-12-31").await;
        assert!(accesses > 1_000 && purchases > 20, "{account}: {accesses} accesses, {purchases} sales");
    }
}

async fn a_second_start_fills_nothing_and_keeps_what_was_done(engine: Engine) {
    let mut app = demo(Database::empty(engine));
    let key_of = |printed: &str| {
        printed
            .split_whitespace()
            .find(|word| word.starts_with("pk_tickets_"))
            .unwrap()
            .trim_end_matches('\'')
            .to_owned()
    };
    let first = key_of(&printed(&app).await);
    let add = "/api/partners/v1/tickets/add/12/20?paid=1&seat_id=7-1%3B1";
    let bought = Answer::of(app.request(Method::POST, add).bearer_auth(&first)).await;
    assert_eq!(bought.status, 200, "{}", bought.text);
    let changed = json!({"title": "Другое"});
    let chats = app.get("/telegram-chats/").await.json;
    let chat = format!("/telegram-chats/{}/", chats["telegram_chats"][0]["chat_id"]);
    assert_eq!(app.request(Method::PUT, &chat).json(&changed).send().await.unwrap().status(), 204);
    let stored = |app: &App| {
        let commands = [
            &["export", "tickets"][..],
            &["export", "routes"],
            &["export", "affiliates"],
            &["export", "inventory", "--account", "network"],
            &["events"],
        ];
        commands.map(|words| app.command(words).printed())
    };
    let before = stored(&app);

    app.stop();
    app.restart();
    let second = key_of(&printed(&app).await);
    assert_eq!(stored(&app), before);
    for key in [&first, &second] {
        let again = Answer::of(app.request(Method::POST, add).bearer_auth(key)).await;
        assert_eq!(again.json["code"], "SEAT_NOT_AVAILABLE", "what was sold stays sold: {}", again.text);
    }
}

async fn a_database_with_data_of_ones_own_is_refused_and_left_alone(engine: Engine) {
    let region = json!({"regions": [{"name": "Москва 1"}]});
    for (api, own) in [("tickets", hall()), ("routes", region), ("affiliates", suppliers())] {
        let database = Database::fresh(engine);
        let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
        let file = terminal.file("own.json", own.to_string().as_bytes());
        terminal.run(&["import", api, file.to_str().unwrap()]).printed();
        let exported = terminal.run(&["export", api]).printed();

        let refused = terminal.serve_refused(&["--demo", "--listen", "127.0.0.1:0"]);
        assert_ne!(refused.status, 0);
        assert!(refused.stderr.contains("--demo") && refused.stderr.contains(api), "{}", refused.stderr);
        assert!(!refused.stdout.contains("pk_"), "{}", refused.stdout);
        assert_eq!(terminal.run(&["export", api]).printed(), exported);
        assert_eq!(terminal.run(&["keys", "list"]).printed(), "");
    }
}

#[test]
fn a_start_that_was_killed_leaves_nothing_in_the_way_of_the_next() {
    testkit::run(async {
        for log_at_least in [1, 200_000, 1_000_000, 5_000_000] {
            let terminal = Terminal::new();
            let log = terminal.path("partnerapi.db-wal");
            let words = ["serve", "--demo", "--listen", "127.0.0.1:0"];
            let mut killed = terminal.start(&words);
            testkit::until("the database grows, or all is there", async || {
                let length = log.metadata().map_or(0, |log| log.len());
                length >= log_at_least || killed.stdout().contains("/docs")
            })
            .await;
            killed.kill();
            let next = terminal.start(&words);
            testkit::until("the next start has filled it", async || next.stdout().contains("/docs")).await;
        }
    });
}

#[test]
fn an_address_that_is_not_loopback_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8000"] {
        let terminal = Terminal::new();
        let refused = terminal.serve_refused(&["--demo", "--listen", address]).refused(2);
        assert!(refused.contains("--demo") && refused.contains("loopback"), "{address}: {refused}");
        assert!(!terminal.path("partnerapi.db").exists(), "{address}: nothing is touched");
    }
}

#[test]
fn the_variable_asks_for_it_too() {
    testkit::run(async {
        let app = App::on(Database::empty(Engine::Sqlite).into()).env("PARTNERAPI_DEMO", "true").start();
        assert!(printed(&app).await.contains("pk_tickets_"));
    });
}

#[test]
fn the_printed_line_speaks_tls_where_the_server_does() {
    testkit::run(async {
        let terminal = Terminal::new();
        let tls = Certificate::new();
        let (certificate, key) =
            (terminal.file("c.pem", tls.certificate.as_bytes()), terminal.file("k.pem", tls.key.as_bytes()));
        let app = App::on(Database::empty(Engine::Sqlite).into())
            .env("PARTNERAPI_TLS_CERT", certificate.to_str().unwrap())
            .env("PARTNERAPI_TLS_KEY", key.to_str().unwrap())
            .arg("--demo")
            .start();
        assert!(printed(&app).await.contains(" https://127.0.0.1:"));
    });
}
