//! `/openapi.json`: every operation of every API, with what goes in, what comes out and what can go wrong.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use testkit::{Answer, App, Engine, run};

/// What takes no key: browsers of all the world report there.
pub(super) const PUBLIC: &[&str] = &["/cmp"];

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
            if PUBLIC.contains(&path.as_str()) {
                assert!(operation.get("security").is_none(), "{name}: {operation}");
                continue;
            }
            let security = operation["security"].as_array().unwrap();
            assert!(!security.is_empty(), "{name}");
            for scheme in security.iter().flat_map(|way| way.as_object().unwrap().keys()) {
                assert!(schemes.contains_key(scheme), "{name}: {scheme}");
            }
            let responses = operation["responses"].as_object().unwrap();
            let statuses: &[&str] = match operation["tags"][0].as_str() {
                Some("orders") => &["200", "400", "401", "404", "413", "422", "429", "500", "503"],
                Some("routes") => &["400", "401", "404", "413", "429", "500", "503"],
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
        let with_key =
            operations(&document).into_iter().filter(|(_, path, _)| !PUBLIC.contains(&path.as_str()));
        for (method, path, operation) in with_key {
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
