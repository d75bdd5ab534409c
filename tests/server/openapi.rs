//! `/openapi.json`: every operation of every API, with what goes in, what comes out and what can go wrong.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;
use testkit::{Answer, App, Engine, run};

/// Every operation: its method, its path, what it says of itself.
pub(crate) fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone(), operation.clone()));
        }
    }
    operations
}

/// Operations that need no credential.
const OPEN: [&str; 4] = ["POST /api/o/token", "GET /cmp", "POST /cmp", "OPTIONS /cmp"];

pub(super) fn is_open(method: &Method, path: &str) -> bool {
    OPEN.contains(&format!("{method} {path}").as_str())
}

/// A path to ask for, with numbers for its parameters.
pub(super) fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "12" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

pub(super) async fn document(app: &App) -> Value {
    let answer = app.request(Method::GET, "/openapi.json").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.unwrap()
}

/// Runs `check` on every object of the document.
fn walk(value: &Value, check: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            check(object);
            object.values().for_each(|value| walk(value, check));
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, check)),
        _ => {}
    }
}

#[test]
fn it_is_a_document_of_openapi_3_1_whose_references_lead_somewhere() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = document(&app).await;
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        assert!(document["info"]["title"].is_string());
        let mut references = BTreeSet::new();
        walk(&document, &mut |object| {
            references.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            assert!(!object.contains_key("nullable"), "a word of OpenAPI 3.0: {object:?}");
        });
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("nothing outside the document");
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    });
}

#[test]
fn every_operation_of_the_tickets_api_is_in_it() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = document(&app).await;
        let found: BTreeSet<_> =
            operations(&document).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        let show = ["events/seats", "tickets/add", "tickets/update", "tickets/remove"];
        let paths = show
            .iter()
            .flat_map(|path| [format!("{path}/{{event_id}}"), format!("{path}/{{event_id}}/{{show_id}}")]);
        for path in paths.chain(["events/lists".to_owned()]) {
            for method in ["GET", "POST"] {
                let operation = format!("{method} /api/partners/v1/{path}");
                assert!(found.contains(&operation), "{operation} is not in {found:?}");
            }
        }
    });
}

#[test]
fn every_operation_of_the_routes_api_is_in_it_at_every_path_with_its_success() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = document(&app).await;
        let found: BTreeMap<_, _> = operations(&document)
            .into_iter()
            .filter(|(_, _, operation)| operation["tags"][0] == "routes")
            .map(|(method, path, operation)| (format!("{method} {path}"), operation))
            .collect();
        let mut wanted: Vec<(String, &str)> = Vec::new();
        for base in ["", "/api"] {
            for (operation, success) in [
                ("GET /units", "200"),
                ("GET /units/name/{unit_name}", "200"),
                ("GET /units/regions", "200"),
                ("GET /telegram-chats", "200"),
                ("POST /telegram-chats", "201"),
                ("GET /telegram-chats/chat-types", "200"),
                ("GET /telegram-chats/{chat_id}", "200"),
                ("PUT /telegram-chats/{chat_id}", "204"),
                ("GET /report-types", "200"),
                ("GET /report-types/statistics", "200"),
                ("GET /report-types/names/{name}", "200"),
                ("GET /report-routes/units", "200"),
                ("GET /report-routes/telegram-chats", "200"),
                ("POST /report-routes", "201"),
                ("DELETE /report-routes", "204"),
                ("PATCH /roles/users/{chat_id}", "204"),
            ] {
                wanted.push((operation.replacen(" /", &format!(" {base}/"), 1), success));
            }
            for users in ["/users", "/roles/users"] {
                for what in ["regions", "units", "report-types"] {
                    wanted.push((format!("GET {base}{users}/{{chat_id}}/{what}"), "200"));
                }
                wanted.push((format!("PATCH {base}{users}/{{chat_id}}/access-code"), "204"));
            }
        }
        let names: BTreeSet<_> = wanted.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), names);
        for (name, success) in wanted {
            let responses = &found[&name]["responses"];
            let body = &responses[success]["content"]["application/json"]["schema"];
            assert!(responses[success].is_object(), "{name}: {responses}");
            assert_eq!(body.is_object(), success == "200", "{name}: what changes something has no body");
            let takes = found[&name]["requestBody"].is_object();
            assert_eq!(takes, !name.starts_with("GET") && !name.starts_with("DELETE"), "{name}");
        }
    });
}

