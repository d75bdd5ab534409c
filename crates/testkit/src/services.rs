//! Services of a test's own, which it may stop and start: what the scripts run privately for all tests.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Running;
use crate::until;

/// Where the scripts are.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");

/// A service that a script runs, and all that it keeps.
#[derive(Debug)]
pub(crate) struct Service {
    script: &'static str,
    words: Vec<String>,
    /// The signal that ends it in peace.
    end: &'static str,
    process: Option<Running>,
    pub(crate) directory: TempDir,
}

impl Service {
    /// One that is not started yet.
    pub(crate) fn new(script: &'static str, end: &'static str) -> Self {
        let directory = tempfile::tempdir().expect("a directory to work in");
        Self { script, words: Vec::new(), end, process: None, directory }
    }

    /// Gives the script more words.
    pub(crate) fn with(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words.extend(words);
        self
    }

    /// Starts it, for the first time or again, and waits until it can be reached.
    pub(crate) async fn start(&mut self, mut is_reached: impl AsyncFnMut(&TempDir) -> bool) {
        let mut command = Command::new(format!("{SCRIPTS}/{}", self.script));
        command.arg(self.directory.path()).args(&self.words).stdin(Stdio::null());
        let process = self.process.insert(Running::start(command));
        until("the service can be reached", async || {
            assert!(!process.has_ended(), "{} ended:\n{}", self.script, process.log().join("\n"));
            is_reached(&self.directory).await
        })
        .await;
    }

    /// Stops it in peace.
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.signal(self.end);
        process.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Killed, it would leave processes behind.
        if self.process.is_some() {
            self.stop();
        }
    }
}

/// What a script has written to a file of its directory.
pub(crate) fn written(directory: &TempDir, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(directory.path().join(name)).ok()?;
    Some(text.trim_end().to_owned()).filter(|text| !text.is_empty())
}
