//! `/openapi.json` says of a body what the server says of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use testkit::{Answer, App, Engine, run};

/// Follows a reference.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    reference.map_or(schema, |pointer| document.pointer(pointer).expect("a reference that leads somewhere"))
}

/// A value that every field of an object refuses, and where: all required ones first.
fn wrong(document: &Value, schema: &Value, at: &[Value], places: &mut BTreeSet<String>) -> Value {
    let schema = resolved(document, schema);
    let mut fields = Map::new();
    for (name, field) in schema["properties"].as_object().expect("properties") {
        let at: Vec<Value> = at.iter().cloned().chain([json!(name)]).collect();
        let field = resolved(document, field);
        let value = if field["properties"].is_object() {
            wrong(document, field, &at, places)
        } else if field["type"] == "array" {
            let at: Vec<Value> = at.into_iter().chain([json!(0)]).collect();
            json!([wrong(document, &field["items"], &at, places)])
        } else {
            places.insert(Value::from(at).to_string());
            json!(true)
        };
        fields.insert(name.clone(), value);
    }
    Value::Object(fields)
}

/// An object of which all that is required is missing, and where.
fn missing(document: &Value, schema: &Value, at: &[Value], places: &mut BTreeSet<String>) -> Value {
    let schema = resolved(document, schema);
    let mut fields = Map::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        let at: Vec<Value> = at.iter().cloned().chain([name.clone()]).collect();
        let name = name.as_str().expect("a name");
        let field = resolved(document, &schema["properties"][name]);
        if field["properties"].is_object() {
            fields.insert(name.to_owned(), missing(document, field, &at, places));
        } else if field["type"] == "array" {
            let at: Vec<Value> = at.into_iter().chain([json!(0)]).collect();
            fields.insert(name.to_owned(), json!([missing(document, &field["items"], &at, places)]));
        } else {
            places.insert(Value::from(at).to_string());
        }
    }
    Value::Object(fields)
}

fn told(answer: &Answer) -> BTreeSet<String> {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let detail = answer.json["detail"].as_array().expect("a list");
    detail.iter().map(|fault| fault["loc"].to_string()).collect()
}

#[test]
fn every_field_that_is_described_is_read_and_what_is_required_is_missed() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = app.get("/openapi.json").await.json;
        let mut bodies = 0;
        for (method, path, operation) in crate::server::openapi::operations(&document) {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            if operation["tags"][0] != "orders" || body.is_null() {
                continue;
            }
            bodies += 1;
            for probe in [missing, wrong] {
                let mut places = BTreeSet::new();
                let body = probe(&document, body, &[json!("body")], &mut places);
                assert!(!places.is_empty(), "{method} {path}");
                let answer = super::send(&app, method.clone(), &path, &body).await;
                assert_eq!(told(&answer), places, "{method} {path}: {body}");
            }
        }
        assert_eq!(bodies, 5, "all that take one");
    });
}
