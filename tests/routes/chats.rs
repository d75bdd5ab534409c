//! Chats: made, shown, changed.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, App, Engine, on_both_engines};

use super::{ELDOS, HEAD_OFFICE, ask, everything, get, invalid, refused, start};

on_both_engines!(
    a_chat_is_shown_as_it_was_made,
    a_chat_of_64_bits_may_be_negative,
    chats_are_listed_in_the_order_in_which_they_were_made,
    a_chat_is_made_once,
    a_chat_that_cannot_be_made_is_told_all_its_faults,
    lengths_are_counted_in_characters,
    a_change_keeps_what_it_leaves_out,
    an_unknown_chat_is_not_found,
    a_broken_body_is_seen_before_an_unknown_chat,
    a_broken_chat_id_in_the_path_is_told_with_the_faults_of_the_body,
);

async fn create(app: &App, body: &Value) -> Answer {
    ask(app, Method::POST, "/telegram-chats/", Some(body)).await
}

async fn change(app: &App, chat_id: i64, body: &Value) -> Answer {
    ask(app, Method::PUT, &format!("/telegram-chats/{chat_id}/"), Some(body)).await
}

async fn chat(app: &App, chat_id: i64) -> Value {
    get(app, &format!("/telegram-chats/{chat_id}/")).await
}

async fn a_chat_is_shown_as_it_was_made(engine: Engine) {
    let app = App::start(engine);
    for (chat_id, body, username, shown) in [
        (1, json!({"type": "PRIVATE", "username": "eldos"}), json!("eldos"), "Private"),
        (2, json!({"type": "GROUP", "username": ""}), json!(""), "Group"),
        (3, json!({"type": "GROUP", "username": null}), Value::Null, "Group"),
        (4, json!({"type": "PRIVATE"}), Value::Null, "Private"),
        (5, json!({"type": "PRIVATE", "unknown": [1]}), Value::Null, "Private"),
    ] {
        let mut body = body;
        body["chat_id"] = chat_id.into();
        body["title"] = " Élégant 'title' ".into();
        assert_eq!(create(&app, &body).await.status, 201, "{body}");
        let wanted =
            json!({"chat_id": chat_id, "username": username, "title": " Élégant 'title' ", "type": shown});
        assert_eq!(chat(&app, chat_id).await, wanted);
    }
}

async fn a_chat_of_64_bits_may_be_negative(engine: Engine) {
    let app = App::start(engine);
    for chat_id in [i64::MIN, -1_001_234_567_890, -1, 0, i64::MAX] {
        let body = json!({"chat_id": chat_id, "type": "GROUP", "title": "A group"});
        assert_eq!(create(&app, &body).await.status, 201, "{chat_id}");
        assert_eq!(chat(&app, chat_id).await["chat_id"], chat_id);
        assert_eq!(change(&app, chat_id, &json!({"title": "Another"})).await.status, 204);
        assert_eq!(chat(&app, chat_id).await["title"], "Another");
    }
}

async fn chats_are_listed_in_the_order_in_which_they_were_made(engine: Engine) {
    let app = App::start(engine);
    let ids = [5, -7, 9, 1, 0];
    for chat_id in ids {
        let body = json!({"chat_id": chat_id, "type": "GROUP", "title": format!("Chat {chat_id}")});
        assert_eq!(create(&app, &body).await.status, 201);
    }
    assert_eq!(change(&app, -7, &json!({"title": "Changed"})).await.status, 204);
    let wanted: Vec<Value> = ids
        .iter()
        .map(|id| match id {
            -7 => json!({"title": "Changed", "chat_id": -7}),
            id => json!({"title": format!("Chat {id}"), "chat_id": id}),
        })
        .collect();
    let listed = get(&app, "/telegram-chats/").await;
    assert_eq!(listed, json!({"telegram_chats": wanted, "is_end_of_list_reached": true}));
}

async fn a_chat_is_made_once(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    let answer = create(&app, &json!({"chat_id": ELDOS, "type": "GROUP", "title": "Taken"})).await;
    refused(&answer, 409, "Chat with provided chat ID already exists");
    assert_eq!(everything(&app), before);
}

