//! A connection to RabbitMQ.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Error, ErrorKind, ExchangeKind,
};

use super::Stored;
use super::line::{self, Line};
use crate::clock::SECOND;

/// Seconds in which a peer that says nothing is found out, if the address does not say otherwise.
const HEARTBEAT: u16 = 10;
/// AMQP's mark for a message that is kept on disk.
const PERSISTENT: u8 = 2;
/// What leaving in peace may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Where a broker is: `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps` for TLS. Shown without its password.
#[derive(Clone)]
pub struct Address(AMQPUri);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let may_be = "may be amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS";
        let mut uri: AMQPUri = text.parse().map_err(|_| may_be)?;
        // The library takes the host of an address of IPv6 for missing.
        let (_, after_scheme) = text.split_once("://").ok_or(may_be)?;
        let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if let Some((literal, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            literal.to_owned().clone_into(&mut uri.authority.host);
        }
        if uri.authority.host.is_empty() {
            return Err(may_be);
        }
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Self(uri))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.authority.host, self.0.authority.port)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of an exchange of ours.
#[derive(Clone, Debug)]
pub struct Exchange(String);

impl FromStr for Exchange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("may be the name of an exchange, not nothing"),
            text if text.len() > 127 => Err("may be the name of an exchange, of at most 127 bytes"),
            text if text.starts_with("amq.") => {
                Err("may be the name of an exchange; those that begin with amq. are RabbitMQ's own")
            }
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the broker made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has it.
    Taken,
    /// It has seen it, and no queue wanted it.
    Returned,
    /// It could not keep it.
    Refused,
}

/// A connection with a channel that confirms what is published.
pub(super) struct Broker {
    connection: Connection,
    channel: Channel,
    exchange: Exchange,
    /// Last, so that the farewell is said before the line is cut.
    _line: Line,
}

impl Broker {
    /// Connects, and makes the exchange if there is none of that name.
    pub(super) async fn connect(address: &Address, exchange: &Exchange) -> Result<Self, Error> {
        let (line, connection) = open(address).await?;
        if !exists(&connection, exchange).await? {
            declare(&connection, exchange).await?;
        }
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { connection, channel, exchange: exchange.clone(), _line: line })
    }

    /// Whether messages can be published, as far as is known.
    pub(super) fn is_alive(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Publishes events, and waits until the broker has said of all of them what became of them.
    pub(super) async fn publish(&self, events: &[Stored]) -> Result<Vec<Outcome>, Error> {
        try_join_all(events.iter().map(|event| self.publish_one(event))).await
    }

    async fn publish_one(&self, event: &Stored) -> Result<Outcome, Error> {
        let body = serde_json::to_vec(event)
            .map_err(|error| ErrorKind::IOError(std::sync::Arc::new(error.into())))?;
        let seconds = u64::try_from(event.at / SECOND).unwrap_or_default();
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(event.id.as_str().into())
            .with_type(event.kind.as_str().into())
            .with_timestamp(seconds);
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let (exchange, key) = (self.exchange.0.as_str().into(), event.kind.as_str().into());
        let sent = self.channel.basic_publish(exchange, key, options, &body, properties).await?;
        Ok(match sent.await? {
            Confirmation::Ack(None) => Outcome::Taken,
            Confirmation::Ack(Some(_)) => Outcome::Returned,
            Confirmation::Nack(_) | Confirmation::NotRequested => Outcome::Refused,
        })
    }

    /// Says farewell.
    pub(super) async fn close(self) {
        drop(tokio::time::timeout(FAREWELL, self.connection.close(200, "stopping".into())).await);
    }
}

async fn open(address: &Address) -> Result<(Line, Connection), Error> {
    let uri = address.0.clone();
    let properties = ConnectionProperties::default().with_connection_name("partnerapi".into());
    let is_encrypted = matches!(uri.scheme, AMQPScheme::AMQPS);
    line::open(uri, properties, is_encrypted).await
}

/// Asked on a channel of its own, since the answer no ends it. Asking needs no right to make exchanges.
async fn exists(connection: &Connection, exchange: &Exchange) -> Result<bool, Error> {
    let channel = connection.create_channel().await?;
    let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    match declared(&channel, exchange, passive).await {
        Ok(()) => channel.close(200, "asked".into()).await.map(|()| true),
        Err(error) if is(&error, &AMQPSoftError::NOTFOUND) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn declare(connection: &Connection, exchange: &Exchange) -> Result<(), Error> {
    let channel = connection.create_channel().await?;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    declared(&channel, exchange, durable).await?;
    channel.close(200, "made".into()).await
}

async fn declared(
    channel: &Channel,
    exchange: &Exchange,
    options: ExchangeDeclareOptions,
) -> Result<(), Error> {
    let name = exchange.0.as_str().into();
    channel.exchange_declare(name, ExchangeKind::Topic, options, FieldTable::default()).await
}

fn is(error: &Error, soft: &AMQPSoftError) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Soft(soft.clone()))
}

/// Whether the broker can be published to, in words; changes nothing there.
///
/// # Errors
/// What is wrong, in words.
pub async fn look(address: &Address, exchange: &Exchange, patience: Duration) -> Result<String, String> {
    let looked = async {
        let (_line, connection) = open(address).await?;
        let found = match exists(&connection, exchange).await? {
            false => Ok(format!("answers at {address}; serve makes the exchange {exchange}")),
            // It exists, so this makes nothing: it only finds out what kind it is, if the user may know.
            true => match declare(&connection, exchange).await {
                Err(error) if is(&error, &AMQPSoftError::PRECONDITIONFAILED) => {
                    Err(format!("the exchange {exchange} is there, but is no durable topic exchange"))
                }
                Err(error) if !is(&error, &AMQPSoftError::ACCESSREFUSED) => Err(error.to_string()),
                _ => Ok(format!("answers at {address}, and has the exchange {exchange}")),
            },
        };
        drop(tokio::time::timeout(FAREWELL, connection.close(200, "looked".into())).await);
        Ok::<_, Error>(found)
    };
    match tokio::time::timeout(patience, looked).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => Err(format!("{address}: {error}")),
        Err(_) => Err(format!("{address} does not answer within {} s", patience.as_secs_f64())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_never_shown_with_its_password() {
        let address: Address = "amqp://shop:secret@mq.internal:5673/events".parse().unwrap();
        assert_eq!(format!("{address} {address:?}"), "mq.internal:5673 mq.internal:5673");
    }

    #[test]
    fn what_an_address_leaves_out_is_what_rabbitmq_takes_for_it() {
        let at = |text: &str| {
            let Address(uri) = text.parse().unwrap();
            (uri.authority.host, uri.authority.port, uri.vhost)
        };
        assert_eq!(at("amqp://mq"), ("mq".into(), 5672, "/".into()));
        assert_eq!(at("amqps://mq/"), ("mq".into(), 5671, "/".into()));
        assert_eq!(at("amqp://u:p@[::1]:9/a%2Fb"), ("::1".into(), 9, "a/b".into()));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in ["mq.internal", "http://u:secret@mq", "amqp:mq", "amqp://u:secret@mq:port"] {
            let refused = text.parse::<Address>().unwrap_err();
            assert!(refused.starts_with("may be amqp://USER"), "{text}: {refused}");
        }
    }
}
