//! Files with a mistake: the complaint names the place, and nothing is stored.

use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::files::{exported, with_secrets};

on_both_engines!(
    a_mistake_is_named_by_its_place,
    what_is_not_there_is_named_by_the_place_that_refers_to_it,
    what_is_stored_already_is_not_given_twice,
    all_mistakes_are_told_at_once,
    a_route_outside_the_role_that_the_file_gives_to_its_chat_is_a_mistake,
    a_file_that_is_refused_leaves_nothing,
    an_access_code_is_in_no_complaint,
    a_broken_file_is_named_by_its_line,
);

/// A good file.
fn whole() -> Value {
    json!({
        "account_roles": [{"id": 3, "name": "Shift Manager"}, {"id": 7, "name": "Office Manager"}],
        "regions": [{"id": 1, "name": "Москва 1"}, {"name": "Казань 1"}],
        "units": [
            {"id": 1, "name": "Москва 1-1", "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48", "region": "Москва 1"},
            {"id": 2, "name": "Казань 1-1", "uuid": "000d3a00-b0dc-80d9-11e6-b24faa1bca9f", "region": "Казань 1"},
        ],
        "report_types": [
            {"id": 1, "name": "STATISTICS", "verbose_name": "Отчёты по статистике"},
            {"name": "DAILY_REVENUE", "verbose_name": "Выручка за сегодня", "parent": "STATISTICS", "priority": 5},
        ],
        "roles": [
            {"name": "Manager", "access_code": "secret-one", "report_types": ["DAILY_REVENUE"], "unit_ids": [1, 2]},
            {"name": "Analyst", "access_code": "secret-two", "report_types": ["STATISTICS", "DAILY_REVENUE"], "unit_ids": [1]},
        ],
        "chats": [
            {"chat_id": 5, "type": "PRIVATE", "title": "Eldos", "username": "eldos", "role": "Manager"},
            {"chat_id": -6, "type": "GROUP", "title": "Сводки", "username": null, "role": null},
        ],
        "routes": [
            {"report_type": "DAILY_REVENUE", "unit_id": 1, "chat_id": 5},
            {"report_type": "DAILY_REVENUE", "unit_id": 2, "chat_id": -6},
        ],
    })
}

