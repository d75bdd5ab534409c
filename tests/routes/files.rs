//! A file to import, and what is seen of it.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Finished};

/// Everything that a file can say, in the order of an export.
pub(super) fn everything() -> Value {
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

/// Enters an access code for a chat, and gives the status of the answer.
pub(super) async fn enter(app: &App, chat_id: i64, code: &str) -> u16 {
    let path = format!("/users/{chat_id}/access-code/");
    let request = app.request(Method::PATCH, &path).json(&json!({"access_code": code}));
    Answer::of(request).await.status.as_u16()
}

pub(super) fn export(app: &App) -> String {
    app.command(&["export", "routes"]).printed()
}

pub(super) fn exported(app: &App) -> Value {
    serde_json::from_str(&export(app)).expect("an export is JSON")
}

pub(super) fn with_secrets(app: &App) -> Value {
    let text = app.command(&["export", "routes", "--with-secrets"]).printed();
    serde_json::from_str(&text).expect("an export is JSON")
}

pub(super) fn import_text(app: &App, text: &str) -> Finished {
    let file = app.file("text.json", text.as_bytes());
    app.command(&["import", "routes", file.to_str().expect("a path")])
}
