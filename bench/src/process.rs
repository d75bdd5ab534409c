//! The programs under load, as processes.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::http;

/// Ticks of a second in /proc, on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// A program that serves on a port of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
    /// How long it took from its start to its first good answer.
    pub(crate) ready_after: Duration,
}

impl Process {
    fn start(command: impl FnOnce(u16) -> Command, path: &str) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = command(port);
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut process = Self { child, port, ready_after: Duration::ZERO };
        while !matches!(http::exchange(port, "GET", path, "", ""), Ok((200, _))) {
            if let Some(status) = process.child.try_wait()? {
                bail!("{command:?} ended: {status}");
            }
            std::thread::park_timeout(Duration::from_micros(500));
        }
        process.ready_after = began.elapsed();
        Ok(process)
    }

    /// The bare program, with the bytes of a file.
    pub(crate) fn baseline(file: &Path) -> anyhow::Result<Self> {
        let program = beside("baseline")?;
        let command = |port| {
            let mut command = Command::new(program);
            command.arg(file).arg(format!("127.0.0.1:{port}"));
            command
        };
        Self::start(command, "/ready")
    }

    /// A partner for the Orders API: the product's own, which keeps its orders in memory.
    pub(crate) fn partner() -> anyhow::Result<Self> {
        let program = server()?;
        let command = |port| {
            let mut command = bare(&program, "sqlite:none.db");
            command.args(["sandbox-partner", "--listen", &format!("127.0.0.1:{port}"), "--log", "warn"]);
            command
        };
        Self::start(command, "/_sandbox/settings")
    }

    /// The bare program that sends orders on to a partner.
    pub(crate) fn proxy(partner: &Self) -> anyhow::Result<Self> {
        let program = beside("proxy")?;
        let command = |port| {
            let mut command = Command::new(program);
            command.arg(partner.url()).arg(format!("127.0.0.1:{port}"));
            command
        };
        Self::start(command, "/ready")
    }

    /// The bare program that publishes the lines of a file. It serves nothing.
    pub(crate) fn publisher(file: &Path, url: &str, exchange: &str, key: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(beside("publisher")?);
        let child = command.arg(file).args([url, exchange, key]).stdin(Stdio::null()).spawn()?;
        Ok(Self { child, port: 0, ready_after: Duration::ZERO })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The most memory that it held at once, in MB of 1,000,000 bytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kib: f64 = peak.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// Seconds that it kept a core busy so far.
    pub(crate) fn busy_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before the parenthesis may hold spaces; user and system time are the 12th and 13th after it.
        let (_, fields) = stat.rsplit_once(") ").context("no process name")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is no matter here.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A database, and a key to one API on it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) key: String,
}

/// What an import came to.
pub(crate) struct Imported {
    pub(crate) took: Duration,
    /// The most that it held at once, in MB.
    pub(crate) memory: f64,
}

impl Database {
    /// Makes the schema at `url`, and a key.
    pub(crate) fn make(url: String, api: &str) -> anyhow::Result<Self> {
        partnerapi(&url, &["migrate"])?;
        let key = partnerapi(&url, &["keys", "create", "--api", api, "--account", "bench"])?;
        Ok(Self { url, key })
    }

    /// Makes the schema at `url` and loads a file of an API.
    pub(crate) fn fill(url: String, directory: &Path, api: &str, text: &str) -> anyhow::Result<Self> {
        let database = Self::make(url, api)?;
        let file = directory.join("import.json");
        std::fs::write(&file, text)?;
        database.import(&[api], &file)?;
        Ok(database)
    }

    /// Loads a file; `of` says what it is of.
    pub(crate) fn import(&self, of: &[&str], file: &Path) -> anyhow::Result<Imported> {
        let mut command = bare(&server()?, &self.url);
        command.arg("import").args(of).arg(file).stdin(Stdio::null()).stdout(Stdio::null());
        let began = Instant::now();
        let mut process = Process { child: command.spawn()?, port: 0, ready_after: Duration::ZERO };
        let mut memory = 0.0;
        let status = loop {
            // It has none any more when it has ended.
            memory = process.peak_memory().unwrap_or(memory);
            match process.child.try_wait()? {
                Some(status) => break status,
                None => std::thread::park_timeout(Duration::from_millis(5)),
            }
        };
        ensure!(status.success(), "{command:?}: {status}");
        Ok(Imported { took: began.elapsed(), memory })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// Makes a copy of a database of SQLite.
    pub(crate) fn back_up(&self, file: &Path) -> anyhow::Result<()> {
        partnerapi(&self.url, &["backup", file.to_str().context("a path in UTF-8")?]).map(drop)
    }

    /// The outbox: an event a line.
    pub(crate) fn events(&self) -> anyhow::Result<String> {
        partnerapi(&self.url, &["events"])
    }

    /// Starts the server on it. Its log goes to nowhere, whatever of it `log` asks for.
    pub(crate) fn serve(&self, log: &str, connections: u32) -> anyhow::Result<Process> {
        self.serve_with(log, connections, &[])
    }

    /// The same, with more settings.
    pub(crate) fn serve_with(
        &self,
        log: &str,
        connections: u32,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Process> {
        let program = server()?;
        let command = |port| {
            let mut command = bare(&program, &self.url);
            command
                .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--log", log])
                .args(["--database-connections", &connections.to_string()])
                .envs(settings.iter().map(|(name, value)| (name, value)))
                .stderr(if log == "warn" { Stdio::inherit() } else { Stdio::null() });
            command
        };
        Process::start(command, "/readyz")
    }
}

fn partnerapi(url: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = bare(&server()?, url).args(arguments).output()?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The program with the settings it gets here, and no others.
fn bare(program: &Path, url: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PARTNERAPI_")) {
            command.env_remove(name);
        }
    }
    command.env("PARTNERAPI_DATABASE_URL", url).env("PARTNERAPI_LOG", "warn");
    command
}

fn server() -> anyhow::Result<PathBuf> {
    beside("partnerapi")
}

/// A program of the same build.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(program.exists(), "{} has not been built; bench/run builds it", program.display());
    Ok(program)
}
