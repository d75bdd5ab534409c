//! `partnerapi import routes` and `partnerapi export routes`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{App, Engine, Finished, on_both_engines};

on_both_engines!(
    what_was_imported_is_exported,
    every_part_may_be_left_out,
    an_export_imported_into_an_empty_database_is_exported_the_same,
    an_export_without_secrets_goes_through_an_empty_database_too,
    the_same_file_twice_changes_nothing,
    an_import_tells_what_it_did,
    what_the_file_does_not_name_stays,
    what_the_file_names_becomes_as_the_file_says,
    names_may_change_places,
    ids_that_are_left_out_are_found_by_name_or_given,
    access_codes_are_exported_on_demand_only,
    a_role_keeps_its_code_where_the_file_has_none,
    a_new_role_without_a_code_is_nobodys_until_it_gets_one,
    a_chat_keeps_what_the_file_leaves_out,
    a_chat_that_gets_another_role_loses_its_routes_outside_it,
    a_new_chat_may_have_routes_outside_its_role,
    chats_are_listed_in_the_order_of_the_file,
    what_an_import_changes_is_an_event,
    a_running_server_sees_an_import_at_once,
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

/// Everything that a file can say, in the order of an export.
fn everything() -> Value {
    json!({
        "account_roles": [{"id": 3, "name": "Shift Manager"}, {"id": 7, "name": "Office Manager"}],
        "regions": [{"id": 1, "name": "Москва 1"}, {"id": 4, "name": "Кавычки \" и \\ и 🎭"}],
        "units": [
            {"id": 1, "name": "Москва 1-1", "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48",
             "office_manager_account_name": "om_account_msk_1", "dodo_is_api_account_name": "api_account_msk_1",
             "region": "Москва 1"},
            {"id": 2, "name": "Москва 1-2", "uuid": "000d3a00-b0dc-80d9-11e6-b24faa1bca9f",
             "office_manager_account_name": null, "dodo_is_api_account_name": null, "region": "Москва 1"},
            {"id": 7, "name": "100%_ 'кавычки' ;--", "uuid": "c8e7c2a9-563f-4011-b531-3974efc36a48",
             "office_manager_account_name": null, "dodo_is_api_account_name": null, "region": "Кавычки \" и \\ и 🎭"},
        ],
        "report_types": [
            {"id": 2, "name": "DAILY_REVENUE", "verbose_name": "Выручка за сегодня", "parent": "STATISTICS",
             "priority": 0, "is_active": true},
            {"id": 3, "name": "STATISTICS", "verbose_name": "Отчёты по статистике", "parent": null, "priority": 0,
             "is_active": true},
            {"id": 16, "name": "CANCELED_ORDERS", "verbose_name": "Отмены заказов", "parent": null, "priority": -5,
             "is_active": false},
        ],
        "roles": [
            {"name": "Manager", "access_code": "manager's code", "report_types": ["DAILY_REVENUE", "CANCELED_ORDERS"],
             "unit_ids": [1, 2]},
            {"name": "Nobody", "access_code": " код 🗝 ", "report_types": [], "unit_ids": []},
        ],
        "chats": [
            {"chat_id": 9_007_199_254_740_993_i64, "type": "PRIVATE", "title": "Eldos", "username": "eldos",
             "role": "Manager"},
            {"chat_id": -1_001_234_567_890_i64, "type": "GROUP", "title": "Сводки", "username": null, "role": null},
            {"chat_id": 5, "type": "PRIVATE", "title": "a", "username": "", "role": "Nobody"},
        ],
        "routes": [
            {"report_type": "DAILY_REVENUE", "unit_id": 1, "chat_id": -1_001_234_567_890_i64},
            {"report_type": "DAILY_REVENUE", "unit_id": 7, "chat_id": -1_001_234_567_890_i64},
            {"report_type": "DAILY_REVENUE", "unit_id": 1, "chat_id": 9_007_199_254_740_993_i64},
            {"report_type": "CANCELED_ORDERS", "unit_id": 2, "chat_id": 9_007_199_254_740_993_i64},
        ],
    })
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

async fn what_the_file_does_not_name_stays(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let other = json!({
        "regions": [{"id": 9, "name": "Уфа 1"}],
        "chats": [{"chat_id": 6, "type": "GROUP", "title": "Уфа", "username": null, "role": null}],
    });
    app.import("routes", &other).printed();
    let mut expected = everything();
    for part in ["regions", "chats"] {
        let more = other[part][0].clone();
        expected[part].as_array_mut().expect("a list").push(more);
    }
    assert_eq!(with_secrets(&app), expected);
}

async fn what_the_file_names_becomes_as_the_file_says(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let mut changed = everything();
    for (place, value) in [
        ("/account_roles/1/name", json!("Офис")),
        ("/regions/0/name", json!("Москва")),
        ("/units/0/name", json!("Тверская")),
        ("/units/0/uuid", json!("00000000-0000-4000-8000-000000000001")),
        ("/units/0/office_manager_account_name", json!(null)),
        ("/units/0/dodo_is_api_account_name", json!("другой")),
        ("/units/0/region", json!("Кавычки \" и \\ и 🎭")),
        ("/units/1/region", json!("Москва")),
        ("/report_types/0/name", json!("REVENUE")),
        ("/report_types/0/verbose_name", json!("Выручка")),
        ("/report_types/0/parent", json!("CANCELED_ORDERS")),
        ("/report_types/0/priority", json!(12)),
        ("/report_types/0/is_active", json!(false)),
        ("/roles/0/access_code", json!("другой код")),
        ("/roles/0/report_types", json!(["STATISTICS", "CANCELED_ORDERS"])),
        ("/roles/0/unit_ids", json!([2, 7])),
        ("/chats/0/title", json!("Эльдос")),
        ("/chats/0/username", json!(null)),
        ("/chats/1/type", json!("PRIVATE")),
    ] {
        *changed.pointer_mut(place).expect("a place in the file") = value;
    }
    for route in changed["routes"].as_array_mut().expect("routes").iter_mut().take(3) {
        route["report_type"] = "REVENUE".into();
    }
    app.import("routes", &changed).printed();
    assert_eq!(with_secrets(&app), changed);
}

async fn names_may_change_places(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    app.import("routes", &file).printed();
    for list in ["account_roles", "regions", "units", "report_types", "roles"] {
        for field in ["name", "uuid", "access_code"] {
            let is_identity = list == "roles" && field == "name";
            if is_identity || file[list][0].get(field).is_none() {
                continue;
            }
            let (one, other) = (file[list][0][field].clone(), file[list][1][field].clone());
            (file[list][0][field], file[list][1][field]) = (other, one);
        }
    }
    // What refers to them by name means the new names.
    file["report_types"][0]["parent"] = json!(null);
    app.import("routes", &file).printed();
    let mut expected = file.clone();
    expected["routes"] = exported(&app)["routes"].clone();
    assert_eq!(with_secrets(&app), expected);
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

async fn a_role_keeps_its_code_where_the_file_has_none(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let mut plain = exported(&app);
    plain["roles"][0]["unit_ids"] = json!([2]);
    let summary = app.import("routes", &plain).printed();
    assert_eq!(summary, "0 inserted, 1 updated, 0 removed, 18 unchanged\n");
    assert_eq!(enter(&app, 5, "manager's code").await, 204);
}

async fn a_new_role_without_a_code_is_nobodys_until_it_gets_one(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    for role in file["roles"].as_array_mut().expect("roles") {
        role.as_object_mut().expect("a role").remove("access_code");
    }
    app.import("routes", &file).printed();
    for guess in ["manager's code", "null", "Manager"] {
        assert_eq!(enter(&app, 5, guess).await, 404, "{guess}");
    }
    assert_eq!(app.get("/users/9007199254740993/units/").await.status, 200, "who has the role has it");
    app.import("routes", &everything()).printed();
    assert_eq!(enter(&app, 5, "manager's code").await, 204);
}

async fn a_chat_keeps_what_the_file_leaves_out(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &everything()).printed();
    let chat_id = everything()["chats"][0]["chat_id"].clone();
    let file = |more: Value| {
        let mut chat = json!({"chat_id": chat_id, "type": "PRIVATE", "title": "Эльдос"});
        chat.as_object_mut().expect("a chat").extend(more.as_object().expect("fields").clone());
        json!({"chats": [chat]})
    };
    let shown = || exported(&app)["chats"][0].clone();

    app.import("routes", &file(json!({}))).printed();
    assert_eq!(
        (&shown()["title"], &shown()["username"], &shown()["role"]),
        (&json!("Эльдос"), &json!("eldos"), &json!("Manager"))
    );
    app.import("routes", &file(json!({"username": null}))).printed();
    assert_eq!((&shown()["username"], &shown()["role"]), (&json!(null), &json!("Manager")));
    let before = exported(&app)["routes"].clone();
    app.import("routes", &file(json!({"role": null}))).printed();
    assert_eq!(shown()["role"], json!(null));
    assert_eq!(exported(&app)["routes"], before, "without a role nothing is outside it");
    app.import("routes", &json!({"chats": [{"chat_id": 77, "type": "GROUP", "title": "Новый"}]})).printed();
    let new = json!({"chat_id": 77, "type": "GROUP", "title": "Новый", "username": null, "role": null});
    assert_eq!(exported(&app)["chats"][3], new);
}

async fn a_chat_that_gets_another_role_loses_its_routes_outside_it(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    let chat_id = file["chats"][0]["chat_id"].clone();
    file["roles"][1] = json!({"name": "Nobody", "report_types": ["DAILY_REVENUE"], "unit_ids": [2, 7]});
    let route =
        |kind: &str, unit_id: i64| json!({"report_type": kind, "unit_id": unit_id, "chat_id": chat_id});
    let stays = route("DAILY_REVENUE", 2);
    file["routes"] = json!([route("DAILY_REVENUE", 1), stays, route("CANCELED_ORDERS", 2)]);
    app.import("routes", &file).printed();
    let happened = events(&app).len();

    let mut chat = file["chats"][0].clone();
    chat["role"] = "Nobody".into();
    let new = route("DAILY_REVENUE", 7);
    let summary = app.import("routes", &json!({"chats": [chat], "routes": [new]})).printed();
    assert_eq!(summary, "1 inserted, 1 updated, 2 removed, 0 unchanged\n");
    assert_eq!(
        exported(&app)["routes"],
        json!([stays, new]),
        "another unit, and another report type, are gone"
    );
    let kinds: Vec<Value> =
        events(&app).split_off(happened).iter().map(|event| event["type"].clone()).collect();
    for kind in ["routes.role.assigned", "routes.route.deleted", "routes.route.created"] {
        assert!(kinds.contains(&json!(kind)), "{kind} is missing: {kinds:?}");
    }
}

async fn a_new_chat_may_have_routes_outside_its_role(engine: Engine) {
    // As another chat with more rights may have made them.
    let app = App::start(engine);
    let mut file = everything();
    let outside = json!({"report_type": "CANCELED_ORDERS", "unit_id": 7, "chat_id": 5});
    file["routes"].as_array_mut().expect("routes").insert(2, outside);
    app.import("routes", &file).printed();
    assert_eq!(exported(&app)["routes"], file["routes"]);
    let summary = app.import("routes", &file).printed();
    assert_eq!(summary, "0 inserted, 0 updated, 0 removed, 20 unchanged\n");
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

async fn what_an_import_changes_is_an_event(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    app.import("routes", &file).printed();
    let told = told(&app);
    let (eldos, group) = (file["chats"][0]["chat_id"].clone(), file["chats"][1]["chat_id"].clone());
    let route = |kind: i64, unit_id: i64, chat_id: &Value| json!({"report_type_id": kind, "unit_id": unit_id, "chat_id": chat_id});
    for (kind, data) in [
        ("routes.chat.created", json!({"chat_id": eldos, "type": "PRIVATE"})),
        ("routes.chat.created", json!({"chat_id": group, "type": "GROUP"})),
        ("routes.chat.created", json!({"chat_id": 5, "type": "PRIVATE"})),
        ("routes.role.assigned", json!({"chat_id": eldos, "role": "Manager", "previous_role": null})),
        ("routes.role.assigned", json!({"chat_id": 5, "role": "Nobody", "previous_role": null})),
        ("routes.route.created", route(2, 1, &group)),
        ("routes.route.created", route(2, 7, &group)),
        ("routes.route.created", route(2, 1, &eldos)),
        ("routes.route.created", route(16, 2, &eldos)),
    ] {
        assert!(told.contains(&(kind.to_owned(), data.clone())), "{kind} {data} is missing: {told:?}");
    }
    assert_eq!(told.len(), 9, "{told:?}");
    let of_eldos: Vec<_> =
        told.iter().filter(|(_, data)| data["chat_id"] == eldos).map(|(kind, _)| kind).collect();
    assert_eq!(of_eldos[..2], ["routes.chat.created", "routes.role.assigned"], "in their order");

    file["chats"][0]["role"] = "Nobody".into();
    file["chats"][1]["title"] = "Отчёты".into();
    file["chats"][2]["role"] = json!(null);
    file["routes"] = json!([]);
    app.import("routes", &file).printed();
    let mut news = self::told(&app).split_off(told.len());
    let by_text = |event: &(String, Value)| format!("{} {}", event.0, event.1);
    news.sort_by_key(by_text);
    let mut expected = [
        ("routes.role.assigned", json!({"chat_id": eldos, "role": "Nobody", "previous_role": "Manager"})),
        ("routes.role.assigned", json!({"chat_id": 5, "role": null, "previous_role": "Nobody"})),
        ("routes.chat.updated", json!({"chat_id": group, "type": "GROUP"})),
        ("routes.route.deleted", route(2, 1, &eldos)),
        ("routes.route.deleted", route(16, 2, &eldos)),
    ]
    .map(|(kind, data)| (kind.to_owned(), data));
    expected.sort_by_key(by_text);
    assert_eq!(news, expected);
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

/// Enters an access code for a chat, and gives the status of the answer.
async fn enter(app: &App, chat_id: i64, code: &str) -> u16 {
    let path = format!("/users/{chat_id}/access-code/");
    let request = app.request(reqwest::Method::PATCH, &path).json(&json!({"access_code": code}));
    testkit::Answer::of(request).await.status.as_u16()
}

/// Types and data of what happened, the oldest first.
fn told(app: &App) -> Vec<(String, Value)> {
    let events = events(app).into_iter();
    events.map(|event| (event["type"].as_str().expect("a type").to_owned(), event["data"].clone())).collect()
}

fn events(app: &App) -> Vec<Value> {
    let lines = app.command(&["events"]).printed();
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn export(app: &App) -> String {
    app.command(&["export", "routes"]).printed()
}

fn exported(app: &App) -> Value {
    serde_json::from_str(&export(app)).expect("an export is JSON")
}

fn with_secrets(app: &App) -> Value {
    let text = app.command(&["export", "routes", "--with-secrets"]).printed();
    serde_json::from_str(&text).expect("an export is JSON")
}

fn import_text(app: &App, text: &str) -> Finished {
    let file = app.file("text.json", text.as_bytes());
    app.command(&["import", "routes", file.to_str().expect("a path")])
}
