//! An answer is never older than the last acknowledged write of its server, and no older than a second elsewhere.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, on_both_engines};

use super::{ELDOS, STRANGER, ask, get, give_code, make_routes, network, start, units_of};

on_both_engines!(
    the_very_next_read_sees_a_write,
    another_server_sees_a_write_within_a_second,
    an_import_is_seen_within_a_second,
    reads_during_writes_never_go_back,
);

/// Asks for all that shows a chat, its routes and its role.
async fn shown(app: &App, chat_id: i64) -> Vec<Value> {
    let mut shown = Vec::new();
    for path in [
        "/telegram-chats/".to_owned(),
        format!("/report-routes/units/?chat_id={chat_id}&report_type_id=16"),
        "/report-routes/telegram-chats/?unit_id=1&report_type_id=16".into(),
        format!("/telegram-chats/{chat_id}/"),
        format!("/users/{chat_id}/units/"),
        format!("/users/{chat_id}/regions/"),
        format!("/users/{chat_id}/report-types/"),
    ] {
        shown.push(ask(app, Method::GET, &path, None).await.json);
    }
    shown
}

async fn the_very_next_read_sees_a_write(engine: Engine) {
    let app = start(engine);
    for round in 0..50 {
        let chat_id = 1000 + round;
        let before = shown(&app, chat_id).await;
        let chat = json!({"chat_id": chat_id, "type": "GROUP", "title": "x"});
        assert_eq!(ask(&app, Method::POST, "/telegram-chats/", Some(&chat)).await.status, 201);
        let made = shown(&app, chat_id).await;
        assert_ne!(made[0], before[0], "the chats");
        assert_eq!(made[3]["title"], "x");
        assert_eq!(made[4]["message"], "User has no any role");

        let path = format!("/telegram-chats/{chat_id}/");
        assert_eq!(ask(&app, Method::PUT, &path, Some(&json!({"title": "y"}))).await.status, 204);
        assert_eq!(shown(&app, chat_id).await[3]["title"], "y");

        assert_eq!(give_code(&app, chat_id, "manager's code").await.status, 204);
        let given = shown(&app, chat_id).await;
        assert_eq!(given[4]["units"].as_array().map(Vec::len), Some(3));
        assert_eq!(given[5]["regions"].as_array().map(Vec::len), Some(2));
        assert_eq!(given[6]["report_types"].as_array().map(Vec::len), Some(3));

        make_routes(&app, chat_id, 16, &[1, 2]).await;
        let routed = shown(&app, chat_id).await;
        assert_eq!((&routed[1]["unit_ids"], &routed[2]["chat_ids"]), (&json!([1, 2]), &json!([chat_id])));

        let path = format!("/report-routes/?chat_id={chat_id}&report_type_id=16&unit_ids=1");
        assert_eq!(ask(&app, Method::DELETE, &path, None).await.status, 204);
        let left = shown(&app, chat_id).await;
        assert_eq!((&left[1]["unit_ids"], &left[2]["chat_ids"]), (&json!([2]), &json!([])));
    }
}

/// Asserts that `app` comes to see what `is_seen` looks for, within a second of `since`.
async fn seen_within_a_second(since: Instant, mut is_seen: impl AsyncFnMut() -> bool) {
    loop {
        let asked = Instant::now();
        if is_seen().await {
            return;
        }
        assert!(asked - since < Duration::from_secs(1), "an answer is older than a second");
    }
}

async fn another_server_sees_a_write_within_a_second(engine: Engine) {
    let app = start(engine);
    let other = app.sibling();
    for round in 0..5 {
        // Both ways, and each answer is kept before it changes.
        let (writer, reader) = if round % 2 == 0 { (&app, &other) } else { (&other, &app) };
        for unit in [1, 2, 4] {
            let before = units_of(reader, ELDOS, 16).await;
            make_routes(writer, ELDOS, 16, &[unit]).await;
            let acknowledged = Instant::now();
            seen_within_a_second(acknowledged, async || units_of(reader, ELDOS, 16).await != before).await;
        }
        let path = format!("/report-routes/?chat_id={ELDOS}&report_type_id=16&unit_ids=1,2,4");
        assert_eq!(ask(writer, Method::DELETE, &path, None).await.status, 204);
        let acknowledged = Instant::now();
        seen_within_a_second(acknowledged, async || units_of(reader, ELDOS, 16).await == json!([])).await;
    }
}

async fn an_import_is_seen_within_a_second(engine: Engine) {
    let app = start(engine);
    for round in 0..5 {
        let name = format!("Новая {round}");
        let before = get(&app, "/units/").await;
        let missing = ask(&app, Method::GET, &format!("/units/name/{name}/"), None).await;
        assert_eq!(missing.status, 404);
        let mut network = network();
        network["units"].as_array_mut().expect("units").push(super::unit(100 + round, &name, "Тверь 1"));
        app.import("routes", &network).printed();
        let acknowledged = Instant::now();
        seen_within_a_second(acknowledged, async || get(&app, "/units/").await != before).await;
        assert_eq!(get(&app, &format!("/units/name/{name}/")).await["id"], 100 + round);
    }
}

async fn reads_during_writes_never_go_back(engine: Engine) {
    let app = start(engine);
    let path = format!("/telegram-chats/{STRANGER}/");
    let number =
        |chat: &Value| chat["title"].as_str().and_then(|title| title.parse::<u32>().ok()).unwrap_or(0);
    let written = std::sync::atomic::AtomicU32::new(0);
    let writing = async {
        for title in 1..=200_u32 {
            let body = json!({"title": title.to_string()});
            assert_eq!(ask(&app, Method::PUT, &path, Some(&body)).await.status, 204);
            written.store(title, std::sync::atomic::Ordering::SeqCst);
        }
    };
    let reading = async || {
        let mut last = 0;
        while last < 200 {
            let acknowledged = written.load(std::sync::atomic::Ordering::SeqCst);
            let shown = number(&get(&app, &path).await);
            assert!(shown >= acknowledged, "{shown} is older than {acknowledged}, which was acknowledged");
            assert!(shown >= last, "{shown} after {last}");
            last = shown;
        }
    };
    futures_util::future::join4(writing, reading(), reading(), reading()).await;
}
