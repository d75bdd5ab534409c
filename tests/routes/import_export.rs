//! `partnerapi import routes` and `partnerapi export routes`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::events;
use super::files::{everything, export, exported, import_text, with_secrets};

on_both_engines!(
    what_was_imported_is_exported,
    every_part_may_be_left_out,
    an_export_imported_into_an_empty_database_is_exported_the_same,
    an_export_without_secrets_goes_through_an_empty_database_too,
    the_same_file_twice_changes_nothing,
    an_import_tells_what_it_did,
    ids_that_are_left_out_are_found_by_name_or_given,
    access_codes_are_exported_on_demand_only,
    chats_are_listed_in_the_order_of_the_file,
    a_running_server_sees_an_import_at_once,
    an_import_and_requests_at_the_same_time_lose_nothing_of_each_other,
    more_rows_than_a_statement_takes_are_stored,
);

#[test]
fn an_export_of_one_engine_is_an_import_of_the_other() {
    testkit::run(async {
        let (sqlite, postgres) = (App::start(Engine::Sqlite), App::start(Engine::Postgres));
        sqlite.import("routes", &everything()).printed();
        let exported = export(&sqlite);
        import_text(&postgres, &exported).printed();
        assert_eq!(export(&postgres), exported);
    });
}

async fn what_was_imported_is_exported(engine: Engine) {
    let app = App::start(engine);
    let nothing = json!({"account_roles": [], "regions": [], "units": [], "report_types": [], "roles": [],
                         "chats": [], "routes": []});
    assert_eq!(exported(&app), nothing);
    app.import("routes", &everything()).printed();
    assert_eq!(with_secrets(&app), everything());
}

async fn every_part_may_be_left_out(engine: Engine) {
    let app = App::start(engine);
    let summary = app.import("routes", &json!({})).printed();
    assert!(summary.contains("0 inserted"), "{summary}");
    let whole = everything();
    for part in ["account_roles", "regions", "units", "report_types", "roles", "chats", "routes"] {
        app.import("routes", &json!({part: whole[part]})).printed();
    }
    assert_eq!(with_secrets(&app), whole, "part by part it comes to the same");
}

async fn an_export_imported_into_an_empty_database_is_exported_the_same(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let first = app.command(&["export", "routes", "--with-secrets"]).printed();
    let empty = App::start(engine);
    import_text(&empty, &first).printed();
    assert_eq!(empty.command(&["export", "routes", "--with-secrets"]).printed(), first);
}

async fn an_export_without_secrets_goes_through_an_empty_database_too(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let first = export(&app);
    let empty = App::start(engine);
    import_text(&empty, &first).printed();
    assert_eq!(export(&empty), first);
}

async fn the_same_file_twice_changes_nothing(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let (before, happened) = (with_secrets(&app), events(&app).len());
    for _ in 0..2 {
        let summary = app.import("routes", &everything()).printed();
        assert_eq!(summary, "0 inserted, 0 updated, 0 removed, 19 unchanged\n");
        assert_eq!(with_secrets(&app), before);
        assert_eq!(events(&app).len(), happened);
    }
}

async fn an_import_tells_what_it_did(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, "19 inserted, 0 updated, 0 removed, 0 unchanged\n");

    for (place, value) in [
        ("/account_roles/0/name", json!("Менеджер смены")),
        ("/regions/1/name", json!("Казань 1")),
        ("/units/2/region", json!("Казань 1")),
        ("/units/2/name", json!("Казань 1-1")),
        ("/report_types/2/is_active", json!(true)),
        ("/roles/1/unit_ids", json!([7])),
        ("/chats/1/title", json!("Отчёты")),
    ] {
        *file.pointer_mut(place).expect("a place in the file") = value;
    }
    file["routes"]
        .as_array_mut()
        .expect("routes")
        .push(json!({"report_type": "STATISTICS", "unit_id": 7, "chat_id": 5}));
    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, "1 inserted, 6 updated, 0 removed, 13 unchanged\n");
}

async fn ids_that_are_left_out_are_found_by_name_or_given(engine: Engine) {
    let app = App::start(engine);
    let file = json!({
        "regions": [{"name": "Москва 1"}, {"id": 8, "name": "Казань 1"}, {"name": "Уфа 1"}],
        "units": [{"id": 1, "name": "Уфа 1-1", "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48", "region": "Уфа 1"}],
        "report_types": [{"name": "A", "verbose_name": "а", "parent": "B"}, {"id": 3, "name": "B", "verbose_name": "б"}],
    });
    app.import("routes", &file).printed();
    let regions =
        json!([{"id": 8, "name": "Казань 1"}, {"id": 9, "name": "Москва 1"}, {"id": 10, "name": "Уфа 1"}]);
    let types = json!([
        {"id": 3, "name": "B", "verbose_name": "б", "parent": null, "priority": 0, "is_active": true},
        {"id": 4, "name": "A", "verbose_name": "а", "parent": "B", "priority": 0, "is_active": true},
    ]);
    let shown = exported(&app);
    assert_eq!((&shown["regions"], &shown["report_types"]), (&regions, &types));
    assert_eq!(shown["units"][0]["region"], "Уфа 1");

    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, "0 inserted, 0 updated, 0 removed, 6 unchanged\n");
    let more = json!({
        "regions": [{"name": "Самара 1"}, {"name": "Уфа 1"}],
        "report_types": [{"name": "A", "verbose_name": "альфа", "priority": 7}],
    });
    app.import("routes", &more).printed();
    let shown = exported(&app);
    assert_eq!(shown["regions"][3], json!({"id": 11, "name": "Самара 1"}));
    assert_eq!(shown["report_types"][1]["verbose_name"], "альфа");
    assert_eq!(shown["report_types"][1]["id"], 4);
}

