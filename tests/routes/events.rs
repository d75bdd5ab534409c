//! Each change is an event; what changes nothing is none.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, STRANGER, ask, events, give_code, make_routes, post_routes, start};

on_both_engines!(
    a_chat_that_is_made_or_changed_is_told_without_its_names,
    a_route_that_is_made_or_deleted_is_told_each,
    a_role_that_is_given_is_told_with_the_routes_that_it_takes,
    what_is_refused_or_changes_nothing_is_no_event,
);

/// What has happened since the last look.
fn news(app: &App, seen: &mut usize) -> Vec<(String, Value)> {
    let all = events(app);
    let news = all[*seen..].to_vec();
    *seen = all.len();
    news
}

fn event(kind: &str, data: Value) -> (String, Value) {
    (kind.to_owned(), data)
}

fn route(verb: &str, report_type_id: i64, unit_id: i64, chat_id: i64) -> (String, Value) {
    let data = json!({"report_type_id": report_type_id, "unit_id": unit_id, "chat_id": chat_id});
    event(&format!("routes.route.{verb}"), data)
}

fn sorted(mut events: Vec<(String, Value)>) -> Vec<(String, Value)> {
    events.sort_by_cached_key(|(kind, data)| format!("{kind} {data}"));
    events
}

async fn a_chat_that_is_made_or_changed_is_told_without_its_names(engine: Engine) {
    let app = App::start(engine);
    let body = json!({"chat_id": -5, "type": "GROUP", "title": "A title", "username": "a_name"});
    assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&body)).await.status, 201);
    let body = json!({"title": "Another title"});
    assert_eq!(ask(&app, Method::PUT, "/telegram-chats/-5/", Some(&body)).await.status, 204);
    let data = json!({"chat_id": -5, "type": "GROUP"});
    let wanted = [event("routes.chat.created", data.clone()), event("routes.chat.updated", data)];
    assert_eq!(events(&app), wanted);
}

async fn a_route_that_is_made_or_deleted_is_told_each(engine: Engine) {
    let app = start(engine);
    let mut seen = events(&app).len();
    make_routes(&app, ELDOS, 16, &[4, 1, 2]).await;
    let created: Vec<_> = [1, 2, 4].map(|unit| route("created", 16, unit, ELDOS)).into();
    assert_eq!(news(&app, &mut seen), created);
    let path = format!("/report-routes/?chat_id={ELDOS}&report_type_id=16&unit_ids=1,3,4");
    assert_eq!(ask(&app, Method::DELETE, &path, None).await.status, 204);
    let deleted: Vec<_> = [1, 4].map(|unit| route("deleted", 16, unit, ELDOS)).into();
    assert_eq!(sorted(news(&app, &mut seen)), deleted);
}

async fn a_role_that_is_given_is_told_with_the_routes_that_it_takes(engine: Engine) {
    let app = start(engine);
    make_routes(&app, HEAD_OFFICE, 16, &[1, 3, 5]).await;
    make_routes(&app, HEAD_OFFICE, 17, &[1]).await;
    let mut seen = events(&app).len();
    assert_eq!(give_code(&app, HEAD_OFFICE, "manager's code").await.status, 204);
    let news_of_all = news(&app, &mut seen);
    let role = json!({"chat_id": HEAD_OFFICE, "role": "Manager", "previous_role": "Head office"});
    assert_eq!(news_of_all[0], event("routes.role.assigned", role));
    let taken = [(16, 3), (16, 5), (17, 1)].map(|(kind, unit)| route("deleted", kind, unit, HEAD_OFFICE));
    assert_eq!(sorted(news_of_all[1..].to_vec()), taken);

    assert_eq!(give_code(&app, STRANGER, "welcome").await.status, 204);
    let role = json!({"chat_id": STRANGER, "role": "Visitor", "previous_role": null});
    assert_eq!(news(&app, &mut seen), [event("routes.role.assigned", role)]);
}

async fn what_is_refused_or_changes_nothing_is_no_event(engine: Engine) {
    let app = start(engine);
    make_routes(&app, ELDOS, 16, &[1]).await;
    let mut seen = events(&app).len();
    let taken = json!({"chat_id": ELDOS, "type": "PRIVATE", "title": "Eldos"});
    assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&taken)).await.status, 409);
    let path = format!("/telegram-chats/{ELDOS}/");
    for same in [json!({"title": "Eldos"}), json!({"title": "Eldos", "username": "eldos"})] {
        assert_eq!(ask(&app, Method::PUT, &path, Some(&same)).await.status, 204);
    }
    for unit_ids in [json!([1, 2]), json!([2, 3]), json!([2, 99])] {
        let body = json!({"chat_id": ELDOS, "report_type_id": 16, "unit_ids": unit_ids});
        assert!(post_routes(&app, &body).await.status.is_client_error(), "{body}");
    }
    let path = format!("/report-routes/?chat_id={ELDOS}&report_type_id=16&unit_ids=2");
    assert_eq!(ask(&app, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(give_code(&app, ELDOS, "wrong").await.status, 404);
    assert_eq!(give_code(&app, ELDOS, "manager's code").await.status, 204, "the role that it has");
    assert_eq!(news(&app, &mut seen), []);
}
