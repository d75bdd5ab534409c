//! A partner for the Orders API, and what a test does to it.

use std::ffi::OsString;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{self, Finished, Server};

/// A running `sandbox-partner`. Dropping it asserts that it stops in peace when asked to.
#[derive(Debug)]
pub struct Partner {
    /// The process.
    pub server: Server,
    client: reqwest::Client,
    _directory: TempDir,
}

impl Partner {
    /// A partner with settings: flags of `sandbox-partner`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, &[])
    }

    /// A partner with settings: flags of `sandbox-partner`, and variables.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_with(flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory to work in");
        let command = process::command(directory.path(), &owned(environment), &[]);
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let server = Server::run(command, "sandbox-partner", &flags);
        // The provider may have been chosen by a test before this one.
        drop(rustls::crypto::ring::default_provider().install_default());
        // A connection that is hung up must not be one that another request waits for.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("an HTTP client");
        Self { server, client, _directory: directory }
    }

    /// Runs `sandbox-partner` where it is expected to end by itself.
    #[must_use]
    pub fn refused(flags: &[&str], environment: &[(&str, &str)]) -> Finished {
        let directory = tempfile::tempdir().expect("a directory to work in");
        let mut command = process::command(directory.path(), &owned(environment), &[]);
        command.arg("sandbox-partner").args(flags);
        Finished::of(command)
    }

    /// A request to a path.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url))
    }

    /// Looks behind the counter, or changes something there: an answer of the control API.
    ///
    /// # Panics
    /// If it refuses.
    pub async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.request(method, &format!("/_sandbox/{path}")).body(body.to_string());
        let response = request.send().await.expect("the sandbox partner answers");
        let (status, text) = text_of(response).await;
        assert!(status < 400, "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Lets the next `count` requests to an endpoint fail.
    pub async fn arm(&self, endpoint: &str, failure: &str, count: u64) {
        let arming = json!({"endpoint": endpoint, "failure": failure, "count": count});
        self.control(Method::POST, "failures", arming).await;
    }

    /// What it knows of an order of the client's: `orders`, `duplicates`, and how often which of its `calls` was
    /// made.
    pub async fn report(&self, external_id: &str) -> Value {
        self.control(Method::GET, &format!("orders?external_id={external_id}"), Value::Null).await
    }

    /// Puts an order into a status; `None`: into none.
    pub async fn set_status(&self, their_order_id: &str, status: Option<&str>) {
        self.control(Method::PUT, &format!("orders/{their_order_id}"), json!({"status": status})).await;
    }
}

fn owned(environment: &[(&str, &str)]) -> Vec<(String, OsString)> {
    environment.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect()
}

async fn text_of(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, response.text().await.expect("the whole answer"))
}

impl Drop for Partner {
    fn drop(&mut self) {
        let log = || self.server.log().join("\n");
        if std::thread::panicking() {
            eprintln!("the log of the sandbox partner:\n{}", log());
            return;
        }
        assert!(!log().contains("panicked"), "something panicked:\n{}", log());
        if !self.server.has_ended() {
            self.server.terminate();
            let status = self.server.wait();
            assert!(status.success(), "it stopped with {status}:\n{}", self.server.log().join("\n"));
        }
    }
}
