//! Every example of the seed, word for word.

use reqwest::Method;
use serde_json::json;
use testkit::{App, Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, ask, get, give_code, make_routes, refused, start, units_of};

on_both_engines!(
    get_all_units,
    get_unit_by_name,
    get_all_regions,
    get_all_telegram_chats,
    create_telegram_chat,
    get_all_chat_types,
    get_and_update_telegram_chat,
    get_all_report_types,
    get_all_statistics_report_types,
    get_report_routes_units,
    get_report_routes_telegram_chats,
    create_and_delete_report_route,
    get_user_role_regions,
    get_user_role_units,
    get_user_role_report_types,
    set_user_role,
);

async fn get_all_units(engine: Engine) {
    let app = start(engine);
    let units = get(&app, "/units/?limit=1").await;
    let unit = json!({
        "id": 1,
        "name": "Москва 1-1",
        "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48",
        "office_manager_account_name": "om_account_msk_1",
        "dodo_is_api_account_name": "api_account_msk_1",
        "region": "Москва 1"
    });
    assert_eq!(units, json!({"units": [unit], "is_end_of_list_reached": false}));
}

async fn get_unit_by_name(engine: Engine) {
    let app = start(engine);
    let unit = get(&app, "/units/name/Москва 1-1/").await;
    let wanted = json!({
        "id": 1,
        "name": "Москва 1-1",
        "uuid": "b8e7c2a9-563f-4011-b531-3974efc36a48",
        "office_manager_account_name": "om_account_msk_1",
        "dodo_is_api_account_name": "api_account_msk_1",
        "region": "Москва 1"
    });
    assert_eq!(unit, wanted);
}

async fn get_all_regions(engine: Engine) {
    let app = start(engine);
    let regions = get(&app, "/units/regions/?limit=1").await;
    assert_eq!(regions, json!({"regions": [{"id": 1, "name": "Москва 1"}], "is_end_of_list_reached": false}));
}

async fn get_all_telegram_chats(engine: Engine) {
    let app = start(engine);
    let chats = get(&app, "/telegram-chats/?limit=1").await;
    let chat = json!({"title": "Eldos", "chat_id": 123456});
    assert_eq!(chats, json!({"telegram_chats": [chat], "is_end_of_list_reached": false}));
}

async fn create_telegram_chat(engine: Engine) {
    let app = App::start(engine);
    let body = json!({"chat_id": 123456, "type": "PRIVATE", "title": "Eldos", "username": null});
    let created = ask(&app, Method::POST, "/telegram-chats/", Some(&body)).await;
    assert_eq!(created.status, 201);
    let chats = get(&app, "/telegram-chats/").await;
    let chat = json!({"title": "Eldos", "chat_id": 123456});
    assert_eq!(chats, json!({"telegram_chats": [chat], "is_end_of_list_reached": true}));
}

async fn get_all_chat_types(engine: Engine) {
    let app = App::start(engine);
    assert_eq!(get(&app, "/telegram-chats/chat-types/").await, json!(["PRIVATE", "GROUP"]));
}

async fn get_and_update_telegram_chat(engine: Engine) {
    let app = App::start(engine);
    let body = json!({"chat_id": 12345, "type": "PRIVATE", "title": "hi", "username": null});
    assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&body)).await.status, 201);
    let change = json!({"title": "hello", "username": ""});
    let updated = ask(&app, Method::PUT, "/telegram-chats/12345/", Some(&change)).await;
    assert_eq!(updated.status, 204);
    let chat = get(&app, "/telegram-chats/12345/").await;
    assert_eq!(chat, json!({"chat_id": 12345, "username": "", "title": "hello", "type": "Private"}));
}

async fn get_all_report_types(engine: Engine) {
    let mut network = super::network();
    network["report_types"][0]["priority"] = 100.into();
    let app = App::start(engine);
    app.import("routes", &network).printed();
    let types = get(&app, "/report-types/?limit=1").await;
    let kind = json!({"id": 16, "name": "CANCELED_ORDERS", "verbose_name": "Отмены заказов"});
    assert_eq!(types, json!({"report_types": [kind], "is_end_of_list_reached": false}));
}

