//! A server with its database, and a client that checks what must always hold.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{self, Finished, Server};
use crate::{Database, Engine, Tickets};

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
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// How to start a server.
#[derive(Debug)]
pub struct Builder {
    database: std::sync::Arc<Database>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl Builder {
    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
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
        let Self { database, mut environment, arguments } = self;
        environment.retain(|(name, _)| name != DATABASE_URL);
        environment.push((DATABASE_URL.into(), database.url().into()));
        let server = start(&directory, &environment, &arguments);
        App { server, database, client: client(), directory, environment, arguments }
    }
}

fn start(directory: &TempDir, environment: &[(String, String)], arguments: &[String]) -> Server {
    Server::start(process::command(directory.path(), environment), arguments)
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
        Builder { database: Database::fresh(engine).into(), environment: Vec::new(), arguments: Vec::new() }
    }

    /// Another server on the same database.
    #[must_use]
    pub fn sibling(&self) -> Self {
        let environment = self.environment.clone();
        Builder {
            database: std::sync::Arc::clone(&self.database),
            environment,
            arguments: self.arguments.clone(),
        }
        .start()
    }

    /// Starts it again after its process has ended.
    pub fn restart(&mut self) {
        self.server = start(&self.directory, &self.environment, &self.arguments);
    }

    /// Runs a command of the binary on the same database.
    pub fn command(&self, arguments: &[&str]) -> Finished {
        let mut command = process::command(self.directory.path(), &self.environment);
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

    /// A distributor with a new key.
    #[must_use]
    pub fn tickets(&self, account: &str) -> Tickets {
        Tickets::new(self.client.clone(), self.server.url.clone(), self.key("tickets", account))
    }

    /// A request to a path, without a credential.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url))
    }

    /// GET without a credential.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
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
