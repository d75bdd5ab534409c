//! `POST /api/o/token/`: tokens for a key.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, App, Engine, Inventory, on_both_engines};

use super::{start, stock};

on_both_engines!(
    a_key_is_exchanged_for_tokens_that_open_what_it_opens,
    a_refresh_token_gets_another_access_token,
    tokens_survive_a_restart_and_are_kept_as_hashes,
    a_token_that_has_run_out_opens_nothing,
    tokens_end_with_their_key,
    what_is_no_key_of_the_account_gets_nothing,
    what_is_no_grant_is_told,
    guessing_is_slowed,
    tokens_open_their_own_account_and_api_alone,
);

async fn ask(app: &App, fields: &[(&str, &str)]) -> Answer {
    let answer = Answer::of(app.request(Method::POST, "/api/o/token/").form(fields)).await;
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer
}

async fn tokens(app: &App, client: &Inventory) -> (String, String) {
    let fields = [
        ("grant_type", "password"),
        ("username", "network"),
        ("password", &client.key),
        ("client_id", "any"),
    ];
    taken(&ask(app, &fields).await)
}

fn taken(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = |name: &str| answer.json[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (token("access_token"), token("refresh_token"));
    assert_eq!(
        answer.json,
        json!({"access_token": access, "token_type": "Bearer", "expires_in": 36_000, "refresh_token": refresh,
            "scope": "read write"})
    );
    (access, refresh)
}

fn nothing(answer: &Answer) {
    let expected = json!({"error": "invalid_grant", "error_description": "Invalid credentials given."});
    assert_eq!((answer.status.as_u16(), &answer.json), (400, &expected));
}

async fn a_key_is_exchanged_for_tokens_that_open_what_it_opens(engine: Engine) {
    let (app, client) = start(engine).await;
    let (access, _) = tokens(&app, &client).await;
    let bearer = client.with(&access);
    assert_eq!(bearer.store(&stock("6343", "1")).await.status, 201);
    assert_eq!(client.get("product-inventory/").await.json, bearer.get("product-inventory/").await.json);
    // As JSON, with whatever client id and secret.
    let body = json!({"grant_type": "password", "username": "network", "password": client.key,
        "client_id": "x", "client_secret": "y", "scope": "read"});
    for path in ["/api/o/token/", "/api/o/token"] {
        let (other, _) = taken(&Answer::of(app.request(Method::POST, path).json(&body)).await);
        assert_ne!(other, access);
        assert_eq!(client.with(&other).get("shops/").await.status, 200);
    }
    // The client's own credentials in a header are any, too.
    let fields = [("grant_type", "password"), ("username", "network"), ("password", client.key.as_str())];
    let request = app.request(Method::POST, "/api/o/token/").basic_auth("x", Some("y")).form(&fields);
    taken(&Answer::of(request).await);
}

async fn a_refresh_token_gets_another_access_token(engine: Engine) {
    let (app, client) = start(engine).await;
    let (access, refresh) = tokens(&app, &client).await;
    let (second, again) =
        taken(&ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await);
    assert_ne!(second, access);
    for access in [&access, &second] {
        assert_eq!(client.with(access).get("shops/").await.status, 200);
    }
    taken(&ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", &again)]).await);
    for wrong in [access.as_str(), client.key.as_str(), "x", "", "rt_inventory_"] {
        let answer = ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", wrong)]).await;
        match wrong {
            "" => assert_eq!(answer.json["error"], "invalid_request"),
            _ => nothing(&answer),
        }
    }
    assert_eq!(client.with(&refresh).get("shops/").await.status, 401, "it opens nothing itself");
}

async fn tokens_survive_a_restart_and_are_kept_as_hashes(engine: Engine) {
    let (mut app, client) = start(engine).await;
    let (access, refresh) = tokens(&app, &client).await;
    app.stop();
    app.restart();
    let client = client.at(&app.server.url);
    assert_eq!(client.with(&access).get("shops/").await.status, 200);
    taken(&ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await);
    let rows = app.database.rows("SELECT hash, key, refreshes, expires_at FROM kernel_tokens");
    assert_eq!(rows.len(), 3);
    let kept = format!("{rows:?}");
    for token in [&access, &refresh] {
        let secret = token.splitn(3, '_').nth(2).expect("a secret");
        assert!(!kept.contains(secret), "{kept}");
    }
    let log = app.server.log().join("\n");
    assert!(![&access, &refresh, &client.key].iter().any(|token| log.contains(token.as_str())), "{log}");
}

async fn a_token_that_has_run_out_opens_nothing(engine: Engine) {
    let (app, client) = start(engine).await;
    let (access, refresh) = tokens(&app, &client).await;
    assert_eq!(client.with(&access).get("shops/").await.status, 200);
    let past =
        "UPDATE kernel_tokens SET expires_at = expires_at - 36000000000 WHERE refreshes = 0 RETURNING hash";
    assert_eq!(app.database.rows(past).len(), 1);
    let answer = client.with(&access).get("shops/").await;
    assert_eq!((answer.status.as_u16(), answer.json), (401, json!({"detail": "Invalid token."})));
    let (access, _) =
        taken(&ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await);
    assert_eq!(client.with(&access).get("shops/").await.status, 200);
}

async fn tokens_end_with_their_key(engine: Engine) {
    let (app, client) = start(engine).await;
    let sibling = app.sibling();
    let (access, refresh) = tokens(&app, &client).await;
    let bearer = client.with(&access);
    assert_eq!(bearer.at(&sibling.server.url).get("shops/").await.status, 200);
    app.command(&["keys", "revoke", &client.key]).printed();
    // At once: nothing is waited for.
    for server in [&app, &sibling] {
        let answer = bearer.at(&server.server.url).get("shops/").await;
        assert_eq!((answer.status.as_u16(), answer.json), (401, json!({"detail": "Invalid token."})));
        nothing(&ask(server, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await);
    }
    let other = app.inventory("network");
    assert_eq!(other.get("shops/").await.status, 200, "another key of the account is good");
}

async fn what_is_no_key_of_the_account_gets_nothing(engine: Engine) {
    let (app, client) = start(engine).await;
    let (access, _) = tokens(&app, &client).await;
    let (tickets, another) = (app.key("tickets", "network"), app.key("inventory", "another"));
    for (account, key) in [
        ("network", "x"),
        ("network", &client.key[..client.key.len() - 1]),
        ("Network", &client.key),
        ("another", &client.key),
        ("network", &another),
        ("network", &tickets),
        ("network", &access),
        ("network\0", &client.key),
    ] {
        let fields = [("grant_type", "password"), ("username", account), ("password", key)];
        nothing(&ask(&app, &fields).await);
    }
}

async fn what_is_no_grant_is_told(engine: Engine) {
    let (app, client) = start(engine).await;
    for fields in [
        [].as_slice(),
        &[("grant_type", "")],
        &[("grant_type", "client_credentials")],
        &[("grant_type", "Password"), ("username", "network"), ("password", &client.key)],
    ] {
        let answer = ask(&app, fields).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json),
            (400, json!({"error": "unsupported_grant_type"})),
            "{fields:?}"
        );
    }
    for (fields, missing) in [
        ([("grant_type", "password"), ("username", "network")], "password"),
        ([("grant_type", "password"), ("password", "x")], "username"),
        ([("grant_type", "refresh_token"), ("username", "x")], "refresh_token"),
    ] {
        let description = format!("Request is missing {missing} parameter.");
        let expected = json!({"error": "invalid_request", "error_description": description});
        assert_eq!(ask(&app, &fields).await.json, expected);
    }
    for (content_type, body) in [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "\"\u{0}\""),
        ("text/plain", "x"),
    ] {
        let request =
            app.request(Method::POST, "/api/o/token/").header("content-type", content_type).body(body);
        let answer = Answer::of(request).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json["error"]),
            (400, &json!("invalid_request")),
            "{body}"
        );
    }
    let get = Answer::of(app.request(Method::GET, "/api/o/token/")).await;
    assert_eq!((get.status.as_u16(), get.json), (405, json!({"detail": "Method \"GET\" not allowed."})));
    assert_eq!(get.headers["allow"], "POST");
    let unknown = Answer::of(app.request(Method::GET, "/api/o/authorize/")).await;
    assert_eq!((unknown.status.as_u16(), unknown.json), (404, json!({"detail": "Not found"})));
}

