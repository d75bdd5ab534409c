//! A server with its database, and a client that checks what must always hold.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{self, Environment, Finished, Server};
use crate::{Database, Engine, Inventory, Supplier, Tickets, Wire};

const DATABASE_URL: &str = "PARTNERAPI_DATABASE_URL";

/// A running server. Dropping it asserts that it stops in peace when asked to, and that nothing panicked.
#[derive(Debug)]
pub struct App {
    /// The process.
    pub server: Server,
    /// Its database; several servers may share one.
    pub database: std::sync::Arc<Database>,
    client: reqwest::Client,
    directory: TempDir,
    environment: Environment,
    arguments: Vec<String>,
    launcher: Vec<String>,
    silent: bool,
}

/// How to start a server.
#[derive(Debug)]
pub struct Builder {
    database: std::sync::Arc<Database>,
    environment: Environment,
    arguments: Vec<String>,
    launcher: Vec<String>,
    silent: bool,
}

impl Builder {
    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Reaches its database at another address than the database's own: through a proxy, say.
    #[must_use]
    pub fn database_url(self, url: &str) -> Self {
        self.env(DATABASE_URL, url)
    }

    /// Starts the server through another command, which becomes the server when it is given its words.
    #[must_use]
    pub fn launcher(mut self, words: &[&str]) -> Self {
        self.launcher = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Does not expect the log to say that it listens.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Adds an argument of `serve`.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts it and waits until it listens.
    #[must_use]
    pub fn start(self) -> App {
        let directory = tempfile::tempdir().expect("a directory to work in");
        let Self { database, mut environment, arguments, launcher, silent } = self;
        if !environment.iter().any(|(name, _)| name == DATABASE_URL) {
            environment.push((DATABASE_URL.into(), database.url().into()));
        }
        let command = || process::command(directory.path(), &environment, &launcher);
        let server = if silent {
            Server::start_silently(command, &arguments)
        } else {
            Server::start(command(), &arguments)
        };
        App { server, database, client: client(), directory, environment, arguments, launcher, silent }
    }
}

fn client() -> reqwest::Client {
    // The provider may have been chosen by a test before this one.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .timeout(Duration::from_secs(120))
        .danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}

impl App {
    /// A server on a database of its own.
    #[must_use]
    pub fn start(engine: Engine) -> Self {
        Self::builder(engine).start()
    }

    /// A server on a database of its own, with settings.
    #[must_use]
    pub fn builder(engine: Engine) -> Builder {
        Self::on(Database::fresh(engine).into())
    }

    /// A server on a database that is there already, with settings.
    #[must_use]
    pub fn on(database: std::sync::Arc<Database>) -> Builder {
        Builder {
            database,
            environment: Vec::new(),
            arguments: Vec::new(),
            launcher: Vec::new(),
            silent: false,
        }
    }

    /// Another server on the same database.
    #[must_use]
    pub fn sibling(&self) -> Self {
        let environment = self.environment.clone();
        Builder {
            database: std::sync::Arc::clone(&self.database),
            environment,
            arguments: self.arguments.clone(),
            launcher: self.launcher.clone(),
            silent: self.silent,
        }
        .start()
    }

    /// Starts it again after its process has ended.
    pub fn restart(&mut self) {
        let command = process::command(self.directory.path(), &self.environment, &self.launcher);
        self.server = Server::start(command, &self.arguments);
    }

    /// Runs a command of the binary on the same database.
    pub fn command(&self, arguments: &[&str]) -> Finished {
        let mut command = process::command(self.directory.path(), &self.environment, &[]);
        command.args(arguments);
        Finished::of(command)
    }

    /// A file in the directory in which its commands run.
    #[must_use]
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(content))
            .expect("a file can be written");
        path
    }

    /// Imports a document of an API.
    pub fn import(&self, api: &str, document: &Value) -> Finished {
        let file = self.file("import.json", document.to_string().as_bytes());
        self.command(&["import", api, file.to_str().expect("a path in UTF-8")])
    }

    /// A new key.
    #[must_use]
    pub fn key(&self, api: &str, account: &str) -> String {
        self.command(&["keys", "create", "--api", api, "--account", account]).printed().trim().to_owned()
    }

    /// A stock uploader with a new key.
    #[must_use]
    pub fn inventory(&self, account: &str) -> Inventory {
        Inventory::new(self.client.clone(), self.server.url.clone(), self.key("inventory", account))
    }

    /// A distributor with a new key.
    #[must_use]
    pub fn tickets(&self, account: &str) -> Tickets {
        self.tickets_with(&self.key("tickets", account))
    }

    /// A distributor with a key that was made before.
    #[must_use]
    pub fn tickets_with(&self, key: &str) -> Tickets {
        Tickets::new(self.client.clone(), self.server.url.clone(), key.to_owned())
    }

    /// A supplier with a new key.
    #[must_use]
    pub fn supplier(&self, account: &str) -> Supplier {
        Supplier::new(self.client.clone(), self.server.url.clone(), self.key("affiliates", account))
    }

    /// A request to a path, without a credential.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url))
    }

    /// GET without a credential.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// A connection of its own, for what an ordinary client does not send.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::connect(&self.server.url)
    }

    /// The value of a metric, by its name and labels as they stand in a line of `/metrics`.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let page = self.get("/metrics").await;
        assert_eq!(page.status, 200, "{}", page.text);
        metric(&page.text, name)
    }

    /// Whether a write of the server waits for a table that is held, see [`Database::hold`].
    pub async fn write_waits_for(&self, table: &str) -> bool {
        match self.database.engine() {
            Engine::Sqlite => self.metric("partnerapi_db_writes_waiting").await > Some(0.0),
            Engine::Postgres => {
                let sql = format!(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass"
                );
                self.database.value(&sql) != "0"
            }
        }
    }

    /// Waits until a line of its log holds all of these words, and gives that line.
    ///
    /// # Panics
    /// If there is none for a minute.
    pub async fn logged(&self, words: &[&str]) -> String {
        let find = || self.server.log().into_iter().find(|line| words.iter().all(|word| line.contains(word)));
        crate::until(&format!("the log has {words:?}"), async || find().is_some()).await;
        find().unwrap_or_default()
    }

    /// Asks the server to stop and checks that it did so in peace.
    ///
    /// # Panics
    /// If it did not.
    pub fn stop(&mut self) {
        self.server.terminate();
        let status = self.server.wait();
        assert!(status.success(), "the server stopped with {status}:\n{}", self.server.log().join("\n"));
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the server:\n{}", self.server.log().join("\n"));
            return;
        }
        if !self.server.has_ended() {
            self.stop();
        }
        let log = self.server.log();
        assert!(!log.iter().any(|line| line.contains("panic")), "something panicked:\n{}", log.join("\n"));
    }
}

/// The value of a metric on a page of them.
#[must_use]
pub fn metric(page: &str, name: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// An answer, read to its end and checked for what must always hold.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
    /// Its body as JSON; null if it is none.
    pub json: Value,
}

impl Answer {
    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// If there is none, or it has no request id.
    pub async fn of(request: RequestBuilder) -> Self {
        Self::try_of(request).await.expect("an answer")
    }

    /// Sends a request that may find nobody to answer it.
    ///
    /// # Errors
    /// If the connection cannot be made or breaks.
    ///
    /// # Panics
    /// If the answer has no request id.
    pub async fn try_of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        assert!(headers.contains_key("x-request-id"), "{status} has no X-Request-Id: {text}");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { status, headers, text, json })
    }

    /// The value of a header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value: &HeaderValue| value.to_str().unwrap_or_default())
    }
}
