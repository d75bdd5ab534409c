//! Guessing keys does not pay, and costs nobody else anything.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use testkit::{Answer, App, Engine, on_both_engines};

const LISTS: &str = "/api/partners/v1/events/lists";
const TRUSTED_PROXIES: &str = "PARTNERAPI_TRUSTED_PROXIES";

on_both_engines!(
    sixty_failed_attempts_a_minute_are_answered_and_more_must_wait,
    good_keys_are_never_slowed_from_the_same_address,
    a_key_is_no_failed_attempt_where_none_is_asked_for,
    a_request_without_a_key_is_no_failed_attempt,
    a_stranger_cannot_say_that_it_is_somebody_else,
    a_trusted_proxy_says_whose_attempts_it_passes_on,
);

/// One failed attempt, perhaps on behalf of somebody.
async fn attempt(app: &App, forwarded_for: Option<&str>) -> Answer {
    let mut request = app.request(Method::GET, LISTS).bearer_auth("guess");
    if let Some(client) = forwarded_for {
        request = request.header("x-forwarded-for", client);
    }
    let answer = Answer::of(request).await;
    assert_eq!(answer.json["status"], "error", "{}", answer.text);
    assert_eq!(answer.json["code"], "WRONG_AUTHORIZATION", "{}", answer.text);
    assert_eq!(answer.json.as_object().unwrap().len(), 3, "{}", answer.text);
    answer
}

/// Attempts until one must wait. Gives how many were answered before, and the refusal.
async fn guess(app: &App, forwarded_for: Option<&str>) -> (usize, Answer) {
    let mut answered = 0;
    loop {
        let answer = attempt(app, forwarded_for).await;
        match answer.status {
            StatusCode::UNAUTHORIZED => answered += 1,
            StatusCode::TOO_MANY_REQUESTS => return (answered, answer),
            other => panic!("{other}"),
        }
        assert!(answered < 10_000, "nobody is told to wait");
    }
}

async fn sixty_failed_attempts_a_minute_are_answered_and_more_must_wait(engine: Engine) {
    let app = App::builder(engine).env(TRUSTED_PROXIES, "127.0.0.0/8").start();
    // A machine that takes a minute for sixty requests begins a new minute: then the next address is tried.
    for address in (1..).map(|last| Ipv4Addr::new(203, 0, 113, last)) {
        let began = Instant::now();
        let (answered, refused) = guess(&app, Some(&address.to_string())).await;
        if began.elapsed() >= Duration::from_secs(60) {
            continue;
        }
        assert_eq!(answered, 60);
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "Retry-After: {wait}");
        return;
    }
}

async fn good_keys_are_never_slowed_from_the_same_address(engine: Engine) {
    let app = App::start(engine);
    let client = app.tickets("kassir");
    guess(&app, None).await;
    for _ in 0..100 {
        assert_eq!(client.get("events/lists").await.status, 200);
    }
    let fresh = app.tickets("afisha");
    assert_eq!(fresh.get("events/lists").await.status, 200, "a key that was never seen before");
}

async fn a_key_is_no_failed_attempt_where_none_is_asked_for(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    for path in ["/healthz", "/readyz", "/nowhere"] {
        for _ in 0..30 {
            Answer::of(app.request(Method::GET, path).bearer_auth(&key)).await;
        }
    }
    assert_eq!(attempt(&app, None).await.status, 401, "the first failed attempt");
}

async fn a_request_without_a_key_is_no_failed_attempt(engine: Engine) {
    let app = App::start(engine);
    for _ in 0..100 {
        assert_eq!(app.get(LISTS).await.status, 401);
    }
    assert_eq!(attempt(&app, None).await.status, 401);
}

async fn a_stranger_cannot_say_that_it_is_somebody_else(engine: Engine) {
    let app = App::start(engine);
    guess(&app, Some("203.0.113.1")).await;
    for claim in ["203.0.113.2", "127.0.0.2", "::1"] {
        assert_eq!(attempt(&app, Some(claim)).await.status, 429, "{claim}");
    }
    assert_eq!(attempt(&app, None).await.status, 429);
}

async fn a_trusted_proxy_says_whose_attempts_it_passes_on(engine: Engine) {
    let app = App::builder(engine).env(TRUSTED_PROXIES, "127.0.0.1/32,10.0.0.0/8").start();
    guess(&app, Some("203.0.113.1")).await;
    assert_eq!(attempt(&app, Some("203.0.113.2")).await.status, 401, "another client");
    assert_eq!(attempt(&app, None).await.status, 401, "the proxy itself");
    let claimed = "203.0.113.9, 203.0.113.1";
    assert_eq!(attempt(&app, Some(claimed)).await.status, 429, "what the client wrote before is a claim");
    let chain = "203.0.113.1, 10.1.2.3";
    assert_eq!(attempt(&app, Some(chain)).await.status, 429, "two trusted proxies, one after the other");
}
