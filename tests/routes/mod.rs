//! The Routes API, statement by statement of its contract.

mod access;
mod access_codes;
mod aliases;
mod chats;
mod creating;
mod deleting;
mod errors;
mod events;
mod files;
mod fresh;
mod import_changes;
mod import_export;
mod import_mistakes;
mod management;
mod order_of_errors;
mod paging;
mod parameters;
mod reference;
mod roles;
mod safety;
mod seed;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine};

/// The chat of a person whose role is the manager's.
const ELDOS: i64 = 123_456;
/// The chat of a group whose role is the head office's.
const HEAD_OFFICE: i64 = -1_001_234_567_890;
/// The chat of a person who has no role.
const STRANGER: i64 = 77;

/// Two regions of three units each, report types of both levels, three roles, three chats.
pub(crate) fn network() -> Value {
    json!({
        "regions": [{"id": 1, "name": "Москва 1"}, {"id": 2, "name": "Казань 1"}, {"id": 3, "name": "Тверь 1"}],
        "units": [
            {"id": 1, "name": "Москва 1-1", "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48",
             "office_manager_account_name": "om_account_msk_1", "dodo_is_api_account_name": "api_account_msk_1",
             "region": "Москва 1"},
            unit(2, "Москва 1-2", "Москва 1"), unit(3, "Москва 1-3", "Москва 1"),
            unit(4, "Казань 1-1", "Казань 1"), unit(5, "Казань 1-2", "Казань 1"), unit(6, "Казань 1-3", "Казань 1"),
        ],
        "report_types": [
            {"id": 16, "name": "CANCELED_ORDERS", "verbose_name": "Отмены заказов", "priority": 30},
            {"id": 17, "name": "WRITE_OFFS", "verbose_name": "Списания ингредиентов", "priority": 40},
            {"id": 18, "name": "STATISTICS", "verbose_name": "Отчёты по статистике", "priority": 40},
            {"id": 19, "name": "RETIRED", "verbose_name": "Больше не нужен", "priority": 50, "is_active": false},
            {"id": 777, "name": "BONUS_SYSTEM", "verbose_name": "Бонусная система", "parent": "STATISTICS",
             "priority": 1},
            {"id": 778, "name": "DAILY_REVENUE", "verbose_name": "Выручка за сегодня", "parent": "STATISTICS",
             "priority": 2},
            {"id": 779, "name": "OLD_REVENUE", "verbose_name": "Выручка за вчера", "parent": "STATISTICS",
             "priority": 3, "is_active": false},
        ],
        "roles": [
            {"name": "Manager", "access_code": "manager's code", "unit_ids": [1, 2, 4],
             "report_types": ["CANCELED_ORDERS", "BONUS_SYSTEM", "RETIRED"]},
            {"name": "Head office", "access_code": "the head's code", "unit_ids": [1, 2, 3, 4, 5, 6],
             "report_types": ["CANCELED_ORDERS", "WRITE_OFFS", "STATISTICS", "BONUS_SYSTEM", "DAILY_REVENUE"]},
            {"name": "Visitor", "access_code": "welcome", "unit_ids": [], "report_types": []},
        ],
        "chats": [
            {"chat_id": ELDOS, "type": "PRIVATE", "title": "Eldos", "username": "eldos", "role": "Manager"},
            {"chat_id": HEAD_OFFICE, "type": "GROUP", "title": "Отчёты", "username": null, "role": "Head office"},
            {"chat_id": STRANGER, "type": "PRIVATE", "title": "Somebody", "username": null, "role": null},
        ],
    })
}

fn unit(id: i64, name: &str, region: &str) -> Value {
    json!({"id": id, "name": name, "uuid": format!("00000000-0000-4000-8000-{id:012}"), "region": region})
}

/// A server that knows the network.
fn start(engine: Engine) -> App {
    let app = App::start(engine);
    app.import("routes", &network()).printed();
    app
}

/// Imports into a running server, and makes it see what it may notice half a second late: after a write of its own,
/// even one that changes nothing, it looks anew.
async fn import(app: &App, document: &Value) {
    app.import("routes", document).printed();
    let nothing = "/report-routes/?chat_id=4040&report_type_id=4040&unit_ids=4040";
    assert_eq!(ask(app, Method::DELETE, nothing, None).await.status, 204);
}

/// Asks, and checks what holds for every answer: a body of JSON, but where something was changed.
async fn ask(app: &App, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = app.request(method.clone(), path);
    let answer = Answer::of(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await;
    match answer.status.as_u16() {
        201 | 204 => assert_eq!((&*answer.text, answer.header("content-type")), ("", ""), "{method} {path}"),
        status => {
            assert_eq!(answer.header("content-type"), "application/json", "{method} {path}");
            assert!(!answer.json.is_null(), "{method} {path}: {status} {}", answer.text);
            let fields: Vec<_> =
                answer.json.as_object().into_iter().flat_map(|object| object.keys()).collect();
            assert!(status < 400 || fields == ["extra", "message"], "{method} {path}: {}", answer.text);
        }
    }
    answer
}

/// What a path shows.
async fn get(app: &App, path: &str) -> Value {
    let answer = ask(app, Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json
}

async fn post_routes(app: &App, body: &Value) -> Answer {
    ask(app, Method::POST, "/report-routes/", Some(body)).await
}

/// Makes routes that must be made.
async fn make_routes(app: &App, chat_id: i64, report_type_id: i64, unit_ids: &[i64]) {
    let body = json!({"chat_id": chat_id, "report_type_id": report_type_id, "unit_ids": unit_ids});
    let answer = post_routes(app, &body).await;
    assert_eq!(answer.status, 201, "{body}: {}", answer.text);
}

/// The units about which a chat gets a report.
async fn units_of(app: &App, chat_id: i64, report_type_id: i64) -> Value {
    let path = format!("/report-routes/units/?chat_id={chat_id}&report_type_id={report_type_id}");
    get(app, &path).await["unit_ids"].clone()
}

async fn give_code(app: &App, chat_id: i64, code: &str) -> Answer {
    let path = format!("/users/{chat_id}/access-code/");
    ask(app, Method::PATCH, &path, Some(&json!({"access_code": code}))).await
}

/// Asserts that an answer is this refusal, with nothing else to say.
#[track_caller]
fn refused(answer: &Answer, status: u16, message: &str) {
    let wanted = json!({"message": message, "extra": {}});
    assert_eq!((answer.status.as_u16(), &answer.json), (status, &wanted));
}

/// Asserts that an answer complains of these fields.
#[track_caller]
fn invalid(answer: &Answer, fields: &Value) {
    let wanted = json!({"message": "Validation error", "extra": {"fields": fields}});
    assert_eq!((answer.status.as_u16(), &answer.json), (400, &wanted));
}

/// The event stream: types and data.
fn events(app: &App) -> Vec<(String, Value)> {
    let lines = app.command(&["events"]).printed();
    let events = lines.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(event["account"], "", "routes belong to no account");
        (event["type"].as_str().expect("a type").to_owned(), event["data"].clone())
    });
    events.collect()
}

/// Everything that is stored, but for the access codes.
fn everything(app: &App) -> String {
    app.command(&["export", "routes"]).printed()
}
