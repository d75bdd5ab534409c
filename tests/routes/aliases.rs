//! Every operation is where any deployed client calls it.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Engine, on_both_engines};

use super::{ELDOS, STRANGER, ask, get, start, units_of};

on_both_engines!(
    what_is_at_the_root_is_below_api_too,
    users_are_below_roles_too,
    changes_are_made_at_every_path,
    a_role_is_given_at_every_path,
    metrics_know_an_operation_by_one_name,
    unknown_paths_are_told_in_the_dialect_in_every_space,
);

async fn what_is_at_the_root_is_below_api_too(engine: Engine) {
    let app = start(engine);
    for path in [
        "/units/".to_owned(),
        "/units/name/Москва 1-1/".into(),
        "/units/regions/".into(),
        "/telegram-chats/".into(),
        "/telegram-chats/chat-types/".into(),
        format!("/telegram-chats/{ELDOS}/"),
        "/report-types/".into(),
        "/report-types/?parent_id=18".into(),
        "/report-types/statistics/".into(),
        "/report-types/names/STATISTICS/".into(),
        "/report-routes/units/?chat_id=1&report_type_id=16".into(),
        "/report-routes/telegram-chats/?unit_id=1&report_type_id=16".into(),
    ] {
        let shown = get(&app, &path).await;
        let without = path.replacen("/?", "?", 1);
        for other in [format!("/api{path}"), without.trim_end_matches('/').to_owned()] {
            assert_eq!(get(&app, &other).await, shown, "{other}");
        }
        let head = Answer::of(app.request(Method::HEAD, &path)).await;
        assert_eq!((head.status.as_u16(), head.header("content-type")), (200, "application/json"), "{path}");
    }
}

async fn users_are_below_roles_too(engine: Engine) {
    let app = start(engine);
    for what in ["regions/", "units/", "units/?region_id=1", "report-types/"] {
        let shown = get(&app, &format!("/users/{ELDOS}/{what}")).await;
        for before in ["/api/users", "/roles/users", "/api/roles/users"] {
            assert_eq!(get(&app, &format!("{before}/{ELDOS}/{what}")).await, shown, "{before} {what}");
        }
    }
}

async fn changes_are_made_at_every_path(engine: Engine) {
    let app = start(engine);
    for (base, chat_id) in [("", 1), ("/api", 2)] {
        let chat = json!({"chat_id": chat_id, "type": "GROUP", "title": "x"});
        let made = ask(&app, Method::POST, &format!("{base}/telegram-chats/"), Some(&chat)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("{base}/telegram-chats/{chat_id}/");
        let changed = ask(&app, Method::PUT, &path, Some(&json!({"title": "y"}))).await;
        assert_eq!(changed.status, 204);
        assert_eq!(get(&app, &path).await["title"], "y");

        let routes =
            json!({"chat_id": chat_id, "user_chat_id": ELDOS, "report_type_id": 16, "unit_ids": [1]});
        let path = format!("{base}/report-routes/");
        assert_eq!(ask(&app, Method::POST, &path, Some(&routes)).await.status, 201);
        assert_eq!(units_of(&app, chat_id, 16).await, json!([1]));
        let query = format!("?chat_id={chat_id}&report_type_id=16&unit_ids=1");
        assert_eq!(ask(&app, Method::DELETE, &format!("{path}{query}"), None).await.status, 204);
        assert_eq!(units_of(&app, chat_id, 16).await, json!([]));
    }
}

async fn a_role_is_given_at_every_path(engine: Engine) {
    let app = start(engine);
    let paths = [
        "/users/{}/access-code/",
        "/api/users/{}/access-code/",
        "/roles/users/{}/access-code/",
        "/api/roles/users/{}/access-code/",
        "/roles/users/{}/",
        "/api/roles/users/{}/",
    ];
    for (number, path) in paths.iter().enumerate() {
        let (code, units) = if number % 2 == 0 { ("manager's code", 3) } else { ("welcome", 0) };
        let path = path.replace("{}", &STRANGER.to_string());
        let answer = ask(&app, Method::PATCH, &path, Some(&json!({"access_code": code}))).await;
        assert_eq!(answer.status, 204, "{path}: {}", answer.text);
        let shown = get(&app, &format!("/users/{STRANGER}/units/")).await;
        assert_eq!(shown["units"].as_array().map(Vec::len), Some(units), "{path}");
    }
}

async fn metrics_know_an_operation_by_one_name(engine: Engine) {
    let app = start(engine);
    for path in [
        "/users/123456/units/",
        "/api/users/123456/units",
        "/roles/users/5/units/",
        "/api/roles/users/x/units/",
    ] {
        ask(&app, Method::GET, path, None).await;
    }
    for path in ["/users/5/access-code/", "/roles/users/5/", "/api/roles/users/5/"] {
        ask(&app, Method::PATCH, path, Some(&json!({}))).await;
    }
    let page = app.get("/metrics").await.text;
    for (route, count) in [("/users/{chat_id}/units", 4.0), ("/users/{chat_id}/access-code", 3.0)] {
        let name = format!("partnerapi_http_request_seconds_count{{api=\"routes\",route=\"{route}\"}}");
        assert_eq!(testkit::metric(&page, &name), Some(count), "{page}");
    }
    assert!(!page.contains("/api/") && !page.contains("/roles/"), "{page}");
}

async fn unknown_paths_are_told_in_the_dialect_in_every_space(engine: Engine) {
    let app = App::start(engine);
    for path in [
        "/units/5/",
        "/units/name/",
        "/units/name/a/b/",
        "/telegram-chats/1/2/",
        "/report-types/16/",
        "/report-types/names/",
        "/report-routes/5/",
        "/users/",
        "/users/5/",
        "/users/5/roles/",
        "/roles/",
        "/roles/users/",
        "/roles/units/",
    ] {
        for path in [path.to_owned(), format!("/api{path}"), path.trim_end_matches('/').to_owned()] {
            let answer = ask(&app, Method::GET, &path, None).await;
            super::refused(&answer, 404, "Not found");
        }
    }
    // And nobody else's.
    for path in ["/api/", "/api/unknown/", "/unitsx/", "/unit/"] {
        let answer = Answer::of(app.request(Method::GET, path)).await;
        assert_eq!((answer.status.as_u16(), answer.json), (404, json!({"detail": "Not found"})), "{path}");
    }
}
