//! What the targets share: all APIs in this process, over a new database that holds the seeds of `imports`.
//!
//! A fuzzer ends without a word, so nothing here is cleaned up: `scripts/fuzz` removes the directory that it names as
//! `TMPDIR`.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, Method, Request};
use kernel::api::{Api, Kernel};
use kernel::clock::Clock;
use kernel::db::{Db, Error, Location, Options, Tx};
use kernel::http::{HttpSettings, Service, app};
use kernel::keys;
use kernel::metrics::{DbMetrics, Metrics};
use kernel::transfer::{ImportError, Secrets, Summary, Transfer};
use libfuzzer_sys::Corpus;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Whose keys are made.
const ACCOUNT: &str = "hotel-hello";
/// Bytes of an answer that are looked at.
const ANSWER_AT_MOST: usize = 64 << 20;

const DATA: [(&str, &str); 4] = [
    ("affiliates", include_str!("../seeds/imports/affiliates.json")),
    ("inventory", include_str!("../seeds/imports/inventory.json")),
    ("routes", include_str!("../seeds/imports/routes.json")),
    ("tickets", include_str!("../seeds/imports/tickets.json")),
];

/// Whether an input is worth keeping: what is none that the target can use is not.
pub fn verdict(used: Option<()>) -> Corpus {
    match used {
        Some(()) => Corpus::Keep,
        None => Corpus::Reject,
    }
}

/// All APIs, and a key of each.
pub struct Server {
    /// Runs whatever waits.
    pub runtime: Runtime,
    kernel: Arc<Kernel>,
    apis: Vec<Arc<dyn Api>>,
    /// What `/openapi.json` names.
    operations: Vec<Operation>,
    keys: HashMap<&'static str, String>,
    service: Service,
}

/// An operation of an API.
pub struct Operation {
    /// The API's name.
    pub api: String,
    /// `get`, `post` and so on.
    pub method: String,
    /// Its path, as the document has it.
    pub path: String,
    /// Whether it asks for a key.
    pub is_guarded: bool,
}

/// What came back.
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, null where that is no JSON.
    pub json: Value,
}

impl Server {
    /// The one of this process, with its orders going nowhere.
    pub fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Self::with(orders::Settings::default()))
    }

    /// One whose orders go where `orders` says.
    pub fn with(orders: orders::Settings) -> Self {
        // As the binary does; another server of this process may have done it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let runtime = Runtime::new().expect("threads");
        let kernel = runtime.block_on(kernel());
        let unlimited = affiliates::Settings { accesses_per_minute: u32::MAX, geo: None };
        let apis: Vec<Arc<dyn Api>> = vec![
            Arc::new(affiliates::Affiliates::new(Arc::clone(&kernel), unlimited)),
            Arc::new(inventory::Inventory::new(Arc::clone(&kernel))),
            Arc::new(orders::Orders::new(Arc::clone(&kernel), orders).expect("a client for the partner")),
            Arc::new(routes::Routes::new(Arc::clone(&kernel))),
            Arc::new(tickets::Tickets::new(Arc::clone(&kernel))),
        ];
        let keys = apis.iter().map(|api| (api.name(), runtime.block_on(key(&kernel, api.name())))).collect();
        let mut operations = Vec::new();
        let document = |document| {
            operations = operations_of(&serde_json::to_value(document).expect("a document"));
            Router::new()
        };
        let service = runtime
            .block_on(async { app(&kernel, apis.iter().map(|api| api.routes()).collect(), document, false) });
        let server = Self { runtime, kernel, apis, operations, keys, service };
        for (name, file) in DATA {
            let api = server.apis.iter().find(|api| api.name() == name).expect("an API of that name");
            server.write(api, file, import).unwrap_or_else(|error| panic!("the data of {name}: {error}"));
        }
        server
    }

    /// The operations that ask for a key, without those of another method.
    pub fn guarded(&self, method: &str) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |operation| operation.is_guarded && operation.method == method)
    }

    /// A key of an API.
    pub fn key(&self, api: &str) -> &str {
        &self.keys[api]
    }

    /// Sends a request with the key of the API in whose paths the target is.
    pub fn send(&self, method: &str, target: &str, media_type: &str, body: &[u8]) -> Option<Answer> {
        let shared = |path: &str| path.bytes().zip(target.bytes()).take_while(|(a, b)| a == b).count();
        let nearest = self.operations.iter().max_by_key(|operation| shared(&operation.path))?;
        let key = HeaderValue::try_from(format!("Bearer {}", self.key(&nearest.api))).ok()?;
        self.send_with((AUTHORIZATION, key), method, target, media_type, body)
    }

    /// The same with another credential. Gives nothing for what is no request.
    ///
    /// # Panics
    /// If the answer is none that a client may get.
    pub fn send_with(
        &self,
        (header, credential): (HeaderName, HeaderValue),
        method: &str,
        target: &str,
        media_type: &str,
        body: &[u8],
    ) -> Option<Answer> {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).ok()?)
            .uri(target)
            .header(header, credential)
            .header(CONTENT_TYPE, media_type)
            .body(Body::from(body.to_vec()))
            .ok()?;
        Some(self.runtime.block_on(async {
            let response = self.service.clone().oneshot(request).await.expect("an answer");
            let status = response.status().as_u16();
            let media_type = response.headers().get(CONTENT_TYPE).cloned();
            let body = to_bytes(response.into_body(), ANSWER_AT_MOST).await.expect("the whole answer");
            let text = std::str::from_utf8(&body).expect("an answer in UTF-8");
            // Orders go nowhere: then 503 is what the contract says.
            assert!(status < 500 || status == 503, "{method} {target}: {status} {text}");
            assert!(media_type.is_some() || body.is_empty(), "{method} {target}: a body of no type");
            let json = match media_type {
                Some(json) if json == "application/json" && !text.is_empty() => serde_json::from_str(text)
                    .unwrap_or_else(|error| panic!("{method} {target}: {error}: {text}")),
                _ => Value::Null,
            };
            Answer { status, json }
        }))
    }

    /// Reads a file as each API's import does. What can be read can be stored, or is refused in words; what was stored
    /// leaves in a form that can be read again, and changes nothing then. It is all taken back.
    ///
    /// # Panics
    /// If not.
    pub fn import(&self, file: &str) {
        for api in &self.apis {
            match self.write(api, file, there_and_back) {
                Ok(()) | Err(ImportError::File(_) | ImportError::Conflict(_)) => {}
                Err(ImportError::Db(error)) => panic!("what was read cannot be stored: {error}"),
            }
        }
    }

    /// Does something with a file and what the API can import, if it can, in a transaction.
    fn write(&self, api: &Arc<dyn Api>, file: &str, work: Work) -> Result<(), ImportError> {
        let (api, file) = (Arc::clone(api), file.to_owned());
        self.runtime.block_on(self.kernel.db.write(move |tx| {
            let of_account = api.transfer_of(ACCOUNT);
            of_account.as_deref().or(api.transfer()).map_or(Ok(()), |transfer| work(tx, transfer, &file))
        }))
    }
}