async fn a_chat_that_cannot_be_made_is_told_all_its_faults(engine: Engine) {
    let app = App::start(engine);
    let required = json!(["This field is required."]);
    let not_null = json!(["This field may not be null."]);
    let integer = json!(["A valid integer is required."]);
    let text = json!(["Not a valid string."]);
    for (body, faults) in [
        (json!({}), json!({"chat_id": required, "type": required, "title": required})),
        (
            json!({"chat_id": null, "type": null, "title": null, "username": null}),
            json!({"chat_id": not_null, "type": not_null, "title": not_null}),
        ),
        (
            json!({"chat_id": "x", "type": "Private", "title": 5, "username": 6}),
            json!({"chat_id": integer, "type": ["\"Private\" is not a valid choice."], "title": text, "username": text}),
        ),
        (
            json!({"chat_id": 1.5, "type": 1, "title": "", "username": ["x"]}),
            json!({"chat_id": integer, "type": text, "title": ["This field may not be blank."], "username": text}),
        ),
        (json!({"chat_id": true, "type": "GROUP", "title": "x"}), json!({"chat_id": integer})),
        (json!({"chat_id": [1], "type": "GROUP", "title": "x"}), json!({"chat_id": integer})),
        (json!({"chat_id": "+1", "type": "GROUP", "title": "x"}), json!({"chat_id": integer})),
        (json!({"chat_id": "", "type": "GROUP", "title": "x"}), json!({"chat_id": integer})),
        (
            json!({"chat_id": 9_223_372_036_854_775_808_u64, "type": "GROUP", "title": "x"}),
            json!({"chat_id": integer}),
        ),
        (
            json!({"chat_id": 1, "type": "GROUP", "title": "a\u{0}b", "username": "\u{0}"}),
            json!({"title": ["Null characters are not allowed."], "username": ["Null characters are not allowed."]}),
        ),
        (
            json!({"chat_id": 1, "type": "GROUP", "title": "я".repeat(256), "username": "я".repeat(65)}),
            json!({"title": ["Ensure this field has no more than 255 characters."],
                   "username": ["Ensure this field has no more than 64 characters."]}),
        ),
    ] {
        invalid(&create(&app, &body).await, &faults);
    }
    assert_eq!(get(&app, "/telegram-chats/").await["telegram_chats"], json!([]));
}

async fn lengths_are_counted_in_characters(engine: Engine) {
    let app = App::start(engine);
    let (title, username) = ("я".repeat(255), "🍕".repeat(64));
    let body = json!({"chat_id": 1, "type": "GROUP", "title": title, "username": username});
    assert_eq!(create(&app, &body).await.status, 201);
    let shown = chat(&app, 1).await;
    assert_eq!((&shown["title"], &shown["username"]), (&json!(title), &json!(username)));
}

async fn a_change_keeps_what_it_leaves_out(engine: Engine) {
    let app = start(engine);
    assert_eq!(chat(&app, ELDOS).await["username"], "eldos");
    for (body, username) in [
        (json!({"title": "One"}), json!("eldos")),
        (json!({"title": "Two", "username": "other"}), json!("other")),
        (json!({"title": "Three", "type": "GROUP", "chat_id": 5}), json!("other")),
        (json!({"title": "Four", "username": ""}), json!("")),
        (json!({"title": "Five", "username": null}), Value::Null),
        (json!({"title": "Six"}), Value::Null),
    ] {
        assert_eq!(change(&app, ELDOS, &body).await.status, 204, "{body}");
        let wanted =
            json!({"chat_id": ELDOS, "username": username, "title": body["title"], "type": "Private"});
        assert_eq!(chat(&app, ELDOS).await, wanted);
    }
    assert_eq!(chat(&app, HEAD_OFFICE).await["title"], "Отчёты", "the others stay");
    let units = get(&app, &format!("/users/{ELDOS}/units/")).await;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(3), "and so does the role");
}

async fn an_unknown_chat_is_not_found(engine: Engine) {
    let app = start(engine);
    refused(
        &ask(&app, Method::GET, "/telegram-chats/4040/", None).await,
        404,
        "Chat by chat ID is not found",
    );
    let answer = change(&app, 4040, &json!({"title": "x"})).await;
    refused(&answer, 404, "Chat by chat ID is not found");
}

async fn a_broken_body_is_seen_before_an_unknown_chat(engine: Engine) {
    let app = start(engine);
    let before = everything(&app);
    for chat_id in [4040, ELDOS] {
        for (body, faults) in [
            (json!({}), json!({"title": ["This field is required."]})),
            (json!({"title": null}), json!({"title": ["This field may not be null."]})),
            (json!({"title": ""}), json!({"title": ["This field may not be blank."]})),
            (json!({"title": "x", "username": 1}), json!({"username": ["Not a valid string."]})),
            (json!([]), json!({"non_field_errors": ["Invalid data. Expected a dictionary."]})),
        ] {
            invalid(&change(&app, chat_id, &body).await, &faults);
        }
    }
    assert_eq!(everything(&app), before);
}

async fn a_broken_chat_id_in_the_path_is_told_with_the_faults_of_the_body(engine: Engine) {
    let app = start(engine);
    let integer = json!(["A valid integer is required."]);
    for broken in ["x", "1.0", "9223372036854775808", "-9223372036854775809", "0x1", "%201", "+1", "--1", "٣"]
    {
        let path = format!("/telegram-chats/{broken}/");
        invalid(&ask(&app, Method::GET, &path, None).await, &json!({"chat_id": integer}));
        let answer = ask(&app, Method::PUT, &path, Some(&json!({"title": 1}))).await;
        invalid(&answer, &json!({"chat_id": integer, "title": ["Not a valid string."]}));
    }
}