/// An object of the file, a field of it, what is to stand there (nothing, if the field is to be missing), and the
/// place that the complaint must name.
type Mistake = (&'static str, &'static str, Option<Value>, &'static str);

fn long(length: usize) -> Value {
    "ы".repeat(length).into()
}

fn mistakes() -> Vec<Mistake> {
    vec![
        ("", "unit", Some(json!([])), "unit"),
        ("", "units", Some(json!(null)), "units"),
        ("", "regions", Some(json!({})), "regions"),
        ("/account_roles/1", "id", None, "account_roles[1]"),
        ("/account_roles/1", "id", Some(json!(3)), "account_roles[1].id"),
        ("/account_roles/1", "id", Some(json!(0)), "account_roles[1].id"),
        ("/account_roles/1", "name", Some(json!("Shift Manager")), "account_roles[1].name"),
        ("/account_roles/1", "name", Some(json!("")), "account_roles[1].name"),
        ("/regions/1", "id", Some(json!(1)), "regions[1].id"),
        ("/regions/1", "id", Some(json!("1")), "regions[1].id"),
        ("/regions/1", "id", Some(json!(-1)), "regions[1].id"),
        ("/regions/1", "name", Some(json!("Москва 1")), "regions[1].name"),
        ("/regions/1", "name", Some(long(256)), "regions[1].name"),
        ("/regions/1", "name", None, "regions[1]"),
        ("/regions/1", "nam", Some(json!("x")), "regions[1].nam"),
        ("/units/1", "id", None, "units[1]"),
        ("/units/1", "id", Some(json!(1)), "units[1].id"),
        ("/units/1", "id", Some(json!(1.5)), "units[1].id"),
        ("/units/1", "id", Some(json!(1e30)), "units[1].id"),
        ("/units/1", "id", Some(json!(9_007_199_254_740_992_i64)), "units[1].id"),
        ("/units/1", "name", Some(json!("Москва 1-1")), "units[1].name"),
        ("/units/1", "name", Some(json!("a\u{0}b")), "units[1].name"),
        ("/units/1", "name", Some(json!(5)), "units[1].name"),
        ("/units/1", "uuid", None, "units[1]"),
        ("/units/1", "uuid", Some(json!("b8e7c2a9")), "units[1].uuid"),
        ("/units/1", "uuid", Some(json!("000d3a00b0dc80d911e6b24faa1bca9f")), "units[1].uuid"),
        ("/units/1", "uuid", Some(json!("B8E7C2A9-563F-4011-B531-3974EFC36A48")), "units[1].uuid"),
        ("/units/1", "office_manager_account_name", Some(json!("")), "units[1].office_manager_account_name"),
        ("/units/1", "dodo_is_api_account_name", Some(long(256)), "units[1].dodo_is_api_account_name"),
        ("/units/1", "region", None, "units[1]"),
        ("/report_types/1", "id", Some(json!(1)), "report_types[1].id"),
        ("/report_types/1", "name", Some(json!("STATISTICS")), "report_types[1].name"),
        ("/report_types/1", "verbose_name", None, "report_types[1]"),
        ("/report_types/1", "verbose_name", Some(json!("")), "report_types[1].verbose_name"),
        ("/report_types/1", "parent", Some(json!(1)), "report_types[1].parent"),
        ("/report_types/1", "parent", Some(json!("DAILY_REVENUE")), "report_types[1].parent"),
        ("/report_types/0", "parent", Some(json!("DAILY_REVENUE")), "report_types[0].parent"),
        ("/report_types/1", "priority", Some(json!("high")), "report_types[1].priority"),
        ("/report_types/1", "is_active", Some(json!(1)), "report_types[1].is_active"),
        ("/roles/1", "name", Some(json!("Manager")), "roles[1].name"),
        ("/roles/1", "access_code", Some(json!("secret-one")), "roles[1].access_code"),
        ("/roles/1", "access_code", Some(json!("")), "roles[1].access_code"),
        ("/roles/1", "access_code", Some(long(65)), "roles[1].access_code"),
        ("/roles/1", "access_code", Some(json!("a\u{0}b")), "roles[1].access_code"),
        ("/roles/1", "report_types", None, "roles[1]"),
        ("/roles/1", "unit_ids", None, "roles[1]"),
        ("/roles/1", "unit_ids", Some(json!([1, "2"])), "roles[1].unit_ids[1]"),
        ("/roles/1", "unit_ids", Some(json!([2, 1, 2])), "roles[1].unit_ids[2]"),
        ("/roles/1", "report_types", Some(json!(["STATISTICS", "STATISTICS"])), "roles[1].report_types[1]"),
        ("/chats/1", "chat_id", Some(json!(5)), "chats[1].chat_id"),
        ("/chats/1", "chat_id", Some(json!(1e19)), "chats[1].chat_id"),
        ("/chats/1", "type", Some(json!("Private")), "chats[1].type"),
        ("/chats/1", "title", Some(json!("")), "chats[1].title"),
        ("/chats/1", "title", Some(long(256)), "chats[1].title"),
        ("/chats/1", "username", Some(long(65)), "chats[1].username"),
        ("/routes/1", "report_type", None, "routes[1]"),
        ("/routes/1", "unit_id", Some(json!("2")), "routes[1].unit_id"),
        ("/routes/1", "user_chat_id", Some(json!(5)), "routes[1].user_chat_id"),
    ]
}

async fn a_mistake_is_named_by_its_place(engine: Engine) {
    let app = App::start(engine);
    for (object, field, value, place) in mistakes() {
        let mut file = whole();
        let fields = file.pointer_mut(object).and_then(Value::as_object_mut).expect("an object of the file");
        match &value {
            Some(value) => drop(fields.insert(field.to_owned(), value.clone())),
            None => drop(fields.remove(field)),
        }
        refused(&app, &file, place);
    }
    let mut twice = whole();
    twice["routes"][1] = twice["routes"][0].clone();
    refused(&app, &twice, "routes[1]");
    assert_eq!(
        exported(&app),
        json!({"account_roles": [], "regions": [], "units": [], "report_types": [],
                                      "roles": [], "chats": [], "routes": []})
    );
    app.import("routes", &whole()).printed();
}

async fn what_is_not_there_is_named_by_the_place_that_refers_to_it(engine: Engine) {
    let app = App::start(engine);
    for (object, field, value, place) in [
        ("/units/1", "region", json!("Уфа 1"), "units[1].region"),
        ("/report_types/1", "parent", json!("NONE"), "report_types[1].parent"),
        ("/roles/1", "report_types", json!(["STATISTICS", "NONE"]), "roles[1].report_types[1]"),
        ("/roles/1", "unit_ids", json!([1, 99]), "roles[1].unit_ids[1]"),
        ("/chats/0", "role", json!("None"), "chats[0].role"),
        ("/routes/1", "report_type", json!("NONE"), "routes[1].report_type"),
        ("/routes/1", "unit_id", json!(99), "routes[1].unit_id"),
        ("/routes/1", "chat_id", json!(6), "routes[1].chat_id"),
    ] {
        let mut file = whole();
        file.pointer_mut(object).expect("an object of the file")[field] = value.clone();
        let complaint = refused(&app, &file, place);
        let named = value.as_array().map_or_else(|| value.clone(), |list| list[1].clone());
        let named = named.as_str().map_or_else(|| named.to_string(), str::to_owned);
        assert!(complaint.contains(&named), "{complaint}");
    }
    // A name that the file takes away is not there any more.
    app.import("routes", &whole()).printed();
    let mut renamed = json!({"regions": [{"id": 1, "name": "Москва"}], "units": [whole()["units"][0]]});
    refused(&app, &renamed, "units[0].region");
    renamed["units"][0]["region"] = "Москва".into();
    app.import("routes", &renamed).printed();
}

async fn what_is_stored_already_is_not_given_twice(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &whole()).printed();
    let before = with_secrets(&app);
    let unit = json!({"id": 9, "name": "Новый", "uuid": "00000000-0000-4000-8000-000000000009", "region": "Москва 1"});
    let with = |field: &str, value: Value| {
        let mut unit = unit.clone();
        unit[field] = value;
        json!({"units": [unit]})
    };
    for (file, place) in [
        (json!({"account_roles": [{"id": 4, "name": "Shift Manager"}]}), "account_roles[0].name"),
        (json!({"regions": [{"id": 9, "name": "Москва 1"}]}), "regions[0].name"),
        (json!({"regions": [{"id": 1, "name": "Уфа 1"}, {"name": "Москва 1"}]}), "regions[1]"),
        (with("name", json!("Москва 1-1")), "units[0].name"),
        (with("uuid", json!("b8e7c2a9-563f-4011-b531-3974efc36a48")), "units[0].uuid"),
        (
            json!({"report_types": [{"id": 9, "name": "STATISTICS", "verbose_name": "x"}]}),
            "report_types[0].name",
        ),
        (
            json!({"report_types": [{"name": "STATISTICS", "verbose_name": "x", "parent": "DAILY_REVENUE"}]}),
            "report_types[0].parent",
        ),
        (
            json!({"roles": [{"name": "New", "access_code": "secret-two", "report_types": [], "unit_ids": []}]}),
            "roles[0].access_code",
        ),
    ] {
        refused(&app, &file, place);
    }
    assert_eq!(with_secrets(&app), before);
}