async fn get_all_statistics_report_types(engine: Engine) {
    let app = start(engine);
    let types = get(&app, "/report-types/statistics/?offset=1").await;
    let kind = json!({"id": 777, "name": "BONUS_SYSTEM", "verbose_name": "Бонусная система"});
    assert_eq!(types, json!({"report_types": [kind], "is_end_of_list_reached": true}));
}

async fn get_report_routes_units(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[1, 2, 3]).await;
    let path = format!("/report-routes/units/?chat_id={}&report_type_id=16", HEAD_OFFICE);
    assert_eq!(get(&app, &path).await, json!({"unit_ids": [1, 2, 3], "is_end_of_list_reached": true}));
}

async fn get_report_routes_telegram_chats(engine: Engine) {
    let app = start(engine);
    for chat_id in [1, 2, 3] {
        let body = json!({"chat_id": chat_id, "type": "GROUP", "title": "A group"});
        assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&body)).await.status, 201);
        assert_eq!(give_code(&app, chat_id, "the head's code").await.status, 204);
        make_routes(&app, chat_id, 16, &[5]).await;
    }
    let chats = get(&app, "/report-routes/telegram-chats/?unit_id=5&report_type_id=16").await;
    assert_eq!(chats, json!({"chat_ids": [1, 2, 3], "is_end_of_list_reached": true}));
}

async fn create_and_delete_report_route(engine: Engine) {
    let app = start(engine);
    // The seed's zeros stand for ids.
    let mut body = json!({"report_type_id": 0, "chat_id": 0, "unit_ids": [1, 2, 3]});
    let unknown = ask(&app, Method::POST, "/report-routes/", Some(&body)).await;
    refused(&unknown, 404, "Chat by chat ID is not found");
    (body["report_type_id"], body["chat_id"]) = (16.into(), HEAD_OFFICE.into());
    assert_eq!(ask(&app, Method::POST, "/report-routes/", Some(&body)).await.status, 201);
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([1, 2, 3]));

    let path = format!("/report-routes/?chat_id={HEAD_OFFICE}&report_type_id=16&unit_ids=1&unit_ids=2");
    assert_eq!(ask(&app, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(units_of(&app, HEAD_OFFICE, 16).await, json!([3]));
}

async fn get_user_role_regions(engine: Engine) {
    let app = start(engine);
    let regions = get(&app, &format!("/users/{ELDOS}/regions/?limit=1")).await;
    assert_eq!(regions, json!({"regions": [{"id": 1, "name": "Москва 1"}], "is_end_of_list_reached": false}));
}

async fn get_user_role_units(engine: Engine) {
    let mut network = super::network();
    network["units"][0]["uuid"] = "000d3a00-b0dc-80d9-11e6-b24faa1bca9f".into();
    let app = App::start(engine);
    app.import("routes", &network).printed();
    let units = get(&app, &format!("/users/{ELDOS}/units/?limit=1")).await;
    let unit = json!({
        "id": 1,
        "name": "Москва 1-1",
        "uuid": "000d3a00-b0dc-80d9-11e6-b24faa1bca9f",
        "region_id": 1,
        "office_manager_account_name": "om_account_msk_1",
        "dodo_is_api_account_name": "api_account_msk_1"
    });
    assert_eq!(units, json!({"units": [unit], "is_end_of_list_reached": false}));
}

async fn get_user_role_report_types(engine: Engine) {
    let mut network = super::network();
    network["report_types"][0]["id"] = 1.into();
    network["roles"][0]["report_types"] = json!(["CANCELED_ORDERS"]);
    let app = App::start(engine);
    app.import("routes", &network).printed();
    let types = get(&app, &format!("/users/{ELDOS}/report-types/")).await;
    let kind = json!({"id": 1, "name": "CANCELED_ORDERS", "verbose_name": "Отмены заказов"});
    assert_eq!(types, json!({"report_types": [kind], "is_end_of_list_reached": true}));
}

async fn set_user_role(engine: Engine) {
    let mut network = super::network();
    network["roles"][1]["access_code"] = "your access code".into();
    let app = App::start(engine);
    app.import("routes", &network).printed();
    assert_eq!(give_code(&app, ELDOS, "your access code").await.status, 204);
    let units = get(&app, &format!("/users/{ELDOS}/units/")).await;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(6));
}
