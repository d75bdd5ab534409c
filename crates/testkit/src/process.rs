//! The real binary as a process: started, watched, stopped, killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The binary that the tests are about, beside the test program in the target directory.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn binary() -> PathBuf {
    let this = std::env::current_exe().expect("a test program has a path");
    let binary = this.ancestors().nth(2).expect("target/profile/deps/test").join("partnerapi");
    assert!(binary.exists(), "{} has not been built", binary.display());
    binary
}

/// A command of the binary, with nothing in its environment that the test did not put there.
pub(crate) fn command(directory: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PARTNERAPI_")) {
        command.env_remove(name);
    }
    command.current_dir(directory).envs(environment.iter().cloned()).stdin(Stdio::null());
    command
}

/// What a command came to.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Finished {
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.output().expect("the binary can be started");
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// What it printed, after it succeeded.
    ///
    /// # Panics
    /// If it did not.
    pub fn printed(self) -> String {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self.stdout
    }
}

/// A server under test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    stdout: Arc<Mutex<String>>,
    /// Where it serves, for instance `http://127.0.0.1:40123`.
    pub url: String,
}

impl Server {
    /// Starts `serve` on a free port and waits until it listens.
    ///
    /// # Panics
    /// If it ends instead; its log is in the message.
    pub(crate) fn start(mut command: Command, arguments: &[String]) -> Self {
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let log = Arc::new(Mutex::new(Vec::new()));
        let stdout = Arc::new(Mutex::new(String::new()));
        let (listening, address) = std::sync::mpsc::channel();
        let lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
        let seen = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("listening on ") {
                    drop(listening.send(url.trim_end_matches(['"', '}']).to_owned()));
                }
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let lines = BufReader::new(child.stdout.take().expect("its standard output")).lines();
        let printed = Arc::clone(&stdout);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                printed.push_str(&line);
                printed.push('\n');
            }
        });
        match address.recv() {
            Ok(url) => Self { child, log, stdout, url },
            Err(_) => {
                let status = child.wait();
                panic!("the server ended with {status:?}:\n{}", log.lock().expect("its log").join("\n"));
            }
        }
    }

    /// The lines of its log so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it printed so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as an operator would.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM could not be sent");
    }

    /// Ends it without a word, as a power cut would.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process of ours can be killed");
        self.child.wait().expect("it is gone");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it can be waited for")
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
