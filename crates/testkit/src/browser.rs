//! A real browser without a window, driven over the WebDriver protocol.

mod hand;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where Debian's packages have them; `scripts/test` installs what is missing.
const DRIVER: &str = "/usr/bin/chromedriver";
const BROWSER: &str = "/usr/bin/chromium";

/// A browser with a new profile. It ends when it is dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    client: reqwest::Client,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{DRIVER}: {error}; scripts/test installs it"));
        let mut lines =
            BufReader::new(driver.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let started = lines.find_map(|line| {
            let port = line.split_once("successfully on port ")?.1;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = started.expect("the driver tells its port");
        // It writes on, and must find somebody who reads.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().expect("a directory for a profile");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ];
        let mut arguments: Vec<String> = flags.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"binary": BROWSER, "args": arguments}
        }}});
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let mut browser =
            Self { driver, client, session: format!("http://127.0.0.1:{port}/session"), _profile: profile };
        let opened = browser.command(Method::POST, "", capabilities).await;
        let id = opened["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {opened}"));
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.session)).json(&body);
        let answer: Value = request.send().await.expect("the driver answers").json().await.expect("JSON");
        assert!(answer["value"].get("error").is_none(), "{path}: {}", answer["value"]);
        answer["value"].clone()
    }

    /// Goes to an address and waits until the page is there.
    pub async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", json!({"url": url})).await;
    }

    /// Runs a script in the page and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.command(Method::POST, "/execute/sync", json!({"script": script, "args": []})).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that is told to stop leaves its browser behind: the session ends first, and the browser with it.
        if let Some((address, path)) = self.session.trim_start_matches("http://").split_once('/')
            && let Ok(mut wire) = TcpStream::connect(address)
        {
            let delete = format!("DELETE /{path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
            drop(wire.set_read_timeout(Some(Duration::from_secs(30))));
            // The answer comes when the browser has ended; the connection would stay.
            drop(wire.write_all(delete.as_bytes()).and_then(|()| wire.read(&mut [0])));
        }
        drop(Command::new("kill").args(["-TERM", &self.driver.id().to_string()]).status());
        drop(self.driver.wait());
    }
}
