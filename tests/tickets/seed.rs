//! The examples of the seed: each request as a partner sends it, the answer compared field by field.
//!
//! A case is a file in `golden/`: a request, and below `HTTP` its answer. `<40 hex digits>` and the like stand for
//! what differs from run to run. The dates are twelve years later than in the seed, since shows that are past are
//! not listed, and the list is in the order of the start, as the contract has it.

use reqwest::Method;
use serde_json::Value;
use testkit::{Answer, App, Engine, Tickets, on_both_engines};

on_both_engines!(
    a_wrong_key_and_no_key_are_answered_as_the_seed_has_it,
    the_list_and_the_seats_are_answered_as_the_seed_has_it,
    the_life_of_a_ticket_is_answered_as_the_seed_has_it,
);

fn start(engine: Engine) -> App {
    let app = App::start(engine);
    let programme = serde_json::from_str(include_str!("golden/programme.json")).expect("JSON");
    app.import("tickets", &programme).printed();
    app
}

async fn a_wrong_key_and_no_key_are_answered_as_the_seed_has_it(engine: Engine) {
    let app = start(engine);
    let kassir = app.tickets("kassir");
    check(&app, &kassir, include_str!("golden/missing_authorization.http")).await;
    check(&app, &kassir, include_str!("golden/wrong_authorization.http")).await;
}

async fn the_list_and_the_seats_are_answered_as_the_seed_has_it(engine: Engine) {
    let app = start(engine);
    let kassir = app.tickets("kassir");
    check(&app, &kassir, include_str!("golden/events_lists.http")).await;
    check(&app, &kassir, include_str!("golden/events_seats.http")).await;
}

async fn the_life_of_a_ticket_is_answered_as_the_seed_has_it(engine: Engine) {
    let app = start(engine);
    let (kassir, afisha) = (app.tickets("kassir"), app.tickets("afisha"));
    check(&app, &kassir, include_str!("golden/tickets_add.http")).await;
    check(&app, &afisha, include_str!("golden/seat_not_available.http")).await;
    check(&app, &kassir, include_str!("golden/tickets_add_prolongs.http")).await;
    check(&app, &kassir, include_str!("golden/tickets_remove.http")).await;
    check(&app, &kassir, include_str!("golden/tickets_add.http")).await;
    check(&app, &kassir, include_str!("golden/tickets_add_prolongs.http")).await;
    check(&app, &kassir, include_str!("golden/tickets_add_pays.http")).await;
    check(&app, &afisha, include_str!("golden/seat_not_available.http")).await;
}

/// Sends the request of a case and compares the answer.
async fn check(app: &App, client: &Tickets, case: &str) {
    let (request, expected) = case.split_once("\nHTTP ").expect("a request and an answer");
    let (first, rest) = request.split_once('\n').expect("a first line");
    let (method, target) = first.split_once(' ').expect("a method and a target");
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let (headers, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut sent = app.request(method, target).body(body.trim_end().to_owned());
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        sent = sent.header(name, value.replace("YOUR_API_KEY", &client.key));
    }
    let answer = client.send(sent).await;

    let (status, rest) = expected.split_once('\n').expect("a status");
    let (headers, body) = rest.split_once("\n\n").expect("a body");
    assert_eq!(answer.status.as_str(), status, "{first}: {}", answer.text);
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        assert_eq!(answer.header(name), value, "{first}: {name}");
    }
    compare(first, &serde_json::from_str(body).expect("JSON"), &answer);
}

fn compare(case: &str, expected: &Value, answer: &Answer) {
    let mut differences = Vec::new();
    differ(expected, &answer.json, "", &mut differences);
    assert!(differences.is_empty(), "{case}:\n{}\n{}", differences.join("\n"), answer.text);
}

/// Notes every place at which `found` is not what was expected.
fn differ(expected: &Value, found: &Value, place: &str, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                differ(
                    value,
                    found.get(name).unwrap_or(&Value::String("nothing".into())),
                    &format!("{place}.{name}"),
                    differences,
                );
            }
            let more = found.keys().filter(|name| !expected.contains_key(*name));
            differences.extend(more.map(|name| format!("{place}.{name} is not expected")));
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                differ(expected, found, &format!("{place}[{index}]"), differences);
            }
        }
        (Value::String(pattern), Value::String(found)) if is_like(pattern, found) => {}
        (expected, found) if expected == found => {}
        (expected, found) => differences.push(format!("{place} is {found} instead of {expected}")),
    }
}

fn is_like(pattern: &str, text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match pattern {
        "<digits>" => digits,
        "<12 digits>" => digits && text.len() == 12,
        "<40 hex digits>" => text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => false,
    }
}
