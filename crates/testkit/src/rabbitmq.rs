//! A RabbitMQ server of a test's own, which it may stop.

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, ExchangeKind};

use crate::Certificate;
use crate::services::{Service, written};

/// The exchange of its own, and the queue that keeps what goes through it.
const NAME: &str = "kept";

/// A private server. What it keeps survives [`RabbitMq::stop`].
#[derive(Debug)]
pub struct RabbitMq {
    /// For `PARTNERAPI_RABBITMQ_URL`.
    pub url: String,
    service: Service,
}

impl RabbitMq {
    /// Starts one.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start() -> Self {
        Self::start_with(Service::new("rabbitmq", "TERM")).await
    }

    /// Starts one that speaks TLS alone.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_encrypted(tls: &Certificate) -> Self {
        let service = Service::new("rabbitmq", "TERM");
        let words = [("cert.pem", &tls.certificate), ("key.pem", &tls.key)].map(|(name, content)| {
            let file = service.directory.path().join(name);
            std::fs::write(&file, content).expect("a file can be written");
            file.to_str().expect("UTF-8").to_owned()
        });
        Self::start_with(service.with(words)).await
    }

    async fn start_with(service: Service) -> Self {
        let mut server = Self { url: String::new(), service };
        server.start_again().await;
        server
    }

    /// Starts it after [`RabbitMq::stop`], at the address of before.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_again(&mut self) {
        self.service.start(async |directory| written(directory, "url").is_some()).await;
        self.url = written(&self.service.directory, "url").expect("its address");
    }

    /// Stops it in peace.
    ///
    /// # Panics
    /// If it has been stopped.
    pub fn stop(&mut self) {
        self.service.stop();
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
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare(NAME.into(), passive, FieldTable::default()).await;
        let count = queue.expect("the queue").message_count();
        let taken = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let consumer = channel.basic_consume(NAME.into(), "".into(), taken, FieldTable::default()).await;
        let messages = consumer.expect("a consumer").take(usize::try_from(count).expect("a small number"));
        let id = |message: Result<Delivery, _>| {
            let message = message.expect("a message");
            message.properties.message_id().as_ref().expect("an id").to_string()
        };
        messages.map(id).collect().await
    }

    async fn connect(&self) -> Connection {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await;
        connection.expect("the RabbitMQ server")
    }
}
