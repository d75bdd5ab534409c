//! Nothing acknowledged is lost, and nothing is done by halves or twice.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, ask, events, get, give_code, make_routes, post_routes, start, units_of};

on_both_engines!(
    equal_requests_at_once_make_a_route_once,
    equal_requests_at_once_make_a_chat_once,
    a_role_change_and_new_routes_at_once_leave_only_what_the_role_allows,
    what_was_acknowledged_outlasts_a_kill,
);

async fn equal_requests_at_once_make_a_route_once(engine: Engine) {
    let app = start(engine);
    let other = app.sibling();
    // They overlap, each in another order.
    let bodies = [json!([1, 2, 3]), json!([3, 2, 1]), json!([2, 4]), json!([3])];
    let bodies =
        bodies.map(|unit_ids| json!({"chat_id": HEAD_OFFICE, "report_type_id": 16, "unit_ids": unit_ids}));
    let requests = (0..32).map(|number| {
        let server = if number % 2 == 0 { &app } else { &other };
        let index = number % bodies.len();
        let body = &bodies[index];
        async move { (index, post_routes(server, body).await.status.as_u16()) }
    });
    let answers = futures_util::future::join_all(requests).await;
    assert!(answers.iter().all(|(_, status)| [201, 409].contains(status)), "{answers:?}");
    let mut made: Vec<i64> = Vec::new();
    for (body, _) in answers.iter().filter(|(_, status)| *status == 201) {
        made.extend(
            bodies[*body]["unit_ids"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_i64),
        );
    }
    made.sort_unstable();
    let mut once = made.clone();
    once.dedup();
    assert_eq!(made, once, "no unit by two successes: {answers:?}");
    assert_eq!(
        units_of(&app, HEAD_OFFICE, 16).await,
        json!(made),
        "all of each success and nothing of the others"
    );
    let told = events(&app).iter().filter(|(kind, _)| kind == "routes.route.created").count();
    assert_eq!(told, made.len());
}

async fn equal_requests_at_once_make_a_chat_once(engine: Engine) {
    let app = start(engine);
    let other = app.sibling();
    let requests = (0..16).map(|number| {
        let server = if number % 2 == 0 { &app } else { &other };
        async move {
            let body = json!({"chat_id": 1, "type": "GROUP", "title": number.to_string()});
            ask(server, Method::POST, "/telegram-chats/", Some(&body)).await.status.as_u16()
        }
    });
    let answers = futures_util::future::join_all(requests).await;
    let made: Vec<_> = (0..).zip(&answers).filter(|(_, status)| **status == 201).collect();
    assert_eq!((made.len(), answers.iter().filter(|status| **status == 409).count()), (1, 15), "{answers:?}");
    assert_eq!(get(&app, "/telegram-chats/1/").await["title"], made[0].0.to_string());
    let is_told = |(kind, data): &&(String, Value)| kind == "routes.chat.created" && data["chat_id"] == 1;
    assert_eq!(events(&app).iter().filter(is_told).count(), 1);
}

async fn a_role_change_and_new_routes_at_once_leave_only_what_the_role_allows(engine: Engine) {
    let app = start(engine);
    for _ in 0..10 {
        assert_eq!(give_code(&app, ELDOS, "the head's code").await.status, 204);
        let body = json!({"chat_id": ELDOS, "report_type_id": 17, "unit_ids": [3]});
        let (made, changed) =
            futures_util::future::join(post_routes(&app, &body), give_code(&app, ELDOS, "manager's code"))
                .await;
        assert_eq!(changed.status, 204, "{}", changed.text);
        assert!([201, 403].contains(&made.status.as_u16()), "{}", made.text);
        assert_eq!(units_of(&app, ELDOS, 17).await, json!([]), "the manager may not have it");
    }
}

async fn what_was_acknowledged_outlasts_a_kill(engine: Engine) {
    let mut app = start(engine);
    let chat = json!({"chat_id": 1, "type": "GROUP", "title": "x"});
    assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&chat)).await.status, 201);
    assert_eq!(give_code(&app, 1, "manager's code").await.status, 204);
    make_routes(&app, 1, 16, &[1, 2]).await;
    let path = "/report-routes/?chat_id=1&report_type_id=16&unit_ids=2";
    assert_eq!(ask(&app, Method::DELETE, path, None).await.status, 204);
    app.server.kill();
    app.restart();
    assert_eq!(units_of(&app, 1, 16).await, json!([1]));
    assert_eq!(get(&app, "/users/1/units/").await["units"].as_array().map(Vec::len), Some(3));
    let ours = events(&app).into_iter().filter(|(_, data)| data["chat_id"] == 1).map(|(kind, _)| kind);
    assert_eq!(
        ours.collect::<Vec<_>>(),
        [
            "routes.chat.created",
            "routes.role.assigned",
            "routes.route.created",
            "routes.route.created",
            "routes.route.deleted",
        ]
    );
}