async fn access_codes_are_exported_on_demand_only(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let plain = export(&app);
    assert!(!plain.contains("manager's code") && !plain.contains("access_code"), "{plain}");
    let told = app.command(&["export", "routes", "--with-secrets"]).printed();
    assert!(told.contains("\"access_code\":\"manager's code\""), "{told}");
    let mut without = with_secrets(&app);
    for role in without["roles"].as_array_mut().expect("roles") {
        role.as_object_mut().expect("a role").remove("access_code");
    }
    assert_eq!(exported(&app), without, "and nothing else differs");
}

async fn chats_are_listed_in_the_order_of_the_file(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    app.import(
        "routes",
        &json!({"chats": [{"chat_id": -9, "type": "GROUP", "title": "x"}, everything()["chats"][1]]}),
    )
    .printed();
    let listed = app.get("/telegram-chats/").await;
    let ids: Vec<_> = listed.json["telegram_chats"]
        .as_array()
        .expect("chats")
        .iter()
        .map(|chat| chat["chat_id"].as_i64())
        .collect();
    assert_eq!(ids, [Some(9_007_199_254_740_993), Some(-1_001_234_567_890), Some(5), Some(-9)]);
}

async fn a_running_server_sees_an_import_at_once(engine: Engine) {
    let app = App::start(engine);
    let servers = [app.sibling(), app];
    let paths = [
        "/units/",
        "/units/regions/",
        "/telegram-chats/",
        "/report-types/",
        "/report-types/statistics/",
        "/report-routes/telegram-chats/?unit_id=1&report_type_id=2",
    ];
    for server in &servers {
        for path in paths {
            // What a server has answered it may have kept.
            server.get(path).await;
        }
    }
    servers[1].import("routes", &everything()).printed();
    let imported = Instant::now();
    for server in &servers {
        for path in paths {
            testkit::until(path, async || !is_empty(&server.get(path).await.json)).await;
        }
    }
    let mut changed = everything();
    changed["units"][0]["name"] = "Тверская".into();
    servers[1].import("routes", &changed).printed();
    for server in &servers {
        testkit::until("the unit has its new name", async || {
            server.get("/units/").await.json["units"][0]["name"] == "Тверская"
        })
        .await;
    }
    assert!(imported.elapsed() < Duration::from_secs(10), "{:?}", imported.elapsed());
}

async fn an_import_and_requests_at_the_same_time_lose_nothing_of_each_other(engine: Engine) {
    let app = Arc::new(App::start(engine));
    app.import("routes", &everything()).printed();
    let chats: Vec<Value> = (0..400)
        .map(|number| json!({"chat_id": 10_000 + number, "type": "GROUP", "title": "x", "role": "Manager"}))
        .collect();
    let import = std::thread::spawn({
        let app = Arc::clone(&app);
        move || app.import("routes", &json!({"chats": chats})).printed()
    });
    let mut made = 0;
    while !import.is_finished() || made < 20 {
        made += 1;
        let chat = json!({"chat_id": -made, "type": "GROUP", "title": "y"});
        let answer = app.request(Method::POST, "/telegram-chats/").json(&chat).send().await;
        assert_eq!(answer.expect("an answer").status(), 201);
    }
    assert!(import.join().expect("the import ends").contains("400 inserted"));
    let stored = app.database.value("SELECT count(*) FROM routes_chats");
    assert_eq!(stored, (3 + 400 + made).to_string());
}

async fn more_rows_than_a_statement_takes_are_stored(engine: Engine) {
    let app = App::start(engine);
    let units: Vec<Value> = (1..=1_101)
        .map(|id| json!({"id": id, "name": format!("Москва 1-{id}"), "uuid": format!("00000000-0000-4000-8000-{id:012}"),
                         "office_manager_account_name": null, "dodo_is_api_account_name": null, "region": "Москва 1"}))
        .collect();
    let mut file = everything();
    file["units"] = units.into();
    file["roles"][0]["unit_ids"] = (1..=1_101).collect();
    file["routes"] = (1..=1_101)
        .map(|unit_id| json!({"report_type": "DAILY_REVENUE", "unit_id": unit_id, "chat_id": 5}))
        .collect();
    let count = 2 + 2 + 1_101 + 3 + 2 + 3 + 1_101;
    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, format!("{count} inserted, 0 updated, 0 removed, 0 unchanged\n"));
    assert_eq!(with_secrets(&app), file);
    // All of them at once get what another one had.
    for unit in file["units"].as_array_mut().expect("units") {
        let number = 1_102 - unit["id"].as_i64().expect("an id");
        unit["name"] = format!("Москва 1-{number}").into();
    }
    // The one in the middle keeps its name.
    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, format!("0 inserted, 1100 updated, 0 removed, {} unchanged\n", count - 1_100));
    assert_eq!(with_secrets(&app), file);
}

/// Whether a list has nothing in it.
fn is_empty(answer: &Value) -> bool {
    let lists: Vec<_> =
        answer.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_array()).collect();
    lists.iter().all(|list| list.is_empty())
}
