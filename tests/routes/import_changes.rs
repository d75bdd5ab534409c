//! What an import changes, and what it leaves as it is.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::events;
use super::files::{enter, everything, exported, with_secrets};

on_both_engines!(
    what_the_file_does_not_name_stays,
    what_the_file_names_becomes_as_the_file_says,
    names_may_change_places,
    a_role_keeps_its_code_where_the_file_has_none,
    a_new_role_without_a_code_is_nobodys_until_it_gets_one,
    a_chat_keeps_what_the_file_leaves_out,
    a_chat_that_gets_another_role_loses_its_routes_outside_it,
    a_new_chat_may_have_routes_outside_its_role,
    what_an_import_changes_is_an_event,
);

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
    let kinds: Vec<String> = events(&app).split_off(happened).into_iter().map(|(kind, _)| kind).collect();
    for kind in ["routes.role.assigned", "routes.route.deleted", "routes.route.created"] {
        assert!(kinds.iter().any(|told| told == kind), "{kind} is missing: {kinds:?}");
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

async fn what_an_import_changes_is_an_event(engine: Engine) {
    let app = App::start(engine);
    let mut file = everything();
    app.import("routes", &file).printed();
    let told = events(&app);
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
    let mut news = events(&app).split_off(told.len());
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
