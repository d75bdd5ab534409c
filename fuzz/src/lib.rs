//! What the targets share: all APIs in this process, on a database that is gone with it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request};
use kernel::api::{Api, Kernel};
use kernel::clock::Clock;
use kernel::db::{Db, Error, Location, Options};
use kernel::http::{HttpSettings, Service, app};
use kernel::keys;
use kernel::metrics::{DbMetrics, Metrics};
use orders::{Orders, Settings};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

/// Bytes of an answer that are looked at.
const ANSWER_AT_MOST: usize = 16 << 20;

/// All APIs, and a key of each.
pub struct Server {
    /// Runs whatever waits.
    pub runtime: Runtime,
    /// The database and what else the APIs share.
    pub kernel: Arc<Kernel>,
    /// The APIs.
    pub apis: Vec<Arc<dyn Api>>,
    keys: Vec<String>,
    service: Service,
    _directory: TempDir,
}

/// What came back.
pub struct Answer {
    /// Its HTTP status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Server {
    /// The one of this process, with its orders going nowhere.
    pub fn get() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| Self::with(Settings::default()))
    }

    /// One whose orders go where `settings` says.
    pub fn with(settings: Settings) -> Self {
        let runtime = Runtime::new().expect("threads");
        let directory = tempfile::tempdir().expect("a directory");
        let location = Location::Sqlite(directory.path().join("fuzz.db"));
        let (kernel, apis, keys) = runtime.block_on(async {
            let options = Options { location, read_replica: None, create: true, connections: 2 };
            let db = Db::open(options, DbMetrics::default()).await.expect("a database");
            db.migrate(0).await.expect("a schema");
            let http = HttpSettings {
                request_timeout: Duration::from_secs(20),
                trusted_proxies: Vec::new(),
                trusted_networks: Vec::new(),
            };
            let kernel = Kernel::new(db, Clock::System, Metrics::default(), http);
            let apis: Vec<Arc<dyn Api>> = vec![
                Arc::new(Orders::new(Arc::clone(&kernel), settings).expect("a client for the partner")),
                Arc::new(routes::Routes::new(Arc::clone(&kernel))),
                Arc::new(tickets::Tickets::new(Arc::clone(&kernel))),
            ];
            let mut keys = Vec::new();
            for api in &apis {
                let name = api.name();
                let made = kernel.db.write(move |tx| keys::create(tx, 0, name, "fuzz", false)).await;
                keys.push(made.expect("a key"));
            }
            (kernel, apis, keys)
        });
        let routes = apis.iter().map(|api| api.routes()).collect();
        let service = app(&kernel, routes, |_| Router::new(), false);
        Self { runtime, kernel, apis, keys, service, _directory: directory }
    }

    /// Sends a request with the key of an API, and looks at what holds for every answer.
    pub fn send(&self, api: usize, method: &Method, target: &str, media_type: &str, body: &[u8]) -> Answer {
        let key = HeaderValue::try_from(format!("Bearer {}", self.keys[api])).expect("a header");
        self.send_with(&key, method, target, media_type, body)
    }

    /// The same with another credential.
    pub fn send_with(
        &self,
        credential: &HeaderValue,
        method: &Method,
        target: &str,
        media_type: &str,
        body: &[u8],
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(AUTHORIZATION, credential)
            .header(CONTENT_TYPE, media_type)
            .body(Body::from(body.to_vec()));
        // What is no URI never reaches a handler.
        let Ok(request) = request else { return Answer { status: 400, body: Vec::new() } };
        self.runtime.block_on(async {
            let response = self.service.clone().oneshot(request).await.expect("an answer");
            let status = response.status().as_u16();
            assert_ne!(status, 500, "{method} {target}");
            let has_type = response.headers().contains_key(CONTENT_TYPE);
            let body = to_bytes(response.into_body(), ANSWER_AT_MOST).await.expect("the whole answer");
            assert!(has_type || body.is_empty(), "{method} {target}: a body of no type");
            Answer { status, body: body.to_vec() }
        })
    }

    /// Reads a file as an API's import does, stores it and takes it back.
    pub fn import(&self, api: usize, text: &str) {
        let Some(transfer) = self.apis[api].transfer() else { return };
        let Ok(import) = transfer.parse(text) else { return };
        let stored = self.runtime.block_on(self.kernel.db.write(move |tx| {
            let stored = import.store(tx, 0, &|_| {});
            if let Err(kernel::transfer::ImportError::Db(error)) = &stored {
                panic!("a file that was read cannot be stored: {error}");
            }
            Err::<(), Error>(Error::Statement("taken back".into()))
        }));
        assert!(stored.is_err());
    }
}
