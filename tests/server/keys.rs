//! Keys: made, listed, revoked, and presented in every way a client can.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode, Url};
use testkit::{Answer, App, Engine, on_both_engines};

const LISTS: &str = "/api/partners/v1/events/lists";

on_both_engines!(
    create_prints_the_new_key_and_nothing_else,
    a_key_that_cannot_be_printed_has_ended,
    the_database_holds_a_hash_and_a_beginning_of_the_key,
    the_list_shows_each_key_by_its_beginning_only,
    a_key_ends_by_its_beginning,
    a_beginning_that_fits_none_or_several_revokes_nothing,
    a_revoked_key_opens_nothing_after_a_second_on_any_server,
    a_new_key_is_good_at_once_on_a_running_server,
    a_key_is_taken_in_every_way_that_a_client_can_present_it,
    a_key_that_is_not_whole_opens_nothing,
    an_account_sees_only_its_own_rows,
);

async fn create_prints_the_new_key_and_nothing_else(engine: Engine) {
    let app = App::start(engine);
    let made = app.command(&["keys", "create", "--api", "tickets", "--account", "kassir"]);
    assert_eq!(made.status, 0);
    let key = made.stdout.strip_suffix('\n').unwrap();
    assert!(!made.stderr.contains(key), "{}", made.stderr);
    let secret = key.strip_prefix("pk_tickets_").unwrap();
    assert!(secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{key}");
    assert_eq!(secret.len(), 43, "32 bytes, six bits a letter");
    assert_ne!(app.key("tickets", "kassir"), key, "each is another one");
}

async fn a_key_that_cannot_be_printed_has_ended(engine: Engine) {
    let app = App::start(engine);
    let create = r#""$0" keys create --api tickets --account kassir > /dev/full"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", create]).arg(testkit::binary()).env("PARTNERAPI_DATABASE_URL", app.database.url());
    let created = shell.output().unwrap();
    assert!(!created.status.success());
    let complaint = String::from_utf8(created.stderr).unwrap();
    assert!(complaint.contains("No space left on device"), "{complaint}");
    let listed = app.command(&["keys", "list"]).printed();
    assert!(listed.lines().count() == 1 && listed.contains("revoked"), "{listed}");
}

async fn the_database_holds_a_hash_and_a_beginning_of_the_key(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    let rows = app.database.rows("SELECT * FROM kernel_keys");
    assert_eq!(rows.len(), 1);
    let stored: Vec<String> = rows.into_iter().flatten().flatten().collect();
    assert!(stored.contains(&sha256(&key)), "{stored:?} has no SHA-256 of the key");
    let shown = stored.iter().filter(|value| key.contains(value.as_str()) && value.len() > "tickets".len());
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown.len(), 1, "{stored:?}: its beginning, and nothing else of it");
    assert!(key.starts_with(shown[0].as_str()));
    assert!(shown[0].len() < key.len() - 32, "{} gives too much away", shown[0]);
}

async fn the_list_shows_each_key_by_its_beginning_only(engine: Engine) {
    let app = App::start(engine);
    let keys = [app.key("tickets", "kassir"), app.key("tickets", "kassir"), app.key("tickets", "afisha")];
    let list = app.command(&["keys", "list"]).printed();
    assert_eq!(list.lines().count(), 3);
    for (key, line) in keys.iter().zip(list.lines()) {
        let beginning = line.split_whitespace().next().unwrap();
        assert!(key.starts_with(beginning), "{line}");
        assert!(!list.contains(key.as_str()));
    }
    let named: BTreeSet<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(named.len(), 3, "the beginnings are enough to name each");
    assert!(list.lines().all(|line| line.contains("tickets")), "{list}");
    assert_eq!(list.lines().filter(|line| line.contains("kassir")).count(), 2);
}

async fn a_key_ends_by_its_beginning(engine: Engine) {
    let app = App::start(engine);
    let (ended, kept) = (app.tickets("kassir"), app.tickets("kassir"));
    let list = app.command(&["keys", "list"]).printed();
    let shown = list.split_whitespace().next().unwrap();
    app.command(&["keys", "revoke", shown]).printed();
    testkit::until("the key is refused", async || ended.get("events/lists").await.status == 401).await;
    assert_eq!(kept.get("events/lists").await.status, 200);
    assert_ne!(app.command(&["keys", "revoke", shown]).status, 0, "it has ended already");
}

