//! What lapin alone can do: the same bodies, from memory.
//!
//! `publisher FILE URL EXCHANGE KEY` publishes the lines of FILE, persistent, confirmed and mandatory, as many at
//! once as the server does, and then waits to be ended. Allocator, runtime and build profile are the server's.

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Messages that are under way together.
const BATCH: usize = 1_024;
const PERSISTENT: u8 = 2;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, url, exchange, key] = arguments.as_slice() else {
        anyhow::bail!("publisher FILE URL EXCHANGE KEY");
    };
    let text = std::fs::read_to_string(file).context("the bodies")?;
    let bodies: Vec<&str> = text.lines().collect();
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    for batch in bodies.chunks(BATCH) {
        try_join_all(batch.iter().map(|body| publish(&channel, exchange, key, body))).await?;
    }
    std::future::pending().await
}

async fn publish(channel: &Channel, exchange: &str, key: &str, body: &str) -> anyhow::Result<()> {
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let sent =
        channel.basic_publish(exchange.into(), key.into(), options, body.as_bytes(), properties).await?;
    let outcome = sent.await?;
    ensure!(matches!(outcome, Confirmation::Ack(None)), "the broker did not take it: {outcome:?}");
    Ok(())
}
