//! The real binary as a process: started, watched, stopped, killed.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Variables and their values.
pub(crate) type Environment = Vec<(String, OsString)>;

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

/// A command of the binary, with nothing in its environment that the test did not put there. `launcher`, if
/// there is one, is a command that becomes the binary when it is given the binary's words.
pub(crate) fn command(directory: &Path, environment: &Environment, launcher: &[String]) -> Command {
    let mut command = match launcher {
        [] => Command::new(binary()),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(binary());
            command
        }
    };
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PARTNERAPI_")) {
        command.env_remove(name);
    }
    command.current_dir(directory).envs(environment.iter().cloned()).stdin(Stdio::null());
    command
}

/// What a command came to.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit status; -1 if a signal ended it.
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

    /// What it complained of, after it ended with this status and printed nothing.
    ///
    /// # Panics
    /// If it did not.
    pub fn refused(self, status: i32) -> String {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "{}", self.stderr);
        self.stderr
    }
}

/// Lines that a process has written so far, gathered by a thread.
#[derive(Debug)]
struct Lines {
    so_far: Arc<Mutex<Vec<String>>>,
    gathering: JoinHandle<()>,
}

impl Lines {
    fn gather(stream: impl Read + Send + 'static, mut note: impl FnMut(&str) + Send + 'static) -> Self {
        let so_far = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&so_far);
        let gathering = std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                note(&line);
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { so_far, gathering }
    }

    fn so_far(&self) -> Vec<String> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn text(&self) -> String {
        self.so_far().iter().map(|line| format!("{line}\n")).collect()
    }
}

/// A command that runs until it is ended.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Running {
    pub(crate) fn start(command: Command) -> Self {
        Self::watched(command, |_| {})
    }

    fn watched(mut command: Command, note: impl FnMut(&str) + Send + 'static) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let stderr = Lines::gather(child.stderr.take().expect("its standard error"), note);
        let stdout = Lines::gather(child.stdout.take().expect("its standard output"), |_| {});
        Self { child, stdout, stderr }
    }

    /// The lines of its standard error so far: its log.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.stderr.so_far()
    }

    /// What it printed so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal: `TERM`, `INT`.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} could not be sent");
    }

    /// Asks it to stop, as an operator would.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Ends it without a word, as a power cut would.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("a process of ours can be killed");
        self.child.wait().expect("it is gone");
    }

    /// Waits for its end, and until everything that it wrote is read.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("it can be waited for");
        while !self.stdout.gathering.is_finished() || !self.stderr.gathering.is_finished() {
            wait_a_moment();
        }
        status
    }

    /// Waits for the end of a server, and kills it if it serves.
    pub(crate) fn refused_to_serve(mut self) -> Finished {
        let began = Instant::now();
        while !self.has_ended() {
            let log = self.log().join("\n");
            if log.contains("listening on") {
                self.kill();
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it neither serves nor ends:\n{log}");
            wait_a_moment();
        }
        let status = self.wait().code().unwrap_or(-1);
        Finished { status, stdout: self.stdout.text(), stderr: self.stderr.text() }
    }

    /// Whether it runs no more.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// A server under test.
#[derive(Debug)]
pub struct Server {
    process: Running,
    /// Where it serves, for instance `http://127.0.0.1:40123`.
    pub url: String,
}

impl std::ops::Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.process
    }
}

impl std::ops::DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.process
    }
}

impl Server {
    /// Starts `serve` on a free port and waits until its log says that it listens.
    ///
    /// # Panics
    /// If it ends instead; its log is in the message.
    pub(crate) fn start(command: Command, arguments: &[String]) -> Self {
        Self::run(command, "serve", arguments)
    }

    /// Starts a command that serves, on a free port unless it is told where, and waits until its log says that it
    /// listens.
    ///
    /// # Panics
    /// If it ends instead; its log is in the message.
    pub(crate) fn run(mut command: Command, name: &str, arguments: &[String]) -> Self {
        command.arg(name).args(arguments);
        if !arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let (listening, address): (Sender<String>, Receiver<String>) = channel();
        let process = Running::watched(command, move |line| {
            if let Some((_, url)) = line.split_once("listening on ") {
                // In a JSON line the address ends with a quotation mark.
                drop(listening.send(url.split('"').next().unwrap_or_default().trim_end().to_owned()));
            }
        });
        match address.recv() {
            Ok(url) => Self { process, url },
            Err(_) => panic!("the server ended:\n{}", process.log().join("\n")),
        }
    }

    /// Starts a `serve` whose log may not say that it listens, and waits until it does. The port is one that
    /// was free a moment ago; if somebody was faster, another one is tried.
    ///
    /// # Panics
    /// If it ends for another reason; its log is in the message.
    pub(crate) fn start_silently(command: impl Fn() -> Command, arguments: &[String]) -> Self {
        loop {
            let port =
                TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
            let mut command = command();
            command.args(["serve", "--listen", &port.to_string()]).args(arguments);
            let mut process = Running::start(command);
            loop {
                if TcpStream::connect(port).is_ok() && !process.has_ended() {
                    return Self { process, url: format!("http://{port}") };
                }
                if process.has_ended() {
                    break;
                }
                wait_a_moment();
            }
            let log = process.log().join("\n");
            assert!(log.contains("cannot listen on"), "the server ended:\n{log}");
        }
    }
}

/// A pause between two looks at a condition.
fn wait_a_moment() {
    let (_sender, never) = channel::<()>();
    let waited = never.recv_timeout(Duration::from_millis(5));
    debug_assert_eq!(waited, Err(RecvTimeoutError::Timeout), "nobody sends");
}
