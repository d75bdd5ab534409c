//! What stands around a handler speaks the dialect of its API, whatever goes wrong.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use kernel::api::Kernel;
use kernel::clock::Clock;
use kernel::http::{self, Dialect, Fault, HttpSettings, Input, Operation, Place, fit};
use kernel::keys::{self, Caller};
use kernel::metrics::Metrics;
use serde::Serialize;
use testkit::{Database, Engine};
use tower::ServiceExt as _;
use utoipa::ToSchema;

/// An API that says `{"fault": …}`.
#[derive(Clone)]
struct Toy;

#[derive(Serialize, ToSchema)]
struct ToyError {
    fault: String,
}

impl Dialect for Toy {
    type ErrorBody = ToyError;
    const ERRORS: &'static [(u16, &'static str)] = &[(404, "not here")];
    const BODY_LIMIT: usize = 100;

    fn render(fault: &Fault) -> axum::response::Response {
        (fault.status(), Json(ToyError { fault: fault.public_message().to_owned() })).into_response()
    }

    fn finish(caller: Option<&Caller>, response: &mut axum::response::Response) {
        if caller.is_some_and(|caller| caller.errors_as_200) {
            *response.status_mut() = StatusCode::OK;
        }
    }
}

/// A second base, and spaces in which an operation's path has a parameter at once.
const TOY: Place =
    Place { bases: &["/toy", "/more/toy"], spaces: &["/toy", "/more/toy/piece", "/more/toy/input"] };

/// An API that names the methods of its paths on every answer.
#[derive(Clone)]
struct Told;

impl Dialect for Told {
    type ErrorBody = ToyError;
    const ERRORS: &'static [(u16, &'static str)] = &[];
    const BODY_LIMIT: usize = 0;
    const ALWAYS_ALLOWS: bool = true;

    fn render(fault: &Fault) -> axum::response::Response {
        Toy::render(fault)
    }
}

struct Fitted {
    app: http::Service,
    document: serde_json::Value,
    kernel: Arc<Kernel>,
    _database: Database,
}

