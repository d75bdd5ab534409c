//! The tables of the documents against the program that they describe.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{App, Engine, hall, on_both_engines};

use super::{first_column, marked, spans, text, tracked, tracked_ending};

#[test]
fn the_reference_of_settings_is_what_the_program_prints() {
    let app = App::start(Engine::Sqlite);
    let printed = app.command(&["settings"]).printed();
    let operations = text("docs/operations.md");
    let written = marked(&operations, "settings");
    assert_eq!(written, printed, "copy the output of `partnerapi settings` between the markers");
}

#[test]
fn every_variable_that_a_document_names_is_a_setting() {
    let app = App::start(Engine::Sqlite);
    let settings = first_column(&app.command(&["settings"]).printed());
    assert!(settings.contains("PARTNERAPI_LISTEN"), "{settings:?}");
    let mut documents = tracked_ending(".md");
    documents.extend(tracked_ending(".service"));
    for document in documents {
        let content = text(&document);
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        for (at, _) in content.match_indices("PARTNERAPI_") {
            let variable: String = content[at..].chars().take_while(|c| is_part(*c)).collect();
            // `PARTNERAPI_` alone is the beginning that all of them have.
            let known = variable == "PARTNERAPI_" || settings.contains(&variable);
            assert!(known, "{document} names {variable}, which is no setting");
        }
    }
}

#[test]
fn every_command_that_a_document_names_exists() {
    let app = App::start(Engine::Sqlite);
    for document in tracked_ending(".md") {
        let content = text(&document);
        for span in spans(&content) {
            let Some(line) = span.strip_prefix("partnerapi ") else { continue };
            let is_name = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let mut words: Vec<&str> =
                line.split(' ').take_while(|word| is_name(word) && !word.starts_with('-')).collect();
            // `import tickets FILE`: the API is an argument of the command.
            if matches!(words.first(), Some(&"import" | &"export")) {
                words.truncate(1);
            }
            let mut help = words.clone();
            help.push("--help");
            let helped = app.command(&help);
            assert_eq!(helped.status, 0, "{document} names `{span}`: {}", helped.stderr);
            for flag in line.split([' ', '=']).filter(|word| word.starts_with("--")) {
                assert!(helped.stdout.contains(flag), "{document} names `{span}`, which has no {flag}");
            }
        }
    }
}

on_both_engines!(the_table_of_metrics_names_what_a_server_shows);

async fn the_table_of_metrics_names_what_a_server_shows(engine: Engine) {
    let app = App::start(engine);
    app.get("/healthz").await;
    let page = app.get("/metrics").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let shown: BTreeSet<String> = page
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split_once(' '))
        // A counter's samples have a suffix that its family has not.
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    assert_eq!(first_column(marked(&text("docs/operations.md"), "metrics")), shown);
}

#[test]
fn the_table_of_errors_names_every_code_of_the_wire() {
    let app = App::start(Engine::Sqlite);
    testkit::run(async {
        let codes = codes(&app.get("/openapi.json").await.json);
        assert!(codes.contains("SEAT_NOT_AVAILABLE"), "{codes:?}");
        assert_eq!(first_column(marked(&text("docs/tickets.md"), "errors")), codes);
    });
}

/// The codes that an error of the Tickets API may have, found from one of its operations.
fn codes(document: &Value) -> BTreeSet<String> {
    let refusal = &document["paths"]["/api/partners/v1/events/lists"]["get"]["responses"]["401"];
    let body = resolved(document, &refusal["content"]["application/json"]["schema"]);
    let code = resolved(document, &body["properties"]["code"]);
    let values = code["enum"].as_array().unwrap_or_else(|| panic!("no enum of codes in {body}"));
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a `$ref` leads to.
fn resolved<'a>(document: &'a Value, schema: &Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    let found = pointer.and_then(|pointer| document.pointer(pointer));
    found.unwrap_or_else(|| panic!("{schema} leads nowhere"))
}

#[test]
fn the_document_of_events_names_every_type_and_no_other() {
    let document = text("docs/events.md");
    let is_type = |word: &&str| {
        let parts: Vec<_> = word.split('.').collect();
        let plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && plain(part))
    };
    let named: BTreeSet<&str> = spans(&document).into_iter().filter(is_type).collect();
    let sources: Vec<String> = tracked()
        .iter()
        .filter(|path| path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs"))
        .filter(|path| {
            !["kernel", "partnerapi", "testkit"].contains(&path.split('/').nth(1).unwrap_or_default())
        })
        .map(|path| text(path))
        .collect();
    let written: BTreeSet<&str> =
        sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2)).filter(is_type).collect();
    assert!(written.contains("tickets.ticket.paid"), "this test looks in the wrong place: {written:?}");
    assert_eq!(named, written);
}

on_both_engines!(the_document_of_events_has_the_fields_that_they_have);

async fn the_document_of_events_has_the_fields_that_they_have(engine: Engine) {
    let app = App::start(engine);
    app.import("tickets", &hall()).printed();
    app.tickets("kassir").reserve("7-1;8", "order-7").await;
    let line = app.command(&["events"]).printed();
    let event: Value = serde_json::from_str(&line).expect("one event");
    let fields = |object: &Value| object.as_object().expect("an object").keys().cloned().collect();
    let document = text("docs/events.md");
    let (_, envelope) = document.split_once("## The envelope").expect("the envelope");
    let (envelope, _) = envelope.split_once("## ").expect("the end of the envelope");
    assert_eq!(first_column(envelope), fields(&event));
    assert_eq!(first_column(marked(&document, "ticket")), fields(&event["data"]));
}

#[test]
fn each_dependency_has_its_reason() {
    let manifest = text("Cargo.toml");
    let (_, dependencies) = manifest.split_once("[workspace.dependencies]\n").expect("the dependencies");
    let used: BTreeSet<&str> = dependencies
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .collect();
    let architecture = text("ARCHITECTURE.md");
    let (_, reasons) = architecture.split_once("| crate | why |\n").expect("the table of reasons");
    let explained: BTreeSet<&str> = reasons
        .lines()
        .map_while(|row| row.strip_prefix('|'))
        .flat_map(|row| row.split('|').next().unwrap_or_default().split('`').skip(1).step_by(2))
        .collect();
    assert_eq!(explained, used);
}