async fn all_mistakes_are_told_at_once(engine: Engine) {
    let app = App::start(engine);
    let mut file = whole();
    file["units"][0]["name"] = "".into();
    file["chats"][1]["title"] = "".into();
    let complaint = refused(&app, &file, "units[0].name");
    assert!(complaint.contains("chats[1].title"), "{complaint}");

    let mut file = whole();
    file["units"][0]["region"] = "Уфа 1".into();
    file["chats"][0]["role"] = "None".into();
    file["routes"] = (0..1_000)
        .map(|chat_id| json!({"report_type": "STATISTICS", "unit_id": 1, "chat_id": 1_000 + chat_id}))
        .collect();
    let complaint = refused(&app, &file, "units[0].region");
    assert!(complaint.contains("chats[0].role") && complaint.contains("routes[0].chat_id"), "{complaint}");
    assert!(complaint.contains("1002 mistakes"), "{complaint}");
    assert!(complaint.lines().count() < 30, "nobody reads a thousand lines: {complaint}");
}

async fn a_route_outside_the_role_that_the_file_gives_to_its_chat_is_a_mistake(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &whole()).printed();
    let before = with_secrets(&app);
    let chat = json!({"chat_id": 5, "type": "PRIVATE", "title": "Eldos", "role": "Analyst"});
    for route in [
        json!({"report_type": "DAILY_REVENUE", "unit_id": 2, "chat_id": 5}),
        json!({"report_type": "DAILY_REVENUE", "unit_id": 2, "chat_id": 5}),
    ] {
        let fits = json!({"report_type": "STATISTICS", "unit_id": 1, "chat_id": 5});
        let complaint = refused(&app, &json!({"chats": [chat], "routes": [fits, route]}), "routes[1]");
        assert!(complaint.contains("Analyst"), "{complaint}");
        assert_eq!(with_secrets(&app), before);
    }
    let mut kind = whole();
    kind["roles"][1]["report_types"] = json!(["STATISTICS"]);
    kind["chats"][0] = chat;
    refused(&app, &kind, "routes[0]");
    assert_eq!(with_secrets(&app), before);
}

