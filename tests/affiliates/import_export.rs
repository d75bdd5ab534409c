//! Files in and out: the same twice changes nothing, and out of one database into another nothing is lost.

use serde_json::{Value, json};
use testkit::{App, Database, Engine, Terminal, on_both_engines, suppliers};

use super::{EVER, access, column, events, purchase, sale_with, start};

on_both_engines!(
    the_same_file_twice_changes_nothing,
    what_a_file_says_of_suppliers_and_affiliates_holds,
    a_running_server_has_an_import_at_once,
    export_import_and_export_give_the_same,
    the_lists_of_a_file_come_in_any_order,
    a_sale_s_status_goes_on_by_file,
    an_import_tells_no_events,
    a_history_of_thousands_needs_little_memory,
);

fn with_histories() -> Value {
    let mut file = suppliers();
    file["accesses"] = json!([
        access("hotel-hello", 7, "2022-10-04T23:59:44.465152Z"),
        access("ryokan", 3, "2022-10-05T01:00:00+09:00"),
        access("hotel-hello", 2, "2022-10-01T00:00:00Z"),
    ]);
    file["purchases"] = json!([
        purchase("hotel-hello", "b", 1, "2022-10-31T00:01:25.437499-03:00"),
        purchase("hotel-hello", "a", 0, "2022-10-30T00:00:00Z"),
        purchase("ryokan", "a", 2, "2022-10-30T00:00:00Z"),
    ]);
    file["purchases"][0]["purchase_time"] = json!("10:11:12");
    file["purchases"][1]["extra"] = json!({"hotel": "Hello", "z": 1, "a": null});
    file
}

async fn the_same_file_twice_changes_nothing(engine: Engine) {
    let app = App::start(engine);
    let file = with_histories();
    assert_eq!(app.import("affiliates", &file).printed(), "10 inserted, 0 updated, 0 removed, 0 unchanged\n");
    let exported = app.command(&["export", "affiliates"]).printed();
    assert_eq!(app.import("affiliates", &file).printed(), "0 inserted, 0 updated, 0 removed, 10 unchanged\n");
    assert_eq!(app.command(&["export", "affiliates"]).printed(), exported);
    // Not even where an object stands in the file twice.
    let mut double = with_histories();
    for list in ["accesses", "purchases"] {
        let again = double[list].clone();
        let objects = double[list].as_array_mut().expect("a list");
        objects.extend(again.as_array().expect("a list").clone());
    }
    assert_eq!(
        app.import("affiliates", &double).printed(),
        "0 inserted, 0 updated, 0 removed, 16 unchanged\n"
    );
}

async fn what_a_file_says_of_suppliers_and_affiliates_holds(engine: Engine) {
    let (app, supplier) = start(engine);
    // Left out: ten per cent, and São Paulo.
    let file = json!({
        "suppliers": [{"account": "ryokan", "ecommerceHash": "new-hash"}],
        "affiliates": [{"pcrid": 2555, "name": "Guia"}]
    });
    assert_eq!(app.import("affiliates", &file).printed(), "0 inserted, 2 updated, 0 removed, 0 unchanged\n");
    let exported: Value =
        serde_json::from_str(&app.command(&["export", "affiliates"]).printed()).expect("JSON");
    assert_eq!(
        exported["suppliers"][1],
        json!({"account": "ryokan", "ecommerceHash": "new-hash", "timezone": "America/Sao_Paulo", "default_rate": "0.1"})
    );
    assert_eq!(exported["affiliates"][1], json!({"pcrid": 2555, "name": "Guia"}));
    // The others stay as they are.
    assert_eq!(exported["suppliers"][0]["account"], "hotel-hello");
    assert_eq!(exported["affiliates"][0]["pcrid"], 2554);
    // Accesses go by the hash of today.
    let report = async |hash: &str| {
        let body = json!({"ecommerceHash": hash, "pcrid": 1}).to_string();
        app.request(reqwest::Method::POST, "/cmp")
            .body(body)
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!((report("ryokan-hash").await, report("new-hash").await), (400, 204));
    assert_eq!(supplier.counts(EVER).await, (0, 0));
    assert_eq!(column(&app.supplier("ryokan").accesses(EVER).await, "ecommerceHash"), ["new-hash"]);
}

async fn a_running_server_has_an_import_at_once(engine: Engine) {
    let app = App::start(engine);
    let supplier = app.supplier("hotel-hello");
    assert_eq!(supplier.get(&format!("accesses?{EVER}")).await.status, 401, "it is no supplier yet");
    app.import("affiliates", &with_histories()).printed();
    assert_eq!(column(&supplier.accesses(EVER).await, "id"), [7, 2]);
    assert_eq!(column(&supplier.purchases(EVER).await, "id"), ["b", "a"]);
    assert_eq!(column(&app.supplier("ryokan").accesses(EVER).await, "id"), [3]);
}

async fn export_import_and_export_give_the_same(engine: Engine) {
    let (app, supplier) = start(engine);
    app.import("affiliates", &with_histories()).printed();
    let sale = sale_with(
        "new",
        json!({"status": 0, "tags": ["é", "\""], "contact_name": "Ana \"A\"", "purchase_time": "01:02:03"}),
    );
    assert_eq!(supplier.post(&sale).await.status, 200);
    assert_eq!(supplier.put(&json!({"id": "new", "status": 1})).await.status, 200);
    // The largest number that an affiliate may have, and a day that means never.
    let never = json!({"pcrid": i64::MAX, "payment_commission_date": "9999-12-31"});
    assert_eq!(supplier.post(&sale_with("never", never)).await.status, 200);
    let report = json!({"ecommerceHash": "ryokan-hash", "pcrid": i64::MAX, "href": "https://a/?b=\"c\"", "screen": {"width": 5}});
    let sent =
        app.request(reqwest::Method::POST, "/cmp").body(report.to_string()).send().await.expect("an answer");
    assert_eq!(sent.status(), 204);
    let exported = app.command(&["export", "affiliates"]).printed();
    let document: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(document["accesses"][0]["account"], "hotel-hello");
    assert_eq!(document["purchases"][2]["id"], "new", "the oldest first: {exported}");

    for other in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::fresh(other);
        let terminal = Terminal::new().env("PARTNERAPI_DATABASE_URL", database.url());
        let file = terminal.file("export.json", exported.as_bytes());
        let imported = terminal.run(&["import", "affiliates", file.to_str().expect("UTF-8")]).printed();
        assert_eq!(imported, "13 inserted, 0 updated, 0 removed, 0 unchanged\n");
        assert_eq!(terminal.run(&["export", "affiliates"]).printed(), exported);
    }
}

