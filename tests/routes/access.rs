//! Who may use it: a trusted network, or a key of this API.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use testkit::{Answer, App, Engine, on_both_engines};

use super::{everything, network};

on_both_engines!(
    from_elsewhere_a_key_opens_the_door_to_the_same_data,
    a_stranger_sees_and_changes_nothing,
    a_page_of_another_site_is_a_stranger_in_a_trusted_browser,
    a_stranger_is_refused_before_what_is_wrong_with_the_request,
);

/// A server that trusts no network that anybody is in.
fn guarded(engine: Engine) -> App {
    let app = App::builder(engine).env("PARTNERAPI_TRUSTED_NETWORKS", "192.0.2.0/24").start();
    app.import("routes", &network()).printed();
    app
}

async fn from_elsewhere_a_key_opens_the_door_to_the_same_data(engine: Engine) {
    let app = guarded(engine);
    let (key, other) = (app.key("routes", "bot"), app.key("routes", "another bot"));
    let chat = json!({"chat_id": 1, "type": "GROUP", "title": "x"});
    let made = Answer::of(app.request(Method::POST, "/telegram-chats/").json(&chat).bearer_auth(&key)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let get = || app.request(Method::GET, "/api/telegram-chats/1/");
    for dressed in
        [get().bearer_auth(&other), get().basic_auth(&other, None::<&str>), get().header("x-api-key", &other)]
    {
        assert_eq!(Answer::of(dressed).await.json["title"], "x", "a key only opens the door");
    }
}

async fn a_page_of_another_site_is_a_stranger_in_a_trusted_browser(engine: Engine) {
    let app = App::start(engine);
    app.import("routes", &network()).printed();
    let before = everything(&app);
    for request in requests(&app) {
        let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
        assert_eq!(answer.status, 401, "{}", answer.text);
    }
    assert_eq!(everything(&app), before);
}

/// One request for each operation.
fn requests(app: &App) -> Vec<RequestBuilder> {
    let get = |path: &str| app.request(Method::GET, path);
    let with = |method: Method, path: &str, body: serde_json::Value| app.request(method, path).json(&body);
    vec![
        get("/units/"),
        get("/units/name/Москва 1-1/"),
        get("/units/regions/"),
        get("/telegram-chats/"),
        get("/telegram-chats/chat-types/"),
        get("/telegram-chats/123456/"),
        get("/report-types/"),
        get("/report-types/statistics/"),
        get("/report-types/names/STATISTICS/"),
        get("/report-routes/units/?chat_id=1&report_type_id=16"),
        get("/report-routes/telegram-chats/?unit_id=1&report_type_id=16"),
        get("/users/123456/regions/"),
        get("/roles/users/123456/units/"),
        get("/api/users/123456/report-types/"),
        with(Method::POST, "/telegram-chats/", json!({"chat_id": 1, "type": "GROUP", "title": "x"})),
        with(Method::PUT, "/telegram-chats/123456/", json!({"title": "x"})),
        with(
            Method::POST,
            "/report-routes/",
            json!({"chat_id": 123456, "report_type_id": 16, "unit_ids": [2]}),
        ),
        app.request(Method::DELETE, "/report-routes/?chat_id=123456&report_type_id=16&unit_ids=1"),
        with(Method::PATCH, "/users/123456/access-code/", json!({"access_code": "welcome"})),
        with(Method::PATCH, "/api/roles/users/123456/", json!({"access_code": "welcome"})),
    ]
}

async fn a_stranger_sees_and_changes_nothing(engine: Engine) {
    let app = guarded(engine);
    let key = app.key("routes", "bot");
    let routes = json!({"chat_id": 123456, "report_type_id": 16, "unit_ids": [1]});
    let made = Answer::of(app.request(Method::POST, "/report-routes/").json(&routes).bearer_auth(&key)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let before = everything(&app);
    let refused = json!({"message": "Wrong credentials", "extra": {}});
    for request in requests(&app) {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (401, &refused));
        assert_eq!(answer.header("content-type"), "application/json");
    }
    // A key of another API opens nothing here.
    let tickets = app.key("tickets", "kassir");
    for request in requests(&app) {
        assert_eq!(Answer::of(request.bearer_auth(&tickets)).await.status, 401);
    }
    assert_eq!(everything(&app), before);
}

async fn a_stranger_is_refused_before_what_is_wrong_with_the_request(engine: Engine) {
    let app = guarded(engine);
    for request in [
        app.request(Method::POST, "/report-routes/").body("{"),
        app.request(Method::GET, "/units/?limit=x"),
        app.request(Method::GET, "/telegram-chats/x/"),
        app.request(Method::GET, "/units/name/nowhere/"),
        app.request(Method::DELETE, "/report-routes/"),
    ] {
        assert_eq!(Answer::of(request).await.status, 401);
    }
}