async fn a_file_that_is_refused_leaves_nothing(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &whole()).printed();
    let (before, happened) = (with_secrets(&app), app.command(&["events"]).printed());
    let mut file = whole();
    for (place, value) in [
        ("/account_roles/0/name", json!("x")),
        ("/regions/0/name", json!("x")),
        ("/units/0/region", json!("x")),
        ("/report_types/0/verbose_name", json!("x")),
        ("/roles/0/access_code", json!("x")),
        ("/chats/0/title", json!("x")),
        ("/routes/1/chat_id", json!(99)),
    ] {
        *file.pointer_mut(place).expect("a place in the file") = value;
    }
    refused(&app, &file, "routes[1].chat_id");
    assert_eq!(with_secrets(&app), before);
    assert_eq!(app.command(&["events"]).printed(), happened);
}

async fn an_access_code_is_in_no_complaint(engine: Engine) {
    let app = App::start(engine);
    for code in [json!(76_543_210), json!(["76543210"]), json!({"code": "76543210"}), json!(76_543_210.5)] {
        let mut file = whole();
        file["roles"][1]["access_code"] = code;
        let complaint = refused(&app, &file, "roles[1].access_code");
        assert!(!complaint.contains("76543210"), "{complaint}");
    }
    let mut file = whole();
    file["roles"][1]["access_code"] = "secret-one".into();
    assert!(!refused(&app, &file, "roles[1].access_code").contains("secret-one"));
}

async fn a_broken_file_is_named_by_its_line(engine: Engine) {
    let app = App::start(engine);
    let broken: [(&[u8], &str); 6] = [
        (b"", "line 1"),
        (b"[]", "line 1"),
        (b"{\n\"units\": [],\n}", "line 3"),
        (b"{\"units\": []}\n{}", "line 2"),
        (b"{\n\"units\": \"\xff\"}", "line 2"),
        (b"{\"units\": [],\n\"units\": []}", "units"),
    ];
    for (bytes, line) in broken {
        let file = app.file("broken.json", bytes);
        let complaint = app.command(&["import", "routes", file.to_str().expect("a path")]).refused(1);
        assert!(complaint.contains(line) && complaint.contains("broken.json"), "{complaint}");
    }
}

/// Asserts that a file is refused for this place in it, and gives the complaint.
#[track_caller]
fn refused(app: &App, file: &Value, place: &str) -> String {
    let complaint = app.import("routes", file).refused(1);
    let words = [format!("{place}: "), format!("{place}\n"), format!("{place}`")];
    assert!(words.iter().any(|word| complaint.contains(word)), "{place}: {complaint}");
    complaint
}