async fn the_lists_of_a_file_come_in_any_order(engine: Engine) {
    let app = App::start(engine);
    let file = with_histories();
    let lists = ["purchases", "accesses", "affiliates", "suppliers"]
        .map(|list| format!("\"{list}\": {}", file[list]));
    // With the mark that some editors put at the beginning.
    let path = app.file("other.json", format!("\u{feff}{{{}}}\n", lists.join(",\n")).as_bytes());
    let imported = app.command(&["import", "affiliates", path.to_str().expect("UTF-8")]).printed();
    assert_eq!(imported, "10 inserted, 0 updated, 0 removed, 0 unchanged\n");
    assert_eq!(column(&app.supplier("hotel-hello").accesses(EVER).await, "id"), [7, 2]);
}

async fn a_sale_s_status_goes_on_by_file(engine: Engine) {
    let app = App::start(engine);
    let mut file = with_histories();
    app.import("affiliates", &file).printed();
    file["purchases"][1]["status"] = json!(2);
    assert_eq!(app.import("affiliates", &file).printed(), "0 inserted, 1 updated, 0 removed, 9 unchanged\n");
    let supplier = app.supplier("hotel-hello");
    assert_eq!(column(&supplier.purchases(&format!("{EVER}&status=2")).await, "id"), ["a"]);
    assert_eq!(supplier.counts(&format!("{EVER}&status=0")).await.1, 0);
    assert_eq!(app.database.value("SELECT count(*) FROM affiliates_changes"), "1");
}

async fn an_import_tells_no_events(engine: Engine) {
    let app = App::start(engine);
    app.import("affiliates", &with_histories()).printed();
    assert!(events(&app).is_empty(), "what a file tells of is the past");
}

async fn a_history_of_thousands_needs_little_memory(engine: Engine) {
    let app = App::start(engine);
    let mut file = suppliers();
    let padding = "x".repeat(14_900);
    let accesses: Vec<Value> = (1..=2_600)
        .map(|id| {
            let mut access =
                access("hotel-hello", id, &format!("2022-10-04T10:{:02}:{:02}Z", id / 60 % 60, id % 60));
            access["href"] = json!(padding);
            access
        })
        .collect();
    file["accesses"] = json!(accesses);
    let text = file.to_string();
    assert!(text.len() > 38_000_000, "more than there is memory beside what the program takes anyway");
    let path = app.file("large.json", text.as_bytes());
    // The limit is that of the process's data, in kilobytes.
    let script = "ulimit -d 76000 && \"$0\" import affiliates \"$1\" && \"$0\" export affiliates | wc -c";
    let run = std::process::Command::new("bash")
        .args(["-o", "pipefail", "-c", script])
        .arg(testkit::binary())
        .arg(&path)
        .env("PARTNERAPI_DATABASE_URL", app.database.url())
        .output()
        .expect("bash");
    let printed = String::from_utf8(run.stdout).expect("UTF-8");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (imported, exported) = printed.split_once('\n').expect("two lines");
    assert_eq!(imported, "2604 inserted, 0 updated, 0 removed, 0 unchanged");
    assert!(exported.trim().parse::<usize>().is_ok_and(|length| length > 38_000_000), "{exported}");
    assert_eq!(app.supplier("hotel-hello").counts(EVER).await.0, 2_600);
}

/// Else it goes on with plans for empty tables, which take the longer the more is there.
#[test]
fn postgresql_counts_what_an_import_brings() {
    let app = App::start(Engine::Postgres);
    let mut file = suppliers();
    let at = "2022-10-04T23:59:44Z";
    file["accesses"] = (1..=1_500).map(|id| access("hotel-hello", id, at)).collect();
    file["purchases"] = (1..=1_500).map(|id| purchase("hotel-hello", &id.to_string(), 0, at)).collect();
    app.import("affiliates", &file).printed();
    for table in ["affiliates_accesses", "affiliates_purchases"] {
        assert!(app.database.rows_planned_with(table) >= 1_000, "{table}");
    }
}