async fn fitted() -> Fitted {
    let database = Database::fresh(Engine::Sqlite);
    let http = HttpSettings {
        request_timeout: Duration::from_millis(20),
        trusted_proxies: vec![],
        trusted_networks: vec![],
        public_url: None,
        has_tls: false,
    };
    let kernel = Kernel::new(database.open().await, Clock::System, Metrics::default(), http);
    let operations = vec![
        Operation::new(&[Method::GET], "/panic", "Panics", async || -> &'static str { panic!("the inside") }),
        Operation::new(&[Method::GET], "/stuck", "Never answers", async || {
            std::future::pending::<&'static str>().await
        }),
        Operation::new(&[Method::GET, Method::POST], "/input", "Reads", async |_: Input| "read"),
        Operation::new(&[Method::GET], "/private", "Knows its caller", async |caller: Caller| {
            caller.account.to_string()
        }),
        Operation::new(&[Method::GET], "/part/{one}/{two?}", "Has two paths", async || "part")
            .also_at("/piece/{one}"),
        Operation::new(&[Method::HEAD, Method::POST, Method::GET], "/seen", "Has looks", async || "seen")
            .suffixes(&[".json", "/.json"])
            .open(),
    ];
    let routes = fit(&kernel, "toy", TOY, operations, Toy);
    let told = vec![
        Operation::new(&[Method::GET], "/here", "Answers", async || "here"),
        Operation::new(&[Method::GET], "/panic", "Panics", async || -> &'static str { panic!("the inside") }),
    ];
    let told = fit(&kernel, "told", Place { bases: &["/told"], spaces: &["/told"] }, told, Told);
    let mut document = serde_json::Value::Null;
    let keep = |whole| {
        document = serde_json::to_value(whole).unwrap();
        axum::Router::new()
    };
    let app = http::app(&kernel, vec![routes, told], keep, false);
    Fitted { app, document, kernel, _database: database }
}

impl Fitted {
    async fn send(
        &self,
        request: axum::http::request::Builder,
        body: impl Into<Body>,
    ) -> (StatusCode, String, Response<()>) {
        let response = self.app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (parts.status, text, Response::from_parts(parts, ()))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let (status, text, _) = self.send(Request::get(path), "").await;
        (status.as_u16(), text)
    }
}

fn said(fault: &str) -> String {
    format!("{{\"fault\":\"{fault}\"}}")
}

#[test]
fn every_fault_is_told_in_the_dialect_and_says_nothing_of_the_inside() {
    testkit::run(async {
        let toy = fitted().await;
        assert_eq!(toy.get("/toy/nowhere").await, (404, said("Not found")));
        assert_eq!(toy.get("/toy").await, (404, said("Not found")));
        assert_eq!(toy.get("/toy/panic").await, (500, said("Internal error")));
        assert_eq!(toy.get("/toy/stuck").await, (503, said("The request took too long")));
        assert_eq!(toy.get("/toy/private").await, (401, said("Wrong credentials")));
        assert_eq!(toy.get("/toy/input?a=%ff").await, (400, said("A parameter is not UTF-8")));
    });
}

#[test]
fn a_wrong_method_names_the_right_ones_and_head_is_not_get() {
    testkit::run(async {
        let toy = fitted().await;
        for method in [Method::PUT, Method::HEAD, Method::OPTIONS] {
            let (status, _, response) =
                toy.send(Request::builder().method(method).uri("/toy/input"), "").await;
            assert_eq!(status, 405);
            assert_eq!(response.headers()["allow"], "GET, POST");
        }
    });
}

#[test]
fn a_body_of_another_type_or_size_is_refused() {
    testkit::run(async {
        let toy = fitted().await;
        let post = |media_type| Request::post("/toy/input").header("content-type", media_type);
        let (status, text, _) = toy.send(post("text/plain"), "hello").await;
        assert_eq!((status.as_u16(), text), (415, said("Unsupported media type")));
        let (status, text, _) = toy.send(post("application/json"), format!("\"{}\"", "x".repeat(100))).await;
        assert_eq!((status.as_u16(), text), (413, said("Request body is too large")));

        let chunks = futures_util::stream::iter((0..3).map(|_| Ok::<_, std::io::Error>("x".repeat(60))));
        let (status, _, _) = toy.send(post("application/json"), Body::from_stream(chunks)).await;
        assert_eq!(status, 413, "also where no length was announced");
        let (status, _, _) = toy.send(post("application/json"), "{}").await;
        assert_eq!(status, 200);
    });
}

#[test]
fn a_last_segment_may_be_left_out() {
    testkit::run(async {
        let toy = fitted().await;
        assert_eq!(toy.get("/toy/part/1").await, (200, "part".into()));
        assert_eq!(toy.get("/toy/part/1/2").await, (200, "part".into()));
        assert_eq!(toy.get("/toy/part").await.0, 404);
    });
}

#[test]
fn an_operation_is_below_every_base_and_at_every_alias() {
    testkit::run(async {
        let toy = fitted().await;
        for path in ["/toy/part/1", "/more/toy/part/1/2", "/toy/piece/1", "/more/toy/piece/1"] {
            assert_eq!(toy.get(path).await, (200, "part".into()), "{path}");
        }
        for path in [
            "/toy",
            "/toy/nowhere",
            "/toy/piece/1/2",
            "/more/toy/piece",
            "/more/toy/piece/1/2",
            "/more/toy/input/x",
        ] {
            assert_eq!(toy.get(path).await, (404, said("Not found")), "{path}");
        }
        assert_eq!(
            toy.get("/more/toy/input").await,
            (200, "read".into()),
            "a space that is an operation's path"
        );
        for path in ["/more/toy", "/more/toy/nowhere", "/toys", "/more/toy/pieces"] {
            let (status, text) = toy.get(path).await;
            assert_eq!((status, text.as_str()), (404, "{\"detail\":\"Not found\"}"), "{path} is nobody's");
        }
    });
}

#[test]
fn an_operation_is_served_with_its_suffixes_and_documented_without() {
    testkit::run(async {
        let toy = fitted().await;
        for path in ["/toy/seen", "/toy/seen/", "/toy/seen.json", "/toy/seen/.json/", "/more/toy/seen.json"] {
            assert_eq!(toy.get(path).await, (200, "seen".into()), "{path}");
        }
        assert_eq!(toy.get("/toy/seen.xml").await, (404, said("Not found")));
        let (_, _, response) = toy.send(Request::delete("/toy/seen.json"), "").await;
        assert_eq!(response.headers()["allow"], "GET, POST, HEAD");
        let paths: Vec<_> = toy.document["paths"].as_object().unwrap().keys().cloned().collect();
        assert!(paths.contains(&"/toy/seen".to_owned()), "{paths:?}");
        assert!(!paths.iter().any(|path| path.contains(".json")), "{paths:?}");
        let security =
            |path: &str| toy.document["paths"][path]["get"]["security"].as_array().map_or(0, Vec::len);
        assert_eq!((security("/toy/seen"), security("/toy/private")), (0, 3), "who needs a credential");
    });
}

#[test]
fn a_dialect_may_name_the_methods_on_every_answer() {
    testkit::run(async {
        let toy = fitted().await;
        let (_, _, response) = toy.send(Request::get("/toy/seen"), "").await;
        assert!(!response.headers().contains_key("allow"));
        let (_, _, response) = toy.send(Request::get("/told/here"), "").await;
        assert_eq!(response.headers()["allow"], "GET");
        let (status, _, response) = toy.send(Request::get("/told/panic"), "").await;
        assert_eq!((status.as_u16(), &response.headers()["allow"]), (500, &"GET".parse().unwrap()));
        let (_, _, response) = toy.send(Request::get("/told/nowhere"), "").await;
        assert!(!response.headers().contains_key("allow"), "it has no methods");
    });
}

#[test]
fn links_begin_with_what_is_set_or_with_what_the_client_said() {
    let settings = |public_url: Option<&str>, has_tls| HttpSettings {
        request_timeout: Duration::ZERO,
        trusted_proxies: vec![],
        trusted_networks: vec![],
        public_url: public_url.map(str::to_owned),
        has_tls,
    };
    let base = |settings: HttpSettings, uri: &str, host: Option<&str>| {
        let headers = host.map(|host| (axum::http::header::HOST, host.parse().unwrap()));
        settings.base(&uri.parse().unwrap(), &headers.into_iter().collect())
    };
    assert_eq!(base(settings(None, false), "/x", Some("api:8000")), "http://api:8000");
    assert_eq!(base(settings(None, true), "/x", Some("[::1]")), "https://[::1]");
    assert_eq!(base(settings(None, true), "https://api/x", None), "https://api", "HTTP/2 has it there");
    assert_eq!(base(settings(None, false), "/x", None), "");
    assert_eq!(base(settings(None, false), "/x", Some("a/b\"c")), "", "it is no host");
    assert_eq!(base(settings(Some("https://p/q"), false), "/x", Some("api")), "https://p/q");
}

#[test]
fn the_last_look_knows_the_caller_even_where_no_handler_was_reached() {
    testkit::run(async {
        let toy = fitted().await;
        let created = toy.kernel.db.write(|tx| keys::create(tx, 0, "toy", "ann", true)).await;
        let key = created.unwrap();
        let ask = |path: &str| Request::get(path.to_owned()).header("authorization", format!("Bearer {key}"));
        let (status, text, _) = toy.send(ask("/toy/private"), "").await;
        assert_eq!((status.as_u16(), text.as_str()), (200, "ann"));
        for path in ["/toy/nowhere", "/toy/panic", "/toy/stuck"] {
            let (status, text, _) = toy.send(ask(path), "").await;
            assert_eq!(status, 200, "{path}");
            assert!(text.contains("fault"), "{path}: {text}");
        }
    });
}