async fn a_beginning_that_fits_none_or_several_revokes_nothing(engine: Engine) {
    let app = App::start(engine);
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    let before = app.command(&["keys", "list"]).printed();
    for beginning in ["pk_tickets_", "pk", "p", "pk_orders_", "kassir", "%", "_", ""] {
        let refused = app.command(&["keys", "revoke", beginning]);
        assert_ne!(refused.status, 0, "{beginning:?}");
        assert_eq!(refused.stdout, "", "{beginning:?}");
        assert_ne!(refused.stderr, "", "{beginning:?}");
    }
    let mistaken = format!("{}A", &kassir.key[..kassir.key.len() - 1]);
    if mistaken != kassir.key {
        let refused = app.command(&["keys", "revoke", &mistaken]);
        assert_ne!(refused.status, 0, "a whole key that is not quite the one");
        assert!(!refused.stderr.contains(&mistaken));
    }
    assert_eq!(app.command(&["keys", "list"]).printed(), before);
    assert_eq!(kassir.get("events/lists").await.status, 200);
    assert_eq!(afisha.get("events/lists").await.status, 200);
}

async fn a_revoked_key_opens_nothing_after_a_second_on_any_server(engine: Engine) {
    let app = App::start(engine);
    let sibling = app.sibling();
    let here = app.tickets("kassir");
    let there = here.at(&sibling.server.url);
    assert_eq!(here.get("events/lists").await.status, 200);
    assert_eq!(there.get("events/lists").await.status, 200);

    app.command(&["keys", "revoke", &here.key]).printed();
    let revoked = Instant::now();
    for client in [here, there] {
        loop {
            let asked_after = revoked.elapsed();
            let status = client.get("events/lists").await.status;
            if status == StatusCode::UNAUTHORIZED {
                break;
            }
            assert!(asked_after < Duration::from_secs(1), "{status} {asked_after:?} after the revocation");
        }
    }
}

async fn a_new_key_is_good_at_once_on_a_running_server(engine: Engine) {
    let app = App::start(engine);
    let sibling = app.sibling();
    let client = app.tickets("kassir");
    assert_eq!(client.get("events/lists").await.status, 200);
    assert_eq!(client.at(&sibling.server.url).get("events/lists").await.status, 200);
}

async fn a_key_is_taken_in_every_way_that_a_client_can_present_it(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    let lists = || app.request(Method::GET, LISTS);
    let mut url = Url::parse(&format!("{}{LISTS}", app.server.url)).unwrap();
    url.set_username(&key).unwrap();
    let ways = [
        ("Bearer", lists().bearer_auth(&key)),
        ("bearer in small letters", lists().header("authorization", format!("bearer {key}"))),
        ("the name of Basic", lists().basic_auth(&key, None::<&str>)),
        ("the name of Basic, with any password", lists().basic_auth(&key, Some("x"))),
        ("the password of Basic", lists().basic_auth("kassir", Some(&key))),
        ("Basic without a colon", lists().header("authorization", format!("Basic {}", base64(&key)))),
        ("X-API-Key", lists().header("x-api-key", &key)),
        ("a wrong Bearer and a good X-API-Key", lists().bearer_auth("wrong").header("x-api-key", &key)),
        ("http://key@host", reqwest::Client::new().get(url)),
    ];
    for (way, request) in ways {
        assert_eq!(Answer::of(request).await.status, 200, "{way}");
    }
}

async fn a_key_that_is_not_whole_opens_nothing(engine: Engine) {
    let app = App::start(engine);
    let key = app.key("tickets", "kassir");
    let last = if key.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{last}", &key[..key.len() - 1]);
    let beginning = app.command(&["keys", "list"]).printed().split_whitespace().next().unwrap().to_owned();
    let hash = sha256(&key);
    let wrong =
        [&changed, &key[..key.len() - 1], &format!("{key}A"), &key.to_uppercase(), &beginning, &hash, ""];
    for wrong in wrong {
        let answer = Answer::of(app.request(Method::GET, LISTS).bearer_auth(wrong)).await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(answer.json["code"], "WRONG_AUTHORIZATION");
        assert_eq!(answer.json["message"], "Wrong authorization");
    }
    // A good key elsewhere in the request is none: an address stands in logs.
    for path in
        [format!("{LISTS}?key={key}"), format!("{LISTS}?access_token={key}"), format!("{LISTS}/{key}")]
    {
        assert_ne!(app.get(&path).await.status, 200, "{path}");
    }
}

async fn an_account_sees_only_its_own_rows(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &testkit::hall()).printed();
    let (kassir, again, afisha) = (app.tickets("kassir"), app.tickets("kassir"), app.tickets("afisha"));
    let booked = kassir.reserve("7-1;8", "order-1").await;
    let id = booked.json["result"]["id"].as_str().unwrap();

    let update = serde_json::json!({"id": id, "paid": 1});
    let foreign = afisha.post("tickets/update/12/21", update.clone()).await;
    let missing = afisha.post("tickets/update/12/21", serde_json::json!({"id": "999999", "paid": 1})).await;
    assert_eq!(foreign.status, 404);
    assert_eq!((foreign.status, foreign.json), (missing.status, missing.json), "as if it did not exist");
    assert_eq!(again.post("tickets/update/12/21", update).await.status, 200, "another key of the account");
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
