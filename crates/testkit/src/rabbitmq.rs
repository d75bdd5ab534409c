//! A RabbitMQ server of a test's own, which it may stop.

use std::path::Path;
use std::process::{Command, Stdio};

use lapin::options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, ExchangeKind};
use tempfile::TempDir;

use crate::process::Running;
use crate::{Certificate, until};

/// The script that runs one.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/rabbitmq");
/// The exchange of its own, and the queue that keeps what goes through it.
const NAME: &str = "kept";

/// A private server. What it keeps survives [`RabbitMq::stop`].
#[derive(Debug)]
pub struct RabbitMq {
    /// For `PARTNERAPI_RABBITMQ_URL`.
    pub url: String,
    words: Vec<String>,
    process: Option<Running>,
    directory: TempDir,
}

impl RabbitMq {
    /// Starts one.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start() -> Self {
        Self::start_with(tempfile::tempdir().expect("a directory to work in"), vec![]).await
    }

    /// Starts one that speaks TLS alone.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_encrypted(tls: &Certificate) -> Self {
        let directory = tempfile::tempdir().expect("a directory to work in");
        let words = [("cert.pem", &tls.certificate), ("key.pem", &tls.key)].map(|(name, content)| {
            let file = directory.path().join(name);
            std::fs::write(&file, content).expect("a file can be written");
            file.to_str().expect("UTF-8").to_owned()
        });
        Self::start_with(directory, words.to_vec()).await
    }

    async fn start_with(directory: TempDir, words: Vec<String>) -> Self {
        let mut server = Self { url: String::new(), words, process: None, directory };
        server.start_again().await;
        server
    }

    /// Starts it after [`RabbitMq::stop`], at the address of before.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_again(&mut self) {
        let mut command = Command::new(SCRIPT);
        command.arg(self.directory.path()).args(&self.words).stdin(Stdio::null());
        let process = self.process.insert(Running::start(command));
        let url = self.directory.path().join("url");
        until("RabbitMQ can be reached", async || {
            assert!(!process.has_ended(), "RabbitMQ ended:\n{}", process.log().join("\n"));
            url.exists()
        })
        .await;
        self.url = read(&url);
    }

    /// Stops it in peace.
    ///
    /// # Panics
    /// If it has been stopped.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.terminate();
        process.wait();
    }

    /// Makes an exchange whose every message is kept in a durable queue; its name.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn keep(&self) -> &'static str {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a channel");
        let exchange = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let queue = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let (name, none) = (NAME, FieldTable::default);
        let declared = channel.exchange_declare(name.into(), ExchangeKind::Topic, exchange, none()).await;
        declared.expect("an exchange");
        channel.queue_declare(name.into(), queue, none()).await.expect("a queue");
        let options = QueueBindOptions::default();
        channel.queue_bind(name.into(), name.into(), "#".into(), options, none()).await.expect("a binding");
        name
    }

    /// The ids of what it has kept, in its order; they are kept no more.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub async fn kept(&self) -> Vec<String> {
        let connection = self.connect().await;
        let channel = connection.create_channel().await.expect("a channel");
        let mut ids = Vec::new();
        let taken = BasicGetOptions { no_ack: true };
        while let Some(message) = channel.basic_get(NAME.into(), taken).await.expect("the queue") {
            ids.push(message.properties.message_id().as_ref().expect("an id").to_string());
        }
        ids
    }

    async fn connect(&self) -> Connection {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await;
        connection.expect("the RabbitMQ server")
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        // Killed, it would leave the processes of Erlang behind.
        if self.process.is_some() {
            self.stop();
        }
    }
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a file that is there").trim_end().to_owned()
}