async fn guessing_is_slowed(engine: Engine) {
    let (app, client) = start(engine).await;
    let fields = [("grant_type", "password"), ("username", "network"), ("password", "guess")];
    let mut last = ask(&app, &fields).await;
    for _ in 0..70 {
        last = ask(&app, &fields).await;
    }
    assert_eq!(last.status, 429, "{}", last.text);
    let wait: u64 = last.header("retry-after").parse().expect("seconds");
    let expected = format!("Request was throttled. Expected available in {wait} seconds.");
    assert_eq!(last.json, json!({"detail": expected}));
    tokens(&app, &client).await;
    assert_eq!(client.get("shops/").await.status, 200, "good ones are never slowed");
}

async fn tokens_open_their_own_account_and_api_alone(engine: Engine) {
    let (app, client) = start(engine).await;
    client.store(&stock("6343", "1")).await;
    let (access, _) = tokens(&app, &client).await;
    let another = app.inventory("another");
    assert_eq!(another.get("product-inventory/").await.json["count"], 0);
    assert_eq!(client.with(&access).get("product-inventory/").await.json["count"], 1);
    for path in ["/api/partners/v1/events/lists"] {
        let answer = Answer::of(app.request(Method::GET, path).bearer_auth(&access)).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
    let (begin, rest) = access.split_at(20);
    let forged = format!("{begin}{}", rest.chars().rev().collect::<String>());
    for wrong in [forged.as_str(), "at_inventory_", "at_", &access.replace("at_inventory", "at_tickets")] {
        assert_eq!(
            client.with(wrong).get("shops/").await.json,
            json!({"detail": "Invalid token."}),
            "{wrong}"
        );
    }
}
