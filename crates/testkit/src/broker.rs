//! A real RabbitMQ, an exchange for one test alone, and a consumer of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use lapin::options::{
    BasicConsumeOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions,
    QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use serde_json::Value;

use crate::{Gate, Way};

/// Names the RabbitMQ server of the tests; `scripts/test` sets it.
const RABBITMQ_URL: &str = "TEST_RABBITMQ_URL";

/// A message as its consumer got it.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it was published under.
    pub routing_key: String,
    /// Its property of that name.
    pub message_id: String,
    /// Its property of that name.
    pub kind: String,
    /// Its property of that name.
    pub content_type: String,
    /// Whether it survives the broker.
    pub is_persistent: bool,
    /// Its property of that name, in seconds.
    pub timestamp: u64,
    /// Its body.
    pub body: String,
}

impl Message {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body in JSON")
    }
}

/// An exchange that nobody else uses, gone when it is dropped, and what arrived from it.
pub struct Broker {
    /// Its address without credentials: `HOST:PORT`.
    pub address: String,
    /// The name of the exchange.
    pub exchange: String,
    url: String,
    received: Arc<Mutex<Vec<Message>>>,
    channel: Channel,
    connection: Option<Connection>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}

impl Broker {
    /// A durable topic exchange of which a consumer gets what fits `key`.
    ///
    /// # Panics
    /// If no server is named, or it refuses.
    pub async fn receiving(key: &str) -> Self {
        let broker = Self::without_queue().await;
        let consumed = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let channel = &broker.channel;
        let queue = channel.queue_declare("".into(), consumed, FieldTable::default()).await.expect("a queue");
        let queue: ShortString = queue.name().clone();
        let exchange = broker.exchange.as_str().into();
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        channel.queue_bind(queue.clone(), exchange, key.into(), options, none).await.expect("a binding");
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let consumer = channel.basic_consume(queue, "".into(), options, FieldTable::default()).await;
        let (mut consumer, received) = (consumer.expect("a consumer"), Arc::clone(&broker.received));
        tokio::spawn(async move {
            while let Some(Ok(delivery)) = consumer.next().await {
                let properties = &delivery.properties;
                let word =
                    |word: &Option<ShortString>| word.as_ref().map(ToString::to_string).unwrap_or_default();
                let message = Message {
                    routing_key: delivery.routing_key.to_string(),
                    message_id: word(properties.message_id()),
                    kind: word(properties.kind()),
                    content_type: word(properties.content_type()),
                    is_persistent: *properties.delivery_mode() == Some(2),
                    timestamp: properties.timestamp().unwrap_or_default(),
                    body: String::from_utf8(delivery.data).expect("a body in UTF-8"),
                };
                received.lock().unwrap_or_else(PoisonError::into_inner).push(message);
            }
        });
        broker
    }

    /// An exchange with one queue that takes one message and refuses more, until [`Broker::empty`].
    ///
    /// # Panics
    /// As [`Broker::receiving`].
    pub async fn refusing_the_second() -> Self {
        let broker = Self::without_queue().await;
        let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let mut limits = FieldTable::default();
        limits.insert("x-max-length".into(), AMQPValue::LongInt(1));
        limits.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
        let name: ShortString = broker.exchange.as_str().into();
        broker.channel.queue_declare(name.clone(), exclusive, limits).await.expect("a queue");
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        broker.channel.queue_bind(name.clone(), name, "#".into(), options, none).await.expect("a binding");
        broker
    }

    /// Empties that queue, and says how many messages it had.
    ///
    /// # Panics
    /// If there is none.
    pub async fn empty(&self) -> u32 {
        let purged = self.channel.queue_purge(self.exchange.as_str().into(), QueuePurgeOptions::default());
        purged.await.expect("a queue")
    }

    /// A durable topic exchange with no queue behind it.
    ///
    /// # Panics
    /// As [`Broker::receiving`].
    pub async fn without_queue() -> Self {
        let broker = Self::without_exchange().await;
        broker.declare(ExchangeKind::Topic).await.expect("an exchange");
        broker
    }

    /// The name of an exchange that is not there.
    ///
    /// # Panics
    /// As [`Broker::receiving`].
    pub async fn without_exchange() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let url = std::env::var(RABBITMQ_URL)
            .unwrap_or_else(|_| panic!("{RABBITMQ_URL} names no RabbitMQ server: run scripts/test"));
        let address = url.rsplit(['@', '/']).next().unwrap_or_default().to_owned();
        let exchange = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let connection = Connection::connect(&url, ConnectionProperties::default()).await;
        let connection = connection.expect("the RabbitMQ server");
        let channel = connection.create_channel().await.expect("a channel");
        let received = Arc::default();
        Self { address, exchange, url, received, channel, connection: Some(connection) }
    }

    /// Makes the exchange, or finds out whether it is a durable one of this kind.
    ///
    /// # Errors
    /// If it is another.
    pub async fn declare(&self, kind: ExchangeKind) -> Result<(), lapin::Error> {
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let name = self.exchange.as_str().into();
        self.channel.exchange_declare(name, kind, durable, FieldTable::default()).await
    }

    /// Makes it an exchange of a kind that no event goes through.
    ///
    /// # Panics
    /// If it is there already.
    pub async fn declare_another_kind(&self) {
        self.declare(ExchangeKind::Fanout).await.expect("an exchange");
    }

    /// Whether the exchange is there, durable and of the right kind.
    pub async fn is_durable_topic(&self) -> bool {
        self.declare(ExchangeKind::Topic).await.is_ok()
    }

    /// The server's address for `PARTNERAPI_RABBITMQ_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same by way of a gate.
    #[must_use]
    pub fn url_through(&self, gate: &Gate) -> String {
        self.url.replace(&self.address, &gate.address())
    }

    /// A gate in front of it.
    #[must_use]
    pub fn gate(&self, way: Way) -> Gate {
        Gate::to(&self.address, way)
    }

    /// What arrived so far, in its order.
    #[must_use]
    pub fn received(&self) -> Vec<Message> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ids of what arrived so far, in its order.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.received().into_iter().map(|message| message.message_id).collect()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Queues go with the connection, the exchange does not.
        let (url, exchange) = (self.url.clone(), self.exchange.clone());
        drop(self.connection.take());
        let deleted = std::thread::spawn(move || {
            crate::run(async move {
                if let Ok(connection) = Connection::connect(&url, ConnectionProperties::default()).await
                    && let Ok(channel) = connection.create_channel().await
                {
                    let options = ExchangeDeleteOptions::default();
                    drop(channel.exchange_delete(exchange.as_str().into(), options).await);
                }
            });
        });
        drop(deleted.join());
    }
}