type Work = fn(&mut Tx<'_>, &dyn Transfer, &str) -> Result<(), ImportError>;

fn import(tx: &mut Tx<'_>, transfer: &dyn Transfer, file: &str) -> Result<(), ImportError> {
    transfer.parse(file)?.store(tx, 0, &|_| {}).map(drop)
}

fn there_and_back(tx: &mut Tx<'_>, transfer: &dyn Transfer, file: &str) -> Result<(), ImportError> {
    import(tx, transfer, file)?;
    let mut exported = Vec::new();
    transfer.export(tx, Secrets::Told, &mut exported).expect("an export");
    let exported = String::from_utf8(exported).expect("an export in UTF-8");
    let again = transfer.parse(&exported).and_then(|import| import.store(tx, 0, &|_| {}));
    let Summary { inserted, updated, removed, unchanged: _ } =
        again.unwrap_or_else(|error| panic!("{error} in the export {exported}"));
    assert_eq!(
        (inserted, updated, removed),
        (0, 0, 0),
        "inserted, updated and removed by the export {exported}"
    );
    Err(ImportError::Conflict("all is taken back".into()))
}

async fn kernel() -> Arc<Kernel> {
    let directory = tempfile::tempdir().expect("a directory").keep();
    let location = Location::Sqlite(directory.join("fuzz.db"));
    let options = Options { location, read_replica: None, create: true, connections: 2 };
    let db = Db::open(options, DbMetrics::default()).await.expect("a database");
    db.migrate(0).await.expect("a schema");
    let http = HttpSettings {
        request_timeout: Duration::from_secs(20),
        trusted_proxies: Vec::new(),
        trusted_networks: Vec::new(),
        public_url: None,
        has_tls: false,
    };
    Kernel::new(db, Clock::System, Metrics::default(), http)
}

async fn key(kernel: &Kernel, api: &'static str) -> String {
    let made: Result<_, Error> = kernel.db.write(move |tx| keys::create(tx, 0, api, ACCOUNT, false)).await;
    made.expect("a key")
}

fn operations_of(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().expect("methods").iter().map(|(method, operation)| Operation {
            api: operation["tags"][0].as_str().expect("a tag").to_owned(),
            method: method.clone(),
            path: path.clone(),
            is_guarded: operation["security"].is_array(),
        })
    });
    operations.collect()
}
