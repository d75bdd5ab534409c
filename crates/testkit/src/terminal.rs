//! A place to run commands of the binary in, with nobody's database or settings around.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::process::{self, Environment, Finished, Running};

/// A new directory and an environment of its own; gone when dropped.
#[derive(Debug)]
pub struct Terminal {
    directory: TempDir,
    environment: Environment,
}

impl Default for Terminal {
    fn default() -> Self {
        let directory = tempfile::tempdir().expect("a directory to work in");
        Self { directory, environment: Vec::new() }
    }
}

impl Terminal {
    /// A terminal in a new directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable for the commands to come.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Runs a command of the binary to its end.
    #[must_use = "a command may fail"]
    pub fn run<S: AsRef<OsStr>>(&self, words: &[S]) -> Finished {
        Finished::of(self.command(words))
    }

    /// Starts a command of the binary that goes on until it is ended.
    #[must_use = "it is killed when it is dropped"]
    pub fn start<S: AsRef<OsStr>>(&self, words: &[S]) -> Running {
        Running::start(self.command(words))
    }

    /// Runs `serve` with more words, which ought to end by itself because something is wrong with them. If it
    /// serves instead it is killed, and its status is -1.
    #[must_use = "it may serve"]
    pub fn serve_refused<S: AsRef<OsStr>>(&self, words: &[S]) -> Finished {
        let mut command = self.command(&["serve"]);
        command.args(words);
        Running::start(command).refused_to_serve()
    }

    /// The path of a file in its directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file in its directory.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(content))
            .expect("a file can be written");
        path
    }

    fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = process::command(self.directory.path(), &self.environment, &[]);
        command.args(words);
        command
    }
}
