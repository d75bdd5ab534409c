//! A balancer before several servers.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Running;
use crate::until;

/// haproxy, which passes connections on to those servers that say that they are ready.
#[derive(Debug)]
pub struct Balancer {
    /// Where it listens: `http://HOST:PORT`.
    pub url: String,
    process: Running,
    _directory: TempDir,
}

impl Balancer {
    /// One in front of `servers`, each as `HOST:PORT`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn before(servers: &[String]) -> Self {
        let directory = tempfile::tempdir().expect("a directory to work in");
        let address = free_address();
        let mut settings = format!(
            "defaults\n mode tcp\n timeout connect 1s\n timeout client 1m\n timeout server 1m\n retries 3\n \
             option redispatch\nlisten partnerapi\n bind {address}\n balance leastconn\n \
             option httpchk GET /readyz\n \
             default-server check inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions\n"
        );
        for (number, server) in servers.iter().enumerate() {
            writeln!(settings, " server number-{number} {server}").expect("a line can be written");
        }
        let file = directory.path().join("haproxy.cfg");
        std::fs::write(&file, settings).expect("a file can be written");
        let mut command = Command::new("haproxy");
        command.arg("-db").arg("-f").arg(file).stdin(Stdio::null());
        let mut process = Running::start(command);
        let url = format!("http://{address}");
        until("the balancer has a server", async || {
            assert!(!process.has_ended(), "haproxy ended:\n{}", process.log().join("\n"));
            reqwest::get(format!("{url}/readyz")).await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        Self { url, process, _directory: directory }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        if !self.process.has_ended() {
            self.process.terminate();
            self.process.wait();
        }
    }
}

/// An address that nobody listens on, as `HOST:PORT`.
///
/// # Panics
/// If the system has none.
#[must_use]
pub fn free_address() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/free-port");
    let printed = Command::new(script).output().expect("a free port").stdout;
    format!("127.0.0.1:{}", String::from_utf8_lossy(&printed).trim())
}
