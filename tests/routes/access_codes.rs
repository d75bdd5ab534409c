//! Guessing access codes does not pay.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use testkit::{Answer, App, Engine, on_both_engines};

use super::network;

on_both_engines!(
    the_eleventh_wrong_code_for_a_chat_must_wait,
    the_hundred_and_first_wrong_code_from_an_address_must_wait,
    right_codes_and_unknown_chats_count_as_nothing_wrong,
    many_codes_at_once_are_not_all_looked_at,
);

/// Wrong codes that a chat has a minute, and that an address has.
const FOR_A_CHAT: usize = 10;
const FROM_AN_ADDRESS: usize = 100;

/// A server with so many chats that have no role, behind a proxy that says who asks.
fn start(engine: Engine, chats: i64) -> App {
    let mut network = network();
    let chat = |chat_id| json!({"chat_id": chat_id, "type": "PRIVATE", "title": "x", "username": null, "role": null});
    network["chats"] = (1..=chats).map(chat).collect();
    let app = App::builder(engine)
        .env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1")
        .env("PARTNERAPI_TRUSTED_NETWORKS", "192.0.2.0/24,198.51.100.0/24")
        .start();
    app.import("routes", &network).printed();
    app
}

async fn try_code(app: &App, address: &str, chat_id: i64, code: &str) -> Answer {
    let path = format!("/users/{chat_id}/access-code/");
    let request = app.request(Method::PATCH, &path).header("x-forwarded-for", address);
    Answer::of(request.json(&json!({"access_code": code}))).await
}

async fn wrong(app: &App, address: &str, chat_id: i64) -> StatusCode {
    try_code(app, address, chat_id, "wrong").await.status
}

#[track_caller]
fn must_wait(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.text);
    assert_eq!(answer.json, json!({"message": "Too many failed attempts, try again later", "extra": {}}));
    assert_eq!(answer.header("content-type"), "application/json");
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "Retry-After: {wait}");
}

/// Runs a test that holds within one minute of the server. On a machine that is too slow for that it begins again.
async fn within_a_minute(mut test: impl AsyncFnMut()) {
    loop {
        let began = Instant::now();
        test().await;
        if began.elapsed() < Duration::from_secs(60) {
            return;
        }
    }
}

async fn the_eleventh_wrong_code_for_a_chat_must_wait(engine: Engine) {
    within_a_minute(async || {
        let app = start(engine, 3);
        for number in 1..=FOR_A_CHAT {
            // From wherever they come.
            let address = format!("192.0.2.{number}");
            let answer = try_code(&app, &address, 1, "wrong").await;
            super::refused(&answer, 404, "Role is not found");
        }
        must_wait(&try_code(&app, "192.0.2.99", 1, "wrong").await);
        must_wait(&try_code(&app, "192.0.2.98", 1, "welcome").await);
        assert_eq!(wrong(&app, "192.0.2.99", 2).await, 404, "another chat");

        for _ in 1..=FOR_A_CHAT {
            assert_eq!(wrong(&app, "192.0.2.1", 3).await, 404);
        }
        let right = try_code(&app, "192.0.2.1", 3, "welcome").await;
        assert_eq!(right.status, 204, "the eleventh code is no wrong one: {}", right.text);
        must_wait(&try_code(&app, "192.0.2.1", 3, "wrong").await);
    })
    .await;
}

async fn the_hundred_and_first_wrong_code_from_an_address_must_wait(engine: Engine) {
    within_a_minute(async || {
        let app = start(engine, 20);
        for number in 0..FROM_AN_ADDRESS {
            let chat_id = 1 + (number / FOR_A_CHAT) as i64;
            assert_eq!(wrong(&app, "192.0.2.1", chat_id).await, 404, "number {number}");
        }
        must_wait(&try_code(&app, "192.0.2.1", 11, "wrong").await);
        must_wait(&try_code(&app, "192.0.2.1", 12, "welcome").await);
        // What was not looked at is no wrong code of that chat.
        for _ in 0..20 {
            must_wait(&try_code(&app, "192.0.2.1", 12, "wrong").await);
        }
        assert_eq!(wrong(&app, "198.51.100.1", 12).await, 404, "another address");
        assert_eq!(try_code(&app, "198.51.100.1", 12, "welcome").await.status, 204);
    })
    .await;
}

async fn right_codes_and_unknown_chats_count_as_nothing_wrong(engine: Engine) {
    within_a_minute(async || {
        let app = start(engine, 2);
        for _ in 0..FROM_AN_ADDRESS + 2 {
            assert_eq!(wrong(&app, "192.0.2.1", 4040).await, 404, "an unknown chat");
        }
        for _ in 0..FROM_AN_ADDRESS + 2 {
            assert_eq!(try_code(&app, "192.0.2.1", 1, "welcome").await.status, 204);
        }
        for _ in 1..=FOR_A_CHAT {
            assert_eq!(wrong(&app, "192.0.2.1", 1).await, 404);
        }
        must_wait(&try_code(&app, "192.0.2.1", 1, "wrong").await);
    })
    .await;
}

async fn many_codes_at_once_are_not_all_looked_at(engine: Engine) {
    within_a_minute(async || {
        let app = start(engine, 1);
        let tries = (0..40).map(|_| wrong(&app, "192.0.2.1", 1));
        let statuses = futures_util::future::join_all(tries).await;
        let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
        assert_eq!((count(404), count(429)), (FOR_A_CHAT, 30), "{statuses:?}");
    })
    .await;
}
