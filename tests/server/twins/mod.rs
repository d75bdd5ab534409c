//! Every operation of `/openapi.json` has twins here that have no right to it. A new operation has them by being there;
//! what these tests cannot know of a new API or a new parameter they ask for.
//!
//! There is no clock in them: that a wrong key takes as long as a good one cannot be measured here without now and then
//! being wrong. It follows from how keys are looked up (by their beginning, which is no secret) and compared (hashes, by
//! `subtle`).

mod asking;
mod world;

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use testkit::{Answer, Engine, on_both_engines};

use self::asking::{Operation, accepted, elsewhere, no_credentials};
use self::world::{World, belongs_to_an_account, refusal};

on_both_engines!(
    an_operation_opens_for_nobody_who_has_no_right_to_it,
    an_operation_opens_for_a_good_key_wherever_a_client_can_put_it,
    an_operation_tells_another_account_nothing_and_lets_it_change_nothing,
    an_operation_changes_nothing_for_a_page_of_another_site,
    an_operation_that_needs_no_key_tells_a_stranger_nothing,
    every_api_tells_a_guesser_in_its_own_words_to_wait,
);

/// Presents a credential.
type Credential = (&'static str, Vec<u8>);

fn present(request: RequestBuilder, (place, value): &Credential) -> RequestBuilder {
    match *place {
        "nowhere" => request,
        "query" => {
            let key = String::from_utf8_lossy(value);
            request.query(&["key", "api_key", "token", "access_token", "password"].map(|name| (name, &*key)))
        }
        header => request.header(header, value.as_slice()),
    }
}

/// Asks and expects the refusal of the API, with nothing else in it.
async fn is_refused(world: &World, operation: &Operation, path: &str, credential: &Credential) -> Answer {
    let request = world.request(operation.method.clone(), path);
    let answer = Answer::of(present(request, credential)).await;
    let what = format!("{} {path} with {} {}", operation.method, credential.0, credential.1.escape_ascii());
    assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer") || challenge.starts_with("Basic"), "{what}: {challenge:?}");
    world.tells_nothing(&answer, &what);
    answer
}

async fn an_operation_opens_for_nobody_who_has_no_right_to_it(engine: Engine) {
    let mut world = World::new(engine).await;
    let before = world.everything();
    let mut apis = BTreeSet::new();
    for operation in world.guarded() {
        let api = operation.api.as_str();
        apis.insert(api.to_owned());
        let path = operation.path();

        // Nothing, or a good key where none is looked for.
        let key = world.key(api);
        let nothing = ("nowhere", Vec::new());
        for (credential, path) in [(nothing.clone(), path.clone()), (nothing, format!("{path}/"))]
            .into_iter()
            .chain(elsewhere(key).map(|credential| (credential, path.clone())))
        {
            let refused = is_refused(&world, &operation, &path, &credential).await;
            assert_eq!(refused.json, refusal(api, false), "{path} with {}", credential.0);
        }

        // What is no key, and good keys of others.
        for credential in no_credentials() {
            let refused = is_refused(&world, &operation, &path, &credential).await;
            assert!(
                [true, false].map(|given| refusal(api, given)).contains(&refused.json),
                "{}",
                refused.text
            );
        }
        for credential in world.wrong_keys(api).iter().flat_map(|key| accepted(key)) {
            let refused = is_refused(&world, &operation, &path, &credential).await;
            assert_eq!(refused.json, refusal(api, true), "{path} with {}", credential.0);
        }

        if operation.method == Method::GET {
            let head = Answer::of(world.request(Method::HEAD, &path)).await;
            assert!([401, 405].contains(&head.status.as_u16()), "HEAD {path}: {}", head.status);
            world.tells_nothing(&head, &path);
        }
    }
    assert_eq!(apis, world.apis(), "each has an operation that asks for a key");
    assert_eq!(world.everything(), before, "and nothing has happened");
    world.has_logged_nothing_secret();
}

async fn an_operation_opens_for_a_good_key_wherever_a_client_can_put_it(engine: Engine) {
    let mut world = World::new(engine).await;
    for operation in world.guarded() {
        let path = operation.path();
        for credential in world.good_keys(&operation.api).iter().flat_map(|key| accepted(key)) {
            let request = world.request(operation.method.clone(), &path);
            let answer = Answer::of(present(request, &credential)).await;
            let what = format!("{} {path} with a good key in {}", operation.method, credential.0);
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{what}: {}", answer.text);
            assert!(answer.status.as_u16() < 500, "{what}: {}", answer.text);
            assert_eq!(answer.header("cache-control"), "no-store", "{what}");
            world.repeats_no_key(&answer, &what);
        }
    }
    world.has_logged_nothing_secret();
}

async fn an_operation_tells_another_account_nothing_and_lets_it_change_nothing(engine: Engine) {
    let mut world = World::new(engine).await;
    let guarded = world.guarded().into_iter().filter(|operation| belongs_to_an_account(&operation.api));
    let asked = guarded.flat_map(|operation| {
        let requests = operation.requests(&world);
        requests.into_iter().map(move |asked| (operation.api.clone(), operation.path.clone(), asked))
    });
    let asked: Vec<_> = asked.collect();

    // What the owner is told shows that the questions could tell it.
    let mut told = BTreeSet::new();
    for (api, path, asked) in &asked {
        if asked.method == Method::GET && !path.contains("/tickets/remove") {
            let own = Answer::of(asked.of(&world).bearer_auth(world.key(api))).await;
            if world.marks().any(|mark| own.text.contains(mark)) {
                told.insert(path.as_str());
            }
        }
    }
    let must_tell = [
        "/api/accesses",
        "/api/partners/v1/tickets/update/{event_id}/{show_id}",
        "/api/purchases",
        "/api/v1/product-inventory",
        "/api/v1/product-inventory/{key}",
        "/api/v1/products",
        "/api/v1/products/{product_id}",
        "/api/v1/shops",
        "/api/v1/shops/{shop_id}",
    ];
    for path in must_tell {
        assert!(told.contains(path), "these questions tell the owner nothing of {path}: only of {told:?}");
    }

    let before = world.ours();
    for (api, _, asked) in &asked {
        let theirs = Answer::of(asked.of(&world).bearer_auth(world.their_key(api))).await;
        assert!(theirs.status.as_u16() < 500, "{asked}: {}", theirs.text);
        world.tells_nothing(&theirs, &asked.to_string());
    }
    assert_eq!(world.ours(), before);
    world.has_logged_nothing_secret();
}

async fn an_operation_changes_nothing_for_a_page_of_another_site(engine: Engine) {
    let world = World::new(engine).await;
    let before = world.everything();
    let mut apis = BTreeSet::new();
    for operation in world.guarded() {
        let path = operation.path();
        let changes = match &*operation.api {
            // Both methods are the same there.
            "tickets" => path.contains("/tickets/"),
            _ => !operation.method.is_safe(),
        };
        let documented = operation.told["responses"]["403"]["description"].as_str().unwrap_or_default();
        assert_eq!(documented.contains("another site"), changes, "{} {path}", operation.method);
        if !changes {
            let key = world.key(&operation.api);
            let request = world.request(operation.method.clone(), &path).bearer_auth(key);
            let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
            let what = format!("{} {path}: {}", operation.method, answer.text);
            // Routes has a 403 for those who have no role, too.
            let is_refused =
                answer.status == 403 && (operation.api != "routes" || answer.text.contains("Forbidden"));
            assert!(!is_refused, "{what}");
            continue;
        }
        apis.insert(operation.api.clone());
        for credential in accepted(world.key(&operation.api)) {
            let request =
                world.request(operation.method.clone(), &path).header("sec-fetch-site", "cross-site");
            let answer = Answer::of(present(request, &credential)).await;
            let what = format!("{} {path} with {}: {}", operation.method, credential.0, answer.text);
            assert_eq!(answer.status, 403, "{what}");
            assert_eq!(answer.header("content-type"), "application/json", "{what}");
        }
    }
    assert_eq!(apis, world.apis());
    assert_eq!(world.everything(), before);
}

async fn an_operation_that_needs_no_key_tells_a_stranger_nothing(engine: Engine) {
    let mut world = World::new(engine).await;
    let open: Vec<_> = world.operations().into_iter().filter(|operation| operation.is_open).collect();
    assert!(!open.is_empty());
    for operation in open {
        for asked in operation.requests(&world) {
            let answer = Answer::of(asked.of(&world)).await;
            assert!(answer.status.as_u16() < 500, "{asked}: {}", answer.text);
            world.tells_nothing(&answer, &asked.to_string());
        }
    }
    world.has_logged_nothing_secret();
}

async fn every_api_tells_a_guesser_in_its_own_words_to_wait(engine: Engine) {
    let mut world = World::new(engine).await;
    let guarded = world.guarded();
    for api in world.apis() {
        let operation = guarded.iter().find(|operation| operation.api == api).unwrap();
        let path = operation.path();
        let address = world.address();
        let ask = |key: &str| {
            let request = world.request_from(&address, operation.method.clone(), &path);
            Answer::of(request.bearer_auth(key))
        };
        let mut refused = ask("guess").await;
        for _ in 0..10_000 {
            if refused.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            assert_eq!(refused.status, 401, "{path}: {}", refused.text);
            refused = ask("guess").await;
        }
        assert_eq!(refused.status, 429, "{path}: nobody is told to wait");
        assert!(
            refused.header("retry-after").parse::<u64>().is_ok_and(|wait| (1..=60).contains(&wait)),
            "{path}"
        );
        let keys = |json: &Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&refused.json), keys(&refusal(&api, true)), "{path}: {}", refused.text);
        world.tells_nothing(&refused, &path);
        assert!(ask(world.key(&api)).await.status.as_u16() < 429, "{path}: a good key is never slowed");
    }
    world.has_logged_nothing_secret();
}
