//! Every documented operation has a twin here that has no right to it.

use reqwest::RequestBuilder;
use testkit::{Answer, App, Engine, on_both_engines};

use super::openapi::{document, filled, is_open, operations};

on_both_engines!(
    an_operation_without_a_credential_is_refused,
    an_operation_with_a_credential_that_is_none_is_refused,
    an_operation_with_a_revoked_key_is_refused,
);

/// Asks for every operation with what `dress` puts on it, each time from an address of its own, and expects the
/// refusal of the API that was asked.
async fn all_refuse(app: &App, dress: impl Fn(RequestBuilder) -> RequestBuilder) {
    let operations = operations(&document(app).await);
    assert!(!operations.is_empty());
    for (number, (method, path, operation)) in operations.into_iter().enumerate() {
        let refusal = match operation["tags"][0].as_str() {
            Some("inventory") => {
                serde_json::json!({"detail": "Authentication credentials were not provided."})
            }
            Some("orders") => serde_json::json!({"detail": "Not authenticated"}),
            Some("routes") => serde_json::json!({"message": "Wrong credentials", "extra": {}}),
            _ => {
                serde_json::json!({"status": "error", "code": "WRONG_AUTHORIZATION", "message": "Wrong authorization"})
            }
        };
        if is_open(&method, &path) {
            continue;
        }
        for path in [filled(&path), format!("{}/", filled(&path))] {
            let client = format!("203.0.113.{}", number % 250);
            let request = app.request(method.clone(), &path).header("x-forwarded-for", client);
            let answer = Answer::of(dress(request)).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            // Inventory tells a credential that is none from none.
            let said = answer.json["detail"].as_str() == Some("Invalid token.");
            assert!(answer.json == refusal || said, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }
}

fn app(engine: Engine) -> App {
    App::builder(engine).env("PARTNERAPI_TRUSTED_PROXIES", "127.0.0.1").start()
}

async fn an_operation_without_a_credential_is_refused(engine: Engine) {
    all_refuse(&app(engine), |request| request).await;
}

async fn an_operation_with_a_credential_that_is_none_is_refused(engine: Engine) {
    let app = app(engine);
    let made_up = format!("pk_tickets_{}", "A".repeat(43));
    all_refuse(&app, |request| request.bearer_auth(&made_up)).await;
    all_refuse(&app, |request| request.bearer_auth("")).await;
    all_refuse(&app, |request| request.header("authorization", &b"Bearer \xff\xfe"[..])).await;
    all_refuse(&app, |request| request.header("authorization", "Basic %%%")).await;
    all_refuse(&app, |request| request.basic_auth("kassir", Some("password"))).await;
    all_refuse(&app, |request| request.header("x-api-key", "x".repeat(4000))).await;
}

async fn an_operation_with_a_revoked_key_is_refused(engine: Engine) {
    let app = app(engine);
    let client = app.tickets("kassir");
    assert_eq!(client.get("events/lists").await.status, 200);
    app.command(&["keys", "revoke", &client.key]).printed();
    testkit::until("the key is refused", async || client.get("events/lists").await.status == 401).await;
    all_refuse(&app, |request| request.bearer_auth(&client.key)).await;
}
