//! A queue of RabbitMQ that takes all events of an exchange.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::runtime::Runtime;

/// The pause between two looks at the queue.
const LOOK: Duration = Duration::from_millis(5);
/// For the broker, which goes on with a deletion after it was answered.
const REST: Duration = Duration::from_secs(2);
/// Messages that take longer will not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A durable queue without a consumer, and the exchange in front of it. Both have this name.
pub(crate) struct Queue {
    name: String,
    channel: Channel,
    runtime: Runtime,
    _connection: Connection,
}

impl Queue {
    /// A new one, empty.
    pub(crate) fn declare(url: &str, name: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (connection, channel) = runtime.block_on(async {
            let connection = Connection::connect(url, ConnectionProperties::default()).await?;
            let channel = connection.create_channel().await?;
            let (durable, none) = (
                ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() },
                FieldTable::default,
            );
            channel.exchange_declare(name.into(), ExchangeKind::Topic, durable, none()).await?;
            let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
            channel.queue_declare(name.into(), durable, none()).await?;
            let options = QueueBindOptions::default();
            channel.queue_bind(name.into(), name.into(), "#".into(), options, none()).await?;
            Ok::<_, lapin::Error>((connection, channel))
        })?;
        Ok(Self { name: name.to_owned(), channel, runtime, _connection: connection })
    }

    /// Waits until it holds `count` messages, and not one more.
    pub(crate) fn await_messages(&self, count: u32) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let held = self.held()?;
            ensure!(held <= count, "{held} messages of {count} events: some were sent twice");
            if held == count {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "{held} messages of {count} events after {PATIENCE:?}");
            std::thread::park_timeout(LOOK);
        }
    }

    /// Deletes it, and gives the broker time to clear away what was in it.
    pub(crate) fn delete(self) -> anyhow::Result<()> {
        self.runtime
            .block_on(self.channel.queue_delete(self.name.as_str().into(), QueueDeleteOptions::default()))?;
        std::thread::park_timeout(REST);
        Ok(())
    }

    fn held(&self) -> anyhow::Result<u32> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = self.channel.queue_declare(self.name.as_str().into(), passive, FieldTable::default());
        Ok(self.runtime.block_on(asked).context("the queue is gone")?.message_count())
    }
}