#[test]
fn every_operation_of_the_affiliates_api_is_in_it() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let found: BTreeSet<_> = operations(&document(&app).await)
            .into_iter()
            .filter(|(.., operation)| operation["tags"][0] == "affiliates")
            .map(|(method, path, _)| format!("{method} {path}"))
            .collect();
        let expected = [
            "GET /api/accesses",
            "GET /api/accesses/count",
            "GET /api/purchases",
            "GET /api/purchases/count",
            "POST /api/purchases",
            "PUT /api/purchases",
            "GET /cmp",
            "OPTIONS /cmp",
            "POST /cmp",
        ];
        assert_eq!(found, expected.map(str::to_owned).into());
    });
}

#[test]
fn every_operation_tells_its_credentials_its_answer_and_its_errors() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = document(&app).await;
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        let mut ids = BTreeSet::new();
        for (method, path, operation) in operations(&document) {
            let name = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{name}: its id is another's"
            );
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name}");
            assert!(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "{name}");
            let security = operation["security"].as_array().cloned().unwrap_or_default();
            assert_eq!(security.is_empty(), is_open(&method, &path), "{name}");
            for scheme in security.iter().flat_map(|way| way.as_object().unwrap().keys()) {
                assert!(schemes.contains_key(scheme), "{name}: {scheme}");
            }
            let responses = operation["responses"].as_object().unwrap();
            let statuses: &[&str] = match operation["tags"][0].as_str() {
                // A script for browsers, and answers that have no body.
                Some("affiliates") if path == "/cmp" => &["400", "404", "413", "429", "500", "503"],
                Some("orders") => &["200", "400", "401", "404", "413", "422", "429", "500", "503"],
                Some("routes") => &["400", "401", "404", "413", "429", "500", "503"],
                Some("inventory") => &["400", "401", "404", "413", "415", "429", "500", "503"],
                _ => &["200", "400", "401", "404", "413", "415", "429", "500", "503"],
            };
            for status in statuses.iter().copied() {
                let schema = &responses.get(status).unwrap_or_else(|| panic!("{name} has no {status}"))["content"]
                    ["application/json"]["schema"];
                assert!(schema.is_object(), "{name}: {status} has no shape");
            }
            let in_path: Vec<_> = path.split('/').filter(|segment| segment.starts_with('{')).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let told: Vec<_> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| {
                    assert_eq!(parameter["required"], true, "{name}: {parameter}");
                    format!("{{{}}}", parameter["name"].as_str().unwrap())
                })
                .collect();
            assert_eq!(told, in_path, "{name}");
        }
        for way in ["http", "apiKey"] {
            assert!(schemes.values().any(|scheme| scheme["type"] == way), "{schemes:?}");
        }
    });
}

#[test]
fn errors_have_the_shape_that_the_document_gives_them() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let document = document(&app).await;
        for (method, path, operation) in operations(&document) {
            if is_open(&method, &path) {
                continue;
            }
            // Through a proxy that nobody vouches for: no API trusts where it comes from.
            let request =
                app.request(method.clone(), &filled(&path)).header("x-forwarded-for", "203.0.113.7");
            let refused = Answer::of(request).await;
            assert_eq!(refused.status, 401, "{method} {path}");
            let schema = &operation["responses"]["401"]["content"]["application/json"]["schema"];
            let schema = document.pointer(schema["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
            let properties: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
            let fields: BTreeSet<_> = refused.json.as_object().unwrap().keys().collect();
            assert_eq!(fields, properties, "{method} {path}");
        }
    });
}

#[test]
fn every_documented_path_is_served() {
    run(async {
        let app = App::start(Engine::Sqlite);
        let client = app.tickets("kassir");
        let document = document(&app).await;
        let base = "/api/partners/v1/";
        let unknown = client.get("no/such/path").await;
        for (method, path, _) in operations(&document) {
            let answer = match path.strip_prefix(base) {
                Some(path) => Answer::of(client.request(method.clone(), &filled(path))).await,
                None => Answer::of(app.request(method.clone(), &filled(&path))).await,
            };
            assert_ne!(answer.json, serde_json::json!({"detail": "Not Found"}), "{method} {path}");
            assert_ne!(answer.json["message"], "Not found", "{method} {path}");
            assert_ne!(answer.json["err"], "Não encontrado", "{method} {path}");
            assert_ne!(answer.json, unknown.json, "{method} {path}");
            assert_ne!(answer.status, 405, "{method} {path}");
        }
    });
}
